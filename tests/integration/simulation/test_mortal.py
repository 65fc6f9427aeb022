"""A database at whose commits a program can die."""

import pytest
import sqlalchemy as sa

from invoco.simulation.mortal import AFTER, BEFORE, Fate, MortalDatabase
from invoco.simulation.owned import Killed, Program
from invoco.store.database import Database


class Life:
    """A program and its database of one table."""

    def __init__(self, engine):
        self.program, self.fate = Program(), Fate()
        self.database = MortalDatabase(engine, program=self.program, fate=self.fate)

    async def write(self, kind="transaction"):
        """One row more."""
        async with getattr(self.database, kind)() as session:
            await session.connection.execute(sa.text("INSERT INTO t VALUES (1)"))

    async def rows(self):
        """How many rows were kept, as the next life sees them."""
        async with Database(self.database.engine).reading() as session:
            return await session.connection.scalar(sa.text("SELECT count(*) FROM t"))


@pytest.fixture
def living(timelessly, tmp_path):
    """Runs something with a life."""

    async def run(work):
        plain = await Database.open(f"sqlite:///{tmp_path / 'a.db'}", durable=False)
        async with plain.transaction() as session:
            await session.connection.execute(sa.text("CREATE TABLE t (id INTEGER)"))
        try:
            return await work(Life(plain.engine))
        finally:
            await plain.close()

    return lambda work: timelessly(run(work))


@pytest.mark.parametrize("kind", ["transaction", "appending"])
@pytest.mark.parametrize(("moment", "kept"), [(BEFORE, 1), (AFTER, 2)])
def test_death_at_a_commit(living, kind, moment, kept):
    """Before it nothing of the transaction is kept, after it everything."""

    async def work(life):
        life.fate.decide(commits=1, moment=moment)
        await life.write(kind)
        with pytest.raises(Killed):
            await life.write(kind)
        return await life.rows(), life.fate.struck

    assert (kept, 1) == living(work)


def test_the_dead_do_nothing(living):
    """Neither read nor write, nor end what was begun."""

    async def work(life):
        async def die_while_writing():
            async with life.database.transaction() as session:
                await session.connection.execute(sa.text("INSERT INTO t VALUES (1)"))
                life.program.strike()

        with pytest.raises(Killed):
            await die_while_writing()
        for kind in ("transaction", "appending", "reading"):
            with pytest.raises(Killed):
                async with getattr(life.database, kind)():
                    pass
        return await life.rows()

    assert 0 == living(work)


def test_fate_can_spare(living):
    """What was decided does not come about."""

    async def work(life):
        life.fate.decide(commits=0, moment=BEFORE)
        life.fate.spare()
        await life.write()
        return await life.rows(), life.fate.struck

    assert (1, 0) == living(work)
