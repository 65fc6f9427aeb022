"""What a search finds, in plain Python: slow, obvious, and the measure of every database."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from typing import Any

from invoco.domain.search import Condition, Group
from invoco.highlevel.clock import instant
from invoco.highlevel.records import Contact

_FOLDED: dict[str, Callable[[Contact], str | None]] = {
    "contactName": lambda contact: contact.name,
    "firstNameLowerCase": lambda contact: contact.first_name,
    "email": lambda contact: contact.email,
    "city": lambda contact: contact.city,
    "companyName": lambda contact: contact.company_name,
}
_EXACT: dict[str, Callable[[Contact], str | None]] = {
    "id": lambda contact: contact.id,
    "phone": lambda contact: contact.phone,
    "assignedTo": lambda contact: contact.assigned_to,
    "country": lambda contact: contact.country,
}
_INSTANTS: dict[str, Callable[[Contact], str | None]] = {
    "dateAdded": lambda contact: contact.date_added,
    "dateOfBirth": lambda contact: contact.date_of_birth,
}
FIELDS = (*_FOLDED, *_EXACT, *_INSTANTS, "dnd", "tags", "followers", "validEmail", "customFields.f1",
          "customFields.f2.o1", "dndSettings.Email.status")  # fmt: skip


def meets(contact: Contact, part: Condition | Group) -> bool:
    """Whether the contact meets the conditions."""
    if isinstance(part, Group):
        answers = [meets(contact, inner) for inner in part.parts]
        return any(answers) if part.joined_by == "OR" and answers else all(answers)
    met = _met(contact, part, part.operator.removeprefix("not_"))
    return not met if part.operator.startswith("not_") else met


def _met(contact: Contact, condition: Condition, asked: str) -> bool:
    name, wanted = condition.field, condition.value
    if asked == "exists":
        return _whole(contact, name) not in (None, "", [], {})
    if name in _INSTANTS and asked != "range":
        return False
    values = _single_values(contact, name)
    if asked == "range":
        return any(_within(value, wanted, instants=name in _INSTANTS) for value in values)
    if asked == "contains":
        return any(
            isinstance(value, str) and value and _folded(name, wanted) in _folded(name, value) for value in values
        )
    return any(_equal(name, value, wanted) for value in values)


def _whole(contact: Contact, name: str) -> Any:
    readers = _FOLDED | _EXACT | _INSTANTS
    if name in readers:
        return readers[name](contact)
    first, *rest = name.split(".")
    if first == "customFields":
        return _custom_value(contact, *rest)
    if first == "dndSettings":
        return contact.dnd_settings.get(rest[0], {}).get("status")
    if name == "validEmail":
        return contact.extra.get(name)
    return getattr(contact, name)


def _custom_value(contact: Contact, field_id: str, option_id: str | None = None) -> Any:
    value = next((field.value for field in contact.custom_fields if field.id == field_id), None)
    if option_id is None:
        return value
    return value.get(option_id) if isinstance(value, dict) else None


def _single_values(contact: Contact, name: str) -> list[Any]:
    whole = _whole(contact, name)
    return whole if isinstance(whole, list) else [whole]


def _equal(name: str, value: Any, wanted: Any) -> bool:
    if name == "dnd":
        return value is not None and str(value).lower() == str(wanted).lower()
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted
    if isinstance(value, str) and isinstance(wanted, str):
        return bool(wanted) and _folded(name, value) == _folded(name, wanted)
    if isinstance(value, str) or isinstance(wanted, str) or value is None:
        return False
    return isinstance(value, int | float) and json.dumps(float(value)) == json.dumps(float(wanted))


def _folded(name: str, text: str) -> str:
    return text if name in _EXACT else text.lower()


def _within(value: Any, bounds: Mapping[str, float], *, instants: bool) -> bool:
    if isinstance(value, str) and value and (instants or value[4:5] == value[7:8] == "-"):
        value = instant(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return all(_COMPARE[name](value, bound) for name, bound in bounds.items())


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le,
}  # fmt: skip
