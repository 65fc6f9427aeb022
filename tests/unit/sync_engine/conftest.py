"""A connected location in memory, over a real store in a file."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from invoco.domain.connections import Connection
from invoco.domain.deliveries import Delivery
from invoco.domain.errors import InvocoError
from invoco.domain.imports import Allowance
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import SourcePage
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.highlevel.clock import iso, milliseconds
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Appointment, Contact, Note, Record, Task
from invoco.store.database import Database
from invoco.store.schema import create_all
from invoco.testing.clock import FakeClock

HERE = "location-of-the-tests"


class FakeLocation:
    """A `Source` whose records tests put in; the index tells `indexed` where it lags."""

    def __init__(self) -> None:
        self.allowance = Allowance()
        self.contacts: dict[str, Contact] = {}
        self.indexed: dict[str, Contact] = {}
        self.tasks: dict[str, list[Task]] = {}
        self.notes: dict[str, list[Note]] = {}
        self.appointments: dict[str, Appointment] = {}
        self.lists: dict[RecordKind, list[Record]] = {}
        self.failures: dict[str, InvocoError] = {}
        """By `subject/id`: what the read raises."""
        self.reads: list[str] = []
        self.priorities: list[Priority] = []
        self.while_reading: Any = None
        """Called once, in the middle of the next read by id."""

    @property
    def calls(self) -> int:
        """One for each read."""
        return len(self.reads)

    def put(self, *contacts: Contact) -> None:
        """Contacts as both the index and a read by id tell them."""
        for contact in contacts:
            self.contacts[contact.id] = self.indexed[contact.id] = contact

    def at_priority(self, priority: Priority) -> "FakeLocation":
        """The same one."""
        self.priorities.append(priority)
        return self

    async def contact(self, contact_id: str) -> Contact | None:
        """By id."""
        await self._read(f"contact/{contact_id}")
        return self.contacts.get(contact_id)

    async def appointment(self, appointment_id: str) -> Appointment | None:
        """By id."""
        await self._read(f"appointment/{appointment_id}")
        return self.appointments.get(appointment_id)

    async def tasks_of(self, contact_id: str) -> SourcePage | None:
        """None for a contact that is gone."""
        await self._read(f"tasks/{contact_id}")
        return SourcePage.of(self.tasks.get(contact_id, [])) if contact_id in self.contacts else None

    async def notes_of_one(self, contact_id: str) -> SourcePage | None:
        """None for a contact that is gone."""
        await self._read(f"notes/{contact_id}")
        return SourcePage.of(self.notes.get(contact_id, [])) if contact_id in self.contacts else None

    async def find_task(self, task_id: str, *, title: str | None) -> Task | None:
        """Any task of that id."""
        await self._read(f"lost_task/{task_id}")
        return next((task for tasks in self.tasks.values() for task in tasks if task.id == task_id), None)

    async def changed_contacts(self, since: int, cursor: Any) -> SourcePage:
        """Out of the index, two a page."""
        await self._read(f"changed/{since}")
        rows = sorted(self.indexed.values(), key=lambda contact: contact.date_updated or "")
        begin = cursor or 0
        following = begin + 2 if begin + 2 < len(rows) else None
        return SourcePage.of(rows[begin : begin + 2], cursor=following)

    async def page(self, kind: RecordKind, cursor: Any) -> SourcePage:
        """A whole list."""
        await self._read(f"{kind.value}/")
        return SourcePage.of(self.lists.get(kind, []))

    async def notes_of(self, contact_ids: Sequence[str]) -> AsyncGenerator[tuple[str, SourcePage], None]:
        """The notes of each."""
        for contact_id in contact_ids:
            await self._read(f"notes/{contact_id}")
            yield contact_id, SourcePage.of(self.notes.get(contact_id, []))

    async def _read(self, what: str) -> None:
        self.reads.append(what)
        if self.while_reading is not None:
            meanwhile, self.while_reading = self.while_reading, None
            await meanwhile()
        if what in self.failures:
            raise self.failures[what]


class Here:
    """The mirror of the location, and short ways to it."""

    def __init__(self, store: Database, clock: FakeClock) -> None:
        self.store, self.clock = store, clock
        self.connection = Connection(
            id=HERE, name="here", base_url="http://here.test", access="oauth", client_id="app-1", connected_at=0
        )
        self._number = 0

    @property
    def now(self) -> int:
        """Milliseconds."""
        return milliseconds(self.clock)

    def event(self, type_: str, at: int | None = None, /, **fields: Any) -> Delivery:
        """A delivery as the route keeps it."""
        self._number += 1
        moment = self.now if at is None else at
        body = {
            "type": type_,
            "locationId": HERE,
            "appId": "app",
            "timestamp": iso(moment),
            "webhookId": f"w{self._number}",
            **fields,
        }
        return Delivery(
            webhook_id=f"w{self._number}",
            type=type_,
            location_id=HERE,
            at=moment,
            received_at=self.now,
            body=msgspec.json.encode(body),
        )

    async def receive(self, *deliveries: Delivery) -> None:
        """Let them wait in the inbox."""
        async with self.store.appending() as session:
            await session.inbox.append(deliveries)

    async def put(self, kind: RecordKind, *records: Record) -> None:
        """Let the mirror hold them."""
        async with self.store.transaction() as session:
            await session.shelf(kind).put(HERE, records)

    async def get(self, kind: RecordKind, record_id: str) -> Any:
        """What the mirror holds."""
        async with self.store.reading() as session:
            return await session.shelf(kind).get(HERE, record_id)

    async def ask(self, subject: Subject, subject_id: str, **fields: Any) -> Reread:
        """Let something wait to be read again."""
        given = {
            "since": self.now,
            "asked_at": self.now,
            "due_at": self.now,
            "urgency": int(Priority.EVENT),
            "cause": Cause.EVENT,
            **fields,
        }
        reread = Reread(subject=subject, subject_id=subject_id, **given)
        async with self.store.transaction() as session:
            await session.rereads.ask(HERE, [reread])
        return reread

    async def waiting(self) -> list[Reread]:
        """All rereads that are not given up, whenever they are due."""
        async with self.store.reading() as session:
            return await session.rereads.due(HERE, now=2**52, limit=1000)

    async def tombstone(self, kind: RecordKind, record_id: str) -> Any:
        """The tombstone of a record."""
        async with self.store.reading() as session:
            return (await session.tombstones.get_many(HERE, kind, [record_id])).get(record_id)

    async def history(self, record_id: str) -> list[Any]:
        """What happened to a record."""
        async with self.store.reading() as session:
            return [*await session.journal.history(HERE, record_id)]


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory) -> Path:
    """A database with all tables, made once."""
    path: Path = tmp_path_factory.mktemp("sync_engine") / "empty.db"

    async def make() -> None:
        database = await Database.open(f"sqlite:///{path}", durable=False)
        await create_all(database)
        await database.close()

    asyncio.run(make())
    return path


@pytest.fixture
def clock() -> FakeClock:
    """A clock that tests move."""
    return FakeClock()


@pytest.fixture
async def here(empty_file, tmp_path, clock) -> AsyncIterator[Here]:
    """The mirror."""
    database = await Database.open(f"sqlite:///{shutil.copy(empty_file, tmp_path / 'here.db')}", durable=False)
    try:
        yield Here(database, clock)
    finally:
        await database.close()


@pytest.fixture
def there() -> FakeLocation:
    """HighLevel."""
    return FakeLocation()
