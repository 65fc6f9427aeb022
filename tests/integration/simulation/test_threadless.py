"""SQLite without threads."""

import asyncio
import threading

import pytest
import sqlalchemy as sa

from invoco.domain.errors import StoreBusy, StoreUnusable
from invoco.simulation.stages import Stage
from invoco.store.database import Database


def of(path):
    """A database of that file."""
    return Database.open(f"sqlite:///{path}", durable=False)


async def counted(database):
    """How many rows its table has."""
    async with database.reading() as session:
        return await session.connection.scalar(sa.text("SELECT count(*) FROM t"))


async def filled(path):
    """A database with one row."""
    database = await of(path)
    async with database.transaction() as session:
        await session.connection.execute(sa.text("CREATE TABLE t (id INTEGER)"))
        await session.connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    return database


def test_no_thread_is_begun(timelessly, tmp_path):
    """Everything is done where it is awaited."""

    async def work():
        database = await filled(tmp_path / "a.db")
        rows, threads = await counted(database), threading.active_count()
        await database.close()
        return rows, threads

    before = threading.active_count()

    assert (1, before) == timelessly(work())


def test_errors_come_back(timelessly, tmp_path):
    """As from the driver with threads."""

    async def work():
        database = await of(tmp_path / "a.db")
        try:
            await counted(database)
        finally:
            await database.close()

    with pytest.raises(StoreUnusable):
        timelessly(work())


@pytest.mark.parametrize("held", [5.0, 20.0])
def test_a_writer_waits_for_another_process(timelessly, tmp_path, held):
    """In the loop's own time, and not for ever."""

    async def work():
        first, second = await filled(tmp_path / "a.db"), await of(tmp_path / "a.db")

        async def hold():
            async with first.transaction():
                await asyncio.sleep(held)

        holding = asyncio.create_task(hold())
        await asyncio.sleep(0.1)
        try:
            async with second.transaction() as session:
                await session.connection.execute(sa.text("INSERT INTO t VALUES (2)"))
            return await counted(second)
        finally:
            await holding
            await first.close()
            await second.close()

    if held < 10:
        assert 2 == timelessly(work())
    else:
        with pytest.raises(StoreBusy):
            timelessly(work())


def test_other_loops_keep_their_threads(tmp_path):
    """Only a loop without time goes without."""

    async def work():
        database = await filled(tmp_path / "a.db")
        rows, threads = await counted(database), threading.active_count()
        await database.close()
        return rows, threads

    before = threading.active_count()
    rows, during = asyncio.run(work())

    assert (1, True) == (rows, during > before)


def test_a_stage_shows_one_file_after_the_other(timelessly, tmp_path):
    """With the same engine, and without a trace of the file before."""
    stage = Stage()

    async def fill(name, rows):
        database = await filled(tmp_path / name)
        async with database.transaction() as session:
            await session.connection.execute(sa.text("INSERT INTO t VALUES (1)"), [{}] * (rows - 1))
        await database.close()

    async def look(name):
        engine = await stage.engine(tmp_path / name)
        database = Database(engine)
        rows = await counted(database)
        await database.close()
        return rows, engine

    timelessly(fill("a.db", 2))
    timelessly(fill("b.db", 3))
    (first, one), (second, other) = timelessly(look("a.db")), timelessly(look("b.db"))

    assert (2, 3, True) == (first, second, one is other)
