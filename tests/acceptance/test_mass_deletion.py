"""A sudden mass of deletions waits for an operator, however it was noticed; before that nothing is hidden."""

import asyncio
import time
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx2
import pytest

from invoco import settings
from invoco.bootstrap import Invoco, opened
from invoco.cli.demo.live import served
from invoco.cli.serve_process import furnished
from invoco.cli.twin_process import RunningTwin, running_twin
from invoco.domain.connections import Connection
from invoco.domain.deletions import Tombstone
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Subject
from invoco.domain.schedules import Job
from invoco.highlevel.clock import SystemClock
from invoco.sandbox.clock import TwinClock
from invoco.sync import events

CONTACTS, SHARE = 100, 0.4
GONE = round(CONTACTS * SHARE)
PATIENCE = 60.0


class Stage(NamedTuple):
    """Invoco at work over a twin, in a time that can be moved on."""

    invoco: Invoco
    connection: Connection
    twin: RunningTwin
    clock: TwinClock

    def vanish(self, *, events: bool) -> set[str]:
        """A share of the contacts is gone in HighLevel."""
        order = {"share": SHARE, "events": events}
        answer = httpx2.post(f"{self.twin.url}/_twin/vanish", json=order, timeout=60)
        return set(answer.raise_for_status().json()["gone"])

    async def until(self, is_so, *, moving: bool = True) -> None:
        """Wait, while the time goes on by half a minute now and then: an absence is looked at twice."""
        deadline = time.monotonic() + PATIENCE
        while not await is_so():
            assert time.monotonic() < deadline
            self.clock.advance(30 if moving else 0)
            await asyncio.sleep(0.2)

    async def all_were_told(self) -> bool:
        """Whether every deletion waits to be proved."""
        async with self.invoco.database.reading() as session:
            return await session.rereads.count(self.connection.id, gone=Subject.CONTACT) == GONE

    async def rests(self) -> bool:
        """Whether nothing waits to be taken in or read again."""
        async with self.invoco.database.reading() as session:
            waiting = await session.inbox.waiting_locations()
            return not waiting and await session.rereads.count(self.connection.id) == 0

    async def held(self) -> list[str]:
        """The contacts whose deletion waits for approval."""
        held = await self.invoco.deletions.held(self.connection)
        return [record_id for each in held if each.kind is RecordKind.CONTACT for record_id in each.record_ids]

    async def all_are_held(self) -> bool:
        """Whether every contact that is gone was noticed, and nothing was hidden meanwhile."""
        assert [] == await self.stones()
        return len(await self.held()) == GONE and await self.rests()

    async def hidden(self) -> int:
        """How many contacts are archived or removed."""
        return CONTACTS - await self.here()

    async def here(self) -> int:
        """How many contacts Invoco shows."""
        async with self.invoco.database.reading() as session:
            return await session.contacts.count(self.connection.id)

    async def stones(self) -> list[Tombstone]:
        """Everything of whatever kind that was dealt with as gone."""
        async with self.invoco.database.reading() as session:
            return await session.tombstones.page(self.connection.id, archived_only=False, limit=10_000)

    async def archived(self) -> set[str]:
        """The contacts that are hidden and can come back."""
        return {
            stone.record_id
            for stone in await self.stones()
            if stone.kind is RecordKind.CONTACT and stone.archived is not None
        }

    async def drift(self) -> int:
        """How far the copy is from the source."""
        drift = await self.invoco.verification.verify(self.connection, progress=lambda *_: None)
        return drift.drift


@pytest.fixture
def fresh_twin():
    """A twin of its own, for its contacts vanish."""
    with running_twin(contacts=CONTACTS, seed=5, limit="off") as twin:
        yield twin


@asynccontextmanager
async def at_work(folder, twin):
    """Invoco serves, takes in webhooks and does its jobs."""
    home = await furnished(folder, twin, skip=frozenset())
    clock = TwinClock(SystemClock())
    async with (
        opened(settings.load(**home.given), clock=clock) as invoco,
        served(invoco, home.connection, twin, port=0),
    ):
        yield Stage(invoco, home.connection, twin, clock)


@pytest.fixture(autouse=True)
def _on_a_slow_machine(monkeypatch):
    """Webhooks of one moment arrive within a minute."""
    monkeypatch.setattr(events, "DELETION_GRACE", 60_000)


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
async def test_a_mass_is_held_and_goes_when_it_is_approved(tmp_path, fresh_twin, told):
    """Two fifths of all contacts: told by webhooks, or found missing by a comparison."""
    async with at_work(tmp_path, fresh_twin) as stage:
        gone = await asyncio.to_thread(stage.vanish, events=told)
        if told:
            await stage.until(stage.all_were_told, moving=False)
        else:
            await stage.invoco.jobs.wake(Job.RECONCILE, stage.connection.id)
        await stage.until(stage.all_are_held)
        held = set(await stage.held())
        for mass in await stage.invoco.deletions.held(stage.connection):
            await stage.invoco.deletions.approve(mass.id)
        await stage.until(stage.rests)

        assert (GONE, gone) == (len(gone), held)
        assert (gone, GONE) == (await stage.archived(), await stage.hidden())
        assert 0 == await stage.drift()


async def test_a_mass_that_is_rejected_stays(tmp_path, fresh_twin):
    """The contacts are seen as before, and count as drift no longer."""
    async with at_work(tmp_path, fresh_twin) as stage:
        await asyncio.to_thread(stage.vanish, events=True)
        await stage.until(stage.all_were_told, moving=False)
        await stage.until(stage.all_are_held)
        for mass in await stage.invoco.deletions.held(stage.connection):
            await stage.invoco.deletions.reject(mass.id)
        await stage.invoco.jobs.wake(Job.RECONCILE, stage.connection.id)
        await stage.until(stage.rests)

        assert (0, set()) == (await stage.hidden(), await stage.archived())
        assert 0 == await stage.drift()
