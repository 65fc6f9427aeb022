"""Reading ahead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any, Protocol, TypeVar


class Turnable(Protocol):
    """A page that tells how the next one is read."""

    @property
    def cursor(self) -> Any:
        """None after the last page."""


P = TypeVar("P", bound=Turnable)

_BATCH = 3
"""Pages that are used at once, at most; as many may wait besides."""
_GATHERING = 0.25
"""Seconds for which a batch waits for further pages."""


async def pages(read: Callable[[Any], Awaitable[P]], *, cursor: Any) -> AsyncGenerator[P, None]:
    """Each page from the cursor on, as `batches` does, one by one."""
    async with aclosing(batches(read, cursor=cursor)) as coming:
        async for batch in coming:
            for page in batch:
                yield page


async def batches(read: Callable[[Any], Awaitable[P]], *, cursor: Any) -> AsyncGenerator[list[P], None]:
    """The pages from the cursor on, those that come within a moment together; while they are used, the next are read.

    An error in reading ahead comes to light only after the pages before
    it were used. Close the iterator (`contextlib.aclosing`) so that a page on its way is not left behind.
    """
    ready: asyncio.Queue[P | Exception] = asyncio.Queue(maxsize=_BATCH)
    reader = asyncio.create_task(_fill(ready, read, cursor))
    try:
        going_on = True
        while going_on:
            batch, error = await _ready(ready)
            if batch:
                yield batch
                going_on = batch[-1].cursor is not None
            if error is not None:
                raise error
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


async def _fill(ready: asyncio.Queue[P | Exception], read: Callable[[Any], Awaitable[P]], cursor: Any) -> None:
    try:
        while True:
            page = await read(cursor)
            await ready.put(page)
            cursor = page.cursor
            if cursor is None:
                return
    except Exception as error:  # noqa: BLE001 - raised again where the pages are used
        await ready.put(error)


async def _ready(ready: asyncio.Queue[P | Exception]) -> tuple[list[P], Exception | None]:
    """At least one page, or the error that ended the reading."""
    batch: list[P] = []
    item = await ready.get()
    with suppress(TimeoutError):
        async with asyncio.timeout(_GATHERING):
            while not isinstance(item, Exception):
                batch.append(item)
                if item.cursor is None or len(batch) == _BATCH:
                    return batch, None
                item = await ready.get()
            return batch, item
    return batch, None
