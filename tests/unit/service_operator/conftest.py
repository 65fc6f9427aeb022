"""A connected location with some records, and jobs that only remember who was woken."""

from typing import Any

import pytest

from invoco.domain.connections import Connection
from invoco.domain.kinds import RecordKind
from invoco.domain.schedules import Job
from invoco.highlevel.clock import milliseconds
from invoco.highlevel.records import Appointment, Contact, Note, Record, Tag, Task
from invoco.testing.clock import FakeClock

HERE = "location-of-the-tests"
KINDS: dict[type[Record], RecordKind] = {
    Contact: RecordKind.CONTACT,
    Task: RecordKind.TASK,
    Note: RecordKind.NOTE,
    Appointment: RecordKind.APPOINTMENT,
    Tag: RecordKind.TAG,
}


class Woken:
    """Remembers who was woken."""

    def __init__(self) -> None:
        self.calls: list[tuple[Job, str]] = []

    async def wake(self, job: Job, location_id: str, *, after: float = 0.0) -> None:
        """Remember it."""
        self.calls.append((job, location_id))


class Mirror:
    """What is stored for the location."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def put(self, *records: Record) -> None:
        """Store records."""
        async with self._store.transaction() as session:
            for record in records:
                await session.shelf(KINDS[type(record)]).put(HERE, [record])

    async def ids(self, kind: RecordKind) -> list[str]:
        """The ids of all records of a kind."""
        async with self._store.reading() as session:
            return [record.id for record in await session.shelf(kind).page(HERE)]

    async def stones(self, kind: RecordKind, *record_ids: str) -> dict[str, Any]:
        """The tombstones of these records, by id."""
        async with self._store.reading() as session:
            found: dict[str, Any] = await session.tombstones.get_many(HERE, kind, record_ids)
            return found

    async def actions(self, record_id: str) -> list[str]:
        """What the history tells of a record."""
        async with self._store.reading() as session:
            return [each["action"] for each in await session.journal.history(HERE, record_id)]


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock(auto=False)


@pytest.fixture
def now(clock) -> int:
    """What it shows."""
    return milliseconds(clock)


@pytest.fixture
def jobs() -> Woken:
    """Jobs that are never done."""
    return Woken()


@pytest.fixture
async def connection(store) -> Connection:
    """A connected location."""
    made = Connection(id=HERE, name="acme", base_url="http://twin.test", access="token", connected_at=1)
    async with store.transaction() as session:
        await session.connections.put(made)
    return made


@pytest.fixture
def mirror(store, connection) -> Mirror:
    """Its records."""
    return Mirror(store)
