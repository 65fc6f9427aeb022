"""A loop in which time passes only when everybody waits."""

import asyncio
import time

import pytest

from invoco.simulation import timeless
from invoco.simulation.timeless import START, LoopClock, NeverRests, StandsStill


def test_waiting_takes_no_time(timelessly):
    """A day is over at once."""

    async def wait():
        clock = LoopClock()
        await clock.sleep(86_400)
        return clock.now()

    began = time.monotonic()

    assert START + 86_400 == timelessly(wait())
    assert time.monotonic() - began < 10


def test_sleepers_wake_in_order(timelessly):
    """The one who waits less wakes first, whoever began first."""
    woken = []

    async def sleeper(seconds):
        await asyncio.sleep(seconds)
        woken.append(seconds)

    async def all_of_them():
        await asyncio.gather(sleeper(3), sleeper(1), sleeper(2))

    timelessly(all_of_them())

    assert [1, 2, 3] == woken


def test_timeouts_are_of_the_same_time(timelessly):
    """They end what takes longer in the loop's own time."""

    async def too_long():
        async with asyncio.timeout(30):
            await asyncio.sleep(31)

    with pytest.raises(TimeoutError):
        timelessly(too_long())


def test_nobody_will_be_woken(timelessly):
    """Then it is said, instead of waiting for ever."""

    async def for_ever():
        await asyncio.Event().wait()

    with pytest.raises(StandsStill):
        timelessly(for_ever())


def test_a_loop_that_never_rests(timelessly, monkeypatch):
    """After too many turns it is ended."""
    monkeypatch.setattr(timeless, "MOST_TURNS", 100)

    async def busily():
        for _ in range(1000):
            await asyncio.sleep(0)

    with pytest.raises(NeverRests):
        timelessly(busily())


def test_work_for_threads_is_done_at_once(timelessly):
    """In this thread, and errors come back."""

    async def work():
        six = await asyncio.to_thread(int, "6")
        with pytest.raises(ValueError, match="six"):
            await asyncio.to_thread(int, "six")
        return six

    assert 6 == timelessly(work())


def test_a_clock_that_is_ahead(timelessly):
    """Shows another time; the seconds are the same."""

    async def times():
        clock = LoopClock(ahead=90)
        await clock.sleep(-1)
        return clock.now()

    assert START + 90 == timelessly(times())
