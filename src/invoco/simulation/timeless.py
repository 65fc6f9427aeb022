"""An event loop whose time passes only when everybody waits, and in which nothing ever runs at the same time.

What runs in such a loop depends on nothing but what it is given: there is no thread, no socket, and no clock but its
own. A day of waiting takes no time at all.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import selectors
from collections.abc import Callable
from typing import Any, Final

MOST_TURNS: Final = 400_000
"""Of a loop: many times what a simulation takes."""
START: Final = 1_750_000_000.0
"""Seconds since 1970 at which every simulation begins."""


class StandsStill(RuntimeError):
    """Everybody waits and nobody will ever be woken."""


class NeverRests(RuntimeError):
    """So much has happened that it will never end."""


class TimelessLoop(asyncio.SelectorEventLoop):
    """Jumps to the next timer as soon as nobody has anything to do; threads are replaced by doing it at once."""

    def __init__(self) -> None:
        self._passed = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._passed

    def jump(self, seconds: float | None) -> None:
        """Let the time pass until the next timer; None: there is none.

        Raises:
            StandsStill: nobody will ever be woken.
        """
        if seconds is None:
            raise StandsStill("Everybody waits and nobody will ever be woken.")
        self._passed += seconds

    def run_in_executor(  # type: ignore[override]  # the same to whoever awaits it
        self, executor: concurrent.futures.Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Do it now, in this thread."""
        del executor
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            done.set_exception(error)
        return done


class _Jumping(selectors.SelectSelector):
    """Never waits: where it would, the time passes instead."""

    def __init__(self, loop: TimelessLoop) -> None:
        super().__init__()
        self._loop = loop
        self.turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now."""
        self.turns += 1
        if self.turns > MOST_TURNS:
            raise NeverRests("The loop does not come to rest.")
        ready = super().select(0)
        if not ready and (timeout is None or timeout > 0):
            self._loop.jump(timeout)
        return ready


class LoopClock:
    """The time of the running loop, as a clock; `ahead` of others by so many seconds."""

    def __init__(self, *, ahead: float = 0.0) -> None:
        self.ahead = ahead

    def now(self) -> float:
        """Seconds since 1970."""
        return START + self.ahead + asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        await asyncio.sleep(max(0.0, seconds))
