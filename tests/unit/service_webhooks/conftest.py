"""A store of the inbox alone, which can be held up and can fail."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import pytest

from invoco.domain.connections import Connection
from invoco.domain.deliveries import Delivery
from invoco.testing.clock import FakeClock

HERE, APP, CLIENT = "location1", "app1", "app1-suffix"


def connection(location_id=HERE, client_id=CLIENT):
    """A connection with that app, or with a private integration token."""
    access = "oauth" if client_id else "token"
    return Connection(
        id=location_id, name=location_id, base_url="https://x", access=access, client_id=client_id, connected_at=0
    )


class FakeStore:
    """Implements what webhooks need of `Store` and `Session`."""

    def __init__(self):
        self.batches: list[list[Delivery]] = []
        self.counts: Counter[tuple[str, int]] = Counter()
        self.connected = [connection()]
        self.looks = 0
        self.fails: list[Exception] = []
        """Raised by the next transactions, one each."""
        self.open = asyncio.Event()
        self.open.set()

    @property
    def rows(self):
        """Everything that is stored."""
        return [delivery for batch in self.batches for delivery in batch]

    def brief(self):
        """Nothing takes long here."""

    @asynccontextmanager
    async def appending(self):
        """Everything that is appended is one batch."""
        await self.open.wait()
        self._fail()
        yield self

    @asynccontextmanager
    async def transaction(self, **how):
        """For counters."""
        self._fail()
        yield self

    @asynccontextmanager
    async def reading(self):
        """For connections."""
        self.looks += 1
        self._fail()
        yield self

    def _fail(self):
        if self.fails:
            raise self.fails.pop(0)

    @property
    def inbox(self):
        """The shelf is the store itself."""
        return self

    connections = runs = inbox

    async def append(self, deliveries):
        """Keep a batch; a body of `poison` breaks it."""
        if any(delivery.body == b"poison" for delivery in deliveries):
            raise ZeroDivisionError
        self.batches.append(list(deliveries))

    async def all(self):
        """The connections."""
        return self.connected

    async def count_up(self, name, *, by, day):
        """Count."""
        self.counts[name, day] += by


@pytest.fixture
def clock():
    """A clock that moves by itself when everybody waits."""
    return FakeClock()


@pytest.fixture
def fake_store():
    """A store with one connection."""
    return FakeStore()


@pytest.fixture
def connected():
    """Makes connections."""
    return connection
