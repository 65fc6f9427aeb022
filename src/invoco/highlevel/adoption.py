"""Whether a record that was found is the one that was sent, when the answer to a create was lost (facts 3.4, i64)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from invoco.highlevel.clock import instant
from invoco.highlevel.records import Contact, JsonObject, Note, Record, Task, canonical_dnd

# Not told by every answer, or dropped without a word (facts 3.7): when it is missing it says nothing.
_SOMETIMES_UNTOLD = frozenset({"timezone", "gender"})
_SHORTEST_NATIONAL_NUMBER = 6
_YEAR_FIRST = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})\D(\d{1,2})\D(\d{4})")


def same_contact(sent: Mapping[str, Any], found: Contact) -> bool:
    """Whether every field that was sent is what the contact has, after HighLevel's own normalising (facts 10.1)."""
    return _agrees(sent, found, comparers=_CONTACT_COMPARERS)


def same_task(sent: Mapping[str, Any], found: Task) -> bool:
    """Whether every field that was sent is what the task has."""
    return _agrees(sent, found, comparers={"dueDate": _same_instant})


def same_note(sent: Mapping[str, Any], found: Note) -> bool:
    """Whether every field that was sent is what the note has."""
    return _agrees(sent, found, comparers={})


def _agrees(sent: Mapping[str, Any], found: Record, *, comparers: Mapping[str, Any]) -> bool:
    wire = found.to_wire()
    return all(
        comparers.get(name, _same)(value, wire.get(name))
        for name, value in sent.items()
        if not (name in _SOMETIMES_UNTOLD and name not in wire)
    )


def _same(sent: Any, found: Any) -> bool:
    return (sent or None) == (found or None)


def _same_text(sent: Any, found: Any) -> bool:
    return " ".join(str(sent or "").split()).casefold() == " ".join(str(found or "").split()).casefold()


def _same_phone(sent: Any, found: Any) -> bool:
    """Free form in, E.164 out: the national part that was sent ends the number that is kept."""
    given, kept = (re.sub(r"\D", "", str(value or "")) for value in (sent, found))
    national = given.lstrip("0")
    return given == kept or (len(national) >= _SHORTEST_NATIONAL_NUMBER and kept.endswith(national))


def _same_tags(sent: Any, found: Any) -> bool:
    return {str(tag).strip().lower() for tag in sent or ()} == {str(tag).lower() for tag in found or ()}


def _same_dnd(sent: Any, found: Any) -> bool:
    kept = found or {}
    return all(
        item.get("status") == kept.get(channel, {}).get("status") for channel, item in canonical_dnd(sent or {}).items()
    )


def _same_custom_fields(sent: Any, found: Any) -> bool:
    """Values sent by key are left out: what is read names fields by id alone (facts 10.3)."""
    kept = {item["id"]: item["value"] for item in found or ()}
    return all(_same(_value(item), kept.get(item["id"])) for item in sent or () if "id" in item)


def _value(item: JsonObject) -> Any:
    return next((item[name] for name in ("field_value", "fieldValue", "value") if name in item), None)


def _same_date(sent: Any, found: Any) -> bool:
    return _date(str(sent or "")) == _date(str(found or ""))


def _date(text: str) -> tuple[int, int, int] | None:
    """Year, month, day of any of the eight forms that HighLevel takes (facts 10.1)."""
    if match := _YEAR_FIRST.match(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _YEAR_LAST.match(text):
        return int(match[3]), int(match[1]), int(match[2])
    return None


def _same_instant(sent: Any, found: Any) -> bool:
    try:
        return instant(str(sent)) == instant(str(found))
    except ValueError:
        return _same(sent, found)


_CONTACT_COMPARERS = {
    "email": _same_text,
    "name": _same_text,
    "firstName": _same_text,
    "lastName": _same_text,
    "phone": _same_phone,
    "tags": _same_tags,
    "dndSettings": _same_dnd,
    "customFields": _same_custom_fields,
    "dateOfBirth": _same_date,
    "inboundDndSettings": lambda _sent, _found: True,  # not told by reads (facts 3.3)
}
