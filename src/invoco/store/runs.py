"""Runs of polls and reconciles, how far they came, the schedule, and what diagnostics count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RecordKind
from invoco.domain.schedules import Due, Job, Run
from invoco.domain.sync_ports import Unannounced
from invoco.store.rows import Row, as_json, plain
from invoco.store.shelves import decoder
from invoco.store.statements import given, one_of_given, put_rows
from invoco.store.sync_tables import counters, positions, runs, schedules, unannounced

_DAY = 86_400_000
_CHANGE = ("connection_id", "kind", "record_id", "event_type")
_MISSED_AGAIN = (
    "UPDATE SET changed_at = excluded.changed_at, found_at = excluded.found_at, announced_at = excluded.announced_at"
    " WHERE unannounced.announced_at IS NOT NULL AND excluded.changed_at > unannounced.changed_at"
)
"""One that was announced after all makes room for a later change."""
_ADDED_UP = "UPDATE SET value = counters.value + excluded.value"


class Told(NamedTuple):
    """What a webhook of that type tells of, or should have told."""

    kind: RecordKind
    record_id: str
    event_type: str


class RunShelf:
    """Runs of polls and reconciles, how far they came, and the schedule."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, run: Run) -> None:
        """Store the run."""
        row = (plain(run.id), plain(run.location_id), run.job.value, run.started_at, as_json(run))
        await put_rows(self._connection, runs, [row], key=("id",))

    async def latest(self, location_id: str, job: Job) -> Run | None:
        """The run of that job that was started last."""
        found = await self._newest(location_id, runs.c.job == job.value, limit=1)
        return found[0] if found else None

    async def newest(self, location_id: str, *, limit: int) -> list[Run]:
        """The runs that were started last, newest first."""
        return await self._newest(location_id, limit=limit)

    async def position(self, location_id: str, name: str) -> object:
        """JSON: how far something came (a watermark, a cursor); None at the beginning."""
        text = await self._connection.scalar(sa.select(positions.c.value).where(*_position(location_id, name)))
        return None if text is None else msgspec.json.decode(text)

    async def move(self, location_id: str, name: str, position: object) -> None:
        """Save how far it came; None forgets it."""
        if position is None:
            await self._connection.execute(sa.delete(positions).where(*_position(location_id, name)))
            return
        row = (plain(location_id), plain(name), as_json(position))
        await put_rows(self._connection, positions, [row], key=("connection_id", "name"))

    async def schedule(self, location_id: str) -> dict[Job, Due]:
        """How the jobs of a connection stand."""
        chosen = sa.select(schedules.c.record).where(schedules.c.connection_id == location_id)
        found = [decoder(Due).decode(text) for text in await self._connection.scalars(chosen)]
        return {due.job: due for due in found}

    async def put_due(self, due: Due) -> None:
        """Store how a job stands."""
        row = (plain(due.location_id), due.job.value, as_json(due))
        await put_rows(self._connection, schedules, [row], key=("connection_id", "job"))

    async def note_unannounced(self, location_id: str, changes: Sequence[Unannounced]) -> None:
        """Keep changes that only a comparison found; one that is kept for the same record and type stays the first."""
        first: dict[Told, Unannounced] = {}
        for change in changes:
            first.setdefault(Told(change.kind, change.record_id, change.event_type), change)
        rows = [_unannounced_row(location_id, change) for change in first.values()]
        await put_rows(self._connection, unannounced, rows, key=_CHANGE, otherwise=_MISSED_AGAIN)

    async def announce(self, location_id: str, told: Sequence[tuple[RecordKind, str, str, int]], *, at: int) -> None:
        """Webhooks told (kind, record id, event type, event's instant): what happened no later was not missed."""
        until: dict[Told, int] = {}
        for kind, record_id, event_type, instant in told:
            change = Told(kind, record_id, event_type)
            until[change] = max(instant, until.get(change, instant))
        for change, changed_at in (await self._missed(location_id, until.keys())).items():
            if change in until and changed_at <= until[change]:
                which = _is_change(location_id, change)
                await self._connection.execute(sa.update(unannounced).where(*which).values(announced_at=at))

    async def count_up(self, name: str, *, by: int = 1, day: int) -> None:
        """Add to a daily counter of diagnostics."""
        await put_rows(self._connection, counters, [(plain(name), day, by)], key=("name", "day"), otherwise=_ADDED_UP)

    async def counters(self, *, since_day: int) -> dict[str, int]:
        """The sums of the counters."""
        summed = sa.select(counters.c.name, sa.func.sum(counters.c.value)).where(counters.c.day >= since_day)
        return {name: int(value) for name, value in await self._connection.execute(summed.group_by(counters.c.name))}

    async def forget(self, *, before: int) -> int:
        """Remove what is older than that instant; tells how many.

        Runs that were started before, but the last of each job; unannounced changes, and counters of days before.
        """
        later = runs.alias()
        same_job = (later.c.connection_id == runs.c.connection_id, later.c.job == runs.c.job)
        outdated = sa.exists().where(*same_job, later.c.started_at > runs.c.started_at)
        removals = (
            sa.delete(runs).where(runs.c.started_at < before, outdated),
            sa.delete(unannounced).where(unannounced.c.changed_at < before),
            sa.delete(counters).where(counters.c.day < before // _DAY),
        )
        return sum([(await self._connection.execute(removal)).rowcount for removal in removals])

    async def _missed(self, location_id: str, told: Iterable[Told]) -> dict[Told, int]:
        """When what was missed of these records had changed."""
        missed: dict[Told, int] = {}
        ids: defaultdict[RecordKind, list[str]] = defaultdict(list)
        for change in told:
            ids[change.kind].append(change.record_id)
        for kind, record_ids in ids.items():
            whose = {"location_id": location_id, "of_kind": kind.value, "given": given(self._connection, record_ids)}
            found = await self._connection.execute(_missed(self._connection.dialect.name), whose)
            missed.update((Told(kind, row.record_id, row.event_type), row.changed_at) for row in found)
        return missed

    async def _newest(self, location_id: str, *where: sa.ColumnElement[bool], limit: int) -> list[Run]:
        mine = sa.select(runs.c.record).where(runs.c.connection_id == location_id, *where)
        newest_first = mine.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
        return [decoder(Run).decode(text) for text in await self._connection.scalars(newest_first)]


@cache
def _missed(dialect_name: str) -> sa.Select[Any]:
    columns = unannounced.c
    mine = (columns.connection_id == sa.bindparam("location_id"), columns.kind == sa.bindparam("of_kind"))
    theirs = (one_of_given(dialect_name, columns.record_id), columns.announced_at.is_(None))
    return sa.select(columns.record_id, columns.event_type, columns.changed_at).where(*mine, *theirs)


def _position(location_id: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return positions.c.connection_id == location_id, positions.c.name == name


def _is_change(location_id: str, change: Told) -> tuple[sa.ColumnElement[bool], ...]:
    columns = unannounced.c
    return (
        columns.connection_id == location_id, columns.kind == change.kind.value,
        columns.record_id == change.record_id, columns.event_type == change.event_type,
    )  # fmt: skip


def _unannounced_row(location_id: str, change: Unannounced) -> Row:
    return (
        plain(location_id), change.kind.value, plain(change.record_id), plain(change.event_type), change.changed_at,
        change.found_at, change.announced_at,
    )  # fmt: skip
