"""The database: opens connections, runs transactions, closes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, nullcontext, suppress
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from invoco.domain.errors import StoreUnusable
from invoco.store import indexes, tables
from invoco.store.counting import forget_totals
from invoco.store.driver_errors import domain_errors
from invoco.store.one_trip import OneTripConnection
from invoco.store.revisions import refuse_newer
from invoco.store.session import StoreSession

BUSY_SECONDS = 10
"""How long a writer waits for another process before `StoreBusy`."""

_KEPT_OPEN = 16
"""Connections to a file; to open one takes longer than most transactions."""
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_WRITES, _DURABLE = "invoco_writes", "invoco_durable"
_READER: dict[str, Mapping[str, Any]] = {
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
# One writer at a time, as on SQLite: a rule that looks before it writes (duplicates) then needs no other lock.
_ONE_WRITER = sa.text(
    f"SELECT set_config('lock_timeout', '{BUSY_SECONDS}s', true),"
    " set_config('synchronous_commit', :commits, true),"
    " pg_advisory_xact_lock(hashtext('invoco ' || current_schema()))"
)


class Database:
    """Where the mirror is kept; made by `open`, and closed by whoever opened it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._writer = asyncio.Lock()

    @classmethod
    async def open(cls, url: str, *, durable: bool = True) -> Self:
        """Connect to `sqlite:///path` or `postgresql://user@host/name`; the tables may be missing still.

        Without `durable` the last transactions may be lost when the machine (not the program) stops.

        Raises:
            StoreUnusable: the database cannot be opened; the message says where and why.
            StoreTooNew: a newer Invoco wrote it.
        """
        engine = _engine(url, durable=durable)
        with domain_errors(engine.url):
            _probe(engine.url)
        database = cls(engine)
        try:
            async with database.reading() as session:
                await refuse_newer(session.connection)
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            StoreBusy, StoreUnusable: it gives none.
        """
        async with self.reading() as session:
            await session.connection.scalar(sa.text("SELECT 1"))

    @asynccontextmanager
    async def transaction(self, *, durable: bool = True) -> AsyncIterator[StoreSession]:
        """A writing transaction: all or nothing, one writer at a time; it must not be opened inside another.

        Without `durable` it does not wait for the disk: when the machine (not the program) stops it may be lost, unless
        a durable one has followed. That is for work that is then done again, from what is durable.

        Raises:
            StoreBusy: another process has been writing for 10 seconds.
            StoreUnusable: the disk is full, the file is read-only, the server is gone, …
        """
        async with self._writer, self._writing(durable=durable) as session:
            if session.connection.dialect.name == "postgresql":
                await session.connection.execute(_ONE_WRITER, {"commits": "on" if durable else "off"})
            yield session

    @asynccontextmanager
    async def appending(self) -> AsyncIterator[StoreSession]:
        """A transaction that only appends to the inbox: on PostgreSQL it waits for no other writer.

        Raises:
            StoreBusy, StoreUnusable: as `transaction` says.
        """
        queue = self._writer if self.engine.dialect.name == "sqlite" else nullcontext()
        async with queue, self._writing() as session:
            yield session

    @asynccontextmanager
    async def loading_contacts(self) -> AsyncIterator[None]:
        """While it is open, a first load of contacts is quicker and looking contacts up is slower.

        A table that holds contacts already keeps its indexes. Those of a load that was killed are made by
        `schema.upgrade`.

        Raises:
            StoreBusy, StoreUnusable: as `transaction` says.
        """
        async with self.transaction() as session:
            puts_off = await indexes.is_empty(session.connection, tables.contacts)
            if puts_off:
                await indexes.drop_indexes(session.connection, [tables.contacts])
        try:
            yield
        finally:
            if puts_off:
                await self.finish_contacts()

    async def finish_contacts(self) -> None:
        """Make the indexes of contacts that a load put off."""
        async with self.transaction() as session:
            await indexes.make_indexes(session.connection, [tables.contacts])
            await indexes.count_anew(session.connection, tables.contacts)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[StoreSession]:
        """A reading transaction: one consistent state, never blocked by a writer.

        Raises:
            StoreUnusable: the database cannot be read.
        """
        with domain_errors(self.engine.url):
            async with self.engine.connect() as connection:
                await connection.execution_options(**_READER[connection.dialect.name])
                async with connection.begin():
                    yield StoreSession(connection, writes=False)

    @asynccontextmanager
    async def _writing(self, *, durable: bool = True) -> AsyncIterator[StoreSession]:
        with domain_errors(self.engine.url):
            async with self.engine.connect() as connection:
                await connection.execution_options(**{_WRITES: True, _DURABLE: durable})
                forget_totals(connection)
                async with connection.begin():
                    yield StoreSession(connection, writes=True)


def _engine(url: str, *, durable: bool) -> AsyncEngine:
    place = _with_driver(url)
    if place.get_backend_name() == "sqlite":
        arguments = {"timeout": BUSY_SECONDS, "async_creator_fn": OneTripConnection}
        engine = create_async_engine(
            place, hide_parameters=True, connect_args=arguments, pool_size=_KEPT_OPEN, pool_use_lifo=True,
            pool_reset_on_return=None,
        )  # fmt: skip
        _prepare_sqlite(engine, durable=durable)
        return engine
    try:
        return create_async_engine(
            place, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": BUSY_SECONDS}
        )
    except ModuleNotFoundError as error:
        raise StoreUnusable(
            "The driver for PostgreSQL is not installed.", cure="Install `invoco[postgres]`."
        ) from error


def _probe(place: sa.URL) -> None:
    """Find out at once whether a file is a database; a new one is made for its owner alone.

    The asynchronous driver leaves a thread behind for every file that it could not open.
    """
    if place.get_backend_name() != "sqlite" or place.query:
        return
    path = Path(str(place.database))
    with suppress(OSError):
        path.touch(mode=0o600, exist_ok=False)
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA schema_version").fetchone()


def _with_driver(url: str) -> sa.URL:
    cure = "Set INVOCO_DATABASE_URL to sqlite:///path/to/file or postgresql://user@host/name."
    try:
        place = sa.make_url(url)
    except ArgumentError as error:
        # Without a cause: the driver's message repeats the URL with its password.
        del error
        raise StoreUnusable("The database URL cannot be read.", cure=cure) from None
    kind = place.drivername.partition("+")[0]
    if kind not in _DRIVERS or (kind == "sqlite" and not place.database):
        raise StoreUnusable(f"The database URL names no usable database: {place.drivername}.", cure=cure)
    return place.set(drivername=_DRIVERS[kind])


def _prepare_sqlite(engine: AsyncEngine, *, durable: bool) -> None:
    """WAL, so that readers see one state while a writer writes; BEGIN is ours, so that writers queue."""
    settings = (
        "page_size=8192",
        "journal_mode=WAL",
        f"synchronous={'FULL' if durable else 'OFF'}",
        "cache_size=-8000",
        # 256 MB of log: the pages that an import changes again and again are moved to the file once, not each time.
        "wal_autocheckpoint=32000",
        "journal_size_limit=67108864",
    )

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        try:
            _set_up(connection, settings)
        except BaseException:
            # Nobody else knows this connection yet, and its thread would live on.
            connection.close()
            raise

    @event.listens_for(engine.sync_engine, "reset")
    def returned(connection: Any, _record: object, _state: object) -> None:
        # Nearly always the transaction has ended, and to ask costs nothing.
        if connection.driver_connection.in_transaction:
            connection.rollback()

    @event.listens_for(engine.sync_engine, "invalidate")
    def interrupted(connection: Any, _record: object, _error: object) -> None:
        # A cancelled call leaves a statement behind, which keeps SQLite from ending the transaction on close.
        connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get(_WRITES, False):
            if durable:
                _wait_for_disk(connection, wait=options.get(_DURABLE, True))
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")


def _wait_for_disk(connection: sa.Connection, *, wait: bool) -> None:
    """Let commits of the connection wait for the disk or not; what is in the log before a commit is as safe as that."""
    driver: Any = connection.connection.driver_connection
    if driver.waits != wait:
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if wait else 'NORMAL'}")
        driver.waits = wait


def _set_up(connection: Any, settings: Sequence[str]) -> None:
    connection.isolation_level = None
    connection.create_function("lower_text", 1, _lower_text, deterministic=True)
    cursor = connection.cursor()
    for setting in settings:
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _lower_text(text: object) -> object:
    """SQLite's own `lower` knows ASCII alone."""
    return text.lower() if isinstance(text, str) else text
