"""Indexes that are put off while a table is filled: made at the end they cost a fraction of keeping them up to date."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, DropIndex

_SORTING = -2000
"""Kilobytes, as SQLite writes them."""


async def drop_indexes(connection: AsyncConnection, tables: Iterable[sa.Table]) -> None:
    """Drop what makes look-ups quick, though nothing that keeps rows unique."""
    for index in _indexes(tables):
        await connection.execute(DropIndex(index, if_exists=True))


async def make_indexes(connection: AsyncConnection, tables: Iterable[sa.Table]) -> None:
    """Make the indexes that are missing."""
    async with _in_little_memory(connection):
        for index in _indexes(tables):
            await connection.execute(CreateIndex(index, if_not_exists=True))


async def lacks_indexes(connection: AsyncConnection, table: sa.Table) -> bool:
    """Whether an index of the table is missing."""

    def names(plain: sa.Connection) -> set[str | None]:
        return {index["name"] for index in sa.inspect(plain).get_indexes(table.name)}

    there = await connection.run_sync(names)
    return any(index.name not in there for index in table.indexes)


async def is_empty(connection: AsyncConnection, table: sa.Table) -> bool:
    """Whether the table has no row."""
    return await connection.scalar(sa.select(sa.literal(1)).select_from(table).limit(1)) is None


async def count_anew(connection: AsyncConnection, table: sa.Table) -> None:
    """Let PostgreSQL know of the many new rows, so that it plans with them at once."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.text(f"ANALYZE {table.name}"))


@asynccontextmanager
async def _in_little_memory(connection: AsyncConnection) -> AsyncIterator[None]:
    """SQLite sorts in as much memory as its cache may take, beside the cache itself."""
    if connection.dialect.name != "sqlite":
        yield
        return
    usual = await connection.scalar(sa.text("PRAGMA cache_size"))
    await connection.execute(sa.text("PRAGMA shrink_memory"))
    await connection.execute(sa.text(f"PRAGMA cache_size = {_SORTING}"))
    yield
    await connection.execute(sa.text(f"PRAGMA cache_size = {usual}"))


def _indexes(tables: Iterable[sa.Table]) -> list[sa.Index]:
    found = (index for table in tables for index in table.indexes)
    return sorted(found, key=lambda index: str(index.name))
