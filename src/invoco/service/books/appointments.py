"""Appointments: read here, made in calendars (facts 3.5, 9)."""

from __future__ import annotations

from invoco.highlevel.records import Appointment
from invoco.service.books.desk import Desk, found


class AppointmentBook:
    """The reads of appointments."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def of_contact(self, location_id: str, contact_id: str) -> list[Appointment]:
        """All appointments of the contact, oldest first.

        Raises:
            NoSuchRecord: no such contact.
        """
        async with self._desk.store.reading() as session:
            await found(session.contacts, location_id, contact_id, noun="Contact")
            return await session.appointments.of_contact(location_id, contact_id)

    async def get(self, location_id: str, appointment_id: str) -> Appointment:
        """The appointment.

        Raises:
            NoSuchRecord: the location has no such appointment.
        """
        async with self._desk.store.reading() as session:
            return await found(session.appointments, location_id, appointment_id, noun="Appointment")

    async def between(
        self, location_id: str, *, start: int, end: int, calendar_id: str | None = None, user_id: str | None = None,
        group_id: str | None = None,
    ) -> list[Appointment]:  # fmt: skip
        """Appointments that start within [start, end] (milliseconds), of one calendar, user or group."""
        async with self._desk.store.reading() as session:
            return await session.appointments.between(
                location_id, start=start, end=end, calendar_id=calendar_id, user_id=user_id, group_id=group_id
            )
