"""After an hour in which no webhook arrived the copy heals by itself, and it tells how much was lost."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx2
import pytest

from invoco import settings
from invoco.bootstrap import Invoco, opened
from invoco.cli.demo.live import served
from invoco.cli.serve_process import Home, furnished
from invoco.cli.twin_process import RunningTwin, running_twin
from invoco.domain.connections import Connection
from invoco.domain.schedules import Job
from invoco.highlevel.clock import SystemClock, milliseconds
from invoco.sandbox.clock import TwinClock

TOLD, UPDATED, CREATED, DELETED, WRITTEN = 200, 40, 5, 5, 5
"""Changes before the outage, and during it: contacts edited, made and deleted, and as many notes as tasks."""
LOST = UPDATED + CREATED + DELETED + 2 * WRITTEN
CONTACTS = TOLD + UPDATED + 2 * WRITTEN + 50
"""More than are edited: only one that nothing belongs to is deleted."""
HOUR, DAY, TWO_DAYS = 3600.0, 86_400.0, 172_800.0
PATIENCE = 90.0
VERSION = {"Version": "2021-07-28"}


class Time(NamedTuple):
    """Of Invoco and of the twin."""

    clock: TwinClock
    twin: RunningTwin

    async def pass_by(self, seconds: float) -> None:
        """Let it go on."""
        async with httpx2.AsyncClient(base_url=self.twin.url, timeout=60) as http:
            (await http.post("/_twin/clock", json={"advance": seconds})).raise_for_status()
        self.clock.advance(seconds)


class Editor:
    """Somebody who edits in HighLevel; every contact is edited once."""

    def __init__(self, twin: RunningTwin, http: httpx2.AsyncClient, contact_ids: list[str]) -> None:
        self._twin, self._http, self._left = twin, http, contact_ids

    async def update(self, count: int) -> None:
        """Edit so many contacts."""
        for number in range(count):
            await self._send("PUT", f"/contacts/{self._left.pop()}", city=f"Town {number}")

    async def create(self, count: int) -> None:
        """Make so many."""
        for number in range(count):
            email = f"outage{number}@example.com"
            await self._send("POST", "/contacts/", locationId=self._twin.location_id, email=email)

    async def delete(self, count: int) -> None:
        """Delete so many that nothing belongs to."""
        while count:
            path = f"/contacts/{self._left.pop()}"
            if not any([await self._has(path, noun) for noun in ("tasks", "notes", "appointments")]):
                await self._send("DELETE", path)
                count -= 1

    async def write(self, count: int) -> None:
        """Add a note to so many contacts, and a task to as many others."""
        for _ in range(count):
            await self._send("POST", f"/contacts/{self._left.pop()}/notes", body="Written in the dark")
            due = "2030-01-01T00:00:00.000Z"
            await self._send("POST", f"/contacts/{self._left.pop()}/tasks", title="Call", dueDate=due, completed=False)

    async def _has(self, path: str, noun: str) -> bool:
        answer = (await self._http.get(f"{path}/{noun}")).raise_for_status().json()
        return bool(answer.get(noun) or answer.get("events"))

    async def _send(self, method: str, path: str, **body: Any) -> None:
        (await self._http.request(method, path, json=body or None)).raise_for_status()


@pytest.fixture
def fresh_twin():
    """A twin of its own, for its clock is moved."""
    with running_twin(contacts=CONTACTS, seed=9, limit="off") as twin:
        yield twin


async def set_webhooks(twin: RunningTwin, **order: Any) -> None:
    """Change how the twin sends them."""
    async with httpx2.AsyncClient(base_url=twin.url, timeout=60) as http:
        (await http.post("/_twin/webhooks", json=order)).raise_for_status()


async def until(is_so, *, what: str) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not await is_so():
        assert time.monotonic() < deadline, f"{what} took longer than {PATIENCE:.0f} s"
        await asyncio.sleep(0.1)


async def rests(invoco: Invoco, connection: Connection, arrived: int) -> bool:
    """Whether so many webhooks arrived, and nothing is left to be done about them."""
    async with invoco.database.reading() as session:
        counts = await session.inbox.counts()
        rereads = await session.rereads.count(connection.id)
    return sum(counts.values()) >= arrived and not counts.get("waiting") and rereads == 0


async def finished_since(invoco: Invoco, connection: Connection, job: Job, since: int) -> bool:
    """Whether the job began after that moment, and has ended, and what it asked for was read."""
    async with invoco.database.reading() as session:
        run = await session.runs.latest(connection.id, job)
        rereads = await session.rereads.count(connection.id)
    return run is not None and run.started_at >= since and run.finished_at is not None and rereads == 0


async def contact_ids(invoco: Invoco, connection: Connection) -> list[str]:
    """Of the mirror."""
    async with invoco.database.reading() as session:
        return [contact.id for contact in await session.contacts.page(connection.id, limit=CONTACTS)]


async def drift(invoco: Invoco, connection: Connection) -> int:
    """How far the copy is from the source."""
    return (await invoco.verification.verify(connection, progress=lambda *_: None)).drift


@asynccontextmanager
async def at_work(home: Home, twin: RunningTwin, clock: TwinClock) -> AsyncIterator[Invoco]:
    """Invoco, as it is started."""
    async with opened(settings.load(**home.given), clock=clock) as invoco:
        async with served(invoco, home.connection, twin, port=0):
            yield invoco
        await invoco.keys.revoke("demo")


async def some_are_told(home: Home, hours: Time, http: httpx2.AsyncClient) -> Editor:
    """Before the outage."""
    async with at_work(home, hours.twin, hours.clock) as invoco:
        editor = Editor(hours.twin, http, await contact_ids(invoco, home.connection))
        await editor.update(TOLD)
        await until(lambda: rests(invoco, home.connection, TOLD), what="what was told")
    return editor


async def others_are_lost(editor: Editor, hours: Time) -> int:
    """The outage; when it ended."""
    await set_webhooks(hours.twin, chaos={"drop": 1.0})
    for part in (editor.update(UPDATED), editor.create(CREATED), editor.delete(DELETED), editor.write(WRITTEN)):
        await part
        await hours.pass_by(HOUR / 4)
    return milliseconds(hours.clock)


async def healed(invoco: Invoco, connection: Connection, hours: Time, *, since: int) -> None:
    """Wait for what the schedule brings: a poll at once, a comparison within a day."""
    await until(lambda: finished_since(invoco, connection, Job.POLL, since), what="the next poll")
    await hours.pass_by(DAY)
    await until(lambda: finished_since(invoco, connection, Job.RECONCILE, since), what="the next comparison")
    for _ in range(3):
        await hours.pass_by(60)  # an absence is looked at twice
        await until(lambda: rests(invoco, connection, TOLD), what="the second look")


async def test_an_hour_without_webhooks_heals_and_is_told(tmp_path, fresh_twin):
    """Contacts by the next poll, the rest by the next comparison; and the share of what was lost is exact."""
    home = await furnished(tmp_path, fresh_twin, skip=frozenset())
    hours = Time(TwinClock(SystemClock()), fresh_twin)
    headers = {"Authorization": f"Bearer {fresh_twin.token}", **VERSION}
    async with httpx2.AsyncClient(base_url=fresh_twin.url, headers=headers, timeout=60) as http:
        editor = await some_are_told(home, hours, http)
        ended = await others_are_lost(editor, hours)
    async with at_work(home, fresh_twin, hours.clock) as invoco:
        await healed(invoco, home.connection, hours, since=ended)
        told = await invoco.reliability.of(home.connection, seconds=TWO_DAYS)
        left = await drift(invoco, home.connection)

    assert 0 == left
    assert (TOLD, LOST) == (told.received, told.missed)
    assert told.loss == pytest.approx(100 * LOST / (TOLD + LOST), abs=0.2)
