"""What must be read again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.rereads import Reread, Subject, may_be_gone, merged
from invoco.highlevel.quota import Priority
from invoco.store.distinct import locations_in
from invoco.store.rows import Row, as_json, plain
from invoco.store.shelves import decoder
from invoco.store.statements import given, one_of_given, put_rows
from invoco.store.sync_tables import UNSURE_DELETION
from invoco.store.sync_tables import rereads as table

_KEY = ("connection_id", "subject", "subject_id")
_COLUMNS = table.c
_WAITS: sa.ColumnElement[bool] = _COLUMNS.failed.is_(False)
_HERE = _COLUMNS.connection_id == sa.bindparam("location_id")
_MINE = (_HERE, _COLUMNS.subject == sa.bindparam("of_subject"))
Identity = tuple[Subject, str]


class RereadShelf:
    """What must be read again."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ask(self, location_id: str, rereads: Sequence[Reread]) -> None:
        """Add them; one that is there already becomes `rereads.merged` of both."""
        known = await self._held(location_id, rereads)
        asked: dict[Identity, Reread] = {}
        for reread in rereads:
            identity = _identity(reread)
            asked[identity] = known[identity] = merged(known.get(identity), reread)
        await self._store(location_id, asked.values())

    async def due(self, location_id: str, *, now: int, limit: int, follow_ups: int | None = None) -> list[Reread]:
        """What may be read now, most urgent and oldest first; what was given up is left out.

        `follow_ups` is how many of the least urgent are wanted; None: all.
        """
        few = limit if follow_ups is None else follow_ups
        wanted = {"location_id": location_id, "now": now, "most": limit, "few": few}
        return _read(await self._connection.scalars(_DUE, wanted))

    async def next_due(self, location_id: str) -> int | None:
        """When the next one is due."""
        due_at: int | None = await self._connection.scalar(_NEXT_DUE, {"location_id": location_id})
        return due_at

    async def due_locations(self, *, now: int) -> list[str]:
        """The locations with something due."""
        due = (_WAITS, _COLUMNS.urgency.in_([int(urgency) for urgency in Priority]), _COLUMNS.due_at <= now)
        return await locations_in(self._connection, table, having=due)

    async def put(self, location_id: str, rereads: Sequence[Reread]) -> None:
        """Replace those with the same subject and id: postponed or given up.

        One that was asked for again meanwhile (another `since` or `event_id`) stays.
        """
        held = await self._held(location_id, rereads)
        await self._store(location_id, [each for each in rereads if _is_same(held.get(_identity(each), each), each)])

    async def settle(self, location_id: str, rereads: Sequence[Reread]) -> None:
        """Remove them; one that was asked for again meanwhile (another `since` or `event_id`) stays."""
        held = await self._held(location_id, rereads)
        done = [each for each in rereads if _is_same(held.get(_identity(each)), each)]
        for subject, ids in _by_subject(done).items():
            await self._remove(location_id, subject, ids)

    async def find(self, location_id: str, subject: Subject, subject_id: str) -> Reread | None:
        """The one of that subject and id."""
        return (await self.find_many(location_id, subject, [subject_id])).get(subject_id)

    async def find_many(self, location_id: str, subject: Subject, subject_ids: Sequence[str]) -> dict[str, Reread]:
        """Those of that subject and these ids, by id."""
        chosen = _of_subject(self._connection.dialect.name)
        found = await self._connection.scalars(chosen, self._whose(location_id, subject, subject_ids))
        return {reread.subject_id: reread for reread in _read(found)}

    async def failed(self, location_id: str) -> list[Reread]:
        """Those that were given up, newest first."""
        given_up = (_COLUMNS.connection_id == location_id, _COLUMNS.failed.is_(True))
        found = _read(await self._connection.scalars(sa.select(_COLUMNS.record).where(*given_up)))
        return sorted(found, key=lambda reread: reread.failed_at or 0, reverse=True)

    async def count(self, location_id: str, *, gone: Subject | None = None) -> int:
        """How many wait; or only those of that subject whose records may be gone (`rereads.may_be_gone`)."""
        everything = sa.select(sa.func.count()).where(_WAITS)
        # The subject is no condition of the rows: SQLite would take the index of everything that waits then.
        doubtful = sa.select(sa.func.count().filter(_COLUMNS.subject == gone)).where(UNSURE_DELETION)
        counted = (everything if gone is None else doubtful).select_from(table)
        return int(await self._connection.scalar(counted.where(_COLUMNS.connection_id == location_id)) or 0)

    async def drop(self, location_id: str, subject: Subject, subject_id: str) -> bool:
        """Forget one; False when there was none."""
        return await self._remove(location_id, subject, [subject_id]) > 0

    async def _held(self, location_id: str, asked: Iterable[Reread]) -> dict[Identity, Reread]:
        held: dict[Identity, Reread] = {}
        for subject, ids in _by_subject(asked).items():
            found = await self.find_many(location_id, subject, ids)
            held.update(((subject, id_), reread) for id_, reread in found.items())
        return held

    async def _store(self, location_id: str, kept: Iterable[Reread]) -> None:
        rows = [_row(location_id, reread) for reread in kept]
        await put_rows(self._connection, table, rows, key=_KEY)

    async def _remove(self, location_id: str, subject: Subject, ids: Sequence[str]) -> int:
        removal = _removal(self._connection.dialect.name)
        removed = await self._connection.execute(removal, self._whose(location_id, subject, ids))
        return removed.rowcount

    def _whose(self, location_id: str, subject: Subject, ids: Sequence[str]) -> dict[str, Any]:
        return {"location_id": location_id, "of_subject": subject.value, "given": given(self._connection, ids)}


def _identity(reread: Reread) -> Identity:
    return reread.subject, reread.subject_id


def _is_same(held: Reread | None, reread: Reread) -> bool:
    """Whether nothing more was told since the reread was handed out."""
    return held is not None and (held.since, held.event_id) == (reread.since, reread.event_id)


def _by_subject(some: Iterable[Reread]) -> dict[Subject, list[str]]:
    ids: defaultdict[Subject, list[str]] = defaultdict(list)
    for reread in some:
        ids[reread.subject].append(reread.subject_id)
    return ids


@cache
def _of_subject(dialect_name: str) -> sa.Select[Any]:
    return sa.select(_COLUMNS.record).where(*_MINE, one_of_given(dialect_name, _COLUMNS.subject_id))


@cache
def _removal(dialect_name: str) -> sa.Delete:
    return sa.delete(table).where(*_MINE, one_of_given(dialect_name, _COLUMNS.subject_id))


def _of(urgency: Priority) -> sa.ColumnElement[bool]:
    """Waiting, and of that urgency: the index tells them in the order in which they are due."""
    return sa.and_(_WAITS, _COLUMNS.urgency == int(urgency))


def _due() -> sa.Select[Any]:
    """Each urgency by itself: a part of the index that is in order."""
    least = max(Priority)
    parts = [
        sa.select(_COLUMNS.record, _COLUMNS.urgency, _COLUMNS.due_at)
        .where(_HERE, _of(urgency), _COLUMNS.due_at <= sa.bindparam("now"))
        .order_by(_COLUMNS.due_at)
        .limit(sa.bindparam("few" if urgency is least else "most"))
        .subquery()
        for urgency in Priority
    ]
    found = sa.union_all(*(sa.select(part) for part in parts)).subquery()
    return sa.select(found.c.record).order_by(found.c.urgency, found.c.due_at).limit(sa.bindparam("most"))


def _next_due() -> sa.Select[Any]:
    soonest = sa.select(sa.func.min(_COLUMNS.due_at)).where(_HERE)
    by_urgency = sa.union_all(*(soonest.where(_of(urgency)) for urgency in Priority)).subquery()
    return sa.select(sa.func.min(by_urgency.c[0]))


_DUE, _NEXT_DUE = _due(), _next_due()


def _row(location_id: str, reread: Reread) -> Row:
    return (
        plain(location_id), reread.subject.value, plain(reread.subject_id), reread.due_at, int(reread.urgency),
        reread.failed_at is not None, may_be_gone(reread), as_json(reread),
    )  # fmt: skip


def _read(texts: Iterable[str]) -> list[Reread]:
    return [decoder(Reread).decode(text) for text in texts]
