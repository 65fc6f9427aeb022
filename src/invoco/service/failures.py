"""What could not be read: records that HighLevel told of in a form nobody understands, and reads that were given up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import Connection, SetAside
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, Store
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.schedules import Job
from invoco.domain.sync_ports import Jobs
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.quota import Priority

_KINDS = {
    Subject.CONTACT: RecordKind.CONTACT,
    Subject.APPOINTMENT: RecordKind.APPOINTMENT,
    Subject.LOST_TASK: RecordKind.TASK,
}
"""Of subjects that are not named like their kind."""
_BY_ID = {RecordKind.CONTACT: Subject.CONTACT, RecordKind.APPOINTMENT: Subject.APPOINTMENT}
_OF_CONTACT = {RecordKind.TASK: Subject.TASKS, RecordKind.NOTE: Subject.NOTES}
_LISTS = {
    RecordKind.LOCATION: Subject.LOCATION,
    RecordKind.USER: Subject.USERS,
    RecordKind.BUSINESS: Subject.BUSINESSES,
}
_CORRECT = "Look at it with `invoco failures show`, correct it in HighLevel, then run `invoco failures retry`."
_NO_ID = "without-id-"
"""How the stand-in for a missing id begins."""


class Problem(StrEnum):
    """What went wrong."""

    UNREADABLE = "unreadable"
    """HighLevel sent something that is no such record; it was set aside."""
    GIVEN_UP = "given_up"
    """Reading failed again and again."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits for an operator."""

    problem: Problem
    kind: RecordKind
    id: str
    """Of the record; of the contact where all its tasks or notes were to be read; the name of a list as a whole."""
    reason: str
    cure: str
    at: int
    """When it was given up or set aside; milliseconds since 1970."""
    attempts: int
    """Reads that failed."""
    raw: bytes | None = None
    """What HighLevel sent, as JSON."""
    reread: Reread | None = None
    """What was given up."""


class Retried(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for again."""

    asked: tuple[Failure, ...]
    waiting: tuple[Failure, ...]
    """Records that cannot be read by themselves: the next reconcile or import reads them."""


class FailureService:
    """Shows what could not be read, tries it again, or forgets it."""

    def __init__(self, store: Store, *, jobs: Jobs, clock: Clock) -> None:
        self._store, self._jobs, self._clock = store, jobs, clock

    async def all(self, connection: Connection) -> list[Failure]:
        """Everything that waits for an operator, newest first."""
        async with self._store.reading() as session:
            return await _all(session, connection)

    async def find(self, connection: Connection, record_id: str, *, kind: RecordKind | None = None) -> list[Failure]:
        """What is wrong with the record of that id.

        Raises:
            FixInput: nothing is.
        """
        async with self._store.reading() as session:
            return await _find(session, connection, record_id, kind=kind)

    async def retry(
        self, connection: Connection, record_id: str | None = None, *, kind: RecordKind | None = None
    ) -> Retried:
        """Read it again soon, or all of it without an id; a record that is unreadable still is set aside anew.

        Raises:
            FixInput: nothing with that id waits.
        """
        now = milliseconds(self._clock)
        async with self._store.transaction() as session:
            failures = await _chosen(session, connection, record_id, kind=kind)
            asked = {id(failure): _asked(failure, now=now) for failure in failures}
            await _ask(session, connection, [reread for reread in asked.values() if reread is not None])
            can_be_asked = tuple(failure for failure in failures if asked[id(failure)] is not None)
            await _forget_aside(session, connection, can_be_asked)
        if can_be_asked:
            await self._jobs.wake(Job.CONFIRM, connection.id)
        waiting = tuple(failure for failure in failures if asked[id(failure)] is None)
        return Retried(asked=can_be_asked, waiting=waiting)

    async def drop(
        self, connection: Connection, record_id: str | None = None, *, kind: RecordKind | None = None
    ) -> list[Failure]:
        """Forget it, or all of it without an id; tells what was forgotten.

        Raises:
            FixInput: nothing with that id waits.
        """
        async with self._store.transaction() as session:
            failures = await _chosen(session, connection, record_id, kind=kind)
            await _forget_aside(session, connection, failures)
            for failure in failures:
                if failure.reread is not None:
                    await session.rereads.drop(connection.id, failure.reread.subject, failure.reread.subject_id)
        return failures


async def _all(session: Session, connection: Connection) -> list[Failure]:
    aside = [_set_aside(each) for each in await session.imports.aside(connection.id)]
    given_up = [_given_up(each) for each in await session.rereads.failed(connection.id)]
    return sorted([*aside, *given_up], key=lambda failure: failure.at, reverse=True)


async def _find(session: Session, connection: Connection, record_id: str, *, kind: RecordKind | None) -> list[Failure]:
    everything = await _all(session, connection)
    found = [each for each in everything if each.id == record_id and kind in {None, each.kind}]
    if not found:
        raise FixInput(f"Nothing that failed has the id {record_id}.", cure="See `invoco failures list`.")
    return found


async def _chosen(
    session: Session, connection: Connection, record_id: str | None, *, kind: RecordKind | None
) -> list[Failure]:
    if record_id is not None:
        return await _find(session, connection, record_id, kind=kind)
    return [each for each in await _all(session, connection) if kind in {None, each.kind}]


async def _ask(session: Session, connection: Connection, rereads: Sequence[Reread]) -> None:
    """Several unreadable records of one contact or list make one reread."""
    once = {(reread.subject, reread.subject_id): reread for reread in rereads}
    if once:
        await session.rereads.ask(connection.id, list(once.values()))


async def _forget_aside(session: Session, connection: Connection, failures: Iterable[Failure]) -> None:
    for failure in failures:
        if failure.problem is Problem.UNREADABLE:
            await session.imports.clear_aside(connection.id, failure.kind, [failure.id])


def _set_aside(row: SetAside) -> Failure:
    return Failure(
        problem=Problem.UNREADABLE,
        kind=RecordKind(row.kind),
        id=row.record_id or "",
        reason=row.reason,
        cure=_CORRECT,
        at=row.at,
        attempts=1,
        raw=row.raw,
    )


def _given_up(reread: Reread) -> Failure:
    kind = _KINDS.get(reread.subject)
    return Failure(
        problem=Problem.GIVEN_UP,
        kind=RecordKind(reread.subject.value) if kind is None else kind,
        id=reread.subject_id or reread.subject.value,
        reason=reread.reason or "",
        cure=reread.cure or "Try it again with `invoco failures retry`.",
        at=reread.failed_at or 0,
        attempts=reread.attempts,
        reread=reread,
    )


def _asked(failure: Failure, *, now: int) -> Reread | None:
    """What reads it again, with all failures forgotten; None where nothing can read this record alone."""
    if failure.reread is not None:
        return replace(
            failure.reread,
            asked_at=now,
            due_at=now,
            cause=Cause.RETRY,
            attempts=0,
            failed_at=None,
            reason=None,
            cure=None,
        )
    told = _told(failure.raw)
    subject, subject_id = _subject(failure, contact_id=told.get("contactId"))
    if subject is None or subject_id.startswith(_NO_ID):
        return None
    return Reread(
        subject=subject,
        subject_id=subject_id,
        since=0,
        asked_at=now,
        due_at=now,
        urgency=Priority.RECONCILE,
        cause=Cause.RETRY,
        hint=_text(told.get("title")) if subject is Subject.LOST_TASK else None,
    )


def _subject(failure: Failure, *, contact_id: Any) -> tuple[Subject | None, str]:
    kind = failure.kind
    if kind in _OF_CONTACT and _text(contact_id):
        return _OF_CONTACT[kind], contact_id
    if kind is RecordKind.TASK:
        return Subject.LOST_TASK, failure.id
    if kind in _LISTS:
        return _LISTS[kind], ""
    return _BY_ID.get(kind), failure.id


def _told(raw: bytes | None) -> dict[str, Any]:
    """The fields of an unreadable row, as far as it has any."""
    told = msgspec.json.decode(raw) if raw else None
    return told if isinstance(told, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
