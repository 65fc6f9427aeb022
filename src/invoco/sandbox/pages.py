"""Appointments and definitions, which people edit on HighLevel's own pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from invoco.domain.errors import FixInput
from invoco.domain.ids import new_id
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.highlevel.clock import instant, iso
from invoco.highlevel.records import Appointment, Calendar, JsonObject, Record
from invoco.sandbox.scenes import Scene
from invoco.sandbox.webhooks import WebhookSender
from invoco.service.books.desk import Writing, found
from invoco.service.books.fields import attributes

R = TypeVar("R", bound=Record)
DEFINITIONS: Final = frozenset(RecordKind) - {
    RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE, RecordKind.APPOINTMENT,
}  # fmt: skip
"""What a location defines once."""
_UNCHANGEABLE: Final = frozenset({"id", "extra", "locationId", "contactId"})
_DAY_MS, _HALF_HOUR_MS = 86_400_000, 1_800_000
_TOLD: Final = {RecordKind.USER: "User", RecordKind.LOCATION: "Location"}
"""Definitions whose changes HighLevel tells of (facts 8.1, 8.3), and how the names of those events begin."""


class Pages:
    """Writes what no call of the API writes."""

    def __init__(self, *, told: Scene, untold: Scene, sender: WebhookSender) -> None:
        self._scenes = {True: told, False: untold}
        self._sender = sender

    async def book(
        self, location_id: str, contact_id: str, fields: Mapping[str, Any], *, events: bool = True
    ) -> Appointment:
        """A new appointment of the contact: tomorrow, for half an hour, in the first calendar, unless fields say else.

        Raises:
            NoSuchRecord: no such contact.
            FixInput: a field is unknown or of the wrong type, the times are none, or there is no calendar.
        """
        async with self._scenes[events].writing(location_id) as writing:
            await found(writing.session.contacts, location_id, contact_id, noun="Contact")
            made = _changed(await _blank(writing, contact_id), fields)
            return await _kept(writing, None, made)

    async def rebook(
        self, location_id: str, appointment_id: str, fields: Mapping[str, Any], *, events: bool = True
    ) -> Appointment:
        """The appointment with other fields.

        Raises:
            NoSuchRecord: no such appointment.
            FixInput: as `book`.
        """
        async with self._scenes[events].writing(location_id) as writing:
            before = await found(writing.session.appointments, location_id, appointment_id, noun="Appointment")
            return await _kept(writing, before, _changed(before, fields))

    async def cancel(self, location_id: str, appointment_id: str, *, events: bool = True) -> None:
        """Remove the appointment.

        Raises:
            NoSuchRecord: no such appointment.
        """
        async with self._scenes[events].writing(location_id) as writing:
            before = await found(writing.session.appointments, location_id, appointment_id, noun="Appointment")
            await writing.session.appointments.delete(location_id, [appointment_id])
            writing.note(RecordKind.APPOINTMENT, "delete", "", before=before)

    async def define(
        self, kind: RecordKind, location_id: str, record_id: str | None, fields: Mapping[str, Any], *,
        events: bool = True,
    ) -> Record:  # fmt: skip
        """A definition of the location, new without an id; users and locations are told of, if events are wanted.

        Raises:
            NoSuchRecord: nothing has this id.
            FixInput: a field is unknown or of the wrong type, or the location itself is to be made.
        """
        if kind is RecordKind.LOCATION:
            record_id = location_id
        async with self._scenes[False].writing(location_id) as writing:
            shelf = writing.session.shelf(kind)
            before = None if record_id is None else await found(shelf, location_id, record_id, noun=kind.value)
            blank = RECORD_TYPES[kind].from_wire({"id": new_id(), "locationId": location_id})
            after: Record = _changed(before or blank, fields)
            await shelf.put(location_id, [after])
        await self._tell(kind, location_id, after, "Create" if before is None else "Update", events=events)
        return after

    async def undefine(self, kind: RecordKind, location_id: str, record_id: str, *, events: bool = True) -> None:
        """Remove a definition; what refers to it stays as it is.

        Raises:
            NoSuchRecord: nothing has this id.
            FixInput: it is the location itself.
        """
        if kind is RecordKind.LOCATION:
            raise FixInput("A location is not removed.", cure="Uninstall the app from it: `POST /_twin/account`.")
        async with self._scenes[False].writing(location_id) as writing:
            shelf = writing.session.shelf(kind)
            before = await found(shelf, location_id, record_id, noun=kind.value)
            await shelf.delete(location_id, [record_id])
        await self._tell(kind, location_id, before, "Delete", events=events)

    async def _tell(self, kind: RecordKind, location_id: str, record: Record, verb: str, *, events: bool) -> None:
        if not events or kind not in _TOLD:
            return
        place = {} if kind is RecordKind.LOCATION else {"locationId": location_id}
        await self._sender.emit(f"{_TOLD[kind]}{verb}", {**_told_fields(record), **place})


def _told_fields(record: Record) -> JsonObject:
    """What events of users and locations carry (facts 8.1)."""
    wire = record.to_wire()
    names = ("id", "companyId", "name", "firstName", "lastName", "email", "phone", "extension", "role")
    return {name: wire[name] for name in names if name in wire}


async def _blank(writing: Writing, contact_id: str) -> Appointment:
    calendars: list[Calendar] = await writing.session.shelf(RecordKind.CALENDAR).page(writing.location_id, limit=1)
    if not calendars:
        raise FixInput("The location has no calendar.", cure="Make one with `POST /_twin/definitions`.")
    return Appointment(
        id=writing.new_id(),
        contact_id=contact_id,
        calendar_id=calendars[0].id,
        location_id=writing.location_id,
        title="Appointment",
        appointment_status="confirmed",
        start_time=iso(writing.at + _DAY_MS),
        end_time=iso(writing.at + _DAY_MS + _HALF_HOUR_MS),
        date_added=writing.moment,
    )


async def _kept(writing: Writing, before: Appointment | None, after: Appointment) -> Appointment:
    _check_times(after)
    stamped = msgspec.structs.replace(after, date_updated=writing.moment)
    await writing.session.appointments.put(writing.location_id, [stamped])
    action = "create" if before is None else "update"
    writing.note(RecordKind.APPOINTMENT, action, "", before=before, after=stamped)
    return stamped


def _changed(record: R, fields: Mapping[str, Any]) -> R:
    """The record with those fields, by wire name; None clears one."""
    known = attributes(type(record)).keys() - _UNCHANGEABLE
    unknown = sorted(fields.keys() - known)
    if unknown:
        raise FixInput(
            f"No such field can be set: {', '.join(unknown)}.", cure=f"Choose from: {', '.join(sorted(known))}."
        )
    try:
        return type(record).from_wire({**record.to_wire(), **fields})
    except msgspec.ValidationError as error:
        raise FixInput(f"The fields cannot be read: {error}.", cure="Correct the field named.") from error


def _check_times(appointment: Appointment) -> None:
    try:
        in_order = instant(appointment.start_time or "") < instant(appointment.end_time or "")
    except ValueError:
        in_order = False
    if not in_order:
        raise FixInput("An appointment has a startTime and a later endTime.", cure="Write both as ISO-8601.")
