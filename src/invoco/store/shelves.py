"""Shelves: all records of one kind, for every kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.highlevel.records import Record
from invoco.store.rows import ROW_OF
from invoco.store.statements import given, in_pieces, one_of_given, put_rows
from invoco.store.tables import RECORD_TABLES

R = TypeVar("R", bound=Record)
IDENTITY = ("connection_id", "id")


@cache
def decoder(record_type: type[R]) -> msgspec.json.Decoder[R]:
    """The one decoder of that type."""
    return msgspec.json.Decoder(record_type)


class RecordShelf(Generic[R]):
    """All records of one kind; every call names the location."""

    def __init__(self, connection: AsyncConnection, kind: RecordKind, *, table: sa.Table | None = None) -> None:
        self._connection = connection
        self._table = RECORD_TABLES[kind] if table is None else table
        self._row_of = ROW_OF[kind]
        self._decode = decoder(RECORD_TYPES[kind]).decode

    async def get(self, location_id: str, record_id: str) -> R | None:
        """The record, or None."""
        found = await self.get_many(location_id, [record_id])
        return found.get(record_id)

    async def get_many(self, location_id: str, record_ids: Sequence[str]) -> dict[str, R]:
        """Those that exist, by id."""
        records = await self._of(self._table.c.id, location_id, record_ids)
        return {record.id: record for record in records}

    async def put(self, location_id: str, records: Sequence[R]) -> None:
        """Store the records, replacing those with the same id."""
        row_of = self._row_of
        rows = [row_of(location_id, record) for record in records]
        await put_rows(self._connection, self._table, rows, key=IDENTITY)

    async def change(self, location_id: str, changes: Sequence[tuple[R | None, R]]) -> None:
        """As `put`, for records of which the caller knows what is stored now (None: nothing), which costs less."""
        await self.put(location_id, [after for _, after in changes])

    async def delete(self, location_id: str, record_ids: Sequence[str]) -> None:
        """Remove the records; unknown ids are no error."""
        columns = self._table.c
        for ids in in_pieces(record_ids):
            mine = (columns.connection_id == location_id, columns.id.in_(ids))
            await self._connection.execute(sa.delete(self._table).where(*mine))

    async def count(self, location_id: str) -> int:
        """How many records the location has."""
        columns = self._table.c
        counted = sa.select(sa.func.count()).select_from(self._table).where(columns.connection_id == location_id)
        return int(await self._connection.scalar(counted) or 0)

    async def page(self, location_id: str, *, after: str | None = None, limit: int = 500) -> list[R]:
        """The next records by ascending id, after that id."""
        columns = self._table.c
        later = columns.id > after if after is not None else sa.true()
        return await self._select(later, location_id=location_id, order=[columns.id], limit=limit)

    async def _of(self, column: sa.Column[Any], location_id: str, values: Sequence[str]) -> list[R]:
        """The records whose column has one of the values."""
        chosen = _records(self._connection.dialect.name, self._table, column)
        whose = {"location_id": location_id, "given": given(self._connection, values)}
        return self._read(await self._connection.scalars(chosen, whose))

    async def _select(
        self,
        *where: sa.ColumnElement[bool],
        location_id: str,
        order: Sequence[sa.ColumnElement[Any]] = (),
        limit: int | None = None,
        skip: int | None = None,
    ) -> list[R]:
        columns = self._table.c
        chosen = sa.select(columns.record).where(columns.connection_id == location_id, *where).order_by(*order)
        if limit is not None:
            chosen = chosen.limit(limit)
        if skip is not None:
            chosen = chosen.offset(skip)
        return self._read(await self._connection.scalars(chosen))

    def _read(self, texts: Iterable[str]) -> list[R]:
        decode = self._decode
        return [decode(text) for text in texts]


class ChildShelf(RecordShelf[R]):
    """Records that belong to a contact."""

    async def of_contact(self, location_id: str, contact_id: str) -> list[R]:
        """All records of the contact, oldest first."""
        mine = self._table.c.contact_id == contact_id
        return await self._select(mine, location_id=location_id, order=self._oldest_first())

    async def of_contacts(self, location_id: str, contact_ids: Sequence[str]) -> list[R]:
        """All records of these contacts."""
        return await self._of(self._table.c.contact_id, location_id, contact_ids)

    async def delete_of_contacts(self, location_id: str, contact_ids: Sequence[str]) -> None:
        """Remove what belongs to these contacts."""
        columns = self._table.c
        for ids in in_pieces(contact_ids):
            theirs = (columns.connection_id == location_id, columns.contact_id.in_(ids))
            await self._connection.execute(sa.delete(self._table).where(*theirs))

    def _oldest_first(self) -> list[sa.ColumnElement[Any]]:
        """By the instant that tells the age where the kind has one, else in the order they came."""
        age = [self._table.c[name] for name in ("date_added", "start_time") if name in self._table.c]
        return [*age, self._table.c.position]


@cache
def _records(dialect_name: str, table: sa.Table, column: sa.Column[Any]) -> sa.Select[Any]:
    mine = table.c.connection_id == sa.bindparam("location_id")
    return sa.select(table.c.record).where(mine, one_of_given(dialect_name, column))
