"""Several calls under way at once, never more than a few."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


async def abreast(
    subjects: Iterable[S], call: Callable[[S], Awaitable[T]], *, limit: int
) -> AsyncGenerator[tuple[S, T], None]:
    """Each subject with the outcome of its call, in order; at most `limit` calls are under way.

    The first error ends it, and calls still under way are cancelled.
    """
    under_way: deque[tuple[S, asyncio.Future[T]]] = deque()
    try:
        for subject in subjects:
            if len(under_way) == limit:
                first, outcome = under_way.popleft()
                yield first, await outcome
            under_way.append((subject, asyncio.ensure_future(call(subject))))
        while under_way:
            first, outcome = under_way.popleft()
            yield first, await outcome
    finally:
        for _, outcome in under_way:
            outcome.cancel()
        await asyncio.gather(*(outcome for _, outcome in under_way), return_exceptions=True)
