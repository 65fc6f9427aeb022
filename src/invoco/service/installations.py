"""What follows when an app is installed or taken out: connections come and go (facts 2.3, 2.8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import msgspec
import structlog

from invoco.domain.connections import Connection, ConnectionState
from invoco.domain.deliveries import Delivery
from invoco.domain.errors import Reconnect, SkipRecord
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Store
from invoco.highlevel.auth import TokenKey, TokenStore
from invoco.highlevel.clock import Clock, instant, milliseconds
from invoco.highlevel.records import InstalledLocation, Location
from invoco.service.connections import fresh_name
from invoco.service.gateway import Gateway
from invoco.service.webhooks.envelope import Envelope, read

UNINSTALLED: Final = "The app was uninstalled."
NOT_INSTALLED: Final = "HighLevel no longer names the location among those in which the app is installed."
WAITS_FOR_CONSENT: Final = "The app was installed again, and waits for consent: run `invoco connect`."
_OURS: Final = (UNINSTALLED, NOT_INSTALLED, WAITS_FOR_CONSENT)
_LOOK_EVERY_MS: Final = 600_000

OnConnected = Callable[[Connection], Awaitable[None]]
"""Told of a connection that was made or came back: its data must be imported or compared."""

_log = structlog.get_logger(__name__)


class InstallationService:
    """Keeps the connections in step with where the app is installed.

    Data is never removed here; what a disconnected location holds is there again when it is connected again.
    """

    def __init__(
        self, store: Store, *, tokens: TokenStore, gateway: Gateway, clock: Clock, on_connected: OnConnected
    ) -> None:
        self._store, self._tokens, self._gateway, self._clock = store, tokens, gateway, clock
        self._on_connected = on_connected
        self._looked_at: dict[TokenKey, int] = {}

    async def handle(self, delivery: Delivery) -> None:
        """Do what an event of the app asks for; handling it twice does nothing more.

        Raises:
            TryAgain: HighLevel or the store cannot be used now.
        """
        event, at = read(delivery.body), delivery.received_at if delivery.at is None else delivery.at
        match event.type:
            case "INSTALL" | "UPDATE":
                await self._installed(event, at=at)
            case "UNINSTALL":
                await self._uninstalled(event, at=at)
            case _:
                _log.info("an event of the app", type=event.type, location=event.location_id)

    async def reconcile(self) -> None:
        """Ask HighLevel where the apps are installed, and do what an event that was lost would have asked for.

        Only apps installed in a company can be asked about, each once in ten minutes.

        Raises:
            TryAgain: HighLevel or the store cannot be used now.
        """
        companies: dict[TokenKey, list[Connection]] = {}
        for connection in await self._connections():
            if connection.app_id and connection.company_id:
                companies.setdefault(TokenKey(connection.app_id, connection.company_id), []).append(connection)
        for key, connections in companies.items():
            now = milliseconds(self._clock)
            if now - self._looked_at.get(key, 0) >= _LOOK_EVERY_MS and await self._tokens.load(key):
                await self._reconcile(connections)
                self._looked_at[key] = now

    async def _reconcile(self, connections: list[Connection]) -> None:
        """The connections of one app in one company."""
        try:
            installed = await self._gateway.installed_with(connections[0])
        except Reconnect as error:
            _log.warning("it is not known where the app is installed", reason=error.message)
            return
        here = {location.id for location in installed}
        for connection in connections:
            if connection.id not in here and connection.state is ConnectionState.CONNECTED:
                await self._change(connection, state=ConnectionState.DISCONNECTED, state_reason=NOT_INSTALLED)
            elif connection.id in here and connection.state_reason in _OURS:
                await self._reconnect(connection, at=connection.connected_at)
        for location in installed:
            await self._connect_if_new(location.id, connections, at=_installed_at(location))

    async def _installed(self, event: Envelope, *, at: int) -> None:
        """A company's INSTALL without a location is followed by those of its locations."""
        connections = _of_app(await self._connections(), event.app_id)
        known = next((connection for connection in connections if connection.id == event.location_id), None)
        if known is not None:
            await self._reconnect(known, at=at)
        elif event.location_id is not None:
            siblings = [connection for connection in connections if connection.company_id == event.company_id]
            await self._connect_if_new(event.location_id, siblings, at=at)

    async def _uninstalled(self, event: Envelope, *, at: int) -> None:
        connections = _of_app(await self._connections(), event.app_id)
        if event.location_id is not None:
            gone = [connection for connection in connections if connection.id == event.location_id]
        else:
            gone = [connection for connection in connections if connection.company_id == event.company_id]
        for connection in gone:
            if connection.connected_at <= at:  # an event that comes late says nothing about what was connected since
                await self._disconnect(connection, with_company=event.location_id is None)

    async def _disconnect(self, connection: Connection, *, with_company: bool) -> None:
        await self._change(connection, state=ConnectionState.DISCONNECTED, state_reason=UNINSTALLED)
        app_id, company_id = connection.app_id or "", connection.company_id
        await self._tokens.delete(TokenKey(app_id, connection.id))
        if with_company and company_id is not None:
            await self._tokens.delete(TokenKey(app_id, company_id))

    async def _reconnect(self, connection: Connection, *, at: int) -> None:
        """Without any tokens it stays disconnected, for nothing could be read."""
        since = max(at, connection.connected_at)
        if connection.state is ConnectionState.CONNECTED:
            await self._change(connection, connected_at=since)
        elif await self._has_tokens(connection):
            back = await self._change(
                connection, state=ConnectionState.CONNECTED, state_reason=None, connected_at=since
            )
            await self._on_connected(back)
        else:
            await self._change(connection, state_reason=WAITS_FOR_CONSENT)

    async def _has_tokens(self, connection: Connection) -> bool:
        owners = [owner for owner in (connection.id, connection.company_id) if owner is not None]
        pairs = [await self._tokens.load(TokenKey(connection.app_id or "", owner)) for owner in owners]
        return any(pairs)

    async def _connect_if_new(self, location_id: str, siblings: list[Connection], *, at: int) -> None:
        """Connect a location like those of its company, from where its tokens come.

        Those that were installed before the first of them was connected were not chosen then.
        """
        if any(sibling.id == location_id for sibling in siblings):
            return
        if not siblings:
            _log.info("an installed location waits for consent", location=location_id)
            return
        first = min(siblings, key=lambda sibling: sibling.connected_at)
        if at >= first.connected_at:
            await self._connect(location_id, first, at=at)

    async def _connect(self, location_id: str, sibling: Connection, *, at: int) -> None:
        unnamed = Connection(
            id=location_id,
            name="",
            base_url=sibling.base_url,
            company_id=sibling.company_id,
            access="oauth",
            client_id=sibling.client_id,
            connected_at=at,
        )
        try:
            location = await self._look(unnamed)
        except (Reconnect, SkipRecord) as error:
            _log.warning("an installed location could not be connected", location=location_id, reason=error.message)
            return
        made = await self._add(unnamed, location)
        if made is not None:
            await self._on_connected(made)

    async def _add(self, unnamed: Connection, location: Location | None) -> Connection | None:
        """The connection, kept under a name; None when somebody else was quicker."""
        pair = await self._tokens.load(TokenKey(unnamed.app_id or "", unnamed.id))
        async with self._store.transaction() as session:
            others = await session.connections.all()
            if any(other.id == unnamed.id for other in others):
                return None
            made = msgspec.structs.replace(
                unnamed,
                name=fresh_name(location, {other.name for other in others}),
                scopes=tuple(sorted(pair.scopes)) if pair else (),
            )
            await session.connections.put(made)
        return made

    async def _look(self, connection: Connection) -> Location | None:
        """What HighLevel tells of the location; the call makes the location's tokens out of its company's."""
        async with self._gateway.source(connection) as source:
            page = await source.page(RecordKind.LOCATION, None)
        return next(iter(page.records), None)

    async def _connections(self) -> list[Connection]:
        async with self._store.reading() as session:
            return await session.connections.all()

    async def _change(self, connection: Connection, **changes: Any) -> Connection:
        """The connection as it is now, with these changes."""
        async with self._store.transaction() as session:
            current = await session.connections.get(connection.id) or connection
            changed = msgspec.structs.replace(current, **changes)
            await session.connections.put(changed)
        return changed


def _of_app(connections: Iterable[Connection], app_id: str | None) -> list[Connection]:
    """Those that the event's app opens; a private integration token does not depend on any app."""
    return [connection for connection in connections if connection.app_id and app_id in {None, connection.app_id}]


def _installed_at(location: InstalledLocation) -> int:
    """0 where HighLevel does not say."""
    try:
        return instant(location.installed_at or "")
    except ValueError:
        return 0
