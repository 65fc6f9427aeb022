"""What a comparison finds, and what follows from it: shared by polls and reconciles.

The index that pages come from lags behind and flickers (facts 4.4). So a row is believed only where it tells a newer
state than the one that is held; whatever else differs is asked for by its id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from invoco.domain.changes import Change
from invoco.domain.connections import Connection, SetAside
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.ports import Session, Store
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.schedules import Job, Run
from invoco.highlevel.clock import Clock, instant, milliseconds
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Appointment, Contact, Record
from invoco.sync.apply import apply_records
from invoco.sync.events import follow_ups
from invoco.sync.noticed import Noticed

SUBJECTS = {RecordKind.CONTACT: Subject.CONTACT, RecordKind.APPOINTMENT: Subject.APPOINTMENT}
"""What is asked for again by its own id."""
_CREATING, _UPDATING, _DELETING = {"create", "restore"}, {"update"}, {"delete"}
_encode = msgspec.json.Encoder().encode

T = TypeVar("T")
Dated = Contact | Appointment


class Found(msgspec.Struct, kw_only=True):
    """What one page showed."""

    compared: int = 0
    changes: list[Change] = []
    rereads: list[Reread] = []
    malformed: Sequence[SetAside] = ()
    finished_at: int | None = None
    """Set when the run is over."""


class Ledger:
    """One run and what it wrote down: what a page shows is stored with how far the run has come."""

    def __init__(self, store: Store, *, connection: Connection, clock: Clock, run: Run) -> None:
        self.connection, self.run = connection, run
        self._store, self._clock = store, clock
        self._cause = Cause.POLL if run.job is Job.POLL else Cause.RECONCILE

    @property
    def location_id(self) -> str:
        """Whose run it is."""
        return self.connection.id

    def now(self) -> int:
        """Milliseconds since 1970."""
        return milliseconds(self._clock)

    def noticed(self, *, read_at: int) -> Noticed:
        """How what it finds was noticed."""
        return Noticed(cause=self._cause, at=read_at, run_id=self.run.id, read_at=read_at)

    def reread(
        self, subject: Subject, subject_id: str, *, since: int = 0, hint: str | None = None, missed: bool = False
    ) -> Reread:
        """What asks HighLevel again; no row of the index that changed before now, or before `since`, settles it."""
        now = self.now()
        return Reread(
            subject=subject,
            subject_id=subject_id,
            since=max(now, since),
            asked_at=now,
            due_at=now,
            urgency=Priority.RECONCILE,
            cause=self._cause,
            run_id=self.run.id,
            hint=hint,
            missed=missed,
        )

    def children_of(self, contact_id: str) -> list[Reread]:
        """What reads the tasks and notes of a contact again that is new or has changed."""
        now = self.now()
        return follow_ups(contact_id, since=now, now=now, cause=self._cause, run_id=self.run.id)

    async def store(self, name: str, look: Callable[[Session], Awaitable[tuple[Found, T]]]) -> T:
        """Look at a page inside a transaction, and keep what it showed together with the position it leads to."""
        async with self._store.transaction() as session:
            found, position = await look(session)
            run = await self._write_down(session, found)
            await session.runs.move(self.location_id, name, msgspec.to_builtins(position))
        self.run = run
        return position

    async def differing(self, kind: RecordKind, rows: Sequence[Dated]) -> list[Dated]:
        """Those that are not as what is held, found without keeping writers waiting; `judge` looks at them again."""
        async with self._store.reading() as session:
            return [row for row, _ in await _differing(session, self.location_id, kind, rows)]

    async def page(self, kind: RecordKind, *, after: str | None, limit: int) -> list[Record]:
        """The next records of the mirror by ascending id."""
        async with self._store.reading() as session:
            return await session.shelf(kind).page(self.location_id, after=after, limit=limit)

    async def position(self, name: str) -> Any:
        """How far something came, as `store` kept it."""
        async with self._store.reading() as session:
            return await session.runs.position(self.location_id, name)

    async def _write_down(self, session: Session, found: Found) -> Run:
        asked = {(reread.subject, reread.subject_id): reread for reread in found.rereads}
        if asked:
            await session.rereads.ask(self.location_id, list(asked.values()))
        if found.malformed:
            await session.imports.set_aside([replace(row, run_id=self.run.id) for row in found.malformed])
        run = _counted(self.run, found, doubtful=len(asked))
        await session.runs.put(run)
        return run


def _counted(run: Run, found: Found, *, doubtful: int) -> Run:
    actions = [change.action for change in found.changes]
    return replace(
        run,
        compared=run.compared + found.compared,
        created=run.created + sum(action in _CREATING for action in actions),
        updated=run.updated + sum(action in _UPDATING for action in actions),
        deleted=run.deleted + sum(action in _DELETING for action in actions),
        doubtful=run.doubtful + doubtful,
        finished_at=found.finished_at or run.finished_at,
    )


class Judged(msgspec.Struct, kw_only=True):
    """Rows that are not as what is held; those that wait to be read again anyway are left out."""

    newer: list[Dated] = []
    """They may be believed."""
    even: list[tuple[Dated, Reread]] = []
    """As old as what is held: only a read by id can tell."""
    buried: list[Reread] = []
    """Told although they are known to be gone: the index lags, or they are back."""
    older: list[Reread] = []
    """Older than what is held: the index lags, or the mirror is wrong."""


async def judge(session: Session, ledger: Ledger, kind: RecordKind, rows: Sequence[Dated]) -> Judged:
    """Compare rows of contacts or appointments with what is held."""
    judged = Judged()
    differing = await _differing(session, ledger.location_id, kind, rows)
    if not differing:
        return judged
    ids, subject = [row.id for row, _ in differing], SUBJECTS[kind]
    waiting = await session.rereads.find_many(ledger.location_id, subject, ids)
    buried = await session.tombstones.get_many(ledger.location_id, kind, ids)
    for row, held in differing:
        if row.id in waiting and waiting[row.id].failed_at is None:
            continue
        known, told = (0 if held is None else moment(held.date_updated)), moment(row.date_updated)
        reread = ledger.reread(subject, row.id, since=max(known, told) + 1)
        if row.id in buried:
            judged.buried.append(reread)
        elif held is None or known < told:
            judged.newer.append(row)
        elif known == told:
            judged.even.append((row, reread))
        else:
            judged.older.append(reread)
    return judged


async def _differing(
    session: Session, location_id: str, kind: RecordKind, rows: Sequence[Dated]
) -> list[tuple[Dated, Dated | None]]:
    """Each row that differs, with what is held of it; so does one that is told again although it was gone."""
    if not rows:
        return []
    held = await _held(session, location_id, kind, rows)
    back = await session.tombstones.get_many(location_id, kind, [row.id for row in rows])
    return [(row, held.get(row.id)) for row in rows if row.id in back or held.get(row.id) != row]


async def _held(session: Session, location_id: str, kind: RecordKind, rows: Sequence[Dated]) -> dict[str, Any]:
    """What is held of the rows; contacts of equal texts are not even decoded."""
    ids = [row.id for row in rows]
    if kind is not RecordKind.CONTACT:
        return await session.shelf(kind).get_many(location_id, ids)
    texts = await session.contacts.texts(location_id, ids)
    equal = {row.id: row for row in rows if texts.get(row.id) == _encode(row).decode()}
    return equal | {id_: _decoded(kind, text) for id_, text in texts.items() if id_ not in equal}


def _decoded(kind: RecordKind, text: str) -> Any:
    return msgspec.json.decode(text, type=RECORD_TYPES[kind])


async def believe(
    session: Session, ledger: Ledger, kind: RecordKind, rows: Sequence[Record], *, read_at: int
) -> list[Change]:
    """Make the mirror hold rows that may be believed; what could not be read earlier and can be now is mended."""
    if not rows:
        return []
    noticed = ledger.noticed(read_at=read_at)
    await session.imports.clear_aside(ledger.location_id, kind, [row.id for row in rows])
    return await apply_records(session, ledger.location_id, kind, rows, noticed=noticed)


def moment(text: str | None) -> int:
    """Milliseconds since 1970; 0 where there is no readable instant."""
    try:
        return instant(text) if text else 0
    except ValueError:
        return 0


async def missing(session: Session, ledger: Ledger, kind: RecordKind, record_ids: Sequence[str]) -> list[str]:
    """Those of the records that nobody told of which are to be looked for by id.

    One that was left here on purpose, and one whose deletion waits for approval, is known to be gone.
    """
    if not record_ids:
        return []
    left = await session.tombstones.get_many(ledger.location_id, kind, record_ids)
    held = [held for held in await session.tombstones.held(ledger.location_id) if held.kind is kind]
    known = left.keys() | {record_id for each in held for record_id in each.record_ids}
    return [record_id for record_id in record_ids if record_id not in known]
