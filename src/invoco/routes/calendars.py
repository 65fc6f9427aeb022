"""Calendars and appointments (facts 3.5, 9, 10.1)."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from invoco.domain.errors import InvalidFields
from invoco.highlevel.clock import instant
from invoco.highlevel.records import Appointment
from invoco.routes.calls import Call, Handler, JsonObject
from invoco.routes.dates import zone_named
from invoco.routes.queries import whole_number

_TIMES = ("startTime", "endTime", "dateAdded", "dateUpdated")


async def list_calendars(call: Call) -> JsonObject:
    """The calendars, of one group if asked, without the inactive ones if asked."""
    group, drafted = call.query.get("groupId"), call.query.get("showDrafted") != "false"
    calendars = [
        calendar.to_wire()
        for calendar in await call.books.reference.calendars(call.location_id)
        if (not group or calendar.group_id == group) and (drafted or calendar.is_active is not False)
    ]
    return {"calendars": calendars}


async def list_events(call: Call) -> JsonObject:
    """The appointments that start within a window, of one calendar, user or group; their times carry an offset."""
    query = call.query
    calendar_id, user_id, group_id = (query.get(name) or None for name in ("calendarId", "userId", "groupId"))
    if not (calendar_id or user_id or group_id):
        raise InvalidFields(["one of userId, calendarId, groupId should not be empty"])
    start, end = (whole_number(query, name, default=0) for name in ("startTime", "endTime"))
    events = await call.books.appointments.between(
        call.location_id, start=start, end=end, calendar_id=calendar_id, user_id=user_id, group_id=group_id
    )
    return {"events": [event.to_wire() for event in events]}


async def get_event(call: Call) -> JsonObject:
    """One appointment; its times carry an offset."""
    event = await call.books.appointments.get(call.location_id, call.path["eventId"])
    return {"event": event.to_wire()}


async def events_of_contact(call: Call) -> JsonObject:
    """All appointments of the contact; their times are those of the location's clock, without an offset."""
    events = await call.books.appointments.of_contact(call.location_id, call.path["contactId"])
    location = await call.books.reference.location(call.location_id)
    zone = zone_named(location.timezone) or UTC
    return {"events": [local_event(event, zone) for event in events]}


def local_event(event: Appointment, zone: tzinfo) -> JsonObject:
    """An appointment with its times as `YYYY-MM-DD HH:mm:ss` of that zone."""
    wire = event.to_wire()
    return {**wire, **{name: _local(wire[name], zone) for name in _TIMES if name in wire}}


def _local(text: str, zone: tzinfo) -> str:
    moment = datetime.fromtimestamp(instant(text) / 1000, tz=zone)
    return f"{moment:%Y-%m-%d %H:%M:%S}"


HANDLERS: dict[str, Handler] = {
    "get-calendars": list_calendars,
    "get-calendar-events": list_events,
    "get-appointment": get_event,
    "get-appointments-for-contact": events_of_contact,
}
"""By operation id."""
