"""Books over a real store in a file."""

from collections.abc import Sequence
from typing import Any

import pytest

from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session
from invoco.highlevel.records import (
    Appointment,
    Business,
    Calendar,
    CustomField,
    CustomValue,
    Location,
    Record,
    User,
)
from invoco.service.books import Books
from invoco.store.database import Database
from invoco.testing.clock import FakeClock

HERE, ELSEWHERE = "location-of-the-tests", "another-location-0001"


class KeptChanges:
    """A recorder that remembers, and fails when told to."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.fails = False

    async def record(self, session: Session, changes: Sequence[Change]) -> None:
        """Remember the changes."""
        if self.fails:
            raise RuntimeError("the recorder fails")
        self.changes += changes


class Desk:
    """What a test has at hand: the books, and what stands behind them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock(auto=False)
        self.recorder = KeptChanges()
        self.books = Books(database, clock=self.clock, recorder=self.recorder)

    async def put(self, kind: RecordKind, *records: Record, location_id: str = HERE) -> None:
        """Store records as an import would."""
        async with self.database.transaction() as session:
            await session.shelf(kind).put(location_id, list(records))

    async def add_appointment(self, contact_id: str) -> Appointment:
        """An appointment of the contact, stored as an import would."""
        appointment = Appointment(
            id="a1", contact_id=contact_id, calendar_id="c1", location_id=HERE, title="Call",
            start_time="2025-06-15T12:00:00+02:00", end_time="2025-06-15T13:00:00+02:00",
        )  # fmt: skip
        await self.put(RecordKind.APPOINTMENT, appointment)
        return appointment

    async def settings(self, **settings: Any) -> None:
        """Give the location these settings."""
        await self.put(RecordKind.LOCATION, Location(id=HERE, name="Here", country="US", settings=settings))

    async def create(self, **body: Any) -> Any:
        """Create a contact, a second later."""
        self.clock.advance(1)
        return await self.books.contacts.create(HERE, body, actor="test")

    async def update(self, contact_id: str, **body: Any) -> Any:
        """Update a contact, a second later."""
        self.clock.advance(1)
        return await self.books.contacts.update(HERE, contact_id, body, actor="test")

    async def upsert(self, **body: Any) -> Any:
        """Upsert a contact, a second later."""
        self.clock.advance(1)
        return await self.books.contacts.upsert(HERE, body, actor="test")


@pytest.fixture
async def desk(store) -> Desk:
    """Books of one American location that allows no duplicates."""
    desk = Desk(store)
    await desk.settings(allowDuplicateContact=False)
    return desk


@pytest.fixture
async def stocked(desk: Desk) -> Desk:
    """The same, with definitions, a business, a calendar, users and a second location."""
    await desk.put(
        RecordKind.CUSTOM_FIELD,
        CustomField(id="size", field_key="contact.shirt_size", data_type="TEXT", model="contact"),
        CustomField(id="deal", field_key="opportunity.deal", data_type="TEXT", model="opportunity"),
        CustomField(id="plain", field_key="contact.plain", data_type="TEXT"),
    )
    await desk.put(RecordKind.CUSTOM_VALUE, CustomValue(id="v1", name="Slogan", value="Hello"))
    await desk.put(RecordKind.BUSINESS, *(Business(id=f"b{number}", name=f"Firm {number}") for number in (1, 2, 3)))
    await desk.put(RecordKind.CALENDAR, Calendar(id="c1", name="Sales"))
    await desk.put(RecordKind.USER, User(id="u1", name="Uma"))
    await desk.put(RecordKind.LOCATION, Location(id=ELSEWHERE), location_id=ELSEWHERE)
    return desk
