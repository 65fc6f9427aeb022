"""Wake-ups that are due later."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from invoco.highlevel.clock import Clock
from invoco.jobs.ending import end
from invoco.jobs.lanes import Key

_TICKS = 20
"""Per second: wake-ups of one tick are one, so that no crowd of them can gather."""


class Alarms:
    """Rings for a job when its time has come, never before."""

    def __init__(self, ring: Callable[[Key], None], *, clock: Clock) -> None:
        self._ring, self._clock = ring, clock
        self._set: dict[tuple[Key, int], asyncio.Task[None]] = {}

    def set(self, key: Key, seconds: float) -> None:
        """Ring for the job after so many seconds."""
        tick = math.ceil((self._clock.now() + seconds) * _TICKS)
        if (key, tick) not in self._set:
            self._set[key, tick] = asyncio.create_task(self._wait(key, tick), name=f"alarm for {key[0]}")

    async def clear(self) -> None:
        """Forget all of them."""
        tasks = list(self._set.values())
        self._set.clear()
        await end(tasks)

    async def _wait(self, key: Key, tick: int) -> None:
        while (left := tick / _TICKS - self._clock.now()) > 0:
            await self._clock.sleep(left)
        self._set.pop((key, tick), None)
        self._ring(key)
