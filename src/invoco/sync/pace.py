"""How many follow-ups may be read: while events come, no more than leaves most of the calls to them."""

from __future__ import annotations

from invoco.sync.confirm import Confirmed

PAUSE = 1.0
"""Seconds after which it is worth while to ask again when none was allowed."""
_AT_ONCE, _PER_SECOND = 16.0, 3.0
"""So many may be read at once, and so many more every second; HighLevel allows ten calls a second in all (facts 7)."""
_CALM_AFTER = 10.0
"""Seconds without an event after which any number may be read."""
_MOST = 500


class Pace:
    """The follow-ups of one location. All moments are seconds since 1970."""

    def __init__(self) -> None:
        self._event_at = float("-inf")
        self._left, self._counted_at = _AT_ONCE, float("-inf")

    def allowed(self, now: float) -> int:
        """How many may be read now."""
        if now - self._event_at >= _CALM_AFTER:
            return _MOST
        self._left = min(_AT_ONCE, self._left + (now - self._counted_at) * _PER_SECOND)
        self._counted_at = now
        return int(self._left)

    def note(self, round_: Confirmed, now: float) -> None:
        """Count what was read in a round."""
        if round_.events:
            self._event_at = now
        self._left -= round_.follow_ups
