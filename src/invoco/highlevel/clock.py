"""Time as a port: everything that waits or reads the time is handed a clock."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from; tests, the twin and the simulator move it."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of this clock."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC, never running backwards within one process."""
        return _STARTED_AT + (time.monotonic() - _STARTED_MONOTONIC)

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        await asyncio.sleep(max(0.0, seconds))


_STARTED_AT = time.time()
_STARTED_MONOTONIC = time.monotonic()


def milliseconds(clock: Clock) -> int:
    """The clock's time in milliseconds since 1970-01-01 UTC."""
    return int(clock.now() * 1000)


def iso(milliseconds_since_1970: int) -> str:
    """ISO-8601 UTC with milliseconds, as HighLevel writes it: `2021-07-02T05:18:26.704Z` (facts 10.1)."""
    seconds, rest = divmod(milliseconds_since_1970, 1000)
    return f"{datetime.fromtimestamp(seconds, tz=UTC).isoformat()[:19]}.{rest:03d}Z"


def instant(text: str) -> int:
    """Milliseconds since 1970 of an ISO-8601 text; without an offset it is read as UTC.

    Raises:
        ValueError: the text is no ISO-8601 date or date-time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
