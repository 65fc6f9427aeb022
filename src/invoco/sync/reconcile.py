"""The repeated comparison of everything: what events and polls missed is found and mended.

Kind by kind, page by page; every page is stored with how far the pass has come, so that it can be stopped at any moment
and the next run goes on. Nothing is deleted because a page does not tell of it: that is asked for again, by its id.
"""

from __future__ import annotations

from functools import partial

import msgspec
import structlog
from msgspec.structs import replace

from invoco.domain.connections import Connection, SetAside
from invoco.domain.errors import MissingScope, SkipRecord
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, Source, Store
from invoco.domain.schedules import Run
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.records import Record
from invoco.sync.apply import apply_list
from invoco.sync.comparing import Found, Ledger
from invoco.sync.imports import Progress
from invoco.sync.plan import ORDER
from invoco.sync.reconcile_children import forget_marks, reconcile_children
from invoco.sync.reconcile_contacts import reconcile_contacts
from invoco.sync.reconcile_notes import reconcile_notes
from invoco.sync.reconcile_steps import Reconciled, Step, Whole, forget_mended, position_name

POSITION = "reconcile"
"""Under which name it is kept when the pass began; positions of kinds are kept under `reconcile/<kind>`."""
_STALE = 2 * 86_400_000
"""Milliseconds after which a pass that was left is not gone on with: what it compared first is of no worth by then."""
_log = structlog.get_logger(__name__)


async def reconcile(
    source: Source,
    store: Store,
    *,
    connection: Connection,
    clock: Clock,
    run: Run,
    notes_share: float,
    progress: Progress | None = None,
) -> Run:
    """One pass over all kinds, or the rest of the pass that was stopped; tells what was found.

    `notes_share` is the part of a day's quota that notes may use: their round over all contacts goes on in the next
    run when it is used up. A kind that the token may not read is left out.

    Raises:
        TryAgain, Reconnect: the source could not go on; what was stored is kept.
    """
    ledger = Ledger(store, connection=connection, clock=clock, run=run)
    began_at = await _begun(ledger, store, now=milliseconds(clock))
    step = Step(source=source, ledger=ledger, progress=progress or _unwatched, began_at=began_at)
    the_list = partial(_reconcile_list, store=store)
    steps = _STEPS | {RecordKind.NOTE: partial(reconcile_notes, store=store, clock=clock, share=notes_share)}
    for kind in ORDER:
        try:
            await steps.get(kind, the_list)(step, kind)
        except (MissingScope, SkipRecord) as error:
            _log.warning("kind left out of a reconcile", connection=connection.name, kind=kind, reason=error.message)
    return await _finished(ledger, store)


def _unwatched(_kind: str, _done: int, _total: int | None, /) -> None:
    """Nobody watches."""


async def _begun(ledger: Ledger, store: Store, *, now: int) -> int:
    """When the pass began that goes on; a stale one is forgotten."""
    kept = await ledger.position(POSITION)
    if isinstance(kept, int) and 0 <= now - kept < _STALE:
        return kept
    async with store.transaction() as session:
        await _forget(session, ledger.location_id)
        await session.runs.move(ledger.location_id, POSITION, now)
        await session.runs.put(ledger.run)
        await _try_again(session, ledger.location_id, now=now)
    return now


async def _try_again(session: Session, location_id: str, *, now: int) -> None:
    """What was given up has another chance: whatever was in the way may be gone by now."""
    if given_up := await session.rereads.failed(location_id):
        again = [replace(reread, attempts=0, failed_at=None, due_at=now) for reread in given_up]
        await session.rereads.put(location_id, again)


async def _forget(session: Session, location_id: str) -> None:
    """All positions of a pass; the round over the notes is no part of it."""
    for kind in (RecordKind.TASK, RecordKind.APPOINTMENT):
        await forget_marks(session, location_id, kind)
    for kind in ORDER:
        if kind is not RecordKind.NOTE:
            await session.runs.move(location_id, position_name(kind), None)
    await session.runs.move(location_id, POSITION, None)


async def _finished(ledger: Ledger, store: Store) -> Run:
    async with store.transaction() as session:
        await _forget(session, ledger.location_id)
        waiting = await session.tombstones.held(ledger.location_id)
        held = sum(len(each.record_ids) for each in waiting)
        run = replace(ledger.run, held=held, finished_at=ledger.now())
        await session.runs.put(run)
    return run


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """A whole list."""

    records: dict[str, Record]
    malformed: list[SetAside]

    @property
    def malformed_ids(self) -> set[str]:
        """Of rows that cannot be read."""
        return {row.record_id for row in self.malformed if row.record_id}


async def _reconcile_list(step: Step, kind: RecordKind, *, store: Store) -> None:
    """A list that is read whole; what it does not tell of is gone, if a second reading does not tell of it either."""
    if msgspec.convert(await step.ledger.position(position_name(kind)) or {}, Whole).done:
        return
    read_at = step.ledger.now()
    told = await _whole(step.source, kind)
    if await _lacks(store, step, kind, told):
        again = await _whole(step.source, kind)
        told = _Told(records=told.records | again.records, malformed=[*told.malformed, *again.malformed])
    await step.ledger.store(position_name(kind), partial(_look, step=step, kind=kind, told=told, read_at=read_at))
    step.progress(kind, len(told.records), len(told.records))


async def _look(session: Session, *, step: Step, kind: RecordKind, told: _Told, read_at: int) -> tuple[Found, Whole]:
    changes = await apply_list(
        session,
        step.ledger.connection,
        kind,
        list(told.records.values()),
        malformed_ids=told.malformed_ids,
        noticed=step.ledger.noticed(read_at=read_at),
    )
    await forget_mended(session, step, kind)
    return Found(compared=len(told.records), changes=changes, malformed=told.malformed), Whole(done=True)


async def _lacks(store: Store, step: Step, kind: RecordKind, told: _Told) -> bool:
    """Whether the mirror has records that were not told."""
    after, known = None, told.records.keys() | told.malformed_ids
    async with store.reading() as session:
        while here := await session.shelf(kind).page(step.ledger.location_id, after=after):
            if any(record.id not in known for record in here):
                return True
            after = here[-1].id
    return False


async def _whole(source: Source, kind: RecordKind) -> _Told:
    page = await source.page(kind, None)
    records, malformed = [*page.records], [*page.malformed]
    while page.cursor is not None:
        page = await source.page(kind, page.cursor)
        records += page.records
        malformed += page.malformed
    return _Told(records={record.id: record for record in records}, malformed=malformed)


_STEPS: dict[RecordKind, Reconciled] = {
    RecordKind.CONTACT: reconcile_contacts,
    RecordKind.TASK: reconcile_children,
    RecordKind.APPOINTMENT: reconcile_children,
}
