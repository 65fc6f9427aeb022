"""Records that are shown and not confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RecordKind
from invoco.domain.sync_ports import Provisional
from invoco.store.rows import Row, optional, plain
from invoco.store.statements import given, one_of_given, put_rows
from invoco.store.sync_tables import provisional as table

_KEY = ("connection_id", "kind", "record_id")
_COLUMNS = table.c


class ProvisionalShelf:
    """Records that are shown and not confirmed."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def mark(self, location_id: str, records: Sequence[Provisional]) -> None:
        """Mark them; a mark that is there is replaced."""
        await put_rows(self._connection, table, [_row(location_id, record) for record in records], key=_KEY)

    async def get_many(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> dict[str, Provisional]:
        """The marks of these records, by id."""
        chosen = _marks(self._connection.dialect.name)
        rows = (await self._connection.execute(chosen, self._whose(location_id, kind, record_ids))).mappings()
        return {row["record_id"]: Provisional(kind=kind, **row) for row in rows}

    async def confirm(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> None:
        """Take the marks of these records away."""
        removal = _removal(self._connection.dialect.name, _COLUMNS.record_id)
        await self._connection.execute(removal, self._whose(location_id, kind, record_ids))

    async def confirm_of_contacts(self, location_id: str, kind: RecordKind, contact_ids: Sequence[str]) -> None:
        """Take the marks of all records of that kind of these contacts away."""
        removal = _removal(self._connection.dialect.name, _COLUMNS.contact_id)
        await self._connection.execute(removal, self._whose(location_id, kind, contact_ids))

    async def count(self, location_id: str) -> int:
        """How many records are not confirmed."""
        counted = sa.select(sa.func.count()).select_from(table).where(_COLUMNS.connection_id == location_id)
        return int(await self._connection.scalar(counted) or 0)

    def _whose(self, location_id: str, kind: RecordKind, ids: Sequence[str]) -> dict[str, Any]:
        return {"location_id": location_id, "of_kind": kind.value, "given": given(self._connection, ids)}


_MINE = (_COLUMNS.connection_id == sa.bindparam("location_id"), _COLUMNS.kind == sa.bindparam("of_kind"))


@cache
def _marks(dialect_name: str) -> sa.Select[Any]:
    fields = (_COLUMNS.record_id, _COLUMNS.contact_id, _COLUMNS.since, _COLUMNS.shown_at)
    return sa.select(*fields).where(*_MINE, one_of_given(dialect_name, _COLUMNS.record_id))


@cache
def _removal(dialect_name: str, column: sa.Column[Any]) -> sa.Delete:
    return sa.delete(table).where(*_MINE, one_of_given(dialect_name, column))


def _row(location_id: str, record: Provisional) -> Row:
    return (
        plain(location_id), record.kind.value, plain(record.record_id), optional(record.contact_id),
        record.since, record.shown_at,
    )  # fmt: skip
