"""What is still to be sent, and what became of it.

The writes of one contact are sent in order: only its oldest waiting write can be due, and decides when the contact is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Write, WriteState
from invoco.store.distinct import locations_in
from invoco.store.outbound_tables import outbox as table
from invoco.store.rows import as_json, optional, plain
from invoco.store.statements import given, one_of, one_of_given
from invoco.store.sync_tables import SETTLED, WAITING

MOST_AT_ONCE = 5_000
"""How many writes of one state are removed in one transaction, so that nobody waits long for it."""
_COLUMNS = table.c
_TOLD = [column for column in _COLUMNS if column.name not in {"position", "connection_id"}]
_FIELDS = (_COLUMNS.position.label("id"), _COLUMNS.connection_id.label("location_id"), *_TOLD)
_HERE = _COLUMNS.connection_id == sa.bindparam("location_id")
_BY_ID = (_HERE, _COLUMNS.position == sa.bindparam("of_id"))
_FORGOTTEN = (WriteState.SENT, WriteState.NEEDLESS)


class OutboxShelf:
    """What is still to be sent; `JournalShelf.record` appends to it."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def waiting(self, location_id: str, *, now: int, contacts: int) -> list[Write]:
        """All waiting writes of so many contacts, in order: of those whose oldest waiting write is due.

        What has been due longest comes first.
        """
        return await self._read(_WAITING_DUE, {"location_id": location_id, "now": now, "most": contacts})

    async def waiting_of(self, location_id: str, contact_id: str) -> list[Write]:
        """All waiting writes of one contact, due or not, in order."""
        return await self._read(_WAITING_OF, {"location_id": location_id, "of_contact": contact_id})

    async def contacts_waiting(self, location_id: str, contact_ids: Sequence[str]) -> set[str]:
        """Those of the contacts that have something waiting."""
        if not contact_ids:
            return set()
        whose = {"location_id": location_id, "given": given(self._connection, contact_ids)}
        return set(await self._connection.scalars(_contacts_waiting(self._connection.dialect.name), whose))

    async def next_due(self, location_id: str) -> int | None:
        """When the next contact is due; None when nothing waits."""
        due_at: int | None = await self._connection.scalar(_NEXT_DUE, {"location_id": location_id})
        return due_at

    async def due_locations(self, *, now: int) -> list[str]:
        """The locations with something due."""
        return await locations_in(self._connection, table, among=[WAITING], having=[_COLUMNS.due_at <= now, _oldest()])

    async def put(self, location_id: str, writes: Sequence[Write]) -> None:
        """Replace those with the same ids."""
        if writes:
            await self._connection.execute(_REPLACEMENT, [_values(location_id, write) for write in writes])

    async def settle(
        self, location_id: str, ids: Sequence[int], state: WriteState, *, at: int, reason: str | None = None,
        cure: str | None = None,
    ) -> None:  # fmt: skip
        """Write down what became of them."""
        if ids:
            outcome = {"new_state": state.value, "then": at, "why": optional(reason), "remedy": optional(cure)}
            whose = {"location_id": location_id, "given": given(self._connection, ids)}
            await self._connection.execute(_settlement(self._connection.dialect.name), {**whose, **outcome})

    async def failed(self, location_id: str) -> list[Write]:
        """Those that were given up, newest first."""
        return await self._read(_FAILED, {"location_id": location_id})

    async def find(self, location_id: str, write_id: int) -> Write | None:
        """The write of that id, whatever its state."""
        found = await self._read(_FOUND, {"location_id": location_id, "of_id": write_id})
        return found[0] if found else None

    async def counts(self, location_id: str) -> dict[str, int]:
        """How many there are, by state."""
        rows = await self._connection.execute(_COUNTS, {"location_id": location_id})
        return {row.state: row.number for row in rows}

    async def forget(self, *, before: int) -> int:
        """Remove what was settled (but did not fail) before that instant; tells how many.

        At most `MOST_AT_ONCE` of each state at a time: there may be more until it tells 0.
        """
        everywhere = await locations_in(self._connection, table, among=[SETTLED])
        here = one_of(self._connection, _COLUMNS.connection_id, everywhere)
        old = sa.select(_COLUMNS.position).where(SETTLED, here, _COLUMNS.settled_at < before).limit(MOST_AT_ONCE)
        return sum([await self._remove(old.where(_COLUMNS.state == state.value)) for state in _FORGOTTEN])

    async def _remove(self, positions: sa.Select[Any]) -> int:
        removed = await self._connection.execute(sa.delete(table).where(_COLUMNS.position.in_(positions)))
        return removed.rowcount

    async def _read(self, chosen: sa.Select[Any], parameters: dict[str, Any]) -> list[Write]:
        return _writes((await self._connection.execute(chosen, parameters)).mappings())


def _oldest() -> sa.ColumnElement[bool]:
    """Whether nothing older of the same contact waits."""
    older = table.alias("older")
    same = (older.c.connection_id == _COLUMNS.connection_id, older.c.contact_id == _COLUMNS.contact_id)
    # The condition is text: in here it is about what is older.
    return ~sa.exists().select_from(older).where(*same, WAITING, older.c.position < _COLUMNS.position).correlate(table)


def _waiting_due() -> sa.Select[Any]:
    soonest_first = (_COLUMNS.due_at, _COLUMNS.position)
    due = sa.select(_COLUMNS.contact_id).where(_HERE, WAITING, _COLUMNS.due_at <= sa.bindparam("now"), _oldest())
    chosen = due.order_by(*soonest_first).limit(sa.bindparam("most")).subquery()
    theirs = _COLUMNS.contact_id.in_(sa.select(chosen.c.contact_id))
    return sa.select(*_FIELDS).where(_HERE, WAITING, theirs).order_by(_COLUMNS.position)


_WAITING_DUE = _waiting_due()
_WAITING_OF = (
    sa.select(*_FIELDS)
    .where(_HERE, WAITING, _COLUMNS.contact_id == sa.bindparam("of_contact"))
    .order_by(_COLUMNS.position)
)
_NEXT_DUE = sa.select(_COLUMNS.due_at).where(_HERE, WAITING, _oldest()).order_by(_COLUMNS.due_at).limit(1)
_FAILED = (
    sa.select(*_FIELDS)
    .where(_HERE, SETTLED, _COLUMNS.state == WriteState.FAILED.value)
    .order_by(_COLUMNS.settled_at.desc(), _COLUMNS.position.desc())
)
_FOUND = sa.select(*_FIELDS).where(*_BY_ID)
_COUNTS = sa.union_all(
    *(
        sa.select(_COLUMNS.state, sa.func.count().label("number")).where(_HERE, part).group_by(_COLUMNS.state)
        for part in (WAITING, SETTLED)
    )
)
_KEPT: dict[Any, Any] = {column: sa.bindparam(f"new_{column.name}") for column in _TOLD}
_REPLACEMENT = sa.update(table).where(*_BY_ID).values(_KEPT)


@cache
def _contacts_waiting(dialect_name: str) -> sa.Select[Any]:
    column = _COLUMNS.contact_id
    return sa.select(column).where(_HERE, WAITING, one_of_given(dialect_name, column)).distinct()


@cache
def _settlement(dialect_name: str) -> sa.Update:
    outcome: dict[Any, Any] = {
        _COLUMNS.state: sa.bindparam("new_state"), _COLUMNS.settled_at: sa.bindparam("then"),
        _COLUMNS.reason: sa.bindparam("why"), _COLUMNS.cure: sa.bindparam("remedy"),
    }  # fmt: skip
    return sa.update(table).where(_HERE, one_of_given(dialect_name, _COLUMNS.position)).values(outcome)


def _values(location_id: str, write: Write) -> dict[str, Any]:
    """As parameters of `_REPLACEMENT`."""
    body = None if write.body is None else as_json(write.body)
    columns = {
        "kind": write.kind.value, "record_id": plain(write.record_id), "contact_id": plain(write.contact_id),
        "operation": plain(write.operation), "actor": plain(write.actor), "at": write.at,
        "path": as_json(write.path), "body": body, "state": write.state.value, "attempts": write.attempts,
        "due_at": write.due_at, "tried_at": write.tried_at, "settled_at": write.settled_at,
        "reason": optional(write.reason), "cure": optional(write.cure),
    }  # fmt: skip
    return {"location_id": location_id, "of_id": write.id, **{f"new_{name}": it for name, it in columns.items()}}


def _writes(rows: Iterable[Any]) -> list[Write]:
    return [Write(**{**row, **_decoded(row)}) for row in rows]


def _decoded(row: Any) -> dict[str, Any]:
    return {
        "kind": RecordKind(row["kind"]),
        "state": WriteState(row["state"]),
        "path": msgspec.json.decode(row["path"]),
        "body": None if row["body"] is None else msgspec.json.decode(row["body"]),
    }
