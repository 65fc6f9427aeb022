"""What `invoco bench drain` measures: how quickly what waits in the inbox is taken in, shown, read again, confirmed.

HighLevel is in this process and answers at once, so the figures are those of the engine and its store alone.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from invoco.cli.bench_places import empty_database
from invoco.cli.drain_data import Account, AtOnce
from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.kinds import RecordKind
from invoco.domain.schedules import Job
from invoco.highlevel.clock import SystemClock, milliseconds
from invoco.highlevel.quota import Priority
from invoco.jobs.in_process import InProcessJobs
from invoco.service.sync import AppEvents, SyncService
from invoco.store.tables import history

if TYPE_CHECKING:
    from invoco.service.gateway import Gateway
    from invoco.service.imports import ImportService
    from invoco.store.database import Database

Say = Callable[[str], None]

TOLD_OF: Final = 10_000
"""Contacts of whom events tell; as many whatever the mirror holds, so that equally many events are folded into one."""
_AT_ONCE: Final = 5_000
"""Rows written in one transaction beforehand."""
_FOLLOW_UPS_SECONDS: Final = 10.0
"""For which the follow-ups are measured, which may go on for much longer."""
_NOT_YET: Final = float("inf")


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What waits to be taken in."""

    events: int
    burst: int
    """How many events come of one contact in a row, on average: as many are folded into one, as far as they wait
    together; 1: each is alone."""
    mirrored: int
    """Contacts that the mirror holds."""


class _Figures(msgspec.Struct, frozen=True, kw_only=True):
    drained: float
    """Seconds until the inbox was empty."""
    confirmed: float
    """Seconds until nothing waited that an event had asked for."""
    contacts: int
    """Of whom events told."""
    unconfirmed: int
    """Events and records that wait still; there must be none."""
    calls: int
    """That events asked for."""
    followed_up: int
    """Tasks and notes that were read in `following` seconds."""
    following: float


def drain(*, load: Load, baseline: int | None, database_url: str | None, say: Say) -> dict[str, Any]:
    """Let so many events wait, then let the jobs of `invoco serve` run until all is confirmed.

    Args:
        load: what waits.
        baseline: contacts of a second, smaller mirror, to compare what an event costs; None: there is none.
        database_url: a PostgreSQL server; None: SQLite in a file, written through to the disk.
        say: is told how it goes.
    """
    small = None if baseline is None else _measured(replace(load, mirrored=baseline), database_url, say)
    figures, events = _measured(load, database_url, say), load.events
    compared = {} if small is None else {
        "baseline_mirrored": baseline,
        "baseline_events_per_second": round(events / small.confirmed),
        "cost_growth": round(figures.confirmed / small.confirmed, 3),
    }  # fmt: skip
    return {
        "events_per_second": round(events / figures.confirmed),
        "drained_per_second": round(events / figures.drained),
        "confirmed_per_second": round(figures.contacts / figures.confirmed),
        "follow_ups_per_second": round(figures.followed_up / figures.following),
        "events": events,
        "contacts": figures.contacts,
        "unconfirmed": figures.unconfirmed,
        "calls": figures.calls,
        "seconds": round(figures.confirmed, 2),
        "burst": load.burst,
        "mirrored": load.mirrored,
        **compared,
        "database": "postgresql" if database_url else "sqlite",
    }


def _measured(load: Load, database_url: str | None, say: Say) -> _Figures:
    with tempfile.TemporaryDirectory() as folder, empty_database(database_url) as url:
        from invoco.cli.output import run

        return run(_measure(url or f"sqlite:///{Path(folder) / 'drain.db'}", load, say))


async def _measure(url: str, load: Load, say: Say) -> _Figures:
    from invoco.store import schema
    from invoco.store.database import Database

    await schema.upgrade(url)
    database = await Database.open(url)
    try:
        told = Account(began_at=milliseconds(SystemClock()) - load.events)
        say(f"Storing {load.mirrored} contacts and {load.events} events …")
        await _mirror(database, told, load.mirrored)
        await _let_wait(database, told.deliveries(load.events, burst=load.burst))
        say("Draining …")
        return await _Watched(database, told).run()
    finally:
        await database.close()


async def _mirror(database: Database, told: Account, count: int) -> None:
    """Store a connected location with so many contacts, of whom events will tell of a few, evenly spread."""
    each = max(1, count // TOLD_OF)
    async with database.transaction() as session:
        await session.connections.put(told.connection)
    async with database.loading_contacts():
        for begin in range(0, count, _AT_ONCE):
            people = told.people(min(_AT_ONCE, count - begin))
            told.contacts += people[::each]
            async with database.transaction() as session:
                await session.contacts.put(told.connection.id, people)


async def _let_wait(database: Database, deliveries: Iterator[Delivery]) -> None:
    while some := list(islice(deliveries, _AT_ONCE)):
        async with database.appending() as session:
            await session.inbox.append(some)


class _Watched:
    """The jobs of `invoco serve`, with an eye on the time."""

    def __init__(self, database: Database, told: Account) -> None:
        self._database, self._told = database, told
        self._there = AtOnce(told, on_call=self._called)
        self._jobs = InProcessJobs(clock=SystemClock(), grace=0.1)
        self._service = SyncService(
            database, gateway=cast("Gateway", self._there), jobs=self._jobs, app_events=cast("AppEvents", None),
            imports=cast("ImportService", None), clock=SystemClock(), notes_share=1.0,
        )  # fmt: skip
        self._drained_at = 0.0
        self._confirmed_at = _NOT_YET

    async def run(self) -> _Figures:
        """Do everything that waits, and for some seconds what follows from it."""
        started = time.perf_counter()
        await self._jobs.start(self._work)
        await self._jobs.wake(Job.DRAIN, self._told.connection.id)
        quiet = asyncio.create_task(self._jobs.quiet())
        while not quiet.done() and time.perf_counter() - self._confirmed_at < _FOLLOW_UPS_SECONDS:
            await asyncio.wait({quiet}, timeout=0.2)
        ended = time.perf_counter()
        await self._jobs.stop()
        await quiet
        await self._service.close()
        return _Figures(
            drained=self._drained_at - started,
            confirmed=self._confirmed_at - started,
            contacts=await self._told_of(),
            unconfirmed=await self._unconfirmed(),
            calls=self._there.counted[Priority.EVENT],
            followed_up=self._there.counted[Priority.IMPORT],
            following=ended - self._confirmed_at,
        )

    async def _work(self, job: Job, location_id: str) -> None:
        await self._service.run(job, location_id)
        if job is Job.DRAIN:
            self._drained_at = time.perf_counter()
        else:
            self._note_confirmed()

    def _called(self, priority: Priority) -> None:
        """Follow-ups are read when nothing is left that an event asked for."""
        if priority is Priority.EVENT:
            self._confirmed_at = _NOT_YET
        else:
            self._note_confirmed()

    def _note_confirmed(self) -> None:
        if self._drained_at:
            self._confirmed_at = min(self._confirmed_at, time.perf_counter())

    async def _told_of(self) -> int:
        """Contacts of which the history tells something."""
        counted = sa.select(sa.func.count(sa.distinct(history.c.record_id))).where(
            history.c.kind == RecordKind.CONTACT.value
        )
        async with self._database.reading() as session:
            return int(await session.connection.scalar(counted) or 0)

    async def _unconfirmed(self) -> int:
        async with self._database.reading() as session:
            waiting = (await session.inbox.counts()).get(DeliveryState.WAITING, 0)
            return waiting + await session.provisional.count(self._told.connection.id)
