"""Statements that write many rows at once, compiled once per table and dialect."""
# ruff: noqa: S608 - only names of our own tables are put together here

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

MANY = 500
"""How many values one statement is given, well under every driver's limit."""
_MANY_ROWS = 50
"""From here on COPY pays."""
_AT_ONCE = (250, 50, 10, 1)
"""Rows a statement on SQLite: few different numbers, so that each is compiled once."""
Row = tuple[Any, ...]


async def put_rows(connection: AsyncConnection, table: sa.Table, rows: Sequence[Row], *, key: tuple[str, ...]) -> None:
    """Insert rows (in column order, without `position`), replacing those with the same key.

    The SQL goes straight to the driver: building parameters by name costs more than the insert itself. Many rows go to
    PostgreSQL by COPY, which takes a quarter of the time of an INSERT for each; to SQLite in statements of many rows,
    since it hands Python's lock over once a statement, and a busy program is slow to give it back.
    """
    if connection.dialect.name == "postgresql" and len(rows) >= _MANY_ROWS:
        await _copy_rows(connection, table, rows, key=key)
    elif connection.dialect.name == "postgresql" and rows:
        await connection.exec_driver_sql(_insert(table, key, "%s", 1), list(rows))
    else:
        for piece in _pieces(rows):
            await connection.exec_driver_sql(_insert(table, key, "?", len(piece)), tuple(chain.from_iterable(piece)))


def _pieces(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    start = 0
    while start < len(rows):
        size = next(size for size in _AT_ONCE if size <= len(rows) - start)
        yield rows[start : start + size]
        start += size


async def _copy_rows(
    connection: AsyncConnection, table: sa.Table, rows: Sequence[Row], *, key: tuple[str, ...]
) -> None:
    """By way of a table of the connection's own, since COPY cannot replace rows."""
    names = _names(table)
    places = [names.index(name) for name in key]
    once = {tuple(row[place] for place in places): row for row in rows}
    way, columns = _quote(f"incoming_{table.name}"), _quoted(names)
    await connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {way} ON COMMIT DELETE ROWS AS"
        f" SELECT {columns} FROM {_quote(table.name)} WITH NO DATA"
    )
    await _sent(connection, f"COPY {way} ({columns}) FROM STDIN", once.values())
    onward = f"{_into(table)} SELECT {columns} FROM {way} {_instead(table, key)}"
    await connection.exec_driver_sql(onward)
    await connection.exec_driver_sql(f"TRUNCATE {way}")


async def _sent(connection: AsyncConnection, copying: str, rows: Iterable[Row]) -> None:
    """COPY, which SQLAlchemy does not know, with errors as it raises them."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    base = connection.dialect.loaded_dbapi.Error
    try:
        async with driver.cursor() as cursor, cursor.copy(copying) as copy:
            for row in rows:
                await copy.write_row(row)
    except base as error:
        raise DBAPIError.instance(copying, None, error, base, dialect=connection.dialect) from error


@cache
def _insert(table: sa.Table, key: tuple[str, ...], mark: str, rows: int) -> str:
    row = f"({', '.join([mark] * len(_names(table)))})"
    return f"{_into(table)} VALUES {', '.join([row] * rows)} {_instead(table, key)}"


def _into(table: sa.Table) -> str:
    return f"INSERT INTO {_quote(table.name)} ({_quoted(_names(table))})"


def _instead(table: sa.Table, key: tuple[str, ...]) -> str:
    """What happens to a row whose key is there already."""
    replaced = [f"{_quote(name)} = excluded.{_quote(name)}" for name in _names(table) if name not in key]
    instead = f"UPDATE SET {', '.join(replaced)}" if replaced else "NOTHING"
    return f"ON CONFLICT ({_quoted(key)}) DO {instead}"


def _names(table: sa.Table) -> list[str]:
    return [column.name for column in table.columns if column.name != "position"]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(map(_quote, names))


def _quote(name: str) -> str:
    return f'"{name}"'


def in_pieces(values: Sequence[str]) -> list[Sequence[str]]:
    """The values in pieces that fit one statement."""
    return [values[start : start + MANY] for start in range(0, len(values), MANY)]
