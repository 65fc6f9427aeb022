"""Several calls at once."""

import asyncio

import pytest

from invoco.gateway.abreast import abreast


async def test_never_more_than_the_limit_are_under_way():
    """A new call begins when the oldest has ended."""
    under_way, most = 0, 0

    async def call(number):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return number * 2

    outcomes = [outcome async for outcome in abreast(range(10), call, limit=3)]

    assert [(number, number * 2) for number in range(10)] == outcomes
    assert most == 3


async def test_the_first_error_cancels_the_others():
    """Nothing is left running."""
    cancelled = []

    async def call(number):
        if number == 0:
            raise ConnectionError
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    with pytest.raises(ConnectionError):
        _ = [outcome async for outcome in abreast(range(3), call, limit=3)]

    assert cancelled == [1, 2]
