"""Connecting locations: credentials are tried first, and kept only when everything that is needed works."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from invoco.domain.connections import Connection
from invoco.domain.errors import FixInput, InvocoError, MissingScope, WrongLocation
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Secrets, Source, Store
from invoco.highlevel.auth import OAuthApp, TokenKey, Tokens, TokenStore, new_state
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.operations import OPERATIONS
from invoco.highlevel.records import InstalledLocation, Location
from invoco.highlevel.token_stores import MemoryTokenStore
from invoco.service.gateway import Gateway, MemorySecrets, client_secret_name, private_token_name
from invoco.sync.plan import ORDER, SCOPES

ASKED_SCOPES = tuple(sorted({operation.scope for operation in OPERATIONS.values() if operation.scope}))
"""What an OAuth app is asked to grant: the scopes of every operation Invoco knows."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")

Choose = Callable[[Sequence[InstalledLocation]], Awaitable[str]]
"""Picks the id of one of several installed locations."""


class Authorisation(msgspec.Struct, frozen=True):
    """A sign-in under way: the page to open, and what its answer must carry."""

    app: OAuthApp
    state: str

    @property
    def url(self) -> str:
        """The page where a user of HighLevel grants access."""
        return self.app.authorization_url(self.state)


class ConnectionService:
    """Makes and finds connections."""

    def __init__(self, store: Store, *, tokens: TokenStore, secrets: Secrets, gateway: Gateway, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._tokens, self._secrets, self._gateway = tokens, secrets, gateway

    async def all(self) -> list[Connection]:
        """Every connection, by name."""
        async with self._store.reading() as session:
            return await session.connections.all()

    async def chosen(self, name: str | None) -> Connection:
        """The connection of that name or location id; without one, the only connection there is.

        Raises:
            FixInput: there is none, or it must be named.
        """
        connections = await self.all()
        if not connections:
            raise FixInput("No location is connected yet.", cure="Connect one with `invoco connect`.")
        if name is None and len(connections) == 1:
            return connections[0]
        if name is None:
            names = ", ".join(connection.name for connection in connections)
            raise FixInput(f"There are several connections: {names}.", cure="Name the one you mean.")
        return _named(name, connections)

    async def connect_with_token(
        self, *, base_url: str, token: str, location_id: str, name: str | None = None
    ) -> Connection:
        """Connect a location with a private integration token (facts 2.5).

        Raises:
            TryAgain, Reconnect: HighLevel cannot be reached, or refuses the token; `MissingScope` lists the scopes.
            FixInput: the name is taken or unfit.
        """
        _check_name(name)
        trial = _Trial(self._gateway)
        await trial.secrets.put(private_token_name(location_id), token)
        connection = Connection(
            id=location_id,
            name=name or "",
            base_url=base_url,
            access="token",
            scopes=tuple(sorted(set(SCOPES.values()))),
            connected_at=milliseconds(self._clock),
        )
        return await self._tried_and_kept(connection, trial)

    def authorise(self, *, base_url: str, client_id: str, client_secret: str, redirect_uri: str) -> Authorisation:
        """Begin to connect with an OAuth app: open the page, then call `connect_with_oauth` with what it answered."""
        app = self._gateway.app(
            base_url=base_url,
            client_id=client_id,
            client_secret=client_secret,
            redirect_uri=redirect_uri,
            scopes=ASKED_SCOPES,
        )
        return Authorisation(app, new_state())

    async def connect_with_oauth(
        self,
        authorisation: Authorisation,
        *,
        answer: str,
        location_id: str | None = None,
        name: str | None = None,
        choose: Choose | None = None,
    ) -> Connection:
        """Connect the location that a user of HighLevel chose.

        Args:
            authorisation: what `authorise` began.
            answer: the address the browser was sent back to, or the bare code.
            location_id: the location meant, where the app was installed in a whole company.
            name: of the connection; the location's own name by default.
            choose: asked when there are several locations and none is named.

        Raises:
            Reconnect: consent was refused, or the code, the client id or the secret was.
            WrongLocation: the tokens belong to another location.
            MissingScope: lists the scopes that were not granted.
            TryAgain: HighLevel cannot be reached.
            FixInput: the name is taken or unfit, or the location must be named.
        """
        _check_name(name)
        app, trial = authorisation.app, _Trial(self._gateway)
        granted = await self._gateway.exchange(app, answer=answer, state=authorisation.state)
        local = await self._of_location(app, granted, location_id=location_id, choose=choose)
        await trial.secrets.put(client_secret_name(app.client_id), app.client_secret)
        for tokens in (granted, local):
            await trial.keep(app, tokens)
        return await self._tried_and_kept(_oauth_connection(app, local, name, at=milliseconds(self._clock)), trial)

    async def _of_location(
        self, app: OAuthApp, granted: Tokens, *, location_id: str | None, choose: Choose | None
    ) -> Tokens:
        """The tokens of one location; those of a company must be exchanged for them (facts 2.3)."""
        if granted.location_id:
            if location_id not in {None, granted.location_id}:
                raise WrongLocation(f"Access was granted to location {granted.location_id}, not to {location_id}.")
            return granted
        installed = await self._gateway.installed_locations(app, granted)
        chosen = await _chosen_location(installed, location_id=location_id, choose=choose)
        return await self._gateway.location_token(app, granted, location_id=chosen)

    async def _tried_and_kept(self, connection: Connection, trial: _Trial) -> Connection:
        async with trial.gateway.source(connection) as source:
            missing = await missing_scopes(source)
            if missing:
                raise _lacking(missing)
            location = await _location(source)
        named = await self._named(connection, location)
        await trial.hand_over(secrets=self._secrets, tokens=self._tokens)
        async with self._store.transaction() as session:
            await session.connections.put(named)
        return named

    async def _named(self, connection: Connection, location: Location | None) -> Connection:
        """With the name that was given, else the one it had, else one made of the location's name."""
        others = await self.all()
        before = next((other for other in others if other.id == connection.id), None)
        taken = {other.name for other in others if other.id != connection.id}
        name = connection.name or (before.name if before else fresh_name(location, taken))
        if name in taken:
            raise FixInput(f"Another connection is called {name}.", cure="Choose another name.")
        company_id = connection.company_id or (location.company_id if location else None)
        return msgspec.structs.replace(connection, name=name, company_id=company_id, **_chosen(before))


async def missing_scopes(source: Source) -> dict[str, list[RecordKind]]:
    """The scopes that the token lacks, each with the kinds it is for; found by one cheap call per kind.

    Raises:
        TryAgain, Reconnect: anything but a missing scope.
    """
    missing: dict[str, list[RecordKind]] = {}
    for kind in ORDER:
        if kind is RecordKind.NOTE:  # read with the scope of contacts, and by no cheap call
            continue
        try:
            await source.outlook(kind)
        except MissingScope as error:
            missing.setdefault(error.scope or SCOPES[kind], []).append(kind)
    return missing


class _Trial:
    """Credentials that are kept in memory until they have proved good."""

    def __init__(self, gateway: Gateway) -> None:
        self.secrets, self._tokens = MemorySecrets(), MemoryTokenStore()
        self._keys: list[TokenKey] = []
        self.gateway = gateway.with_credentials(tokens=self._tokens, secrets=self.secrets)

    async def keep(self, app: OAuthApp, tokens: Tokens) -> None:
        """Remember a pair for the trial."""
        key = TokenKey(app.app_id, tokens.resource_id or "")
        self._keys.append(key)
        await self._tokens.save(key, tokens)

    async def hand_over(self, *, secrets: Secrets, tokens: TokenStore) -> None:
        """Put everything where it stays."""
        for name, value in self.secrets.kept.items():
            await secrets.put(name, value)
        for key in self._keys:
            if pair := await self._tokens.load(key):
                await tokens.save(key, pair)


def _chosen(before: Connection | None) -> dict[str, Any]:
    """What an operator chose for the connection stays when it is connected again."""
    names = ("modes", "deletion", "mass_deletion")
    return {} if before is None else {name: getattr(before, name) for name in names}


def _oauth_connection(app: OAuthApp, local: Tokens, name: str | None, *, at: int) -> Connection:
    return Connection(
        id=local.location_id or "",
        name=name or "",
        base_url=app.base_url,
        company_id=local.company_id,
        access="oauth",
        client_id=app.client_id,
        scopes=tuple(sorted(local.scopes)),
        connected_at=at,
    )


async def _location(source: Source) -> Location | None:
    page = await source.page(RecordKind.LOCATION, None)
    return next(iter(page.records), None)


async def _chosen_location(
    installed: Sequence[InstalledLocation], *, location_id: str | None, choose: Choose | None
) -> str:
    ids = [location.id for location in installed]
    if location_id is not None:
        if location_id not in ids:
            raise WrongLocation(
                f"The app is not installed in location {location_id}.", cure="Install it there, then connect again."
            )
        return location_id
    if not ids:
        raise WrongLocation("The app is installed in no location yet.", cure="Install it in one, then connect again.")
    if len(ids) == 1:
        return ids[0]
    if choose is None:
        raise FixInput(f"The app is installed in {len(ids)} locations: {', '.join(ids)}.", cure="Name one: --location.")
    return await choose(installed)


def _lacking(missing: Mapping[str, Sequence[RecordKind]]) -> InvocoError:
    uses = {scope: " and ".join(kind.value.replace("_", " ") for kind in kinds) for scope, kinds in missing.items()}
    told = ", ".join(f"{scope} (to read {what})" for scope, what in uses.items())
    return MissingScope(
        f"The token lacks {'a scope' if len(uses) == 1 else f'{len(uses)} scopes'}: {told}.",
        cure="Add what is missing to the app or the private integration in HighLevel, then run `invoco connect` again.",
    )


def _named(name: str, connections: Sequence[Connection]) -> Connection:
    found = [connection for connection in connections if name in {connection.name, connection.id}]
    if not found:
        raise FixInput(f"There is no connection named {name}.", cure="See `invoco connections list`.")
    return found[0]


def _check_name(name: str | None) -> None:
    if name is not None and not _NAME.fullmatch(name):
        raise FixInput(f"The name {name!r} cannot be used.", cure="Use small letters, digits, dots and dashes.")


def fresh_name(location: Location | None, taken: set[str]) -> str:
    """A name for a connection, made of its location's, that no other connection has."""
    plain = unicodedata.normalize("NFKD", (location and location.name) or "").encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40] or "location"
    names = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
