"""Counters in memory and in the store."""

import pytest

from invoco.domain.errors import StoreBusy
from invoco.service.webhooks.counters import Counters

DAY = 1_750_000_000 // 86_400


@pytest.fixture
async def counters(fake_store, clock):
    """Closed at the end."""
    counters = Counters(fake_store, clock=clock)
    yield counters
    await counters.close()


async def test_written_together(counters, fake_store, clock):
    """Every few seconds, by day."""
    for name in ("a", "a", "b"):
        counters.add(name)
    before = dict(fake_store.counts)
    await clock.sleep(6)

    assert ({}, {("a", DAY): 2, ("b", DAY): 1}) == (before, fake_store.counts)


async def test_written_again_and_again(counters, fake_store, clock):
    """What comes later is written later."""
    counters.add("a")
    await clock.sleep(6)
    counters.add("a")
    await clock.sleep(6)

    assert {("a", DAY): 2} == fake_store.counts


async def test_written_at_the_end(counters, fake_store):
    """Closing loses nothing."""
    counters.add("a")
    await counters.close()

    assert {("a", DAY): 1} == fake_store.counts


async def test_days_are_counted_apart(counters, fake_store, clock):
    """By the day on which it happened, not on which it is written."""
    counters.add("a")
    clock.advance(86_400)
    counters.add("a")
    await counters.close()

    assert {("a", DAY): 1, ("a", DAY + 1): 1} == fake_store.counts


async def test_a_store_that_fails(counters, fake_store, clock):
    """The counts wait for the next time."""
    fake_store.fails = [StoreBusy()]
    counters.add("a")
    await clock.sleep(6)
    before = dict(fake_store.counts)
    await clock.sleep(6)

    assert ({}, {("a", DAY): 1}) == (before, fake_store.counts)


async def test_nothing_to_count(fake_store, counters):
    """The store is left alone."""
    fake_store.fails = [StoreBusy()]
    await counters.close()

    assert 1 == len(fake_store.fails)
