"""The twin's clock: one place that tests move, read by tokens, rate windows, index lag and webhooks alike."""

from __future__ import annotations

import asyncio

from invoco.highlevel.clock import Clock


class TwinClock:
    """Runs with the clock it is given until it is advanced or frozen."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._ahead = 0.0
        self._frozen_at: float | None = None
        self._moved = asyncio.Event()

    @property
    def frozen(self) -> bool:
        """Whether the time stands still."""
        return self._frozen_at is not None

    def now(self) -> float:
        """Seconds since 1970."""
        return self._base.now() + self._ahead if self._frozen_at is None else self._frozen_at

    async def sleep(self, seconds: float) -> None:
        """Wait until this clock is that much later, however it gets there."""
        deadline = self.now() + seconds
        while (left := deadline - self.now()) > 0:
            await self._moved_or_passed(left)

    def advance(self, seconds: float) -> None:
        """Move the clock forward and wake whoever is due."""
        if self._frozen_at is None:
            self._ahead += seconds
        else:
            self._frozen_at += seconds
        self._wake()

    def freeze(self) -> None:
        """Let the time stand still."""
        self._frozen_at = self.now()
        self._wake()

    def thaw(self) -> None:
        """Let the time run on from where it stands."""
        if self._frozen_at is not None:
            self._ahead = self._frozen_at - self._base.now()
            self._frozen_at = None
            self._wake()

    def reset(self) -> None:
        """Show the time of the clock it was given again."""
        self._ahead, self._frozen_at = 0.0, None
        self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def _moved_or_passed(self, seconds: float) -> None:
        """Wait for the base clock as well as for a move: whichever comes first."""
        moved = asyncio.ensure_future(self._moved.wait())
        waits = {moved} if self.frozen else {moved, asyncio.ensure_future(self._passed(seconds))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _passed(self, seconds: float) -> bool:
        await self._base.sleep(seconds)
        return True
