"""How each connection brings its sides together: by its live mapping, if it has one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from invoco.domain.connections import Connection
from invoco.domain.ids import NewId
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import MappingState, MappingVersion
from invoco.domain.ports import LoadingStore, Session, Store
from invoco.highlevel.clock import Clock, milliseconds
from invoco.sync.agreement import Agreement, Identity, Mapper
from invoco.sync.mapped import Mapped
from invoco.sync.two_sided import TwoSidedStore, two_sided

if TYPE_CHECKING:  # loaded only where there is a mapping: it takes memory and a tenth of a second
    from invoco.mapping import Definitions, Document

_BELIEVED_FOR: Final = 60.0
"""Seconds until definitions are read again: people seldom change them."""
_PAGE: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """A mapping that was compiled."""

    version: int
    definitions: Definitions
    mapper: Mapped
    read_at: float


class Agreements:
    """Tells the agreement of a connection; cheap enough to be asked for every job and every transaction."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._known: dict[str, _Known] = {}

    async def of(self, connection: Connection) -> Agreement:
        """The agreement as it is now.

        Raises:
            InvalidMapping: the live mapping no longer fits what is defined in HighLevel.
        """
        async with self._store.reading() as session:
            session.brief()
            return await self.within(session, connection)

    async def within(self, session: Session, connection: Connection) -> Agreement:
        """As `of`, as this transaction sees it."""
        live = await session.mappings.newest(connection.id, MappingState.LIVE)
        mapping: Mapper = Identity() if live is None else await self._mapper(session, live)
        return Agreement(connection=connection, mapping=mapping)

    def theirs(self, store: LoadingStore, connection: Connection, *, new_id: NewId) -> AgreedStore:
        """The mirror as HighLevel's side of the connection sees it."""
        return AgreedStore(store, connection, agreements=self, clock=self._clock, new_id=new_id)

    async def _mapper(self, session: Session, live: MappingVersion) -> Mapped:
        known, now = self._known.get(live.location_id), self._clock.now()
        is_known = known is not None and known.version == live.version
        if known is not None and is_known and now - known.read_at < _BELIEVED_FOR:
            return known.mapper
        definitions = await definitions_of(session, live.location_id)
        if known is not None and is_known and known.definitions == definitions:
            mapper = known.mapper
        else:
            from invoco.mapping import compiled

            mapper = Mapped(compiled(document_of(live), definitions))
        self._known[live.location_id] = _Known(
            version=live.version, definitions=definitions, mapper=mapper, read_at=now
        )
        return mapper


class AgreedStore(TwoSidedStore):
    """A two-sided store in which every transaction goes by the mapping that is live in it."""

    def __init__(
        self, store: LoadingStore, connection: Connection, *, agreements: Agreements, clock: Clock, new_id: NewId
    ) -> None:
        super().__init__(store, Agreement(connection=connection), new_id=new_id)
        self._connection, self._agreements, self._clock = connection, agreements, clock

    @asynccontextmanager
    async def transaction(self, *, durable: bool = True) -> AsyncIterator[Session]:
        """A writing transaction; what could not be mapped in it becomes findings."""
        async with self._store.transaction(durable=durable) as session:
            agreement = await self._agreements.within(session, self._connection)
            yield two_sided(session, agreement, new_id=self._new_id)
            if isinstance(agreement.mapping, Mapped):
                at = milliseconds(self._clock)
                found = agreement.mapping.problems(self._connection.id, at=at, new_id=self._new_id)
                if found:
                    await session.findings.put(found)


def document_of(version: MappingVersion) -> Document:
    """What the version says."""
    from invoco.mapping import read_json

    return read_json(version.document)


async def definitions_of(session: Session, location_id: str) -> Definitions:
    """What the location has defined, as far as it is mirrored."""
    from invoco.mapping import Definitions

    location: Any = await session.shelf(RecordKind.LOCATION).get(location_id, location_id)
    return Definitions(
        custom_fields=await _all(session, RecordKind.CUSTOM_FIELD, location_id),
        users=await _all(session, RecordKind.USER, location_id),
        tags=await _all(session, RecordKind.TAG, location_id),
        businesses=await _all(session, RecordKind.BUSINESS, location_id),
        country=None if location is None else location.country,
        timezone=None if location is None else location.timezone,
    )


async def _all(session: Session, kind: RecordKind, location_id: str) -> list[Any]:
    found: list[Any] = []
    while page := await session.shelf(kind).page(location_id, after=found[-1].id if found else None, limit=_PAGE):
        found += page
        if len(page) < _PAGE:
            break
    return found
