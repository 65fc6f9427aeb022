"""HighLevel, opened with the credentials that are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import httpx2

from invoco.domain.connections import Connection
from invoco.domain.errors import Reconnect
from invoco.domain.ports import Secrets
from invoco.gateway.destination import HighLevelDestination
from invoco.gateway.errors import our_errors
from invoco.gateway.source import HighLevelSource, Reading
from invoco.highlevel.auth import (
    CONSENT_URL,
    Credentials,
    OAuthApp,
    OAuthTokens,
    PrivateToken,
    TokenKey,
    Tokens,
    TokenStore,
    code_from,
)
from invoco.highlevel.client import HighLevel
from invoco.highlevel.clock import Clock
from invoco.highlevel.operations import BASE_URL
from invoco.highlevel.quota import Priority, Quotas
from invoco.highlevel.records import InstalledLocation
from invoco.highlevel.token_stores import MemoryTokenStore
from invoco.service.gateway import client_secret_name, private_token_name

_CONSENT_PATH = urlsplit(CONSENT_URL).path


class HighLevelGateway:
    """Opens connected locations; every error is an `InvocoError`."""

    def __init__(
        self,
        *,
        tokens: TokenStore,
        secrets: Secrets,
        quotas: Quotas,
        clock: Clock,
        reading: Reading | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`quotas` is the one registry of the process; `transport` replaces the network."""
        self._tokens, self._secrets = tokens, secrets
        self._quotas, self._clock = quotas, clock
        self._reading, self._transport = reading or Reading(), transport

    def with_credentials(self, *, tokens: TokenStore, secrets: Secrets) -> Self:
        """The same gateway over credentials kept elsewhere."""
        return type(self)(
            tokens=tokens,
            secrets=secrets,
            quotas=self._quotas,
            clock=self._clock,
            reading=self._reading,
            transport=self._transport,
        )

    def app(
        self, *, base_url: str, client_id: str, client_secret: str, redirect_uri: str, scopes: Sequence[str]
    ) -> OAuthApp:
        """The OAuth app at that address; a twin shows its consent page itself."""
        return OAuthApp(
            client_id=client_id,
            client_secret=client_secret,
            redirect_uri=redirect_uri,
            scopes=tuple(scopes),
            base_url=base_url,
            consent_url=CONSENT_URL if base_url == BASE_URL else f"{base_url}{_CONSENT_PATH}",
            transport=self._transport,
            clock=self._clock,
        )

    async def exchange(self, app: OAuthApp, *, answer: str, state: str) -> Tokens:
        """The tokens for the answer of the consent page: the address it sent the browser to, or the bare code.

        Raises:
            Reconnect: consent was refused, or the answer, the code, the client id or the secret was.
            TryAgain: HighLevel cannot be reached.
        """
        with our_errors(app.base_url):
            query = urlsplit(answer.strip()).query
            code = code_from(dict(parse_qsl(query)), state=state) if query else answer.strip()
            return await app.exchange(code)

    async def installed_locations(self, app: OAuthApp, company: Tokens) -> list[InstalledLocation]:
        """The locations of the company in which the app is installed.

        Raises:
            TryAgain, Reconnect: as `domain.errors` says.
        """
        company_id = company.company_id or ""
        kept = MemoryTokenStore()
        await kept.save(TokenKey(app.app_id, company_id), company)
        return await self._installed(app, company_id, tokens=kept)

    async def installed_with(self, connection: Connection) -> list[InstalledLocation]:
        """The locations of the connection's company in which its app is installed, as the company's kept pair tells.

        Raises:
            TryAgain, Reconnect: as `domain.errors` says.
        """
        return await self._installed(await self._app_of(connection), connection.company_id or "", tokens=self._tokens)

    async def _installed(self, app: OAuthApp, company_id: str, *, tokens: TokenStore) -> list[InstalledLocation]:
        credentials = OAuthTokens(app, store=tokens, resource_id=company_id)
        with our_errors(app.base_url):
            async with self._client(credentials, resource_id=company_id, base_url=app.base_url) as client:
                pages = client.oauth.installed_pages(company_id=company_id, app_id=app.app_id, is_installed=True)
                return [location async for page in pages for location in page]

    async def location_token(self, app: OAuthApp, company: Tokens, *, location_id: str) -> Tokens:
        """The tokens of one of these locations.

        Raises:
            WrongLocation: the app is not installed there.
            TryAgain, Reconnect: as `domain.errors` says.
        """
        with our_errors(app.base_url):
            return await app.location_token(company, location_id)

    async def open_client(self, connection: Connection, *, priority: Priority = Priority.INTERACTIVE) -> HighLevel:
        """A client of the connected location; close it after use.

        Raises:
            Reconnect: its client secret or token is not kept.
        """
        credentials = await self._credentials(connection)
        return self._client(credentials, resource_id=connection.id, base_url=connection.base_url, priority=priority)

    @asynccontextmanager
    async def source(
        self, connection: Connection, *, at: int | None = None, priority: Priority = Priority.IMPORT
    ) -> AsyncIterator[HighLevelSource]:
        """The connected location, read at that priority; appointments lie around `at`, or around the present.

        Raises:
            Reconnect: its client secret or token is not kept.
        """
        credentials = await self._credentials(connection)
        client = self._client(credentials, resource_id=connection.id, base_url=connection.base_url, priority=priority)
        async with client:
            yield HighLevelSource(
                client,
                quota=self._quotas.of(credentials.app_id, connection.id),
                base_url=connection.base_url,
                clock=self._clock,
                reading=self._reading,
                at=at,
            )

    @asynccontextmanager
    async def destination(self, connection: Connection) -> AsyncIterator[HighLevelDestination]:
        """The connected location, to be written to as urgently as events are read.

        Raises:
            Reconnect: its client secret or token is not kept.
        """
        async with await self.open_client(connection, priority=Priority.EVENT) as client:
            yield HighLevelDestination(client, base_url=connection.base_url)

    def _client(
        self, credentials: Credentials, *, resource_id: str, base_url: str, priority: Priority = Priority.INTERACTIVE
    ) -> HighLevel:
        return HighLevel(
            credentials=credentials,
            location_id=resource_id,
            base_url=base_url,
            quotas=self._quotas,
            priority=priority,
            transport=self._transport,
            clock=self._clock,
        )

    async def _credentials(self, connection: Connection) -> Credentials:
        if connection.access == "token":
            return PrivateToken(await self._secret(private_token_name(connection.id), connection))
        app = await self._app_of(connection)
        return OAuthTokens(app, store=self._tokens, resource_id=connection.id, company_id=connection.company_id)

    async def _app_of(self, connection: Connection) -> OAuthApp:
        client_id = connection.client_id or ""
        return self.app(
            base_url=connection.base_url,
            client_id=client_id,
            client_secret=await self._secret(client_secret_name(client_id), connection),
            redirect_uri="",
            scopes=connection.scopes,
        )

    async def _secret(self, name: str, connection: Connection) -> str:
        secret = await self._secrets.get(name)
        if secret is None:
            raise Reconnect(f"The credentials of {connection.name or connection.id} are not kept here.")
        return secret
