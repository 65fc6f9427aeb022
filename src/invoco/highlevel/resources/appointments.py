"""Appointments (facts 3.5, 9, 10.1)."""

from __future__ import annotations

from invoco.highlevel.errors import InvalidInput
from invoco.highlevel.pages import Page, one_record, rows_of, whole_list
from invoco.highlevel.records import Appointment
from invoco.highlevel.resources.resource import Resource


class Appointments(Resource):
    """Calendar events of contacts."""

    async def of_contact(self, contact_id: str) -> Page[Appointment]:
        """All appointments of the contact; their times are in the location's zone and carry no offset."""
        operation = "get-appointments-for-contact"
        answer = await self._call(operation, contactId=contact_id)
        return whole_list(Appointment, rows_of(answer, "events", "appointments", operation=operation))

    async def get(self, appointment_id: str) -> Appointment:
        """The appointment; its times carry an offset.

        Raises:
            NotFound: there is no such appointment.
        """
        answer = await self._call("get-appointment", eventId=appointment_id)
        return one_record(
            Appointment, answer, "event", "appointment", "events", "appointments", operation="get-appointment"
        )

    async def between(
        self,
        *,
        start: int,
        end: int,
        calendar_id: str | None = None,
        user_id: str | None = None,
        group_id: str | None = None,
    ) -> Page[Appointment]:
        """The appointments of one calendar, user or group within a span; HighLevel does not divide them into pages.

        Args:
            start: milliseconds since 1970.
            end: milliseconds since 1970.
            calendar_id: one of the three is needed.
            user_id: one of the three is needed.
            group_id: one of the three is needed.

        Raises:
            InvalidInput: none of the three is given; nothing was sent.
        """
        whose = {"calendarId": calendar_id, "userId": user_id, "groupId": group_id}
        if not any(whose.values()):
            raise InvalidInput("One of calendar_id, user_id and group_id is needed")
        query = {"startTime": start, "endTime": end, **whose}
        answer = await self._located("get-calendar-events", query=query)
        rows = rows_of(answer, "events", "appointments", operation="get-calendar-events")
        return whole_list(Appointment, rows)
