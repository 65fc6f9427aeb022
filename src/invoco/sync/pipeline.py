"""Reading one page ahead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Protocol, TypeVar


class Turnable(Protocol):
    """A page that tells how the next one is read."""

    @property
    def cursor(self) -> Any:
        """None after the last page."""


P = TypeVar("P", bound=Turnable)


async def pages(read: Callable[[Any], Awaitable[P]], *, cursor: Any) -> AsyncGenerator[P, None]:
    """Each page from the cursor on; while one is being used, the next is on its way.

    An error in reading ahead comes to light only after the page before it was used. Close the iterator
    (`contextlib.aclosing`) so that a page on its way is not left behind.
    """
    coming = asyncio.ensure_future(read(cursor))
    try:
        while True:
            page = await coming
            if page.cursor is None:
                yield page
                return
            coming = asyncio.ensure_future(read(page.cursor))
            yield page
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
