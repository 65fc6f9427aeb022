"""The mirror as HighLevel's side of it: what was last agreed on is read, and what HighLevel tells is merged with ours.

The engine compares HighLevel with what it last told. Most records are the same on both sides, and then that is what
Invoco holds. The others have a base (`domain.outbound.Base`): a record that was changed, made or deleted here and not
sent yet, or one that a mapping changes. Here the engine sees their bases, and what it writes is merged into Invoco's
own records. So there is one engine, whoever else writes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec.structs import replace

from invoco.domain.changes import Change
from invoco.domain.ids import NewId
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Base
from invoco.domain.ports import LoadingStore, Session
from invoco.highlevel.records import Record
from invoco.sync.agreeing import Agreeing, contact_id_of
from invoco.sync.agreement import TWO_WAY, Agreement

R = TypeVar("R", bound=Record)

LEFT: Final = "leave"
"""What is told of a record that is gone in HighLevel and stays here."""
_encode: Final = msgspec.json.Encoder().encode


class TwoSidedStore:
    """A store whose transactions see HighLevel's side of one connection."""

    def __init__(self, store: LoadingStore, agreement: Agreement, *, new_id: NewId) -> None:
        self._store, self._agreement, self._new_id = store, agreement, new_id

    @asynccontextmanager
    async def transaction(self, *, durable: bool = True) -> AsyncIterator[Session]:
        """A writing transaction."""
        async with self._store.transaction(durable=durable) as session:
            yield two_sided(session, self._agreement, new_id=self._new_id)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """A reading transaction."""
        async with self._store.reading() as session:
            yield two_sided(session, self._agreement, new_id=self._new_id)

    def appending(self) -> AbstractAsyncContextManager[Session]:
        """A transaction that only appends to the inbox."""
        return self._store.appending()

    def loading_contacts(self) -> AbstractAsyncContextManager[None]:
        """While it is open, a first load of contacts is quicker."""
        return self._store.loading_contacts()


def two_sided(session: Session, agreement: Agreement, *, new_id: NewId) -> Session:
    """The session as HighLevel's side of the connection sees it."""
    view: Any = _TwoSidedSession(session, agreement, new_id=new_id)
    checked: Session = view
    return checked


class _TwoSidedSession:
    """Everything but the shelves of two-way kinds, and the history of their records, is the session's own."""

    def __init__(self, session: Session, agreement: Agreement, *, new_id: NewId) -> None:
        self._session = session
        self._became: dict[tuple[RecordKind, str], tuple[Record | None, Record | None]] = {}
        agreeing = Agreeing(session, agreement, new_id=new_id)
        self._shelves: dict[RecordKind, Any] = {
            kind: _TwoSidedShelf(session, kind, agreeing, self._became) for kind in TWO_WAY
        }
        self.journal = _Journal(session, self._became, agreeing)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    @property
    def contacts(self) -> Any:
        """Contacts as HighLevel last told them."""
        return self._shelves[RecordKind.CONTACT]

    @property
    def tasks(self) -> Any:
        """Tasks as HighLevel last told them."""
        return self._shelves[RecordKind.TASK]

    @property
    def notes(self) -> Any:
        """Notes as HighLevel last told them."""
        return self._shelves[RecordKind.NOTE]

    @property
    def appointments(self) -> Any:
        """Appointments as HighLevel last told them."""
        return self._shelves[RecordKind.APPOINTMENT]

    def shelf(self, kind: RecordKind) -> Any:
        """The shelf of that kind."""
        return self._shelves.get(kind) or self._session.shelf(kind)


class _TwoSidedShelf(Generic[R]):
    """The shelf of one kind."""

    def __init__(
        self,
        session: Session,
        kind: RecordKind,
        agreeing: Agreeing,
        became: dict[tuple[RecordKind, str], tuple[Record | None, Record | None]],
    ) -> None:
        self._bases, self._kind, self._agreeing, self._became = session.bases, kind, agreeing, became
        self._own: Any = session.shelf(kind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    async def get(self, location_id: str, record_id: str) -> R | None:
        """The record, or None."""
        return (await self.get_many(location_id, [record_id])).get(record_id)

    async def get_many(self, location_id: str, record_ids: Sequence[str]) -> dict[str, R]:
        """Those that HighLevel is known to have, by id."""
        held: dict[str, R] = await self._own.get_many(location_id, record_ids)
        known: dict[str, R] = _overlaid(held, await self._bases.get_many(location_id, self._kind, record_ids))
        return known

    async def texts(self, location_id: str, record_ids: Sequence[str]) -> dict[str, str]:
        """Those that HighLevel is known to have, by id, as JSON text."""
        held: dict[str, str] = await self._own.texts(location_id, record_ids)
        bases = await self._bases.get_many(location_id, self._kind, record_ids)
        known: dict[str, str] = _overlaid(held, bases, told=lambda record: _encode(record).decode())
        return known

    async def of_contact(self, location_id: str, contact_id: str) -> list[R]:
        """All records of the contact."""
        return await self.of_contacts(location_id, [contact_id])

    async def of_contacts(self, location_id: str, contact_ids: Sequence[str]) -> list[R]:
        """All records of these contacts."""
        held = {record.id: record for record in await self._own.of_contacts(location_id, contact_ids)}
        bases = await self._bases.of_contacts(location_id, self._kind, contact_ids)
        return list(_overlaid(held, {base.record_id: base for base in bases}).values())

    async def page(self, location_id: str, *, after: str | None = None, limit: int = 500) -> list[R]:
        """The next records by ascending id."""
        while True:
            held: list[R] = await self._own.page(location_id, after=after, limit=limit)
            bases = await self._bases.page(location_id, self._kind, after=after, limit=limit)
            end = _common_end(held, bases, limit=limit)
            within = {record.id: record for record in held if end is None or record.id <= end}
            overlaid = _overlaid(within, {b.record_id: b for b in bases if end is None or b.record_id <= end})
            if overlaid or end is None:
                return [overlaid[record_id] for record_id in sorted(overlaid)]
            after = end

    async def added(
        self, location_id: str, *, after: tuple[int, str], before: int | None, limit: int
    ) -> list[tuple[int, str]]:
        """As the shelf's own, without those that HighLevel never had; one that is deleted here alone is no matter."""
        while found := await self._own.added(location_id, after=after, before=before, limit=limit):
            bases = await self._bases.get_many(location_id, self._kind, [record_id for _, record_id in found])
            known = [pair for pair in found if pair[1] not in bases or bases[pair[1]].theirs is not None]
            if known:
                return known
            after = found[-1]
        return []

    async def put(self, location_id: str, records: Sequence[R]) -> None:
        """Store what HighLevel tells."""
        if await self._agreeing.is_plain(location_id, self._kind):
            await self._own.put(location_id, records)
            return
        before = await self.get_many(location_id, [record.id for record in records])
        await self.change(location_id, [(before.get(record.id), record) for record in records])

    async def change(self, location_id: str, changes: Sequence[tuple[R | None, R]]) -> None:
        """Store what HighLevel tells, merged with what is ours."""
        if await self._agreeing.is_plain(location_id, self._kind):
            await self._own.change(location_id, changes)
            return
        for record_id, pair in (await self._agreeing.take_in(self._kind, [after for _, after in changes])).items():
            self._became[self._kind, record_id] = pair

    async def delete(self, location_id: str, record_ids: Sequence[str]) -> None:
        """Remove what is gone in HighLevel."""
        if not await self._agreeing.is_plain(location_id, self._kind):
            held = await self._own.get_many(location_id, record_ids)
            self._became.update({(self._kind, record_id): (held.get(record_id), None) for record_id in record_ids})
            await self._bases.remove(location_id, self._kind, record_ids)
        await self._agreeing.drop_unborn(self._kind, record_ids)
        await self._own.delete(location_id, record_ids)

    async def delete_of_contacts(self, location_id: str, contact_ids: Sequence[str]) -> None:
        """Remove what HighLevel is known to have of these contacts."""
        if await self._agreeing.is_plain(location_id, self._kind):
            await self._own.delete_of_contacts(location_id, contact_ids)
            return
        for contact_id in contact_ids:
            await self.delete(location_id, [record.id for record in await self.of_contact(location_id, contact_id)])


class _Journal:
    """History tells what became of Invoco's records."""

    def __init__(
        self, session: Session, became: dict[tuple[RecordKind, str], tuple[Record | None, Record | None]],
        agreeing: Agreeing,
    ) -> None:  # fmt: skip
        self._session, self._became, self._agreeing = session, became, agreeing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session.journal, name)

    async def record(self, changes: Sequence[Change], *, send: bool) -> None:
        """Append each change that changed something here."""
        for change in changes:
            if change.action == LEFT and change.kind in TWO_WAY:
                await self._leave(change)
        told = [told for change in changes if (told := self._here(change)) is not None]
        if changes:
            told += also_changed(self._agreeing, changes[0])
        if told:
            await self._session.journal.record(told, send=send)

    async def _leave(self, change: Change) -> None:
        """It stays as it is here, and there is nothing to agree on any more."""
        mine = await self._session.shelf(change.kind).get(change.location_id, change.record_id)
        self._became[change.kind, change.record_id] = (mine, mine)
        await self._agreeing.leave(change.kind, change.record_id)

    def _here(self, change: Change) -> Change | None:
        pair = self._became.get((change.kind, change.record_id))
        if pair is None:
            return change
        before, after = pair
        if before == after and (before is None or change.action != LEFT):
            return None
        action = "restore" if before is None and change.before is not None else change.action
        return replace(change, action=action, before=before, after=after)


def also_changed(agreeing: Agreeing, like: Change) -> list[Change]:
    """What else became of records here, noticed as that change was; told once."""
    told = [
        replace(
            like,
            kind=each.kind,
            action=each.action,
            record_id=record.id,
            contact_id=contact_id_of(record),
            before=each.before,
            after=each.after,
        )
        for each in agreeing.also
        if (record := each.after or each.before) is not None
    ]
    agreeing.also.clear()
    return told


def _overlaid(held: dict[str, Any], bases: dict[str, Base], *, told: Callable[[Any], Any] = lambda it: it) -> Any:
    """What is held, but for records with a base: theirs, if HighLevel has ever had them."""
    if not bases:
        return held
    overlaid = {record_id: record for record_id, record in held.items() if record_id not in bases}
    overlaid.update((record_id, told(base.theirs)) for record_id, base in bases.items() if base.theirs is not None)
    return overlaid


def _common_end(held: Sequence[Record], bases: Sequence[Base], *, limit: int) -> str | None:
    """The id up to which both pages tell everything; None: to the end."""
    ends = [page_end for page_end, count in _ends(held, bases) if count >= limit]
    return min(ends) if ends else None


def _ends(held: Sequence[Record], bases: Sequence[Base]) -> Iterable[tuple[str, int]]:
    if held:
        yield held[-1].id, len(held)
    if bases:
        yield bases[-1].record_id, len(bases)
