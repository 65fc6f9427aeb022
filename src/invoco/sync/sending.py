"""What is sent for a record that is not the same on both sides, and how what HighLevel made of it compares. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from invoco.domain.fields import CUSTOM, differing_fields, fields_of, same
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Deviation
from invoco.highlevel.adoption import same_contact
from invoco.highlevel.clock import instant
from invoco.highlevel.operations import OPERATIONS
from invoco.highlevel.records import Contact, Record
from invoco.sync.merge import HIGHLEVELS

UPDATES: Final = {
    RecordKind.CONTACT: "update-contact",
    RecordKind.TASK: "update-task",
    RecordKind.NOTE: "update-note",
}
CREATES: Final = {
    RecordKind.CONTACT: "create-contact",
    RecordKind.TASK: "create-task",
    RecordKind.NOTE: "create-note",
}
_BY_OTHER_CALLS: Final = frozenset({"tags", "followers", "businessId"})
_CHANNELS: Final = frozenset({"dndSettings", "inboundDndSettings"})
_NOT_TAKEN: Final = "HighLevel does not take this field when a record is changed."
_EMPTY: Final = ""
"""What clears a field that may not be null (facts 10.5)."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The calls that change a record."""

    fields: dict[str, Any] = {}
    """Of the update itself."""
    tags: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """To be put on, to be taken off."""
    followers: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    places: bool = False
    """Whether the business changes."""
    business_id: str | None = None


class Deviating(msgspec.Struct, frozen=True, kw_only=True):
    """A field that HighLevel has otherwise than it was sent."""

    field: str
    deviation: Deviation
    wished: Any
    got: Any
    message: str


def wishes(base: Record | None, wished: Record, *, without: Collection[str] = ()) -> dict[str, Any]:
    """The fields in which HighLevel's state is not as it should be, with the values it should have."""
    target = fields_of(wished)
    return {
        name: target.get(name)
        for name in differing_fields(base, wished)
        if name not in HIGHLEVELS and name not in without
    }


def not_taken(kind: RecordKind, changes: Mapping[str, Any]) -> dict[str, str]:
    """The changes that no call can make, with the reason."""
    taken = _names(UPDATES[kind]) | (_BY_OTHER_CALLS if kind is RecordKind.CONTACT else frozenset())
    return {name: _NOT_TAKEN for name in changes if name.partition(".")[0] not in taken}


def order_of(kind: RecordKind, base: Record, changes: Mapping[str, Any]) -> Order:
    """The calls that make these changes to a record that HighLevel has as `base`."""
    plain = {name: value for name, value in changes.items() if name not in _BY_OTHER_CALLS}
    before = fields_of(base)
    return Order(
        fields=_body(UPDATES[kind], plain),
        tags=_steps("tags", before, changes),
        followers=_steps("followers", before, changes),
        places="businessId" in changes,
        business_id=changes.get("businessId"),
    )


def new_body(kind: RecordKind, wished: Record) -> dict[str, Any]:
    """What creates the record; what a create does not take is sent afterwards."""
    taken = _names(CREATES[kind])
    fields = {name: value for name, value in fields_of(wished).items() if name.partition(".")[0] in taken}
    fields.pop("locationId", None)
    if "firstName" in fields or "lastName" in fields:
        fields.pop("name", None)
    body = _body(CREATES[kind], fields)
    if kind is RecordKind.TASK:
        body.setdefault("completed", False)
    return body


def without_fields(body: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """The body of a write without these fields."""
    left: dict[str, Any] = {}
    for name, value in body.items():
        if name == CUSTOM:
            kept: Any = [item for item in value if f"{CUSTOM}.{item['id']}" not in fields]
        elif isinstance(value, dict):
            kept = {part: inner for part, inner in value.items() if f"{name}.{part}" not in fields}
        else:
            kept = None if name in fields else value
        if name not in fields and (kept or kept == value):
            left[name] = kept
    return left


def sent_by_create(kind: RecordKind, wished: Record) -> dict[str, Any]:
    """The fields that a create takes, by name."""
    taken = _names(CREATES[kind])
    return {
        name: value
        for name, value in fields_of(wished).items()
        if name.partition(".")[0] in taken and name not in HIGHLEVELS
    }


def deviating(
    changes: Mapping[str, Any], got: Record, before: Record | None, *, refused: Mapping[str, tuple[Deviation, str]]
) -> list[Deviating]:
    """The fields that were sent and that HighLevel has otherwise."""
    there, was = fields_of(got), fields_of(before)
    found = []
    for name, wished in sorted(changes.items()):
        has = there.get(name)
        if _verified(name, wished, has, got):
            continue
        deviation, reason = refused.get(name) or _deviation(name, wished, has, was.get(name))
        found.append(Deviating(field=name, deviation=deviation, wished=wished, got=has, message=reason))
    return found


def _deviation(name: str, wished: Any, has: Any, was: Any) -> tuple[Deviation, str]:
    if wished is None:
        return Deviation.UNCLEARED, f"HighLevel did not clear {name}."
    if same(name, has, was):
        return Deviation.DROPPED, f"HighLevel accepted the write and left {name} as it was."
    if isinstance(wished, str) and isinstance(has, str) and has and wished.startswith(has):
        return Deviation.CUT, f"HighLevel kept the first {len(has)} characters of {name}."
    return Deviation.CHANGED, f"HighLevel has another value in {name} than was written."


def _verified(name: str, wished: Any, has: Any, got: Record) -> bool:
    """Whether HighLevel has what was sent, after its own normalising (facts 10.1)."""
    if same(name, wished, has) or (wished is None and _is_off(name, has)):
        return True
    if isinstance(got, Contact) and wished is not None and has is not None:
        group, _, part = name.partition(".")
        if group in _CHANNELS and not (isinstance(wished, dict) and isinstance(has, dict)):
            return False
        if group == CUSTOM:
            return same_contact({CUSTOM: [{"id": part, "value": wished}]}, got)
        return same_contact({group: {part: wished}} if part else {name: wished}, got)
    return name == "dueDate" and _same_instant(wished, has)


def _is_off(name: str, has: Any) -> bool:
    """Whether the value is the one that clears a channel or a switch."""
    group, dot, _ = name.partition(".")
    if group in _CHANNELS:
        return isinstance(has, dict) and has.get("status") == "inactive"
    return not dot and has is False


def _same_instant(one: Any, other: Any) -> bool:
    try:
        return instant(str(one)) == instant(str(other))
    except ValueError:
        return False


def _steps(name: str, before: Mapping[str, Any], changes: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if name not in changes:
        return (), ()
    was, wanted = before.get(name) or [], changes[name] or []
    return tuple(item for item in wanted if item not in was), tuple(item for item in was if item not in wanted)


def _body(operation: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields in the spelling of writes: custom fields as a list, channels as one object (facts 10.3, 10.4)."""
    body: dict[str, Any] = {}
    taken = OPERATIONS[operation].body or ()
    nullable = {field.name for field in taken if field.nullable}
    switches = {field.name for field in taken if field.type == "boolean"}
    for name, value in changes.items():
        group, _, part = name.partition(".")
        if group == CUSTOM:
            body.setdefault(CUSTOM, []).append({"id": part, "field_value": _EMPTY if value is None else value})
        elif part:
            body.setdefault(group, {})[part] = {"status": "inactive"} if value is None else value
        elif value is None and name in switches:
            body[name] = False
        else:
            body[name] = _EMPTY if value is None and name not in nullable else value
    return body


def _names(operation: str) -> frozenset[str]:
    return frozenset(field.name for field in OPERATIONS[operation].body or ())
