"""Transforms of dates and instants; inside they are ISO 8601, as HighLevel writes them (facts 10.1)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from invoco.mapping.problems import BadOptionError, CannotMapError
from invoco.mapping.transforms.transform import Function, Transform, Workshop, example, normaliser, plain
from invoco.mapping.types import Type

_GROUP: Final = "Dates and times"
_SIGNS: Final = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "DD": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "A": "%p",
}
_SIGN: Final = re.compile("YYYY|YY|MM|DD|HH|hh|mm|ss|A")
_PLAIN: Final = re.compile(r"(\d{4})[-/._](\d{1,2})[-/._](\d{1,2})|(\d{1,2})[-/._](\d{1,2})[-/._](\d{4})")
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class PatternOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the date is written: YYYY, YY, MM, DD, HH (24 hours), hh with A (AM or PM), mm, ss; other signs stay."""

    pattern: Annotated[str, Meta(min_length=2, max_length=60)] = "DD.MM.YYYY"


class ZoneOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which zone."""

    zone: str | None = None
    """An IANA name such as `Europe/Berlin`; without it the location's."""


class PartOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part."""

    part: Literal["year", "month", "day", "hour", "minute"]


class DaysOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many days; less than 0 goes back."""

    days: Annotated[int, Meta(ge=-36_500, le=36_500)]


def read_iso(text: str) -> datetime:
    """An ISO date or instant; without a zone it is taken as UTC.

    Raises:
        CannotMapError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CannotMapError(f"`{text}` is no date; dates are written YYYY-MM-DD") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def write_iso(moment: datetime) -> str:
    """An instant as HighLevel writes it: UTC with milliseconds."""
    try:
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        raise CannotMapError("the date is out of range") from None


def any_date(text: str) -> str:
    """`YYYY-MM-DD` of any form in which HighLevel takes dates of birth."""
    found = _PLAIN.fullmatch(text.strip())
    if found is None:
        return read_iso(text).date().isoformat()
    year, month, day, us_month, us_day, us_year = found.groups()
    try:
        return date(int(year or us_year), int(month or us_month), int(day or us_day)).isoformat()
    except ValueError:
        raise CannotMapError(f"`{text}` is no date") from None


@lru_cache(maxsize=256)
def _translated(pattern: str) -> str:
    signs = _SIGN.findall(pattern)
    if not signs or len(signs) != len(set(signs)):
        raise BadOptionError(f"`{pattern}` is no way to write a date.", "Use YYYY, MM, DD, HH, mm and ss, each once.")
    return _SIGN.sub(lambda found: _SIGNS[found.group()], pattern.replace("%", "%%"))


def _has_time(pattern: str) -> bool:
    return any(sign in pattern for sign in ("HH", "hh", "mm", "ss"))


def _writes(options: PatternOptions, _workshop: Workshop) -> Function:
    pattern, full_year = _translated(options.pattern), "YYYY" in options.pattern

    def written(text: str) -> str:
        moment = read_iso(text)
        exact = pattern.replace("%Y", f"{moment.year:04}") if full_year else pattern
        return moment.strftime(exact)

    return written


def _reads(options: PatternOptions, _workshop: Workshop) -> Function:
    pattern, timed = _translated(options.pattern), _has_time(options.pattern)
    _needs_whole_date(options.pattern)

    def understood(text: str) -> str:
        try:
            moment = datetime.strptime(text.strip(), pattern).replace(tzinfo=UTC)
        except ValueError:
            raise CannotMapError(f"`{text}` is not written as {options.pattern}") from None
        return write_iso(moment) if timed else moment.date().isoformat()

    return understood


def _needs_whole_date(pattern: str) -> None:
    if not ("YY" in pattern and "MM" in pattern and "DD" in pattern):
        raise BadOptionError(f"`{pattern}` leaves out year, month or day.", "A date is read from all three.")


def _reads_if_whole(options: PatternOptions, workshop: Workshop) -> Function | None:
    try:
        return _reads(options, workshop)
    except BadOptionError:
        return None


def _zone(options: ZoneOptions, workshop: Workshop) -> ZoneInfo:
    name = options.zone or workshop.definitions.timezone or "UTC"
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as cause:
        raise BadOptionError(f"`{name}` is no time zone.", "Use a name such as `Europe/Berlin`.") from cause


def _to_local(options: ZoneOptions, workshop: Workshop) -> Function:
    zone = _zone(options, workshop)

    def local(text: str) -> str:
        try:
            return f"{read_iso(text).astimezone(zone).replace(tzinfo=None):%Y-%m-%d %H:%M:%S}"
        except OverflowError:
            raise CannotMapError("the date is out of range") from None

    return local


def _from_local(options: ZoneOptions, workshop: Workshop) -> Function:
    zone = _zone(options, workshop)

    def instant(text: str) -> str:
        return write_iso(read_iso(text).replace(tzinfo=zone))

    return instant


def _adds_days(options: DaysOptions, _workshop: Workshop) -> Function:
    return _shifted(options.days)


def _takes_days(options: DaysOptions, _workshop: Workshop) -> Function:
    return _shifted(-options.days)


def _shifted(days: int) -> Function:
    def shifted(text: str) -> str:
        try:
            moment = read_iso(text) + timedelta(days=days)
        except OverflowError:
            raise CannotMapError("the date is out of range") from None
        return moment.date().isoformat() if len(text.strip()) == len("YYYY-MM-DD") else write_iso(moment)

    return shifted


def _parts(options: PartOptions, _workshop: Workshop) -> Function:
    return lambda text: getattr(read_iso(text), options.part)


def _to_epoch(text: str) -> int:
    return round(read_iso(text).timestamp() * 1000)


def _from_epoch(number: float) -> str:
    try:
        return write_iso(datetime.fromtimestamp(number / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        raise CannotMapError(f"{number} is no time in milliseconds") from None


def _dated(name: str, description: str, options: Any, forth: Any, *examples: Any, **more: Any) -> Transform:
    return Transform(
        name=name, group=_GROUP, description=description, takes=Type.TEXT, gives=more.get("gives", Type.TEXT),
        options=options, forth=forth, back=more.get("back"), examples=examples,
    )  # fmt: skip


_US: Final = "MM/DD/YYYY"
_NOON: Final = "2024-07-01T10:00:00.000Z"

TRANSFORMS: Final = (
    normaliser(
        "any_date", "Understand every form in which HighLevel takes a date; 03/04/2024 is the 4th of March.", any_date,
        example("12/31/1990", "1990-12-31"), example("1990.12.31", "1990-12-31"), group=_GROUP,
    ),
    _dated(
        "date_to_text", "Write a date in a form of your own.", PatternOptions, _writes,
        example("1990-12-31", "31.12.1990"), example(_NOON, "07/01/2024 10:00", pattern=f"{_US} HH:mm"),
        back=_reads_if_whole,
    ),
    _dated(
        "date_from_text", "Read a date that is written in a form of your own.", PatternOptions, _reads,
        example("31.12.1990", "1990-12-31"), example("12/31/1990", "1990-12-31", pattern=_US), back=_writes,
    ),
    plain(
        "date_of_instant", "The day of an instant, in UTC.", lambda text: read_iso(text).date().isoformat(),
        example(_NOON, "2024-07-01"), group=_GROUP,
    ),
    plain(
        "weekday", "The day of the week.", lambda text: _WEEKDAYS[read_iso(text).weekday()],
        example("2024-07-01", "Monday"), group=_GROUP,
    ),
    _dated("date_part", "One part of a date, as a number.", PartOptions, _parts,
           example("1990-12-31", 1990, part="year"), gives=Type.NUMBER),
    _dated("add_days", "Move a date by days.", DaysOptions, _adds_days,
           example("2024-02-28", "2024-03-01", days=2), back=_takes_days),
    _dated("local_time", "Write an instant as the time in a zone.", ZoneOptions, _to_local,
           example(_NOON, "2024-07-01 12:00:00", zone="Europe/Berlin"), back=_from_local),
    _dated("instant", "Read the time in a zone as an instant.", ZoneOptions, _from_local,
           example("2024-07-01 12:00:00", _NOON, zone="Europe/Berlin"), back=_to_local),
    plain(
        "milliseconds", "An instant as milliseconds since 1970.", _to_epoch, example(_NOON, 1719828000000),
        group=_GROUP, gives=Type.NUMBER, back=_from_epoch,
    ),
    plain(
        "from_milliseconds", "An instant from milliseconds since 1970.", _from_epoch, example(1719828000000, _NOON),
        group=_GROUP, takes=Type.NUMBER, back=_to_epoch,
    ),
)  # fmt: skip
