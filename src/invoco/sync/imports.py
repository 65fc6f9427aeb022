"""The first, resumable, full load of a location.

Pages are stored in one transaction together with the records they could not read, the cursor of the next page and
the counts: killed at any moment, the next run goes on after the last page that was stored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from functools import partial, reduce
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from invoco.domain.errors import QuotaUsed
from invoco.domain.imports import ImportRun, ImportStep
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import LoadingStore, Session, Source, SourcePage
from invoco.highlevel.clock import Clock, milliseconds
from invoco.sync.notes import NotesPage, NotesReader, contacts_read
from invoco.sync.pipeline import batches
from invoco.sync.plan import ORDER

Page = SourcePage | NotesPage
_DAY = 86_400


class Progress(Protocol):
    """Is told after every batch of pages."""

    def __call__(self, kind: str, done: int, total: int | None, /) -> None:
        """So many of so many; for notes the contacts whose notes were read are counted."""


class ImportOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How an import ended."""

    run: ImportRun
    steps: dict[str, ImportStep]
    waiting_until: int | None = None
    """Milliseconds since 1970 when the quota refills and the run can go on; None when everything was read."""


async def run_import(
    source: Source,
    store: LoadingStore,
    *,
    run: ImportRun,
    clock: Clock,
    progress: Progress,
    notes_share: float,
    skip: frozenset[RecordKind] = frozenset(),
) -> ImportOutcome:
    """Read what the run has not read yet, and store it.

    `notes_share` is the part of a day's quota that notes may use; when it is used up, the import ends and waits.
    Kinds to `skip` are left for a later call, and notes with contacts; the run stays unfinished until they are read.

    Raises:
        TryAgain, Reconnect: the source could not go on; what was stored is kept and the run can be resumed.
    """
    loading = _Import(source, store, run=run, clock=clock, progress=progress, notes_share=notes_share)
    waiting_until = None
    try:
        await loading.everything(skip=skip)
    except QuotaUsed:
        waiting_until = _midnight_after(clock)
    else:
        await loading.finish_if_whole()
    return ImportOutcome(run=loading.run, steps=loading.steps, waiting_until=waiting_until)


class _Import:
    """One run, from where it stands to its end."""

    def __init__(
        self,
        source: Source,
        store: LoadingStore,
        *,
        run: ImportRun,
        clock: Clock,
        progress: Progress,
        notes_share: float,
    ) -> None:
        self.run, self.steps = run, dict[str, ImportStep]()
        self._source, self._store, self._clock, self._progress = source, store, clock, progress
        self._notes = NotesReader(source, store, location_id=run.location_id, clock=clock, share=notes_share)

    async def everything(self, *, skip: frozenset[RecordKind]) -> None:
        """Every step that is not done, in order."""
        async with self._store.reading() as session:
            self.steps = await session.imports.steps(self.run.id)
        for kind in ORDER:
            step = self.steps.get(kind) or ImportStep(run_id=self.run.id, kind=kind)
            if step.done:
                self._tell(step)
            elif kind not in skip and self._can_be_read(kind):
                await self._read(kind, step)

    def _can_be_read(self, kind: RecordKind) -> bool:
        """Notes are looked for contact by contact, so all contacts must be there."""
        contacts = self.steps.get(RecordKind.CONTACT)
        return kind is not RecordKind.NOTE or (contacts is not None and contacts.done)

    async def finish_if_whole(self) -> None:
        """Mark the run as finished when no kind is left."""
        if not all(kind in self.steps and self.steps[kind].done for kind in ORDER):
            return
        self.run = replace(self.run, finished_at=milliseconds(self._clock))
        async with self._store.transaction() as session:
            await session.imports.put(self.run)

    async def _read(self, kind: RecordKind, step: ImportStep) -> None:
        read: Callable[[Any], Awaitable[Page]] = partial(self._source.page, kind)
        if kind is RecordKind.NOTE:
            read = self._notes.page
        started = self._clock.now() - step.seconds
        async with self._loading(kind), aclosing(batches(read, cursor=step.cursor)) as coming:
            async for batch in coming:
                step = replace(reduce(_turned, batch, step), seconds=self._clock.now() - started)
                await self._store_batch(kind, step, batch)
                self.steps[kind] = step
                self._tell(step)
        self.steps[kind] = replace(step, seconds=self._clock.now() - started)

    def _loading(self, kind: RecordKind) -> AbstractAsyncContextManager[None]:
        return self._store.loading_contacts() if kind is RecordKind.CONTACT else nullcontext()

    async def _store_batch(self, kind: RecordKind, step: ImportStep, batch: Sequence[Page]) -> None:
        records = [record for page in batch for record in page.records]
        malformed = [replace(record, run_id=self.run.id) for page in batch for record in page.malformed]
        async with self._store.transaction() as session:
            await self._notes.clear(session, [page for page in batch if isinstance(page, NotesPage)])
            if records:
                await session.shelf(kind).put(self.run.location_id, records)
            if malformed:
                await session.imports.set_aside(malformed)
            if step.done:
                await self._forget_mended(session, kind)
            await session.imports.put_step(step)

    async def _forget_mended(self, session: Session, kind: RecordKind) -> None:
        """Whatever an earlier run set aside and this one did not is readable by now, or gone."""
        aside = await session.imports.aside(self.run.location_id)
        old = [record for record in aside if record.kind == kind and record.run_id != self.run.id]
        if mended := [record.record_id for record in old if record.record_id is not None]:
            await session.imports.clear_aside(self.run.location_id, kind, mended)

    def _tell(self, step: ImportStep) -> None:
        done = step.stored + step.set_aside
        if step.kind == RecordKind.NOTE:
            done = (step.total or 0) if step.done else contacts_read(step.cursor)
        self._progress(step.kind, done, done if step.done else step.total)


def _midnight_after(clock: Clock) -> int:
    """When the day's quota refills is not published; the next day of UTC is the best guess (facts 7)."""
    return int(clock.now() // _DAY + 1) * _DAY * 1000


def _turned(step: ImportStep, page: Page) -> ImportStep:
    return replace(
        step,
        cursor=page.cursor,
        done=page.cursor is None,
        stored=step.stored + len(page.records),
        set_aside=step.set_aside + len(page.malformed),
        pages=step.pages + 1,
        total=step.total if page.total is None else page.total,
    )
