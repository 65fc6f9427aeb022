"""Reading one page ahead."""

import asyncio
from contextlib import aclosing

import pytest

from invoco.domain.ports import SourcePage
from invoco.sync.pipeline import pages


def book(last: int, reads: list[int]):
    """Reads pages 0 to `last`, and remembers which."""

    async def read(cursor):
        number = cursor or 0
        reads.append(number)
        return SourcePage(records=[number], malformed=[], cursor=number + 1 if number < last else None)

    return read


async def test_every_page_comes_in_order():
    """Pages come in order, from the first to the one without a cursor."""
    seen = [page.records[0] async for page in pages(book(3, []), cursor=None)]

    assert seen == [0, 1, 2, 3]


async def test_the_next_page_is_read_while_one_is_used():
    """One page, and no more, is on its way while one is being used."""
    reads: list[int] = []
    async with aclosing(pages(book(5, reads), cursor=2)) as coming:
        async for _ in coming:
            await asyncio.sleep(0)
            break

    assert reads == [2, 3]


async def test_an_error_waits_until_the_page_before_was_used():
    """What failed to be read ahead does not take away the page that was read."""
    seen = []

    async def read(cursor):
        if cursor:
            raise ConnectionError
        return SourcePage(records=["first"], malformed=[], cursor=1)

    async def use():
        async for page in pages(read, cursor=None):
            await asyncio.sleep(0)
            seen.append(page.records)

    with pytest.raises(ConnectionError):
        await use()

    assert seen == [["first"]]


async def test_a_page_on_its_way_is_cancelled_with_its_reader():
    """Whoever stops early leaves nothing running."""
    ended = []

    async def read(cursor):
        if cursor:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append(cursor)
        return SourcePage(records=[], malformed=[], cursor=1)

    async with aclosing(pages(read, cursor=None)) as coming:
        async for _ in coming:
            await asyncio.sleep(0)
            break

    assert ended == [1]
