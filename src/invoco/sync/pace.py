"""How quickly a location is read again: so that whatever comes next finds calls left of the window (facts 7)."""

from __future__ import annotations

from collections import deque

from invoco.domain.imports import Allowance
from invoco.sync.confirm import Confirmed

PAUSE = 1.0
"""Seconds after which it is worth while to look again."""
_AT_ONCE, _PER_SECOND = 16.0, 3.0
"""So many follow-ups may be read at once while events come, and so many more every second."""
_CALM_AFTER = 10.0
"""Seconds without an event after which any number of follow-ups may be read."""
_MOST = 500
_SPARING_FROM = 0.5
"""The share of a window's calls from which on they are spared."""


class Pace:
    """The reading of one location. All moments are seconds since 1970."""

    def __init__(self) -> None:
        self._event_at = float("-inf")
        self._left, self._counted_at = _AT_ONCE, float("-inf")
        self._calls: deque[tuple[float, int]] = deque()
        """How many calls there had been at which moment of the last window."""
        self._to_spare = float("inf")
        """Calls left of the part of the window that may be used up."""

    def follow_ups(self, now: float) -> int:
        """How many follow-ups may be read now."""
        most = int(max(0, min(_MOST, self._to_spare)))
        if now - self._event_at >= _CALM_AFTER:
            return most
        self._left = min(_AT_ONCE, self._left + (now - self._counted_at) * _PER_SECOND)
        self._counted_at = now
        return min(most, int(self._left))

    def pause(self, calls: int, allowance: Allowance, now: float) -> float:
        """Seconds to wait before the next round.

        Where a good part of the window is used up, more is gathered for one page instead of being read one by one.
        """
        self._calls.append((now, calls))
        while self._calls[0][0] < now - allowance.interval:
            self._calls.popleft()
        if allowance.burst is None:
            return 0.0
        self._to_spare = allowance.burst * _SPARING_FROM - (calls - self._calls[0][1])
        return PAUSE if self._to_spare < 0 else 0.0

    def note(self, round_: Confirmed, now: float) -> None:
        """Count what was read in a round."""
        if round_.events:
            self._event_at = now
        self._left -= round_.follow_ups
