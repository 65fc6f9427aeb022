"""A store with connections, and what is woken."""

from typing import Any

import pytest

from invoco.domain.connections import Connection
from invoco.domain.schedules import Due, Job
from invoco.store.database import Database
from invoco.testing.clock import FakeClock

START = 1_750_000_000_000
"""When the clock begins, in milliseconds."""


class Wakened:
    """Jobs that only note what is woken."""

    def __init__(self) -> None:
        self.calls: list[tuple[Job, str]] = []

    async def wake(self, job: Job, location_id: str, *, after: float = 0.0) -> None:
        """Note it."""
        self.calls.append((job, location_id))

    def taken(self) -> set[tuple[Job, str]]:
        """What was woken since the last call."""
        calls, self.calls = self.calls, []
        return set(calls)


class Ledger:
    """Writes what a test begins with, and reads what came of it."""

    def __init__(self, store: Database) -> None:
        self.store = store

    async def connect(self, location_id: str, **fields: Any) -> Connection:
        """A connection."""
        made = Connection(
            id=location_id, name=f"name-of-{location_id}", base_url="http://twin.test", access="token",
            connected_at=START, **fields,
        )  # fmt: skip
        async with self.store.transaction() as session:
            await session.connections.put(made)
        return made

    async def due(self, location_id: str, job: Job) -> Due | None:
        """How a job stands."""
        async with self.store.reading() as session:
            return (await session.runs.schedule(location_id)).get(job)

    async def put_due(self, location_id: str, job: Job, **fields: Any) -> None:
        """Let a job stand so."""
        async with self.store.transaction() as session:
            await session.runs.put_due(Due(location_id=location_id, job=job, **fields))


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands until it is moved."""
    return FakeClock(auto=False)


@pytest.fixture
def jobs() -> Wakened:
    """What is woken."""
    return Wakened()


@pytest.fixture
def ledger(store: Database) -> Ledger:
    """The store's pages."""
    return Ledger(store)
