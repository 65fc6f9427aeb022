"""The kinds of records that are mirrored, and the type of each."""

from __future__ import annotations

from enum import StrEnum

from invoco.highlevel import records


class RecordKind(StrEnum):
    """A kind of record; its value names it in tables, counts and messages."""

    CONTACT = "contacts"
    TASK = "tasks"
    NOTE = "notes"
    APPOINTMENT = "appointments"
    BUSINESS = "businesses"
    TAG = "tags"
    CUSTOM_FIELD = "custom_fields"
    CUSTOM_VALUE = "custom_values"
    USER = "users"
    CALENDAR = "calendars"
    LOCATION = "locations"


RECORD_TYPES: dict[RecordKind, type[records.Record]] = {
    RecordKind.CONTACT: records.Contact,
    RecordKind.TASK: records.Task,
    RecordKind.NOTE: records.Note,
    RecordKind.APPOINTMENT: records.Appointment,
    RecordKind.BUSINESS: records.Business,
    RecordKind.TAG: records.Tag,
    RecordKind.CUSTOM_FIELD: records.CustomField,
    RecordKind.CUSTOM_VALUE: records.CustomValue,
    RecordKind.USER: records.User,
    RecordKind.CALENDAR: records.Calendar,
    RecordKind.LOCATION: records.Location,
}
