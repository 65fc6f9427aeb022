"""The small account that every subject of the contact promises starts with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session
from invoco.highlevel.records import (
    Appointment,
    Business,
    Calendar,
    Contact,
    CustomField,
    CustomValue,
    Location,
    Record,
    Tag,
    User,
)

GRACE: Final = "graceHopper000000000"
"""A contact that was there before, with what only an import can bring."""
FIRM: Final = "665f1c000000000000000001"
SHOP: Final = "665f1c000000000000000002"
CALENDAR: Final = "salesCalendar0000000"
MEETING: Final = "firstMeeting00000000"
UMA: Final = "userUma0000000000000"
BEN: Final = "userBen0000000000000"
SIZE: Final = "fieldSize00000000000"
COLOUR: Final = "fieldColour000000000"
BUDGET: Final = "fieldBudget000000000"
HOBBIES: Final = "fieldHobbies00000000"


def promised_account(location_id: str) -> Mapping[RecordKind, Sequence[Record]]:
    """The records by kind: a location in New York that allows no duplicates, and all that contacts refer to."""
    return {
        RecordKind.LOCATION: [_location(location_id)],
        RecordKind.BUSINESS: [
            Business(id=FIRM, location_id=location_id, name="Firm"),
            Business(id=SHOP, location_id=location_id, name="Shop"),
        ],
        RecordKind.CALENDAR: [Calendar(id=CALENDAR, location_id=location_id, name="Sales", is_active=True)],
        RecordKind.USER: [User(id=UMA, name="Uma Thor"), User(id=BEN, name="Ben Oak")],
        RecordKind.TAG: [Tag(id="tagPioneer0000000000", location_id=location_id, name="pioneer")],
        RecordKind.CUSTOM_VALUE: [CustomValue(id="valueSlogan000000000", name="Slogan", value="Hello")],
        RecordKind.CUSTOM_FIELD: _custom_fields(location_id),
        RecordKind.CONTACT: [_grace(location_id)],
        RecordKind.APPOINTMENT: [_meeting(location_id)],
    }


async def furnish(session: Session, location_id: str) -> None:
    """Store the account."""
    for kind, records in promised_account(location_id).items():
        await session.shelf(kind).put(location_id, records)


def _location(location_id: str) -> Location:
    return Location(
        id=location_id,
        name="Promises",
        country="US",
        timezone="America/New_York",
        company_id="company0000000000000",
        settings={"allowDuplicateContact": False},
    )


def _custom_fields(location_id: str) -> list[CustomField]:
    kinds = {SIZE: ("size", "TEXT"), COLOUR: ("colour", "SINGLE_OPTIONS"), BUDGET: ("budget", "MONETORY")}
    fields = [
        CustomField(
            id=id_, name=key, field_key=f"contact.{key}", data_type=kind, model="contact", location_id=location_id
        )
        for id_, (key, kind) in (kinds | {HOBBIES: ("hobbies", "CHECKBOX")}).items()
    ]
    for field in fields:
        if field.data_type in {"SINGLE_OPTIONS", "CHECKBOX"}:
            field.picklist_options = ["red", "green", "blue"]
    return fields


def _grace(location_id: str) -> Contact:
    return Contact(
        id=GRACE,
        location_id=location_id,
        name="Grace Hopper",
        first_name="Grace",
        last_name="Hopper",
        email="grace@navy.example",
        additional_emails=["hopper@yale.example"],
        phone="+12125550100",
        additional_phones=["+12125550101"],
        tags=["pioneer"],
        type="lead",
        date_added="2024-01-31T09:00:00.000Z",
        date_updated="2024-01-31T09:00:00.000Z",
    )


def _meeting(location_id: str) -> Appointment:
    return Appointment(
        id=MEETING,
        location_id=location_id,
        contact_id=GRACE,
        calendar_id=CALENDAR,
        title="First meeting",
        appointment_status="confirmed",
        assigned_user_id=UMA,
        start_time="2025-06-16T14:00:00Z",
        end_time="2025-06-16T15:00:00Z",
    )
