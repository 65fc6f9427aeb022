"""Modes of a connection are changed."""

import pytest
from msgspec.structs import replace

from invoco.domain.errors import FixInput, NoSuchRecord
from invoco.domain.schedules import Job, Modes
from invoco.service.modes import Change, ModeService
from invoco.service.scheduling import Scheduler

START = 1_750_000_000_000


@pytest.fixture
def service(store, clock):
    """Changes modes."""
    return ModeService(store, clock=clock)


async def test_what_is_not_named_stays(service, ledger):
    """Off is another thing than left alone."""
    connection = await ledger.connect("here", modes=Modes(poll_every=60, batch_at="0 1 * * *"))
    changed = await service.change(connection, Change(realtime=False, batch_at=None))

    assert Modes(realtime=False, poll_every=60, batch_at=None) == changed.modes


async def test_change_is_kept_and_planned(service, store, clock, ledger):
    """The next times follow the new modes at once."""
    connection = await ledger.connect("here")
    await ledger.put_due("here", Job.POLL, started_at=5, next_at=START + 300_000)
    await service.change(connection, Change(poll_every=30, batch_at="0 3 * * *", timezone="Europe/Berlin"))
    poll, batch = await ledger.due("here", Job.POLL), await ledger.due("here", Job.RECONCILE)
    async with store.reading() as session:
        kept = await session.connections.get("here")

    assert Modes(poll_every=30, batch_at="0 3 * * *", timezone="Europe/Berlin") == kept.modes
    assert (5, START + 30_000) == (poll.started_at, poll.next_at)
    assert 1 == batch.next_at // 3_600_000 % 24


async def test_mode_that_is_turned_off_is_not_run(service, store, jobs, clock, ledger):
    """Even when it was due."""
    connection = await ledger.connect("here")
    await ledger.put_due("here", Job.POLL, next_at=START)
    await service.change(connection, Change(poll_every=None))
    await Scheduler(store, jobs=jobs, clock=clock).sweep()

    assert set() == jobs.taken()


async def test_nothing_to_change(service, ledger):
    """Schedules stay as they are."""
    connection = await ledger.connect("here")
    await service.change(connection, Change(timezone="UTC"))

    assert await ledger.due("here", Job.POLL) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Change(poll_every=9), "Polls every 9 seconds are not possible."),
        (Change(poll_every=10**9), "Polls every 1000000000 seconds are not possible."),
        (Change(batch_at="daily"), "has not five fields"),
        (Change(timezone="Berlin"), "There is no time zone 'Berlin'."),
        (Change(timezone="Berlin", batch_at=None), "There is no time zone 'Berlin'."),
    ],
)
async def test_unusable_change(service, store, ledger, change, why):
    """It says why, and nothing changes."""
    connection = await ledger.connect("here")
    with pytest.raises(FixInput, match=why):
        await service.change(connection, change)

    async with store.reading() as session:
        assert connection == await session.connections.get("here")


async def test_connection_that_is_gone(service, ledger):
    """It is named."""
    connection = await ledger.connect("here")
    with pytest.raises(NoSuchRecord, match="name-of-here is gone"):
        await service.change(replace(connection, id="there"), Change(realtime=False))
