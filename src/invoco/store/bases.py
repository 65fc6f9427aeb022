"""Records of which Invoco's state is not simply HighLevel's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.outbound import Base
from invoco.store.outbound_tables import bases as table
from invoco.store.rows import Row, as_json, optional, plain
from invoco.store.shelves import decoder
from invoco.store.statements import given, one_of_given, put_rows

_KEY = ("connection_id", "kind", "record_id")
_COLUMNS = table.c
_FIELDS = (_COLUMNS.record_id, _COLUMNS.contact_id, _COLUMNS.theirs, _COLUMNS.deleted)
_MINE = (_COLUMNS.connection_id == sa.bindparam("location_id"), _COLUMNS.kind == sa.bindparam("of_kind"))


class BaseShelf:
    """Records of which Invoco's state is not simply HighLevel's."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_many(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> dict[str, Base]:
        """Those that there are, by id."""
        return {base.record_id: base for base in await self._of(_COLUMNS.record_id, location_id, kind, record_ids)}

    async def put(self, location_id: str, bases: Sequence[Base]) -> None:
        """Keep them; one of the same kind and id is replaced."""
        await put_rows(self._connection, table, [_row(location_id, base) for base in bases], key=_KEY)

    async def remove(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> None:
        """Both sides are the same."""
        if record_ids:
            removal = _removal(self._connection.dialect.name)
            await self._connection.execute(removal, self._whose(location_id, kind, record_ids))

    async def of_contacts(self, location_id: str, kind: RecordKind, contact_ids: Sequence[str]) -> list[Base]:
        """Those of records that belong to these contacts."""
        return await self._of(_COLUMNS.contact_id, location_id, kind, contact_ids)

    async def page(
        self, location_id: str, kind: RecordKind, *, after: str | None = None, limit: int = 500
    ) -> list[Base]:
        """The next ones by ascending record id."""
        # No id is empty: all of them are behind that.
        wanted = {"location_id": location_id, "of_kind": kind.value, "after": after or "", "most": limit}
        return _read(kind, await self._connection.execute(_PAGE, wanted))

    async def count(self, location_id: str, kind: RecordKind) -> int:
        """How many there are of that kind."""
        return int(await self._connection.scalar(_COUNT, {"location_id": location_id, "of_kind": kind.value}) or 0)

    async def _of(self, column: sa.Column[Any], location_id: str, kind: RecordKind, ids: Sequence[str]) -> list[Base]:
        if not ids:
            return []
        chosen = _with(self._connection.dialect.name, column)
        return _read(kind, await self._connection.execute(chosen, self._whose(location_id, kind, ids)))

    def _whose(self, location_id: str, kind: RecordKind, ids: Sequence[str]) -> dict[str, Any]:
        return {"location_id": location_id, "of_kind": kind.value, "given": given(self._connection, ids)}


_PAGE = (
    sa.select(*_FIELDS)
    .where(*_MINE, _COLUMNS.record_id > sa.bindparam("after"))
    .order_by(_COLUMNS.record_id)
    .limit(sa.bindparam("most"))
)
_COUNT = sa.select(sa.func.count()).select_from(table).where(*_MINE)


@cache
def _with(dialect_name: str, column: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(*_FIELDS).where(*_MINE, one_of_given(dialect_name, column))


@cache
def _removal(dialect_name: str) -> sa.Delete:
    return sa.delete(table).where(*_MINE, one_of_given(dialect_name, _COLUMNS.record_id))


def _row(location_id: str, base: Base) -> Row:
    theirs = None if base.theirs is None else as_json(base.theirs)
    return (
        plain(location_id), base.kind.value, plain(base.record_id), optional(base.contact_id), theirs, base.deleted,
    )  # fmt: skip


def _read(kind: RecordKind, rows: sa.CursorResult[Any]) -> list[Base]:
    decode = decoder(RECORD_TYPES[kind]).decode
    return [
        Base(
            kind=kind,
            record_id=row.record_id,
            contact_id=row.contact_id,
            theirs=None if row.theirs is None else decode(row.theirs),
            deleted=row.deleted,
        )
        for row in rows
    ]
