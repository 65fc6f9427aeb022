"""Daily counters of what arrives, gathered in memory and written now and then."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

import structlog

from invoco.domain.errors import InvocoError
from invoco.domain.ports import Store
from invoco.highlevel.clock import Clock, milliseconds

_PAUSE: Final = 5.0
"""Seconds that a count may wait."""
_DAY_MS: Final = 86_400_000

_log = structlog.get_logger(__name__)


class Counters:
    """Counts by name and day (days since 1970-01-01 UTC)."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._counts: Counter[tuple[str, int]] = Counter()
        self._writing: asyncio.Task[None] | None = None

    def add(self, name: str) -> None:
        """Count one more."""
        self._counts[name, milliseconds(self._clock) // _DAY_MS] += 1
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_soon())

    async def close(self) -> None:
        """Write what is not written yet."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._write()

    async def _write_soon(self) -> None:
        try:
            while self._counts:
                await self._clock.sleep(_PAUSE)
                await self._write()
        finally:
            self._writing = None

    async def _write(self) -> None:
        if not self._counts:
            return
        counts, self._counts = self._counts, Counter()
        try:
            async with self._store.transaction() as session:
                for (name, day), count in counts.items():
                    await session.runs.count_up(name, by=count, day=day)
        except InvocoError as error:
            _log.warning("counters must wait", reason=error.message)
            self._counts += counts
