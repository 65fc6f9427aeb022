"""From changes of records to the events that HighLevel sends about them (facts 8.1 to 8.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.highlevel.clock import iso
from invoco.highlevel.records import Appointment, Contact, JsonObject, Note, Record, Task

_CONTACT_FIELDS: Final = (
    "id", "address1", "city", "companyName", "country", "source", "dateAdded", "dateOfBirth", "dnd", "email", "name",
    "firstName", "lastName", "phone", "phoneLabel", "postalCode", "state", "tags", "website", "attachments",
    "assignedTo", "customFields",
)  # fmt: skip
_NOTE_FIELDS: Final = ("id", "body", "contactId", "dateAdded")
_TASK_FIELDS: Final = ("id", "assignedTo", "body", "contactId", "title", "dateAdded", "dueDate")
_APPOINTMENT_FIELDS: Final = (
    "id", "address", "title", "calendarId", "contactId", "groupId", "appointmentStatus", "assignedUserId", "users",
    "notes", "source", "startTime", "endTime", "dateAdded", "dateUpdated",
)  # fmt: skip

# An update of these is told; which ones HighLevel watches is not published (facts 8.2). Followers are not told of.
_WATCHED: Final = (
    "name", "first_name", "last_name", "email", "phone", "company_name", "business_id", "address1", "city", "state",
    "country", "postal_code", "website", "timezone", "source", "type", "date_of_birth", "assigned_to", "custom_fields",
)  # fmt: skip
_MISSING_WHEN_THIN: Final = ("contactId", "body")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be told to the subscriber."""

    name: str
    location_id: str | None
    at: int
    """Milliseconds since 1970."""
    fields: JsonObject
    """What the body has beside its envelope."""


def events_of(changes: Sequence[Change], *, thin: bool) -> list[Event]:
    """The events of the changes of one write, in their order; the same event of the same record comes once."""
    told: dict[tuple[str, str], Event] = {}
    for change in changes:
        for name in _names(change):
            told[name, change.record_id] = _event(name, change, thin=thin)
    return list(told.values())


def _event(name: str, change: Change, *, thin: bool) -> Event:
    record = change.after or change.before
    fields = {} if record is None else _fields(record, name)
    if name == "TaskCreate":
        fields.setdefault("dateAdded", iso(change.at))
        if thin:
            fields = {key: value for key, value in fields.items() if key not in _MISSING_WHEN_THIN}
    return Event(name=name, location_id=change.location_id, at=change.at, fields=fields)


def _names(change: Change) -> Iterator[str]:
    if change.kind is RecordKind.CONTACT:
        yield from _contact_events(change)
    elif change.kind is RecordKind.TASK:
        yield from _task_events(change)
    elif change.kind is RecordKind.NOTE:
        yield f"Note{_verb(change)}"
    elif change.kind is RecordKind.APPOINTMENT:
        yield f"Appointment{_verb(change)}"


def _verb(change: Change) -> str:
    if change.before is None:
        return "Create"
    return "Delete" if change.after is None else "Update"


def _contact_events(change: Change) -> Iterator[str]:
    before, after = change.before, change.after
    if not (isinstance(before, Contact) and isinstance(after, Contact)):
        yield f"Contact{_verb(change)}"
        return
    if any(getattr(before, field) != getattr(after, field) for field in _WATCHED):
        yield "ContactUpdate"
    if sorted(before.tags) != sorted(after.tags):
        yield "ContactTagUpdate"
    if bool(before.dnd) != bool(after.dnd) or before.dnd_settings != after.dnd_settings:
        yield "ContactDndUpdate"


def _task_events(change: Change) -> Iterator[str]:
    """An edited task tells nothing; only one that became complete does (facts 8.3)."""
    before, after = change.before, change.after
    if not (isinstance(before, Task) and isinstance(after, Task)):
        yield f"Task{_verb(change)}"
    elif after.completed and not before.completed:
        yield "TaskComplete"


def _fields(record: Record, name: str) -> JsonObject:
    if isinstance(record, Contact):
        fields = (*_CONTACT_FIELDS, "dndSettings") if name == "ContactDndUpdate" else _CONTACT_FIELDS
        return _with_birth_time(_some(record, fields))
    if isinstance(record, Appointment):
        return {"appointment": _some(record, _APPOINTMENT_FIELDS)}
    return _some(record, _NOTE_FIELDS if isinstance(record, Note) else _TASK_FIELDS)


def _some(record: Record, names: Sequence[str]) -> JsonObject:
    wire = record.to_wire()
    return {name: wire[name] for name in names if not is_empty(wire.get(name))}


def _with_birth_time(fields: JsonObject) -> JsonObject:
    """Events carry a birthday as a moment (facts 10.1)."""
    if "dateOfBirth" in fields:
        fields["dateOfBirth"] = f"{fields['dateOfBirth']}T00:00:00.000Z"
    return fields


def is_empty(value: Any) -> bool:
    """Whether HighLevel leaves a field of an event out (facts 8.2): no value, or nothing in it."""
    return value is None or (isinstance(value, (str, list, dict)) and not value)
