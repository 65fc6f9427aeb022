"""A clock that runs only when everybody waits."""

from __future__ import annotations

import asyncio
import heapq
import itertools

_QUIET_TURNS = 25


class FakeClock:
    """Starts at a fixed time; when nothing else runs, it jumps to the next sleeper's wake-up.

    With `auto=False` it stands still until `advance` is called.
    """

    def __init__(self, start: float = 1_750_000_000.0, *, auto: bool = True) -> None:
        self._now = start
        self._auto = auto
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self.slept: list[float] = []
        """Every wait that was asked for, in seconds."""

    def now(self) -> float:
        """Seconds since 1970."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has moved that far."""
        self.slept.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        deadline = self._now + seconds
        heapq.heappush(self._sleepers, (deadline, next(self._order), woken))
        try:
            if self._auto:
                await self._wait_for_quiet(woken, deadline)
            await woken
        finally:
            woken.cancel()  # a sleeper that is cancelled must not hold the clock back

    def advance(self, seconds: float) -> None:
        """Move the clock and wake whoever is due."""
        self._move_to(self._now + seconds)

    async def _wait_for_quiet(self, woken: asyncio.Future[None], deadline: float) -> None:
        while not woken.done():
            for _ in range(_QUIET_TURNS):
                await asyncio.sleep(0)
            self._forget_cancelled()
            if not woken.done() and self._sleepers[0][0] >= deadline:
                self._move_to(deadline)

    def _forget_cancelled(self) -> None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)

    def _move_to(self, moment: float) -> None:
        self._now = max(self._now, moment)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
