"""Statements that write many rows at once, compiled once per table and dialect."""
# ruff: noqa: S608 - only names of our own tables are put together here

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.store.columns import storable_text
from invoco.store.rows import Row

MANY = 500
"""How many values one statement is given, well under every driver's limit."""
_MANY_ROWS = 500
"""From here on COPY pays."""
_AT_ONCE = (256, 64, 16, 4, 1)
"""Rows a statement on SQLite: few different numbers, so that each is compiled once."""


async def put_rows(
    connection: AsyncConnection,
    table: sa.Table,
    rows: Sequence[Row],
    *,
    key: tuple[str, ...],
    otherwise: str | None = None,
) -> None:
    """Insert rows (in column order, without `position`), replacing those with the same key.

    `otherwise` is what ON CONFLICT does instead of replacing.

    The SQL goes straight to the driver: building parameters by name costs more than the insert itself. PostgreSQL is
    given an array for each column, or very many rows by COPY. SQLite is given statements of many rows, since it hands
    Python's lock over once a statement, and a busy program is slow to give it back.
    """
    instead = _instead(table, key, otherwise)
    if connection.dialect.name == "sqlite":
        await _insert_pieces(connection, table, rows, instead)
    elif len(rows) > _MANY_ROWS:
        await _copy_rows(connection, table, _once(table, rows, key), instead=instead)
    elif rows:
        await _insert_arrays(connection, _insert_columns(table, instead), _once(table, rows, key))


async def append_rows(
    connection: AsyncConnection, table: sa.Table, rows: Sequence[Row], *, key: str | None = None, otherwise: str = ""
) -> None:
    """Insert rows (in column order, without `position`, which counts on in their order), beside other writers.

    `otherwise` is what ON CONFLICT does to a row whose `key` is there already; a key comes once in the rows. Two
    writers that insert the same keys meet them in the same order, so that neither waits for the other in turn.
    """
    instead = _instead(table, (key,), otherwise) if key else ""
    if connection.dialect.name == "sqlite":
        await _insert_pieces(connection, table, rows, instead)
    elif rows:
        await _insert_arrays(connection, _insert_columns(table, instead, order=key), rows)


def _once(table: sa.Table, rows: Sequence[Row], key: tuple[str, ...]) -> list[Row]:
    """The last row of each key, since PostgreSQL replaces none twice; a key with NULL in it is like no other."""
    names = _names(table)
    places = [names.index(name) for name in key]
    kept: dict[object, Row] = {}
    for number, row in enumerate(rows):
        identity = tuple([row[place] for place in places])
        kept[number if None in identity else identity] = row
    return list(kept.values())


async def _insert_arrays(connection: AsyncConnection, statement: str, rows: Sequence[Row]) -> None:
    await connection.exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True))))


async def _insert_pieces(connection: AsyncConnection, table: sa.Table, rows: Sequence[Row], instead: str) -> None:
    for piece in _pieces(rows):
        values = tuple(chain.from_iterable(piece))
        await connection.exec_driver_sql(_insert_many(table, len(piece), instead), values)


def _pieces(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Pieces of the sizes of `_AT_ONCE`; one that is at least half full is filled up with empty rows."""
    start = 0
    while left := len(rows) - start:
        size = next(size for size in _AT_ONCE if size <= 2 * left)
        piece = rows[start : start + size]
        start += len(piece)
        yield [*piece, *[(None,) * len(piece[0])] * (size - len(piece))]


async def _copy_rows(connection: AsyncConnection, table: sa.Table, rows: Sequence[Row], *, instead: str) -> None:
    """By way of a table of the connection's own, since COPY cannot replace rows."""
    way, columns = _quote(f"incoming_{table.name}"), _quoted(_names(table))
    await connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {way} ON COMMIT DELETE ROWS AS"
        f" SELECT {columns} FROM {_quote(table.name)} WITH NO DATA"
    )
    await _sent(connection, f"COPY {way} ({columns}) FROM STDIN", rows)
    onward = f"{_into(table)} SELECT {columns} FROM {way} {instead}"
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
def _insert_many(table: sa.Table, rows: int, instead: str) -> str:
    """For SQLite; rows whose first column is NULL are empty."""
    row = f"({', '.join('?' * len(_names(table)))})"
    values = ", ".join([row] * rows)
    return f"{_into(table)} SELECT * FROM (VALUES {values}) WHERE column1 IS NOT NULL {instead}"


@cache
def _insert_columns(table: sa.Table, instead: str, *, order: str | None = None) -> str:
    """For PostgreSQL, from one array a column; with an order the rows are sorted after they have their positions."""
    names = _names(table)
    arrays = ", ".join(f"%b::{_array_of(table.c[name].type)}" for name in names)
    given = f"unnest({arrays}) AS given ({_quoted(names)})"
    if order is None:
        return f"{_into(table)} SELECT * FROM {given} {instead}"
    numbered = f"SELECT nextval('{table.name}_position_seq') AS position, given.* FROM {given}"
    columns = _quoted(["position", *names])
    return (
        f"INSERT INTO {_quote(table.name)} ({columns})"
        f" SELECT * FROM ({numbered}) AS numbered ORDER BY {_quote(order)} {instead}"
    )


def _array_of(kind: sa.types.TypeEngine[Any]) -> str:
    names = {sa.LargeBinary: "bytea[]", sa.Integer: "bigint[]", sa.Boolean: "boolean[]"}
    return next((name for each, name in names.items() if isinstance(kind, each)), "text[]")


def _into(table: sa.Table) -> str:
    return f"INSERT INTO {_quote(table.name)} ({_quoted(_names(table))})"


@cache
def _instead(table: sa.Table, key: tuple[str, ...], otherwise: str | None = None) -> str:
    """What happens to a row whose key is there already."""
    replaced = [f"{_quote(name)} = excluded.{_quote(name)}" for name in _names(table) if name not in key]
    usually = f"UPDATE SET {', '.join(replaced)}" if replaced else "NOTHING"
    return f"ON CONFLICT ({_quoted(key)}) DO {otherwise or usually}"


def _names(table: sa.Table) -> list[str]:
    return [column.name for column in table.columns if column.name != "position"]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(map(_quote, names))


def _quote(name: str) -> str:
    return f'"{name}"'


def in_pieces(values: Sequence[str]) -> list[Sequence[str]]:
    """The values in pieces that fit one statement."""
    return [values[start : start + MANY] for start in range(0, len(values), MANY)]


def one_of(
    connection: AsyncConnection, column: sa.ColumnElement[Any], values: Sequence[str] | Sequence[int]
) -> sa.ColumnElement[bool]:
    """Whether the column has one of the values: one parameter and one compiled statement, however many there are."""
    return _one_of(connection.dialect.name, column, given(connection, values))


def one_of_given(dialect_name: str, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """As `one_of`, for a statement that is made once: its parameter `given` is what `given` makes of the values.

    To make a statement takes longer than to execute it, where few rows are concerned.
    """
    return _one_of(dialect_name, column, sa.bindparam("given"))


def given(connection: AsyncConnection, values: Sequence[str] | Sequence[int]) -> str | list[str | int]:
    """Values as a parameter of `one_of_given`."""
    stored = [storable_text(value) if isinstance(value, str) else value for value in values]
    return msgspec.json.encode(stored).decode() if connection.dialect.name == "sqlite" else stored


def _one_of(dialect_name: str, column: sa.ColumnElement[Any], values: Any) -> sa.ColumnElement[bool]:
    if dialect_name == "sqlite":
        each = sa.func.json_each(_typed(values, sa.Text())).table_valued("value")
        return column.in_(sa.select(each.c.value))
    kind = sa.BigInteger() if isinstance(column.type, sa.BigInteger) else sa.Text()
    return column == sa.func.any(_typed(values, postgresql.ARRAY(kind)))


def _typed(value: Any, kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    return sa.type_coerce(value, kind) if isinstance(value, sa.BindParameter) else sa.literal(value, kind)
