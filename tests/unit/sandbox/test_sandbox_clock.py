"""The twin's clock: one that tests move, whoever waits on it."""

import asyncio

import pytest

from invoco.sandbox.clock import TwinClock
from invoco.testing.clock import FakeClock

NOW = 1_750_000_000
TURNS = 10


@pytest.fixture
def twin_clock(clock) -> TwinClock:
    """The twin's clock over the one that stands still."""
    return TwinClock(clock)


@pytest.fixture
async def sleeper(twin_clock):
    """Somebody who sleeps for ten seconds."""
    task = asyncio.create_task(twin_clock.sleep(10))
    await settle()
    yield task
    task.cancel()


async def settle() -> None:
    """Let everybody who can go on go on."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


def test_it_shows_the_time_of_the_clock_below(clock, twin_clock):
    """Until somebody moves it, it runs with the other."""
    clock.advance(5)

    assert NOW + 5 == twin_clock.now()


def test_it_can_be_moved_ahead(clock, twin_clock):
    """Moves add up, and it runs on from there."""
    twin_clock.advance(60)
    twin_clock.advance(1)
    clock.advance(5)

    assert NOW + 66 == twin_clock.now()


def test_frozen_it_stands_still(clock, twin_clock):
    """The clock below runs on without it."""
    twin_clock.freeze()
    clock.advance(5)

    assert (NOW, True) == (twin_clock.now(), twin_clock.frozen)


def test_frozen_it_can_still_be_moved(twin_clock):
    """Only by hand."""
    twin_clock.freeze()
    twin_clock.advance(60)

    assert NOW + 60 == twin_clock.now()


def test_thawed_it_runs_on_from_where_it_stood(clock, twin_clock):
    """The time that passed meanwhile is not made up for."""
    twin_clock.freeze()
    clock.advance(5)
    twin_clock.thaw()
    clock.advance(1)

    assert (NOW + 1, False) == (twin_clock.now(), twin_clock.frozen)


def test_thawing_what_runs_changes_nothing(twin_clock):
    """It stays as far ahead as it was."""
    twin_clock.advance(60)
    twin_clock.thaw()

    assert NOW + 60 == twin_clock.now()


def test_reset_undoes_everything(clock, twin_clock):
    """It shows the time of the clock below again, and runs."""
    twin_clock.advance(60)
    twin_clock.freeze()
    clock.advance(5)
    twin_clock.reset()

    assert (NOW + 5, False) == (twin_clock.now(), twin_clock.frozen)


async def test_a_sleeper_wakes_when_the_time_has_passed(clock, sleeper):
    """By the clock below."""
    clock.advance(9)
    await settle()
    early = sleeper.done()
    clock.advance(1)
    await settle()

    assert (False, True) == (early, sleeper.done())


async def test_a_sleeper_wakes_when_the_clock_is_moved(twin_clock, sleeper):
    """Nobody has to wait for what was skipped."""
    twin_clock.advance(9)
    await settle()
    early = sleeper.done()
    twin_clock.advance(1)
    await settle()

    assert (False, True) == (early, sleeper.done())


async def test_a_sleeper_of_a_frozen_clock_waits_for_a_move(clock, twin_clock, sleeper):
    """Time that passes elsewhere wakes nobody."""
    twin_clock.freeze()
    await settle()
    clock.advance(60)
    await settle()
    early = sleeper.done()
    twin_clock.advance(10)
    await settle()

    assert (False, True) == (early, sleeper.done())


async def test_a_sleeper_of_a_thawed_clock_waits_for_the_rest(clock, twin_clock, sleeper):
    """Freezing costs no time and gives none."""
    twin_clock.freeze()
    await settle()
    clock.advance(60)
    twin_clock.thaw()
    await settle()
    early = sleeper.done()
    clock.advance(10)
    await settle()

    assert (False, True) == (early, sleeper.done())


@pytest.mark.parametrize("seconds", [0, -5])
async def test_nobody_sleeps_for_no_time(twin_clock, seconds):
    """A moment that has passed is not waited for."""
    async with asyncio.timeout(1):
        await twin_clock.sleep(seconds)

    assert NOW == twin_clock.now()


async def test_a_sleeper_that_is_cancelled_leaves_nothing_behind(sleeper):
    """Neither the wait for a move nor the one for the clock below goes on."""
    sleeper.cancel()
    await asyncio.gather(sleeper, return_exceptions=True)
    await settle()

    assert {asyncio.current_task()} == asyncio.all_tasks()


async def test_a_sleeper_of_a_clock_that_runs_by_itself():
    """The wait for a move does not keep the clock below from passing."""
    twin_clock = TwinClock(FakeClock(NOW))
    await twin_clock.sleep(30)

    assert NOW + 30 == twin_clock.now()
