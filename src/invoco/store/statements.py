"""Statements that write many rows at once, compiled once per table and dialect."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

MANY = 500
"""How many values one statement is given, well under every driver's limit."""


async def put_rows(
    connection: AsyncConnection, table: sa.Table, rows: Sequence[tuple[Any, ...]], *, key: tuple[str, ...]
) -> None:
    """Insert rows (in column order, without `position`), replacing those with the same key.

    The SQL goes straight to the driver: building parameters by name costs more than the insert itself.
    """
    if rows:
        await connection.exec_driver_sql(_upsert(table, key, connection.dialect.name), list(rows))


@cache
def _upsert(table: sa.Table, key: tuple[str, ...], dialect_name: str) -> str:
    names = [column.name for column in table.columns if column.name != "position"]
    marks = ["?" if dialect_name == "sqlite" else "%s"] * len(names)
    replaced = [f"{_quote(name)} = excluded.{_quote(name)}" for name in names if name not in key]
    instead = f"UPDATE SET {', '.join(replaced)}" if replaced else "NOTHING"
    # Only names of our own tables are put together here.
    return (
        f"INSERT INTO {_quote(table.name)} ({', '.join(map(_quote, names))}) VALUES ({', '.join(marks)})"  # noqa: S608
        f" ON CONFLICT ({', '.join(map(_quote, key))}) DO {instead}"
    )


def _quote(name: str) -> str:
    return f'"{name}"'


def in_pieces(values: Sequence[str]) -> list[Sequence[str]]:
    """The values in pieces that fit one statement."""
    return [values[start : start + MANY] for start in range(0, len(values), MANY)]
