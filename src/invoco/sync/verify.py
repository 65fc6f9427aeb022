"""The proof that the mirror equals the source: every page is read again and compared."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from functools import partial

from invoco.domain.deletions import DeletionAction
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Source, SourcePage, Store
from invoco.highlevel.records import Appointment, Note, Record
from invoco.sync.comparing import moment
from invoco.sync.drift import Drift, KindDrift, Tally, differing, still_differing
from invoco.sync.imports import Progress
from invoco.sync.pipeline import pages
from invoco.sync.plan import ORDER

_REREAD = frozenset({RecordKind.CONTACT, RecordKind.TASK, RecordKind.APPOINTMENT})
"""Kinds that come from an index or a window, so that a difference is looked at again by id (facts 4.4, 9)."""
_MOST_REREADS = 1000
"""Per kind; with more differences than that the mirror is stale, and a call for each would eat the day's quota."""
_CHUNK = 100


async def verify(
    source: Source,
    store: Store,
    *,
    location_id: str,
    progress: Progress,
    skip: frozenset[RecordKind] = frozenset(),
    first: int = 5,
) -> Drift:
    """Compare all records of all kinds but those to skip; the `first` differences of each kind are named.

    Raises:
        TryAgain, Reconnect: as `domain.errors` says.
    """
    found: list[KindDrift] = []
    for kind in ORDER:
        if kind in skip:
            continue
        comparison = _Comparison(source, store, kind, location_id=location_id, progress=progress, first=first)
        await (comparison.notes() if kind is RecordKind.NOTE else comparison.records())
        found.append(comparison.tally.result())
    return Drift(kinds=found)


class _Comparison:
    """One kind, compared page by page."""

    def __init__(
        self, source: Source, store: Store, kind: RecordKind, *, location_id: str, progress: Progress, first: int
    ) -> None:
        self._source, self._store, self._kind, self._location_id = source, store, kind, location_id
        self._progress = progress
        self._seen: set[str] = set()
        self._rereads = _MOST_REREADS if kind in _REREAD else 0
        self.tally = Tally(kind, first=first)

    async def records(self) -> None:
        """Every page of the source against the mirror, then the mirror against what was seen."""
        async with aclosing(pages(partial(self._source.page, self._kind), cursor=None)) as coming:
            async for page in coming:
                await self._compare(page)
                self._progress(self._kind, self.tally.compared, page.total)
        await self._find_unseen()
        self._progress(self._kind, self.tally.compared, self.tally.compared)

    async def _compare(self, page: SourcePage) -> None:
        there = {record.id: record for record in page.records if record.id not in self._seen}
        self._note_unreadable(page)
        self._seen.update(there)
        self.tally.compared += len(there)
        async with self._store.reading() as session:
            here = await session.shelf(self._kind).get_many(self._location_id, list(there))
        for record_id, record in there.items():
            await self._compare_one(here.get(record_id), record)

    def _note_unreadable(self, page: SourcePage) -> None:
        self.tally.unreadable += len(page.malformed)
        self._seen.update(record.record_id for record in page.malformed if record.record_id)

    async def _compare_one(self, here: Record | None, there: Record) -> None:
        if here is None:
            found = await self._reread(there) if self._may_reread() else there
            if found is not None:
                self.tally.missing_here(found)
            return
        names = differing(here, there)
        if names and self._may_reread():
            reread = await self._reread(here)
            names = names if reread is None else still_differing(names, here, reread)
        if names:
            self.tally.different(here, there, names)
        else:
            self.tally.same(here)

    def _may_reread(self) -> bool:
        return self._rereads > 0

    async def _reread(self, record: Record) -> Record | None:
        self._rereads -= 1
        return await self._source.reread(record)

    async def _find_unseen(self) -> None:
        """What the mirror has and no page told of."""
        after = None
        while True:
            async with self._store.reading() as session:
                here = await session.shelf(self._kind).page(self._location_id, after=after)
            if not here:
                return
            after = here[-1].id
            await self._look_for([each for each in here if each.id not in self._seen and self._is_within(each)])

    def _is_within(self, record: Record) -> bool:
        """Whether the pages should have told of it: appointments are told in a window alone."""
        start, end = self._source.span
        return not isinstance(record, Appointment) or start <= moment(record.start_time) <= end

    async def _look_for(self, unseen: Sequence[Record]) -> None:
        for record in await self._without_left(unseen):
            self.tally.compared += 1
            if not self._may_reread() or await self._reread(record) is None:
                self.tally.missing_there(record)
            else:
                self.tally.same(record)

    async def _without_left(self, untold: Sequence[Record]) -> list[Record]:
        """All but those that are gone there and stay here on purpose, which are counted apart."""
        if not untold:
            return []
        async with self._store.reading() as session:
            stones = await session.tombstones.get_many(self._location_id, self._kind, [each.id for each in untold])
        left = {record_id for record_id, stone in stones.items() if stone.action is DeletionAction.LEAVE}
        self.tally.left += len(left)
        return [record for record in untold if record.id not in left]

    async def notes(self) -> None:
        """The notes of every contact of the mirror, one call each."""
        after, contacts = None, 0
        async with self._store.reading() as session:
            total = await session.contacts.count(self._location_id)
        while contact_ids := await self._contact_ids(after):
            async with aclosing(self._source.notes_of(contact_ids)) as read:
                async for contact_id, page in read:
                    self._note_unreadable(page)
                    await self._compare_notes(await self._notes_here(contact_id), page.records)
            after, contacts = contact_ids[-1], contacts + len(contact_ids)
            self._progress(self._kind, contacts, total)

    async def _contact_ids(self, after: str | None) -> list[str]:
        async with self._store.reading() as session:
            contacts = await session.contacts.page(self._location_id, after=after, limit=_CHUNK)
        return [contact.id for contact in contacts]

    async def _notes_here(self, contact_id: str) -> dict[str, Note]:
        async with self._store.reading() as session:
            return {note.id: note for note in await session.notes.of_contact(self._location_id, contact_id)}

    async def _compare_notes(self, here: dict[str, Note], there: Sequence[Note]) -> None:
        told = {note.id: note for note in there}
        untold = await self._without_left([here[each] for each in here.keys() - told.keys() - self._seen])
        self.tally.compared += len(told) + len(untold)
        for note in untold:
            self.tally.missing_there(note)
        for note_id, note in told.items():
            if note_id not in here:
                self.tally.missing_here(note)
            elif names := differing(here[note_id], note):
                self.tally.different(here[note_id], note, names)
            else:
                self.tally.same(note)
