"""Query parameters; those an operation does not know are ignored (facts 3.2)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from starlette.datastructures import QueryParams

from invoco.domain.errors import BadRequest, InvalidFields
from invoco.highlevel.operations import Field

_E164 = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
_MOST_DIGITS = 18
"""What fits a 64-bit integer of a database."""


class Place(NamedTuple):
    """Where a listing stands: after the contact that was added then and has that id."""

    date_added: int
    """Milliseconds since 1970."""
    id: str


def check_required(fields: tuple[Field, ...], query: Mapping[str, str]) -> None:
    """Compare a query with the parameters that an operation needs.

    Raises:
        InvalidFields: required parameters are missing or blank.
    """
    missing = [field.name for field in fields if field.required and not query.get(field.name)]
    if missing:
        raise InvalidFields([f"{name} should not be empty" for name in missing])


def whole_number(query: Mapping[str, str], name: str, *, default: int, least: int = 0, most: int | None = None) -> int:
    """A whole number within bounds.

    Raises:
        InvalidFields: it is none, or out of bounds.
    """
    text = query.get(name)
    if not text:
        return default
    if not re.fullmatch(rf"-?\d{{1,{_MOST_DIGITS}}}", text, re.ASCII):
        raise InvalidFields([f"{name} must be a number conforming to the specified constraints"])
    return within(name, int(text), least=least, most=most)


def within(name: str, number: int, *, least: int, most: int | None) -> int:
    """The number itself.

    Raises:
        InvalidFields: it is out of bounds.
    """
    if number < least:
        raise InvalidFields([f"{name} must not be less than {least}"])
    if most is not None and number > most:
        raise InvalidFields([f"{name} must not be greater than {most}"])
    return number


def list_place(query: Mapping[str, str]) -> Place | None:
    """`startAfter` and `startAfterId` of GET /contacts/, which belong together.

    Raises:
        InvalidFields: one is missing, or `startAfter` is no number.
    """
    moment, contact_id = query.get("startAfter"), query.get("startAfterId")
    if not moment and not contact_id:
        return None
    if not moment or not contact_id:
        raise InvalidFields(["startAfter and startAfterId must be sent together"])
    return Place(whole_number(query, "startAfter", default=0), contact_id)


def business_cursor(query: QueryParams) -> tuple[str, str] | None:
    """`startAfter` of a business's contacts in v3: a name and an id, as a list or joined by a comma (facts 1.3).

    Raises:
        InvalidFields: it is anything else.
    """
    given = query.getlist("startAfter") or query.getlist("startAfter[]")
    if len(given) == 1:
        given = given[0].rsplit(",", 1)
    if not given:
        return None
    if len(given) != 2 or not given[1]:
        raise InvalidFields(["startAfter must be a name and an id"])
    return given[0], given[1]


def checked_phone(text: str | None) -> str | None:
    """The phone.

    Raises:
        InvalidFields: it is not in E.164 form.
    """
    if text and not _E164.fullmatch(text):
        raise InvalidFields(["phone must be a valid phone number"])
    return text or None


def written_cursor(place: Place) -> str:
    """A place as the `nextCursor` of a lookup: base64 of `{dateAdded, id}` (facts 1.3)."""
    return base64.b64encode(msgspec.json.encode({"dateAdded": place.date_added, "id": place.id})).decode()


def read_cursor(text: str | None) -> Place | None:
    """The place a `nextCursor` stands for.

    Raises:
        BadRequest: nobody wrote this cursor.
    """
    if not text:
        return None
    try:
        cursor = msgspec.json.decode(base64.b64decode(text, validate=True), type=_Cursor)
    except (binascii.Error, ValueError) as cause:
        raise BadRequest("Invalid nextCursor") from cause
    return Place(cursor.date_added, cursor.id)


class _Cursor(msgspec.Struct, rename="camel"):
    date_added: int
    id: str
