"""Connections to SQLite that seldom go to their thread: once a statement, or not at all where that takes longer.

The driver makes a trip each to make a cursor, to execute, to fetch, and to close the cursor. Most statements here are
small, and on a busy machine a trip there and back takes many times as long as they do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Self, TypeVar

import aiosqlite

_FIRST_ROWS = 1000
"""How many rows are fetched with the statement; further ones take another trip."""

T = TypeVar("T")


class OneTripConnection(aiosqlite.Connection):
    """A connection whose cursors execute and fetch in one trip."""

    def __init__(self, path: str, *, timeout: float = 5.0, **more: Any) -> None:
        connect = partial(sqlite3.connect, path, **{**more, "timeout": timeout, "check_same_thread": False})
        super().__init__(connect, iter_chunk_size=64)
        self._thread.daemon = True
        self._writes = False
        self.waits = True
        """Whether commits wait for the disk."""
        self.is_brief = False
        """Whether statements are done where they are awaited, until the transaction ends."""

    def cursor(self) -> OneTripCursor:  # type: ignore[override]  # all that SQLAlchemy needs
        """A cursor; making it takes no trip."""
        return OneTripCursor(self)

    async def commit(self) -> None:
        """Commit; only what was written takes a trip."""
        if self._writes:
            await super().commit()
        else:
            self._conn.commit()
        self._writes = self.is_brief = False

    async def rollback(self) -> None:
        """Roll back."""
        await super().rollback()
        self._writes = self.is_brief = False

    async def do(self, work: Callable[[], T], sql: str = "") -> T:
        """Do the work in the thread, or at once if it is nothing."""
        if self.is_brief or sql == "BEGIN" or sql.startswith("PRAGMA synchronous"):
            return work()
        if sql.startswith("BEGIN"):
            self._writes = True
            with suppress(sqlite3.OperationalError), self._impatience():
                return work()
        done: T = await self._execute(work)  # type: ignore[no-untyped-call]
        return done

    @contextmanager
    def _impatience(self) -> Iterator[None]:
        """Meanwhile nobody is waited for who holds the database."""
        (patience,) = self._conn.execute("PRAGMA busy_timeout").fetchone()
        self._conn.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self._conn.execute(f"PRAGMA busy_timeout = {patience}")


class OneTripCursor:
    """The part of a cursor that SQLAlchemy uses."""

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rest: sqlite3.Cursor | None = None
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> Self:
        """Execute one statement."""
        await self._connection.do(partial(self._run, sqlite3.Cursor.execute, sql, parameters), sql)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        """Execute one statement once for each of the parameters."""
        await self._connection.do(partial(self._run, sqlite3.Cursor.executemany, sql, parameters))
        return self

    async def fetchall(self) -> Sequence[Any]:
        """All rows that were not fetched yet."""
        rows, self._rows = self._rows, []
        if self._rest is not None:
            rows += await self._connection.do(self._rest.fetchall)
            await self.close()
        return rows

    async def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """The next rows."""
        size = size or self.arraysize
        if len(self._rows) < size and self._rest is not None:
            self._rows += await self._connection.do(partial(self._rest.fetchmany, max(size, _FIRST_ROWS)))
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchone(self) -> Any:
        """The next row; None after the last."""
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        """Forget the rest of the rows."""
        rest, self._rest = self._rest, None
        if rest is not None:
            await self._connection.do(rest.close)

    def _run(self, method: Any, sql: str, parameters: Iterable[Any]) -> None:
        cursor: sqlite3.Cursor = self._connection._conn.cursor()  # noqa: SLF001 - the base's
        method(cursor, sql, parameters)
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        if cursor.description is not None:
            self._rows = cursor.fetchmany(_FIRST_ROWS)
            if len(self._rows) == _FIRST_ROWS:
                self._rest = cursor
                return
        cursor.close()
