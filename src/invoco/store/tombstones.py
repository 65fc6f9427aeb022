"""Records that are gone in HighLevel, and deletions that wait for approval."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.deletions import DeletionAction, HeldDeletions, HeldState, Tombstone
from invoco.domain.kinds import RecordKind
from invoco.store.rows import Row, as_json, optional, plain
from invoco.store.shelves import decoder
from invoco.store.statements import given, one_of, one_of_given, put_rows
from invoco.store.sync_tables import BURIED, held_deletions
from invoco.store.sync_tables import tombstones as table

_KEY = ("connection_id", "kind", "record_id")
_COLUMNS = table.c
_FIELDS = (
    _COLUMNS.kind, _COLUMNS.record_id, _COLUMNS.contact_id, _COLUMNS.action, _COLUMNS.gone_at, _COLUMNS.purge_at,
    _COLUMNS.archived,
)  # fmt: skip
_NEWEST_FIRST = (_COLUMNS.gone_at.desc(), _COLUMNS.kind, _COLUMNS.record_id)


class TombstoneShelf:
    """Records that are gone in HighLevel, archived or not."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, location_id: str, tombstones: Sequence[Tombstone]) -> None:
        """Set them, replacing those of the same record."""
        await put_rows(self._connection, table, [_row(location_id, each) for each in tombstones], key=_KEY)

    async def get_many(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> dict[str, Tombstone]:
        """The tombstones of these records, by id."""
        whose = {"location_id": location_id, "of_kind": kind.value, "given": given(self._connection, record_ids)}
        found = await self._read(_of_records(self._connection.dialect.name), whose)
        return {tombstone.record_id: tombstone for tombstone in found}

    async def remove(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> None:
        """Take them away: the records are back."""
        theirs = one_of(self._connection, _COLUMNS.record_id, record_ids)
        await self._connection.execute(sa.delete(table).where(*_mine(location_id, kind), theirs))

    async def page(
        self, location_id: str, *, kind: RecordKind | None = None, archived_only: bool = True, limit: int = 100
    ) -> list[Tombstone]:
        """The newest, archived ones by default."""
        chosen = sa.select(*_FIELDS).where(_COLUMNS.connection_id == location_id)
        if kind is not None:
            chosen = chosen.where(_COLUMNS.kind == kind.value)
        if archived_only:
            chosen = chosen.where(BURIED)
        return await self._read(chosen.order_by(*_NEWEST_FIRST).limit(limit))

    async def of_contact(self, location_id: str, contact_id: str) -> list[Tombstone]:
        """The tombstones of what belongs to the contact."""
        theirs = (_COLUMNS.connection_id == location_id, _COLUMNS.contact_id == contact_id)
        return await self._read(sa.select(*_FIELDS).where(*theirs).order_by(*_NEWEST_FIRST))

    async def purge(self, *, now: int) -> int:
        """Remove the archived records whose time has come; the tombstones stay. Tells how many."""
        over = sa.update(table).where(_COLUMNS.purge_at <= now, BURIED).values(archived=None)
        return (await self._connection.execute(over)).rowcount

    async def count_since(self, location_id: str, kind: RecordKind, *, since: int) -> int:
        """How many records of the kind went since then."""
        gone = (*_mine(location_id, kind), _COLUMNS.gone_at >= since)
        counted = sa.select(sa.func.count()).select_from(table).where(*gone)
        return int(await self._connection.scalar(counted) or 0)

    async def hold(self, held: HeldDeletions) -> None:
        """Keep held deletions, replacing those of the same id."""
        row = (plain(held.id), plain(held.location_id), held.state.value, held.found_at, as_json(held))
        await put_rows(self._connection, held_deletions, [row], key=("id",))

    async def held(self, location_id: str | None = None, *, waiting_only: bool = True) -> list[HeldDeletions]:
        """Held deletions, newest first."""
        columns = held_deletions.c
        chosen = sa.select(columns.record)
        if location_id is not None:
            chosen = chosen.where(columns.connection_id == location_id)
        if waiting_only:
            chosen = chosen.where(columns.state == HeldState.WAITING.value)
        newest_first = chosen.order_by(columns.found_at.desc(), columns.id)
        return [decoder(HeldDeletions).decode(text) for text in await self._connection.scalars(newest_first)]

    async def _read(self, chosen: sa.Select[Any], parameters: dict[str, Any] | None = None) -> list[Tombstone]:
        rows = (await self._connection.execute(chosen, parameters)).mappings()
        return [_tombstone(row) for row in rows]


@cache
def _of_records(dialect_name: str) -> sa.Select[Any]:
    mine = (_COLUMNS.connection_id == sa.bindparam("location_id"), _COLUMNS.kind == sa.bindparam("of_kind"))
    return sa.select(*_FIELDS).where(*mine, one_of_given(dialect_name, _COLUMNS.record_id))


def _mine(location_id: str, kind: RecordKind) -> tuple[sa.ColumnElement[bool], ...]:
    return _COLUMNS.connection_id == location_id, _COLUMNS.kind == kind.value


def _row(location_id: str, tombstone: Tombstone) -> Row:
    return (
        plain(location_id), tombstone.kind.value, plain(tombstone.record_id), optional(tombstone.contact_id),
        tombstone.action.value, tombstone.gone_at, tombstone.purge_at, tombstone.archived,
    )  # fmt: skip


def _tombstone(row: Any) -> Tombstone:
    return Tombstone(**{**row, "kind": RecordKind(row["kind"]), "action": DeletionAction(row["action"])})
