"""The engine as it runs in production, put together once more for every life it has in a simulation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import httpx2
import msgspec
from starlette.types import ASGIApp

from invoco.domain.connections import Connection
from invoco.domain.schedules import Job
from invoco.gateway.gateway import HighLevelGateway
from invoco.gateway.source import Reading
from invoco.highlevel.clock import Clock
from invoco.highlevel.quota import Quotas
from invoco.jobs.in_process import InProcessJobs
from invoco.routes.webhooks import webhook_route
from invoco.service.books import Books
from invoco.service.deletions import DeletionService
from invoco.service.imports import ImportService
from invoco.service.installations import InstallationService
from invoco.service.journal import JournalRecorder
from invoco.service.scheduling import RecordedRuns, Scheduler
from invoco.service.sync import SyncService
from invoco.service.webhooks import WebhookInbox, WebhookKeys
from invoco.simulation.mortal import Fate, MortalDatabase
from invoco.simulation.owned import Program
from invoco.simulation.stages import Part, stage
from invoco.store.database import Database
from invoco.store.secrets import StoredSecrets
from invoco.store.tokens import StoredTokens
from invoco.store.vault import Vault

SECRET_KEY: Final = "the key of all simulations"  # noqa: S105 - it protects nothing
DAYS: Final = 45
"""How far back and ahead appointments are read: as much as one call tells."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What one life of the engine shares with the next."""

    file: Path
    """Its database."""
    clock: Clock
    network: httpx2.AsyncBaseTransport
    """The way to the twin."""
    keys: WebhookKeys
    """With which the twin signs."""
    fate: Fate
    sweep_every: float
    """Seconds between two looks for what is due."""


class Engine:
    """One life: from a start to a stop or a death."""

    program: Program
    store: MortalDatabase
    jobs: InProcessJobs
    deletions: DeletionService
    hook: ASGIApp
    """Where webhooks go."""
    books: Books
    """Through which people write to the mirror."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self.program = Program()

    async def start(self) -> None:
        """Take up what the file holds."""
        await self.program.begin(self._start())

    async def die(self) -> None:
        """End it as `kill -9` does: nothing is finished, nothing is said."""
        await self.program.end()
        if left := self.store.engine.pool.checkedout():  # type: ignore[attr-defined]  # every pool of SQLite's has it
            raise RuntimeError(f"{left} connections were not given back.")
        await self.store.close()

    async def wake(self, job: Job) -> None:
        """Wake the job of every connection."""
        await self.program.begin(self._wake(job))

    async def decide(self, *, approve: bool) -> bool:
        """Decide about all deletions that are held; whether there were any."""
        held = await self.deletions.held()
        for each in held:
            await self.program.begin((self.deletions.approve if approve else self.deletions.reject)(each.id))
        return bool(held)

    async def _wake(self, job: Job) -> None:
        for location_id in await self._locations():
            await self.jobs.wake(job, location_id)

    async def _start(self) -> None:
        around = self._around
        connected = await stage(Part.MIRROR).engine(around.file)
        self.store = MortalDatabase(connected, program=self.program, fate=around.fate)
        self.jobs = InProcessJobs(clock=around.clock)
        inbox = WebhookInbox(self.store, clock=around.clock, on_stored=self._arrived)
        self.hook = webhook_route(inbox, keys=around.keys)
        self.books = Books(self.store, clock=around.clock, recorder=JournalRecorder(), on_written=self._written)
        self.deletions = DeletionService(self.store, jobs=self.jobs, clock=around.clock)
        await self.jobs.start(RecordedRuns(self._service().run, self.store, clock=around.clock))
        self._scheduler = Scheduler(self.store, jobs=self.jobs, clock=around.clock)
        await self._scheduler.sweep(resume=True)
        self.program.begin(self._sweep())

    def _service(self) -> SyncService:
        clock = self._around.clock
        gateway, tokens = gateway_of(self.store, clock, self._around.network)
        installations = InstallationService(
            self.store, tokens=tokens, gateway=gateway, clock=clock, on_connected=self._connected
        )
        imports = ImportService(self.store, gateway=gateway, clock=clock, notes_share=1.0)
        return SyncService(
            self.store, gateway=gateway, jobs=self.jobs, app_events=installations, imports=imports, clock=clock,
            notes_share=1.0,
        )  # fmt: skip

    async def _arrived(self, locations: Iterable[str]) -> None:
        for location_id in locations:
            await self.jobs.wake(Job.DRAIN, location_id)

    async def _written(self, location_id: str) -> None:
        await self.jobs.wake(Job.SEND, location_id)

    async def _connected(self, connection: Connection) -> None:
        await self.jobs.wake(Job.RECONCILE, connection.id)

    async def _sweep(self) -> None:
        """As the scheduler does by itself, only less often: most of a simulation's time is spent waiting."""
        while True:
            await asyncio.sleep(self._around.sweep_every)
            await self._scheduler.sweep()

    async def _locations(self) -> list[str]:
        async with self.store.reading() as session:
            return [connection.id for connection in await session.connections.all()]


def gateway_of(
    store: Database, clock: Clock, network: httpx2.AsyncBaseTransport
) -> tuple[HighLevelGateway, StoredTokens]:
    """The gateway over that network, and the tokens it uses."""
    vault = Vault.from_setting(SECRET_KEY)
    tokens, secrets = StoredTokens(store, vault, clock=clock), StoredSecrets(store, vault)
    gateway = HighLevelGateway(
        tokens=tokens, secrets=secrets, quotas=Quotas(clock=clock), clock=clock, transport=network,
        reading=Reading(page_size=4, days_back=DAYS, days_ahead=DAYS),
    )  # fmt: skip
    return gateway, tokens
