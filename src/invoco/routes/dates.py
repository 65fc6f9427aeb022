"""Dates as callers write them (facts 10.1)."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from invoco.highlevel.clock import instant

_YEAR_FIRST = re.compile(r"(?P<year>\d{4})([/._-])(?P<month>\d\d)\2(?P<day>\d\d)", re.ASCII)
_YEAR_LAST = re.compile(r"(?P<month>\d\d)([/._-])(?P<day>\d\d)\2(?P<year>\d{4})", re.ASCII)


def birthday(text: str) -> str:
    """A date of birth in any of HighLevel's eight forms, as `YYYY-MM-DD`.

    Raises:
        ValueError: another form, or no day of the calendar.
    """
    found = _YEAR_FIRST.fullmatch(text) or _YEAR_LAST.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return date(int(found["year"]), int(found["month"]), int(found["day"])).isoformat()


def is_iso(text: str) -> bool:
    """Whether the text is an ISO 8601 date or date-time."""
    try:
        instant(text)
    except (ValueError, OverflowError):
        return False
    return True


def zone_named(name: str | None) -> ZoneInfo | None:
    """The time zone with that IANA name; None when there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def milliseconds_in(text: str, zone: ZoneInfo) -> int:
    """Milliseconds since 1970 of an ISO text; without an offset it is read in that zone.

    Raises:
        ValueError: the text is no ISO 8601 date or date-time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)
