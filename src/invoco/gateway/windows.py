"""The spans in which the appointments of each calendar are read: HighLevel has no list of all of them (facts 9)."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

_DAY = 86_400_000
_SPAN = 90 * _DAY


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The next call: the first of these calendars in that span."""

    calendars: tuple[str, ...]
    """The ids of the calendars still to be read; kept with the cursor, so that going on costs no call."""
    span: int = 0


class Windows:
    """Spans of 90 days around a moment; both ends of a span belong to it."""

    def __init__(self, middle: int, *, days_back: int, days_ahead: int) -> None:
        """`middle` is in milliseconds since 1970."""
        start, end = middle - days_back * _DAY, middle + days_ahead * _DAY
        self.spans = [(begin, min(begin + _SPAN - 1, end)) for begin in range(start, end + 1, _SPAN)]

    def after(self, place: Place) -> Place | None:
        """What comes after that place: the calendar's next span, or the next calendar."""
        if place.span + 1 < len(self.spans):
            return replace(place, span=place.span + 1)
        later = place.calendars[1:]
        return Place(calendars=later) if later else None
