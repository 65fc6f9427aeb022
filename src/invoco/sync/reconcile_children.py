"""Tasks and appointments against the mirror: what was told is marked, and what of the mirror is not marked is missing.

Marks are kept with every page, so that it can be stopped at any moment, and take eight bytes each.
"""

from __future__ import annotations

import base64
import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, SourcePage
from invoco.domain.rereads import Reread, Subject
from invoco.highlevel.records import Appointment, Record, Task
from invoco.sync.comparing import Found, believe, judge, missing, moment
from invoco.sync.reconcile_steps import Step, forget_mended, position_name

_CHUNK = 500


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far it has come: first over the pages, then over the mirror."""

    cursor: Any = None
    pieces: int = 0
    """Pages whose marks are kept."""
    told: int = 0
    read: bool = False
    """Whether all pages were read."""
    after: str | None = None
    """The last record of the mirror that was looked at."""
    done: bool = False


async def reconcile_children(step: Step, kind: RecordKind) -> None:
    """Compare all tasks, or the appointments of the source's span."""
    name = position_name(kind)
    place = msgspec.convert(await step.ledger.position(name) or {}, Place)
    while not place.read:
        read_at = step.ledger.now()
        page = await step.source.page(kind, place.cursor)
        look = partial(_look, step=step, kind=kind, place=place, page=page, read_at=read_at)
        place = await step.ledger.store(name, look)
        step.progress(kind, place.told, place.told if place.read else page.total)
    marks = await _kept_marks(step, kind, place.pieces)
    while not place.done:
        here = await step.ledger.page(kind, after=place.after, limit=_CHUNK)
        untold = [record for record in here if record.id not in marks and _is_within(step, record)]
        following = replace(place, after=here[-1].id if here else None, done=not here)
        place = await step.ledger.store(name, partial(_walk, step=step, kind=kind, untold=untold, following=following))


async def forget_marks(session: Session, location_id: str, kind: RecordKind) -> None:
    """Remove the position and what was marked."""
    place = msgspec.convert(await session.runs.position(location_id, position_name(kind)) or {}, Place)
    for number in range(place.pieces):
        await session.runs.move(location_id, _piece_name(kind, number), None)
    await session.runs.move(location_id, position_name(kind), None)


async def _look(
    session: Session, *, step: Step, kind: RecordKind, place: Place, page: SourcePage, read_at: int
) -> tuple[Found, Place]:
    if kind is RecordKind.TASK:
        found = Found(rereads=await _doubtful_tasks(session, step, page.records))
    else:
        found = await _appointments(session, step, page.records, read_at=read_at)
    found.compared, found.malformed = len(page.records), page.malformed
    ids = [row.id for row in page.records] + [row.record_id for row in page.malformed if row.record_id]
    await session.runs.move(step.ledger.location_id, _piece_name(kind, place.pieces), Marks.of(ids).text())
    following = replace(
        place, cursor=page.cursor, pieces=place.pieces + 1, told=place.told + len(ids), read=page.cursor is None
    )
    return found, following


async def _doubtful_tasks(session: Session, step: Step, rows: Sequence[Task]) -> list[Reread]:
    """Tasks carry no date and their index lags, so that only a read per contact can tell."""
    location_id = step.ledger.location_id
    ids = [row.id for row in rows]
    held = await session.tasks.get_many(location_id, ids)
    back = await session.tombstones.get_many(location_id, RecordKind.TASK, ids) if ids else {}
    differing = [(row, held.get(row.id)) for row in rows if row.id in back or held.get(row.id) != row]
    owned = [(row, row.contact_id or (task and task.contact_id) or None) for row, task in differing]
    owners = list(dict.fromkeys(contact_id for _, contact_id in owned if contact_id))
    gone = await session.tombstones.get_many(location_id, RecordKind.CONTACT, owners) if owners else {}
    return [_task_again(step, row, contact_id) for row, contact_id in owned if contact_id not in gone]


async def _appointments(session: Session, step: Step, rows: Sequence[Appointment], *, read_at: int) -> Found:
    kind = RecordKind.APPOINTMENT
    judged = await judge(session, step.ledger, kind, rows)
    changes = await believe(session, step.ledger, kind, judged.newer, read_at=read_at)
    doubts = [reread for _, reread in judged.even]
    return Found(changes=changes, rereads=[*doubts, *judged.buried, *judged.older])


async def _walk(
    session: Session, *, step: Step, kind: RecordKind, untold: Sequence[Record], following: Place
) -> tuple[Found, Place]:
    if following.done:
        await forget_mended(session, step, kind)
        await forget_marks(session, step.ledger.location_id, kind)
        return Found(), replace(following, pieces=0)
    wanted = set(await missing(session, step.ledger, kind, [record.id for record in untold]))
    rereads = [_again(step, record) for record in untold if record.id in wanted]
    return Found(compared=len(untold), rereads=rereads), following


def _is_within(step: Step, record: Record) -> bool:
    """Whether the pages should have told of it."""
    start, end = step.source.span
    return not isinstance(record, Appointment) or start <= moment(record.start_time) <= end


def _again(step: Step, record: Record) -> Reread:
    if isinstance(record, Task):
        return _task_again(step, record, record.contact_id)
    return step.ledger.reread(Subject.APPOINTMENT, record.id, missed=True)


def _task_again(step: Step, task: Task, contact_id: str | None) -> Reread:
    if contact_id is None:
        return step.ledger.reread(Subject.LOST_TASK, task.id, hint=task.title)
    return step.ledger.reread(Subject.TASKS, contact_id)


async def _kept_marks(step: Step, kind: RecordKind, pieces: int) -> Marks:
    texts = [await step.ledger.position(_piece_name(kind, number)) for number in range(pieces)]
    return Marks.joined(text for text in texts if text)


def _piece_name(kind: RecordKind, number: int) -> str:
    return f"{position_name(kind)}/{number}"


class Marks:
    """A set of ids at eight bytes each; two of many millions may be taken for one another, no more."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = array("Q", sorted(numbers))

    @classmethod
    def of(cls, ids: Iterable[str]) -> Marks:
        """The marks of these ids."""
        return cls(_number(id_) for id_ in ids)

    @classmethod
    def joined(cls, texts: Iterable[str]) -> Marks:
        """All marks of several texts."""
        together = array("Q")
        for text in texts:
            together.frombytes(base64.b64decode(text))
        return cls(together)

    def text(self) -> str:
        """What `joined` reads."""
        return base64.b64encode(self._numbers.tobytes()).decode()

    def __contains__(self, id_: str) -> bool:
        number = _number(id_)
        place = bisect_left(self._numbers, number)
        return place < len(self._numbers) and self._numbers[place] == number


def _number(id_: str) -> int:
    return int.from_bytes(hashlib.blake2b(id_.encode(), digest_size=8).digest())
