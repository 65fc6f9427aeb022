"""Ids that records had here before HighLevel gave them its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RecordKind
from invoco.store.outbound_tables import aliases as table
from invoco.store.rows import plain
from invoco.store.statements import given, one_of_given, put_rows

_KEY = ("connection_id", "kind", "alias")
_COLUMNS = table.c
_MINE = (_COLUMNS.connection_id == sa.bindparam("location_id"), _COLUMNS.kind == sa.bindparam("of_kind"))


class AliasShelf:
    """Ids that records had here before HighLevel gave them its own."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, location_id: str, kind: RecordKind, aliases: Mapping[str, str]) -> None:
        """Remember, by the old id, the id of HighLevel."""
        rows = [(plain(location_id), kind.value, plain(old), plain(new)) for old, new in aliases.items()]
        await put_rows(self._connection, table, rows, key=_KEY)

    async def resolve(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> dict[str, str]:
        """HighLevel's ids of those that are aliases."""
        if not record_ids:
            return {}
        whose = {"location_id": location_id, "of_kind": kind.value, "given": given(self._connection, record_ids)}
        rows = await self._connection.execute(_resolution(self._connection.dialect.name), whose)
        return {row.alias: row.record_id for row in rows}

    async def of(self, location_id: str, kind: RecordKind, record_id: str) -> list[str]:
        """The aliases of the record."""
        whose = {"location_id": location_id, "of_kind": kind.value, "of_record": record_id}
        return sorted(await self._connection.scalars(_OF_RECORD, whose))


_OF_RECORD = sa.select(_COLUMNS.alias).where(*_MINE, _COLUMNS.record_id == sa.bindparam("of_record"))


@cache
def _resolution(dialect_name: str) -> sa.Select[Any]:
    return sa.select(_COLUMNS.alias, _COLUMNS.record_id).where(*_MINE, one_of_given(dialect_name, _COLUMNS.alias))
