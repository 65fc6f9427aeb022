"""What the services need of HighLevel: doors that credentials open."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, Self

from invoco.domain.connections import Connection
from invoco.domain.destination import Destination
from invoco.domain.ports import Secrets, Source
from invoco.highlevel.auth import OAuthApp, Tokens, TokenStore
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import InstalledLocation


class Gateway(Protocol):
    """HighLevel, reached with the credentials that are kept; every error is an `InvocoError`."""

    def with_credentials(self, *, tokens: TokenStore, secrets: Secrets) -> Self:
        """The same gateway over credentials kept elsewhere."""

    def app(
        self, *, base_url: str, client_id: str, client_secret: str, redirect_uri: str, scopes: Sequence[str]
    ) -> OAuthApp:
        """The OAuth app at that address."""

    async def exchange(self, app: OAuthApp, *, answer: str, state: str) -> Tokens:
        """The tokens for the answer of the consent page: the address it sent the browser to, or the bare code."""

    async def installed_locations(self, app: OAuthApp, company: Tokens) -> list[InstalledLocation]:
        """The locations of the company in which the app is installed."""

    async def installed_with(self, connection: Connection) -> list[InstalledLocation]:
        """The locations of the connection's company in which its app is installed, as the company's kept pair tells."""

    async def location_token(self, app: OAuthApp, company: Tokens, *, location_id: str) -> Tokens:
        """The tokens of one of these locations."""

    def source(
        self, connection: Connection, *, at: int | None = None, priority: Priority = Priority.IMPORT
    ) -> AbstractAsyncContextManager[Source]:
        """The connected location; appointments lie around `at` (milliseconds), or around the present."""

    def destination(self, connection: Connection) -> AbstractAsyncContextManager[Destination]:
        """The connected location, to be written to."""


def client_secret_name(client_id: str) -> str:
    """Under which name the client secret of an OAuth app is kept."""
    return f"client-secret/{client_id}"


def private_token_name(location_id: str) -> str:
    """Under which name the private integration token of a location is kept."""
    return f"private-token/{location_id}"


class MemorySecrets:
    """Secrets for the life of one process: those that are being tried."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        """The text of that name, or None."""
        return self.kept.get(name)

    async def put(self, name: str, value: str) -> None:
        """Keep it."""
        self.kept[name] = value

    async def delete(self, name: str) -> None:
        """Forget it."""
        self.kept.pop(name, None)
