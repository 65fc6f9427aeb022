"""Reading ahead."""

import asyncio
from contextlib import aclosing

import pytest

from invoco.domain.ports import SourcePage
from invoco.sync import pipeline
from invoco.sync.pipeline import batches, pages


def book(last: int, reads: list[int]):
    """Reads pages 0 to `last`, and remembers which."""

    async def read(cursor):
        number = cursor or 0
        reads.append(number)
        await asyncio.sleep(0)
        return SourcePage.of([number], cursor=number + 1 if number < last else None)

    return read


async def test_every_page_comes_in_order():
    """Pages come in order, from the first to the one without a cursor."""
    seen = [page.records[0] async for page in pages(book(3, []), cursor=None)]

    assert seen == [0, 1, 2, 3]


async def test_the_next_pages_are_read_while_one_is_used():
    """Three pages are used, three wait and one is on its way, and no more."""
    reads: list[int] = []
    async with aclosing(pages(book(12, reads), cursor=2)) as coming:
        async for _ in coming:
            for _ in range(20):
                await asyncio.sleep(0)
            break

    assert reads == [2, 3, 4, 5, 6, 7, 8]


async def test_pages_that_come_soon_come_together():
    """Three pages make a batch; the last may be smaller."""
    sizes = [len(batch) async for batch in batches(book(9, []), cursor=None)]

    assert sizes == [3, 3, 3, 1]


async def test_a_late_page_is_not_waited_for(monkeypatch):
    """A batch is used when its next page does not come within a moment."""
    monkeypatch.setattr(pipeline, "_GATHERING", 0)

    async def read(cursor):
        if cursor:
            await asyncio.Event().wait()
        return SourcePage.of(["first"], cursor=1)

    async with aclosing(batches(read, cursor=None)) as coming:
        first = await anext(coming)

    assert [page.records for page in first] == [["first"]]


async def test_an_error_waits_until_the_page_before_was_used():
    """What failed to be read ahead does not take away the page that was read."""
    seen = []

    async def read(cursor):
        if cursor:
            raise ConnectionError
        return SourcePage.of(["first"], cursor=1)

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
        return SourcePage.of([], cursor=1)

    async with aclosing(pages(read, cursor=None)) as coming:
        async for _ in coming:
            await asyncio.sleep(0)
            break

    assert ended == [1]
