"""Writing the sample account into a database."""

import gc

import pytest
import sqlalchemy as sa

from invoco.domain.kinds import RecordKind
from invoco.sandbox.sample import account, seed_account
from invoco.testing.clock import FakeClock


async def _indexes(database):
    async with database.reading() as session:
        rows = await session.connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'index'"))
        return sorted(rows.scalars())


async def test_counts_tell_what_was_written(database):
    """The counts of each location equal what its shelves hold."""
    made = await seed_account(database, clock=FakeClock(), contacts=1030, seed=3)
    async with database.reading() as session:
        held = {
            location.id: {kind.value: await session.shelf(kind).count(location.id) for kind in RecordKind}
            for location in made.locations
        }

    assert held == made.counts


async def test_main_location_has_as_many_contacts_as_asked_for(database):
    """The number of contacts is that of the main location; the second is small."""
    made = await seed_account(database, clock=FakeClock(), contacts=120, seed=3)

    assert [120, 25] == [made.counts[location.id]["contacts"] for location in made.locations]


async def test_account_is_that_of_the_seed(database):
    """Apart from the counts, the account is what `account` tells."""
    clock = FakeClock()
    made = await seed_account(database, clock=clock, contacts=1, seed=3)

    assert account(3, now_ms=int(clock.now() * 1000)).locations == made.locations


async def test_progress(database):
    """Progress tells how many contacts are written, up to all."""
    told = []
    await seed_account(database, clock=FakeClock(), contacts=1010, seed=3, on_progress=lambda *at: told.append(at))

    assert [(1000, 1035), (1010, 1035), (1035, 1035)] == [at for at in dict.fromkeys(told) if at[0]]


async def test_indexes_stand_at_the_end(database):
    """The database has the indexes that it had before."""
    before = await _indexes(database)
    await seed_account(database, clock=FakeClock(), contacts=1, seed=3)

    assert before == await _indexes(database)


@pytest.mark.parametrize("was_on", [True, False])
async def test_collector_is_left_as_it_was(database, was_on):
    """Python's collector runs afterwards if it ran before."""
    (gc.enable if was_on else gc.disable)()
    try:
        await seed_account(database, clock=FakeClock(), contacts=1, seed=3)
        assert was_on == gc.isenabled()
    finally:
        gc.enable()
