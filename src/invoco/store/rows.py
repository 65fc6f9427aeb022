"""From a record to the row that is stored: its searched columns and its JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Appointment, Business, Contact, Note, Record, Task
from invoco.store.columns import REPLACEMENT

Row = tuple[Any, ...]
RowOf = Callable[[str, Any], Row]

_encode = msgspec.json.Encoder().encode


def as_json(value: object) -> str:
    """The JSON text of a record or of anything msgspec knows."""
    return _encode(value).decode()


def plain(text: str | None) -> str:
    """The text as a column holds it; missing is empty."""
    return text.replace("\0", REPLACEMENT) if text else ""


def optional(text: str | None) -> str | None:
    """The text as a column holds it; missing stays missing."""
    return None if text is None else plain(text)


def lower(text: str | None) -> str:
    """The text as it is compared without regard to case; missing is empty."""
    return text.lower().replace("\0", REPLACEMENT) if text else ""


def moment(text: str | None) -> int | None:
    """Milliseconds since 1970, or None when there is no readable instant; without an offset it is UTC."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)


def joined_tags(tags: list[str]) -> str:
    """The tags in lower case, each between two line ends; empty without tags."""
    if not tags:
        return ""
    words = [lower(tag).replace("\n", " ") for tag in tags]
    return "\n".join(("", *words, ""))


def contact_row(connection_id: str, contact: Contact) -> Row:
    """In the order of `tables.contact_columns`."""
    return (
        connection_id,
        plain(contact.id),
        moment(contact.date_added) or 0,
        moment(contact.date_updated) or 0,
        lower(contact.name),
        lower(contact.first_name),
        lower(contact.last_name),
        lower(contact.email),
        plain(contact.phone),
        plain(contact.business_id),
        lower(contact.company_name),
        lower(contact.address1),
        lower(contact.city),
        lower(contact.state),
        plain(contact.country),
        lower(contact.postal_code),
        lower(contact.website),
        lower(contact.source),
        plain(contact.type),
        plain(contact.assigned_to),
        plain(contact.timezone),
        joined_tags(contact.tags),
        contact.dnd,
        moment(contact.date_of_birth),
        _encode(contact).decode(),
    )


def contact_keys(connection_id: str, contact: Contact) -> list[Row]:
    """Additional e-mails and phones, for the side table."""
    emails = {("email", lower(email)) for email in contact.additional_emails}
    phones = {("phone", plain(phone)) for phone in contact.additional_phones}
    return [(connection_id, plain(contact.id), kind, value) for kind, value in sorted(emails | phones) if value]


def _task_row(connection_id: str, task: Task) -> Row:
    words = lower(f"{task.title or ''}\n{task.body or ''}")
    completed = bool(task.completed)
    return (
        *_child(connection_id, task, task.contact_id),
        plain(task.assigned_to), completed, words, as_json(task),
    )  # fmt: skip


def _note_row(connection_id: str, note: Note) -> Row:
    return (*_child(connection_id, note, note.contact_id), moment(note.date_added) or 0, as_json(note))


def _appointment_row(connection_id: str, appointment: Appointment) -> Row:
    return (
        *_child(connection_id, appointment, appointment.contact_id),
        moment(appointment.start_time) or 0,
        plain(appointment.calendar_id),
        plain(appointment.assigned_user_id),
        plain(appointment.group_id),
        as_json(appointment),
    )


def _child(connection_id: str, record: Record, contact_id: str | None) -> Row:
    return connection_id, plain(record.id), plain(contact_id)


def _business_row(connection_id: str, business: Business) -> Row:
    return connection_id, plain(business.id), lower(business.name), as_json(business)


def _definition_row(connection_id: str, record: Record) -> Row:
    return connection_id, plain(record.id), as_json(record)


ROW_OF: dict[RecordKind, RowOf] = dict.fromkeys(RecordKind, _definition_row) | {
    RecordKind.CONTACT: contact_row,
    RecordKind.TASK: _task_row,
    RecordKind.NOTE: _note_row,
    RecordKind.APPOINTMENT: _appointment_row,
    RecordKind.BUSINESS: _business_row,
}
"""Per kind the function that makes the row, without `position`."""
