"""A record field by field, as people see and change it: custom fields and channels are fields of their own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from invoco.highlevel.records import Contact, CustomFieldValue, Record

R = TypeVar("R", bound=Record)

CUSTOM: Final = "customFields"
SETS: Final = frozenset({"tags", "followers"})
"""Lists whose order says nothing, and in which nothing is twice."""
_GROUPS: Final = frozenset({"dndSettings", "inboundDndSettings", "extra"})
"""Objects whose parts are fields."""
_IDENTITY: Final = frozenset({"id"})


def custom_field(field_id: str) -> str:
    """The name of a custom field's value among the fields of a contact."""
    return f"{CUSTOM}.{field_id}"


def fields_of(record: Record | None) -> dict[str, Any]:
    """Every field that says something, by its wire name; `customFields.<id>`, `dndSettings.<channel>`, `extra.<name>`.

    Empty texts, lists and objects say nothing. The id is no field.
    """
    if record is None:
        return {}
    fields: dict[str, Any] = {}
    for attribute, name in _attributes(type(record)):
        value = getattr(record, attribute)
        if name == CUSTOM:
            fields.update((custom_field(item.id), item.value) for item in value if not _is_empty(item.value))
        elif name in _GROUPS:
            fields.update((f"{name}.{part}", inner) for part, inner in value.items() if not _is_empty(inner))
        elif not _is_empty(value):
            fields[name] = value
    return fields


def with_fields(record: R, changes: Mapping[str, Any]) -> R:
    """The record with these fields set; None clears a field.

    Raises:
        KeyError: the record has no field of that name.
    """
    if not changes:
        return record
    own = {name: attribute for attribute, name in _attributes(type(record))}
    changed: dict[str, Any] = {}
    for name, value in changes.items():
        group, dot, part = name.partition(".")
        if not dot:
            changed[own[name]] = _blank(record, own[name]) if value is None else value
        elif group == CUSTOM:
            values = changed.get(own[CUSTOM], getattr(record, own[CUSTOM]))
            changed[own[CUSTOM]] = _with_custom(values, part, value)
        else:
            parts = changed.get(own[group], getattr(record, own[group]))
            changed[own[group]] = _with_part(parts, part, value)
    return msgspec.structs.replace(record, **changed)


def differing_fields(one: Record | None, other: Record | None) -> list[str]:
    """The names of the fields that are not the same on both, by the alphabet; the order of sets says nothing."""
    left, right = fields_of(one), fields_of(other)
    return sorted(name for name in left.keys() | right.keys() if not same(name, left.get(name), right.get(name)))


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of that field say the same."""
    if name in SETS:
        return set(one or ()) == set(other or ())
    return bool(one == other)


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _with_custom(values: list[CustomFieldValue], field_id: str, value: Any) -> list[CustomFieldValue]:
    changed = CustomFieldValue(id=field_id, value=value)
    if value is None:
        return [item for item in values if item.id != field_id]
    if any(item.id == field_id for item in values):
        return [changed if item.id == field_id else item for item in values]
    return [*values, changed]


def _with_part(parts: Mapping[str, Any], part: str, value: Any) -> dict[str, Any]:
    others = {name: inner for name, inner in parts.items() if name != part}
    return others if value is None else {**parts, part: value}


def _blank(record: Record, attribute: str) -> Any:
    return type(getattr(_blank_of(type(record)), attribute))() if attribute in _lists(type(record)) else None


@cache
def _blank_of(kind: type[Record]) -> Record:
    return kind(id="")


@cache
def _lists(kind: type[Record]) -> frozenset[str]:
    blank = _blank_of(kind)
    return frozenset(name for name in kind.__struct_fields__ if isinstance(getattr(blank, name), (list, dict)))


@cache
def _attributes(kind: type[Record]) -> tuple[tuple[str, str], ...]:
    """Attribute and wire name of every field."""
    told = ((field.name, field.encode_name) for field in msgspec.structs.fields(kind))
    return tuple(pair for pair in told if pair[1] not in _IDENTITY)


def is_of_contacts(name: str) -> bool:
    """Whether contacts have a field of that name."""
    return name.partition(".")[0] in {wire for _, wire in _attributes(Contact)}
