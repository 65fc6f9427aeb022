"""What a delivery tells: of which record, with which fields, and what must be read to be sure (facts 8.1, 8.2)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from invoco.domain.deliveries import Delivery
from invoco.domain.errors import MalformedRecord
from invoco.domain.event_types import EVENT_TYPES, EventAction, EventType
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import JsonObject, Record, storable

DELETION_GRACE = 2000
"""Milliseconds for which a deletion waits to be confirmed: whether it is one of a mass shows by then."""
_ENVELOPE: Final = frozenset({"type", "appId", "versionId", "timestamp", "webhookId", "companyId"})
_OF_OBJECTS: Final = frozenset({"RecordCreate", "RecordUpdate", "RecordDelete"})
_LISTS: Final = {
    RecordKind.LOCATION: Subject.LOCATION,
    RecordKind.USER: Subject.USERS,
    RecordKind.BUSINESS: Subject.BUSINESSES,
}
_BUSINESS_PROPERTY: Final = "business."
SHOWN_AT_ONCE: Final = (RecordKind.CONTACT, RecordKind.NOTE, RecordKind.APPOINTMENT)
"""Kinds whose events carry the record; those of tasks are too thin (facts 8.2, i332)."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery, read."""

    delivery: Delivery
    type: EventType
    kind: RecordKind
    fields: JsonObject
    """Of the record, without the envelope."""
    record_id: str
    """Empty where the body names none."""
    contact_id: str | None

    @property
    def at(self) -> int:
        """When it happened; when it arrived where the body does not say."""
        return self.delivery.received_at if self.delivery.at is None else self.delivery.at

    @property
    def is_deletion(self) -> bool:
        """Whether the record is said to be gone."""
        return self.type.action is EventAction.DELETE


def read_event(delivery: Delivery) -> Event | None:
    """The event of a delivery; None where nothing in Invoco is about its type.

    Raises:
        MalformedRecord: the body is of no use; the message says why.
    """
    known = EVENT_TYPES.get(delivery.type)
    if known is None or (known.kind is None and known.type not in _OF_OBJECTS):
        return None
    body = _body(delivery)
    kind = known.kind or _kind_of_object(body)
    if kind is None:
        return None
    fields = body.get("appointment") if kind is RecordKind.APPOINTMENT else body
    if not isinstance(fields, dict):
        raise MalformedRecord("The body holds no appointment.")
    event = Event(
        delivery=delivery,
        type=known,
        kind=kind,
        fields={name: value for name, value in fields.items() if name not in _ENVELOPE},
        record_id=_text(fields.get("id")) or "",
        contact_id=_text(fields.get("contactId")),
    )
    if not event.record_id and kind in (*SHOWN_AT_ONCE, RecordKind.TASK):
        raise MalformedRecord("The body names no id.")
    return event


def shown_record(event: Event, held: Record | None) -> Record:
    """The record as the event tells it: its fields over those that are held, since empty ones are left out.

    Raises:
        msgspec.ValidationError: a field has a type that cannot be read.
    """
    before = {} if held is None else held.to_wire()
    return RECORD_TYPES[event.kind].from_storable({**before, **storable(event.fields)})


def rereads_of(event: Event, *, now: int, held: Record | None) -> list[Reread]:
    """What must be read because of the event; nothing when a record that nobody knows is said to be gone."""
    match event.kind:
        case RecordKind.CONTACT:
            return _of_contact(event, now=now)
        case RecordKind.TASK:
            return _of_task(event, now=now, held=held)
        case RecordKind.NOTE:
            contact_id = event.contact_id or getattr(held, "contact_id", None)
            return [_asked(event, Subject.NOTES, contact_id, now=now)] if contact_id else []
        case RecordKind.APPOINTMENT:
            return [_asked(event, Subject.APPOINTMENT, event.record_id, now=now, deleted=event.is_deletion)]
        case _:
            return _of_list(event, now=now)


def _of_list(event: Event, *, now: int) -> list[Reread]:
    subject = _LISTS.get(event.kind)
    return [_asked(event, subject, "", now=now)] if subject else []


def _of_contact(event: Event, *, now: int) -> list[Reread]:
    asked = _asked(event, Subject.CONTACT, event.record_id, now=now, deleted=event.is_deletion)
    follow_up = event.delivery.type in {"ContactCreate", "ContactUpdate"}
    return [msgspec.structs.replace(asked, follow_up=follow_up)]


def _of_task(event: Event, *, now: int, held: Record | None) -> list[Reread]:
    contact_id = event.contact_id or getattr(held, "contact_id", None)
    if contact_id:
        return [_asked(event, Subject.TASKS, contact_id, now=now)]
    if event.is_deletion:
        return []
    lost = _asked(event, Subject.LOST_TASK, event.record_id, now=now)
    return [msgspec.structs.replace(lost, hint=_text(event.fields.get("title")))]


def follow_ups(
    contact_id: str, *, since: int, now: int, cause: Cause, event_id: str | None = None, run_id: str | None = None
) -> list[Reread]:
    """The tasks and notes of a contact that changed, to be read when nothing else waits."""
    return [
        Reread(
            subject=subject,
            subject_id=contact_id,
            since=since,
            asked_at=now,
            due_at=now,
            urgency=Priority.IMPORT,
            cause=cause,
            event_id=event_id,
            run_id=run_id,
        )
        for subject in (Subject.TASKS, Subject.NOTES)
    ]


def _asked(event: Event, subject: Subject, subject_id: str, *, now: int, deleted: bool = False) -> Reread:
    return Reread(
        subject=subject,
        subject_id=subject_id,
        since=event.at,
        asked_at=now,
        due_at=now + DELETION_GRACE if deleted else now,
        urgency=Priority.EVENT,
        cause=Cause.EVENT,
        event_id=event.delivery.webhook_id,
        deleted=deleted,
    )


def _body(delivery: Delivery) -> JsonObject:
    try:
        body = msgspec.json.decode(delivery.body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedRecord("The body is no JSON.") from error
    if not isinstance(body, dict):
        raise MalformedRecord("The body is no JSON object.")
    return body


def _kind_of_object(body: JsonObject) -> RecordKind | None:
    """Businesses are told of as records of an object (facts 8.3); their properties carry its name."""
    properties = body.get("properties")
    told = properties if isinstance(properties, list) else []
    keys = [_text(each.get("key")) or "" for each in told if isinstance(each, dict)]
    return RecordKind.BUSINESS if any(key.startswith(_BUSINESS_PROPERTY) for key in keys) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
