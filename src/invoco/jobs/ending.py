"""Ends tasks, whatever they do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

_PATIENCE_SECONDS = 0.5


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel the tasks until all have ended.

    Once is not enough: a driver may turn a cancellation into an error of its own, and a loop that survives errors then
    goes on.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=_PATIENCE_SECONDS)
        await asyncio.gather(*done, return_exceptions=True)  # what they failed with is of no interest any more
