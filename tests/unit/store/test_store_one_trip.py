"""Statements on SQLite: one trip to the thread each, none where that is not worth it."""

import threading

import pytest
import sqlalchemy as sa

from invoco.store.database import Database

TABLE = sa.table("numbers", sa.column("number", sa.Integer))
ALL = sa.select(TABLE.c.number).order_by(TABLE.c.number)


@pytest.fixture
async def database(tmp_path):
    """A table of 2500 numbers."""
    database = await Database.open(f"sqlite:///{tmp_path / 'numbers.db'}")
    async with database.transaction() as session:
        await session.connection.execute(sa.text("CREATE TABLE numbers (number INTEGER)"))
        await session.connection.execute(sa.insert(TABLE), [{"number": number} for number in range(2500)])
    yield database
    await database.close()


@pytest.mark.parametrize("brief", [False, True])
async def test_many_rows(database, brief):
    """More than come with the statement."""
    async with database.reading() as session:
        if brief:
            session.brief()
        numbers = (await session.connection.scalars(ALL)).all()

    assert list(range(2500)) == numbers


async def test_rows_in_parts(database):
    """Read as far as they are wanted; the connection can be used at once for something else."""
    async with database.reading() as session:
        async with session.connection.stream(ALL) as streamed:
            first = [await streamed.fetchone(), *await streamed.fetchmany(1500)]
        async with session.connection.stream(ALL.limit(3)) as streamed:
            few = [row async for row in streamed]
            last = await streamed.fetchone()
        count = await session.connection.scalar(sa.select(sa.func.count()).select_from(TABLE))

    assert [(number,) for number in range(1501)] == [tuple(row) for row in first if row]
    assert ([(0,), (1,), (2,)], None, 2500) == ([tuple(row) for row in few], last, count)


async def threads(database, *, brief):
    """The names of the threads in which a reader's statement is done."""
    names = []
    async with database.reading() as session:
        raw = (await session.connection.get_raw_connection()).driver_connection
        await raw.create_function("whose", 0, lambda: names.append(threading.current_thread().name))
        if brief:
            session.brief()
        await session.connection.execute(sa.text("SELECT whose()"))
    return names


async def test_what_is_brief_is_done_at_once(database):
    """In the thread of the event loop; the next transaction takes the trip again."""
    here = threading.current_thread().name

    assert [here] == await threads(database, brief=True)
    assert [here] != await threads(database, brief=False)


async def test_what_may_be_lost_does_not_wait_for_the_disk(database):
    """And what follows does."""
    levels = []
    for durable in (True, False, False, True):
        async with database.transaction(durable=durable) as session:
            levels.append(await session.connection.scalar(sa.text("PRAGMA synchronous")))
    async with database.appending() as session:
        levels.append(await session.connection.scalar(sa.text("PRAGMA synchronous")))

    full, normal = 2, 1
    assert [full, normal, normal, full, full] == levels


async def test_a_connection_that_was_left_in_a_transaction(database):
    """It is rolled back before somebody else gets it."""
    connection = await database.engine.connect()
    await connection.execute(sa.text("DELETE FROM numbers"))
    raw = (await connection.get_raw_connection()).driver_connection
    await connection.get_transaction().commit()
    await raw.execute("BEGIN IMMEDIATE")
    await raw.execute("INSERT INTO numbers VALUES (1)")
    await connection.close()

    async with database.reading() as session:
        assert [] == (await session.connection.scalars(ALL)).all()
