"""The sample account in the registry: its app, its locations, its private tokens."""

from __future__ import annotations

import random
import uuid
from typing import Any

import msgspec

from invoco.domain.errors import FixInput
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.operations import OPERATIONS
from invoco.sandbox.gate import PRIVATE_PREFIX
from invoco.sandbox.registry import App, Place, PrivateToken, Registry
from invoco.sandbox.sample import Account

OVERLAP_MILLISECONDS = 7 * 86_400_000
"""How long an old private token works beside the new one (facts 2.5)."""
SCOPES = tuple(sorted({operation.scope for operation in OPERATIONS.values() if operation.scope}))
"""Every scope that an operation of the twin asks for."""
_AGENCY_SCOPES = frozenset({"oauth.readonly", "oauth.write"})
_ADDRESS = ("address", "city", "state", "postalCode")


class Accounts:
    """Opens the sample account and hands out its keys."""

    def __init__(self, registry: Registry, *, clock: Clock, randomness: random.Random) -> None:
        self._registry, self._clock, self._random = registry, clock, randomness

    @property
    def opened(self) -> bool:
        """Whether there is an account."""
        return bool(self._registry.all(App))

    async def open(self, account: Account, *, redirect_uris: tuple[str, ...]) -> None:
        """Register the app, the locations and the private token of the main one."""
        app = App(
            client_id=account.client_id,
            client_secret=account.client_secret,
            version_id=account.version_id,
            plan_id=account.version_id[::-1],
            company_id=account.company_id,
            company_name=account.company_name,
            name="Invoco",
            scopes=SCOPES,
            installer_id=account.user_id,
            redirect_uris=redirect_uris,
        )
        places = [
            Place(
                location_id=location.id,
                company_id=account.company_id,
                name=location.name or location.id,
                address=", ".join(str(location.extra[part]) for part in _ADDRESS if location.extra.get(part)),
            )
            for location in account.locations
        ]
        token = PrivateToken(
            token=account.private_token,
            company_id=account.company_id,
            location_id=places[0].location_id,
            scopes=_private_scopes(),
        )
        await self._registry.keep(app, *places, token)

    def keys(self) -> dict[str, Any]:
        """What a program on this machine needs to connect, by name."""
        app = self.app()
        now = milliseconds(self._clock)
        return {
            "company_id": app.company_id,
            "app_id": app.app_id,
            "version_id": app.version_id,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "scopes": list(app.scopes),
            "locations": [
                {"id": place.location_id, "name": place.name, "active": place.active}
                for place in self._registry.all(Place)
            ],
            "private_tokens": [
                {"token": token.token, "location_id": token.location_id, "scopes": list(token.scopes)}
                for token in self._registry.all(PrivateToken)
                if token.until is None or token.until > now
            ],
        }

    async def new_private_token(self, location_id: str | None, scopes: tuple[str, ...] | None) -> str:
        """Another private token, of a location or (None) of the agency; all scopes unless some are chosen."""
        if location_id is not None:
            self.place(location_id)
        token = PrivateToken(
            token=self._new_text(),
            company_id=self.app().company_id,
            location_id=location_id,
            scopes=_private_scopes() if scopes is None else scopes,
        )
        await self._registry.keep(token)
        return token.token

    async def rotate(self, text: str, *, now: bool) -> str:
        """Replace a private token; the old one goes on for 7 days, or dies at once.

        Raises:
            FixInput: there is no such token.
        """
        old = self._registry.find(PrivateToken, text)
        if old is None:
            raise FixInput("There is no such private token.", cure="Take one from `GET /_twin/account`.")
        until = milliseconds(self._clock) + (0 if now else OVERLAP_MILLISECONDS)
        new = msgspec.structs.replace(old, token=self._new_text(), until=None)
        await self._registry.keep(msgspec.structs.replace(old, until=until), new)
        return new.token

    async def set_scopes(self, scopes: tuple[str, ...]) -> None:
        """Change what the app may ask for; tokens keep what they were granted."""
        await self._registry.keep(msgspec.structs.replace(self.app(), scopes=scopes))

    async def set_active(self, location_id: str, *, active: bool) -> None:
        """Pause a location, or let it go on: a paused one refuses new tokens (facts 2.2)."""
        await self._registry.keep(msgspec.structs.replace(self.place(location_id), active=active))

    def app(self) -> App:
        """The one app of the account."""
        return self._registry.all(App)[0]

    def place(self, location_id: str | None) -> Place:
        """The location with that id, or (None) the main one.

        Raises:
            FixInput: there is none.
        """
        place = self._registry.all(Place)[0] if location_id is None else self._registry.find(Place, location_id)
        if place is None:
            raise FixInput(f"There is no location {location_id!r}.", cure="Take one from `GET /_twin/account`.")
        return place

    def _new_text(self) -> str:
        return f"{PRIVATE_PREFIX}{uuid.UUID(bytes=self._random.randbytes(16), version=4)}"


def _private_scopes() -> tuple[str, ...]:
    """All that a private integration can be given; minting location tokens is not among it (facts 2.5)."""
    return tuple(scope for scope in SCOPES if scope not in _AGENCY_SCOPES)
