"""The fields a contact search may name, and what the operators mean for each (facts 4.2).

Free texts and tags compare without regard to case, ids and codes exactly; a field that is missing or empty does not
exist, equals nothing and contains nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from invoco.domain.errors import BadRequest
from invoco.highlevel.clock import iso
from invoco.store import tables
from invoco.store.columns import PlainText
from invoco.store.json_inside import CustomFieldPlace, Inside, Path, Place
from invoco.store.rows import joined_tags, lower

Truth = sa.ColumnElement[bool]
_LARGEST = 2**63 - 1
_NEVER: Truth = sa.false()

_COMPARE: dict[str, Callable[[sa.ColumnElement[Any], Any], Truth]] = {
    "gt": lambda column, bound: column > bound,
    "gte": lambda column, bound: column >= bound,
    "lt": lambda column, bound: column < bound,
    "lte": lambda column, bound: column <= bound,
}


class Field(Protocol):
    """One field of a search; operators a field has no use for match nothing."""

    def equals(self, value: Any) -> Truth: ...
    def contains(self, value: str) -> Truth: ...
    def exists(self) -> Truth: ...
    def within(self, bounds: Mapping[str, float]) -> Truth: ...


class TextField:
    """A column of text; `folded` columns are kept in lower case."""

    def __init__(self, column: sa.ColumnElement[str], *, folded: bool) -> None:
        self._column = column
        self._folded = folded

    def equals(self, value: Any) -> Truth:
        """An empty text equals nothing: the field would be missing."""
        return self._column == self._as_kept(value) if isinstance(value, str) and value else _NEVER

    def contains(self, value: str) -> Truth:
        return sa.and_(self._column != "", self._column.contains(self._as_kept(value), autoescape=True))

    def exists(self) -> Truth:
        return self._column != ""

    def within(self, bounds: Mapping[str, float]) -> Truth:
        del bounds
        return _NEVER

    def _as_kept(self, value: str) -> str:
        return value.lower() if self._folded else value


class TagsField:
    """The column of joined tags: one tag that fits is enough."""

    def __init__(self, column: sa.ColumnElement[str]) -> None:
        self._column = column

    def equals(self, value: Any) -> Truth:
        """Tags are compared in lower case."""
        return self._holds(joined_tags([value])) if isinstance(value, str) else _NEVER

    def contains(self, value: str) -> Truth:
        text = lower(value)
        return self._holds(text) if "\n" not in text else _NEVER

    def exists(self) -> Truth:
        return self._column != ""

    def within(self, bounds: Mapping[str, float]) -> Truth:
        del bounds
        return _NEVER

    def _holds(self, text: str) -> Truth:
        return sa.and_(self._column != "", self._column.contains(text, autoescape=True))


class InstantField:
    """A column of milliseconds; `missing` is what it holds when there is none."""

    def __init__(self, column: sa.ColumnElement[int], *, missing: int | None) -> None:
        self._column = column
        self._there: Truth = column.is_not(None) if missing is None else column != missing

    def equals(self, value: Any) -> Truth:
        del value
        return _NEVER

    def contains(self, value: str) -> Truth:
        del value
        return _NEVER

    def exists(self) -> Truth:
        return self._there

    def within(self, bounds: Mapping[str, float]) -> Truth:
        tests = (_COMPARE[name](self._column, _whole(name, bound)) for name, bound in bounds.items())
        return sa.and_(self._there, *tests)


class FlagField:
    """A column of yes, no or nothing."""

    def __init__(self, column: sa.ColumnElement[bool]) -> None:
        self._column = column

    def equals(self, value: Any) -> Truth:
        wanted = _FLAGS.get(str(value).lower())
        return self._column.is_(wanted) if wanted is not None else _NEVER

    def contains(self, value: str) -> Truth:
        del value
        return _NEVER

    def exists(self) -> Truth:
        return self._column.is_not(None)

    def within(self, bounds: Mapping[str, float]) -> Truth:
        del bounds
        return _NEVER


class InsideField:
    """A place inside the stored JSON: of a list, one value that fits is enough."""

    def __init__(self, record: sa.ColumnElement[str], place: Place, inside: Inside) -> None:
        self._record, self._place, self._inside = record, place, inside

    def equals(self, value: Any) -> Truth:
        values = self._inside.values(self._record, self._place)
        if isinstance(value, bool):
            return values.some(values.boolean == str(value).lower())
        if _is_number(value):
            return values.some(values.number == self._inside.number(value))
        if isinstance(value, str) and value:
            return values.some(values.lower == sa.literal(value.lower(), PlainText))
        return _NEVER

    def contains(self, value: str) -> Truth:
        values = self._inside.values(self._record, self._place)
        text = sa.type_coerce(values.lower, PlainText)
        return values.some(sa.and_(text != "", text.contains(value.lower(), autoescape=True)))

    def exists(self) -> Truth:
        return self._inside.filled(self._record, self._place)

    def within(self, bounds: Mapping[str, float]) -> Truth:
        """Numbers compare as numbers, ISO-8601 dates and instants in UTC as instants."""
        values = self._inside.values(self._record, self._place)
        number, day = values.number, sa.type_coerce(values.text, PlainText)
        moment = sa.case((sa.func.length(day) == len("2025-01-31"), day + "T00:00:00.000Z"), else_=day)
        numbers = (_COMPARE[name](number, self._inside.number(bound)) for name, bound in bounds.items())
        moments = (_COMPARE[name](moment, _iso(bound)) for name, bound in bounds.items())
        return values.some(sa.or_(sa.and_(*numbers), sa.and_(day.like("____-__-__%"), *moments)))


_FLAGS = {"true": True, "false": False}

_FOLDED = {
    "contactName": "name_lower", "firstNameLowerCase": "first_name_lower", "lastNameLowerCase": "last_name_lower",
    "email": "email_lower", "address": "address1", "city": "city", "companyName": "company_name",
    "postalCode": "postal_code", "source": "source", "state": "state", "website": "website",
}  # fmt: skip
_EXACT = {
    "id": "id", "phone": "phone", "assignedTo": "assigned_to", "country": "country", "timezone": "timezone",
    "type": "type", "businessId": "business_id",
}  # fmt: skip
_INSTANTS: dict[str, tuple[str, int | None]] = {
    "dateAdded": ("date_added", 0), "dateUpdated": ("date_updated", 0), "dateOfBirth": ("date_of_birth", None),
}  # fmt: skip
_PLACES: dict[str, Path] = {
    "followers": ("followers",),
    "inboundDndSettings.all.status": ("inboundDndSettings", "all", "status"),
} | {
    f"dndSettings.{channel}.status": ("dndSettings", channel, "status")
    for channel in ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")
} | {
    # HighLevel tells these without a field of their own in `Contact`.
    name: ("extra", name)
    for name in (
        "isValidWhatsapp", "validEmail", "activeWorkflows", "finishedWorkflows",
        "lastEmailClickedDate", "lastEmailOpenedDate", "lastAppointment",
    )
}  # fmt: skip


def field_named(name: str, table: sa.Table, inside: Inside) -> Field:
    """The field with that wire name over a table of contacts.

    Raises:
        BadRequest: no such field can be searched.
    """
    columns = table.c
    if name in _FOLDED or name in _EXACT:
        return TextField(columns[_FOLDED.get(name) or _EXACT[name]], folded=name in _FOLDED)
    if name in _INSTANTS:
        column, missing = _INSTANTS[name]
        return InstantField(columns[column], missing=missing)
    if name == "dnd":
        return FlagField(columns.dnd)
    if name == "tags":
        return TagsField(columns.tags)
    if name == "businessName":
        return TextField(business_name(table), folded=True)
    place = _PLACES.get(name) or _custom_field_place(name)
    if place is None:
        raise BadRequest(f"Invalid field {name}")
    return InsideField(columns.record, place, inside)


def business_name(table: sa.Table) -> sa.ColumnElement[str]:
    """The name of the contact's business in lower case; empty without one."""
    named = tables.businesses.c
    mine = (named.connection_id == table.c.connection_id, named.id == table.c.business_id)
    found = sa.select(named.name_lower).where(*mine).scalar_subquery()
    return sa.type_coerce(sa.func.coalesce(found, ""), PlainText)


def _custom_field_place(name: str) -> CustomFieldPlace | None:
    prefix, *parts = name.split(".", 2)
    if prefix != "customFields" or not parts or not all(parts) or '"' in name:
        return None
    return CustomFieldPlace(*parts)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(operator: str, bound: float) -> int:
    """The whole number that bounds a column of whole numbers just as well."""
    near = max(-_LARGEST, min(_LARGEST, bound))
    return math.floor(near) if operator in {"gt", "lte"} else math.ceil(near)


def _iso(bound: float) -> str:
    """The bound as the text that instants are compared with; beyond the calendar its ends do."""
    return iso(round(max(_FIRST_INSTANT, min(_LAST_INSTANT, bound))))


_FIRST_INSTANT = -62_135_596_800_000
_LAST_INSTANT = 253_402_300_799_999
