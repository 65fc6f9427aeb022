"""When a call is sent again: never when that could do something twice."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from invoco.highlevel.clock import Clock
from invoco.highlevel.errors import HighLevelError, NotFound, RateLimited, Uncertain
from invoco.highlevel.operations import Operation
from invoco.highlevel.records import JsonObject

TRIES = 4
"""How often a call is sent at most because of faults that may pass."""
FIRST_WAIT = 0.5
"""Seconds, doubled with every try and varied by half."""
LONGEST_WAIT = 600.0
"""Seconds; a longer wait for the quota is told to the caller instead."""
_MOST_WAITS = 30

Send = Callable[[], Awaitable[JsonObject]]


async def repeated(send: Send, *, operation: Operation, clock: Clock, chance: random.Random) -> JsonObject:
    """Send, and send again after faults that may pass (facts 11, row 34).

    A write that may have happened is not sent again.

    Raises:
        Uncertain: a write that must not be repeated was sent and its answer lost.
        HighLevelError: the last fault.
    """
    doubtful = False
    for attempt in range(TRIES):
        try:
            return await send()
        except HighLevelError as error:
            if doubtful and operation.method == "DELETE" and isinstance(error, NotFound):
                return {"succeeded": True}  # the try before, whose answer was lost, had deleted it
            if not _may_repeat(operation, error) or attempt == TRIES - 1:
                raise _told(operation, error) from error.__cause__
            doubtful = doubtful or error.in_doubt
        await clock.sleep(FIRST_WAIT * 2**attempt * chance.uniform(0.5, 1.5))
    raise AssertionError  # pragma: no cover - the last try returns or raises


def _may_repeat(operation: Operation, error: HighLevelError) -> bool:
    return error.passing and (operation.idempotent or not error.in_doubt)


def _told(operation: Operation, error: HighLevelError) -> HighLevelError:
    if operation.idempotent or not error.in_doubt:
        return error
    return Uncertain(
        f"{error.message}; the write may have happened",
        method=error.method,
        path=error.path,
        status=error.status,
        trace_id=error.trace_id,
    )


async def waited_out(send: Send, *, clock: Clock) -> JsonObject:
    """Send, and wait whenever the quota of the interval is used up (facts 7).

    Raises:
        RateLimited: the day's quota is used up, the wait would be long, or waiting did not help.
    """
    for _ in range(_MOST_WAITS):
        try:
            return await send()
        except RateLimited as limited:
            if limited.daily or limited.wait > LONGEST_WAIT:
                raise
            wait = limited.wait
        await clock.sleep(wait)
    return await send()
