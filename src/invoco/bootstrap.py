"""Builds Invoco out of its parts; the only module that knows every room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from invoco import logs
from invoco.domain.connections import Connection
from invoco.domain.errors import Misconfigured, StoreUnusable
from invoco.domain.schedules import Job
from invoco.domain.sync_ports import JobHandler, Jobs
from invoco.gateway.gateway import HighLevelGateway
from invoco.gateway.source import Reading
from invoco.highlevel.clock import Clock, SystemClock
from invoco.highlevel.quota import Quotas
from invoco.jobs.ending import end
from invoco.jobs.in_process import InProcessJobs
from invoco.service.agreements import Agreements
from invoco.service.archive import ArchiveService
from invoco.service.books import Books
from invoco.service.conflicts import ConflictService
from invoco.service.connection_settings import ConnectionSettingsService
from invoco.service.connections import ConnectionService
from invoco.service.deletions import DeletionService
from invoco.service.deliveries import DeliveryService
from invoco.service.failures import FailureService
from invoco.service.findings import FindingService
from invoco.service.history import HistoryService
from invoco.service.imports import ImportService
from invoco.service.installations import InstallationService
from invoco.service.journal import JournalRecorder
from invoco.service.keys import KeyService
from invoco.service.modes import ModeService
from invoco.service.outbox import OutboxService
from invoco.service.reliability import ReliabilityService
from invoco.service.scheduling import RecordedRuns, Scheduler
from invoco.service.sync import SyncService
from invoco.service.verification import VerificationService
from invoco.service.webhooks import WebhookInbox, webhook_keys
from invoco.settings import Settings, load
from invoco.store import schema
from invoco.store.database import Database
from invoco.store.revisions import HEAD
from invoco.store.secrets import StoredSecrets
from invoco.store.tokens import StoredTokens
from invoco.store.vault import Vault

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from invoco.service.mappings import MappingService


class JobsEngine(Jobs, Protocol):
    """Jobs that run while it is started; without a handler they are only woken, and run by other processes."""

    async def start(self, handler: JobHandler | None = None) -> None:
        """Begin to run what is woken."""

    async def stop(self) -> None:
        """Let runs end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoco:
    """Everything a command needs."""

    settings: Settings
    clock: Clock
    database: Database
    connections: ConnectionService
    imports: ImportService
    verification: VerificationService
    keys: KeyService
    books: Books
    webhooks: WebhookInbox
    jobs: JobsEngine
    sync: SyncService
    modes: ModeService
    connection_settings: ConnectionSettingsService
    deletions: DeletionService
    archive: ArchiveService
    failures: FailureService
    deliveries: DeliveryService
    reliability: ReliabilityService
    outbox: OutboxService
    findings: FindingService
    conflicts: ConflictService
    history: HistoryService

    @property
    def mappings(self) -> MappingService:
        """Field rules; loaded only when they are asked for, since few commands need them."""
        from invoco.service.mappings import MappingService

        return MappingService(self.database, clock=self.clock)


@asynccontextmanager
async def opened(settings: Settings | None = None, *, clock: Clock | None = None) -> AsyncIterator[Invoco]:
    """Invoco over its database, which is brought to this version first.

    Raises:
        Misconfigured: a setting, the database or the key file cannot be used.
        StoreBusy: another process holds the database.
    """
    chosen = settings or load()
    logs.configure(level=chosen.log_level, form=chosen.log_format)
    await upgraded(chosen)
    async with AsyncExitStack() as stack:
        database = await Database.open(chosen.store_url)
        stack.push_async_callback(database.close)
        invoco = _assembled(chosen, database, clock or SystemClock())
        stack.push_async_callback(invoco.sync.close)
        stack.push_async_callback(invoco.webhooks.close)
        yield invoco


async def upgraded(settings: Settings) -> str:
    """Bring the database to this version and tell its revision.

    Raises:
        StoreTooNew, StoreUnusable, StoreBusy: as the store says.
    """
    if settings.database_url is None:
        _make_folder(settings.data_folder)
    await schema.upgrade(settings.store_url)
    return HEAD


def api(invoco: Invoco) -> ASGIApp:
    """Invoco's own API, and the place where webhooks arrive.

    Raises:
        Misconfigured: a setting for the keys of webhooks cannot be used.
    """
    # Imported late: what serves is of no use to the commands that do not.
    from invoco.api.app import WithWebhooks, build_api
    from invoco.routes.webhooks import webhook_route

    settings = invoco.settings
    keys = webhook_keys(
        ed25519=settings.webhook_ed25519_keys,
        rsa=settings.webhook_rsa_keys,
        legacy=settings.webhook_legacy_signature,
    )
    webhooks = webhook_route(invoco.webhooks, keys=keys, body_limit=settings.webhook_body_limit)
    return WithWebhooks(build_api(invoco.books, invoco.keys, ping=invoco.database.ping), webhooks)


@asynccontextmanager
async def running(invoco: Invoco) -> AsyncIterator[None]:
    """While it is open, jobs are woken as they are due, and run here unless the setting says that workers run them.

    Raises:
        Misconfigured: workers are to run them, and cannot on SQLite.
        StoreUnusable: the queue of the workers cannot be reached.
    """
    is_here = invoco.settings.jobs == "here"
    if not is_here:
        _need_postgresql(invoco.settings)
    async with _with_jobs(invoco, runs_them=is_here, resume=is_here):
        yield


@asynccontextmanager
async def working(invoco: Invoco) -> AsyncIterator[None]:
    """While it is open, this process is one of those that run jobs.

    Raises:
        Misconfigured: the settings provide for no workers.
        StoreUnusable: the queue of the workers cannot be reached.
    """
    _need_postgresql(invoco.settings)
    if invoco.settings.jobs == "here":
        raise Misconfigured(
            "The setting INVOCO_JOBS says that `invoco serve` does all the work itself.",
            cure="Set INVOCO_JOBS=workers for `invoco serve` and for every `invoco worker`.",
        )
    async with _with_jobs(invoco, runs_them=True, resume=False):
        yield


def _need_postgresql(settings: Settings) -> None:
    if settings.store_url.startswith("sqlite"):
        raise Misconfigured(
            "Workers need PostgreSQL; on SQLite `invoco serve` does all the work itself.",
            cure="Run `invoco serve` alone, without INVOCO_JOBS; or point INVOCO_DATABASE_URL to PostgreSQL.",
        )


@asynccontextmanager
async def _with_jobs(invoco: Invoco, *, runs_them: bool, resume: bool) -> AsyncIterator[None]:
    handler = RecordedRuns(invoco.sync.run, invoco.database, clock=invoco.clock)
    scheduler = Scheduler(invoco.database, jobs=invoco.jobs, clock=invoco.clock)
    await invoco.jobs.start(handler if runs_them else None)
    sweeping = asyncio.create_task(scheduler.run(resume=resume), name="sweeps")
    try:
        yield
    finally:
        await end([sweeping])
        await invoco.jobs.stop()


def _assembled(settings: Settings, database: Database, clock: Clock) -> Invoco:
    vault = _vault(settings)
    tokens, secrets = StoredTokens(database, vault, clock=clock), StoredSecrets(database, vault)
    gateway = _gateway(settings, tokens, secrets, clock)
    jobs = _jobs(settings, clock)

    async def on_stored(locations: Iterable[str]) -> None:
        for location_id in locations:
            await jobs.wake(Job.DRAIN, location_id)

    async def on_written(location_id: str) -> None:
        await jobs.wake(Job.SEND, location_id)

    async def on_connected(connection: Connection) -> None:
        await jobs.wake(Job.RECONCILE, connection.id)

    installations = InstallationService(
        database, tokens=tokens, gateway=gateway, clock=clock, on_connected=on_connected
    )
    agreements = Agreements(database, clock=clock)
    imports = ImportService(
        database, gateway=gateway, clock=clock, notes_share=settings.notes_daily_share, agreements=agreements
    )
    return Invoco(
        settings=settings,
        clock=clock,
        database=database,
        connections=ConnectionService(database, tokens=tokens, secrets=secrets, gateway=gateway, clock=clock),
        imports=imports,
        verification=VerificationService(database, gateway=gateway, clock=clock, agreements=agreements),
        keys=KeyService(database, clock=clock),
        books=Books(database, clock=clock, recorder=JournalRecorder(), on_written=on_written),
        webhooks=WebhookInbox(database, clock=clock, client_id=settings.client_id, on_stored=on_stored),
        jobs=jobs,
        sync=SyncService(
            database, gateway=gateway, jobs=jobs, app_events=installations, imports=imports, clock=clock,
            notes_share=settings.notes_daily_share, agreements=agreements,
        ),
        modes=ModeService(database, clock=clock),
        connection_settings=ConnectionSettingsService(database, clock=clock),
        deletions=DeletionService(database, jobs=jobs, clock=clock, agreements=agreements),
        archive=ArchiveService(database, clock=clock),
        failures=FailureService(database, jobs=jobs, clock=clock),
        deliveries=DeliveryService(database, clock=clock),
        reliability=ReliabilityService(database, clock=clock),
        outbox=OutboxService(database, jobs=jobs, agreements=agreements, clock=clock),
        findings=FindingService(database, clock=clock),
        conflicts=ConflictService(database, jobs=jobs, agreements=agreements, clock=clock),
        history=HistoryService(database),
    )  # fmt: skip


def _gateway(settings: Settings, tokens: StoredTokens, secrets: StoredSecrets, clock: Clock) -> HighLevelGateway:
    reading = Reading(
        page_size=settings.page_size,
        days_back=settings.appointments_days_back,
        days_ahead=settings.appointments_days_ahead,
    )
    return HighLevelGateway(tokens=tokens, secrets=secrets, quotas=Quotas(clock=clock), clock=clock, reading=reading)


def _jobs(settings: Settings, clock: Clock) -> JobsEngine:
    if settings.jobs == "here" or settings.store_url.startswith("sqlite"):
        return InProcessJobs(clock=clock)
    # Imported late: the parts for PostgreSQL need not be installed.
    from invoco.jobs.procrastinate_engine import ProcrastinateJobs

    return ProcrastinateJobs(settings.store_url, clock=clock)


def _vault(settings: Settings) -> Vault:
    if settings.secret_key is not None:
        return Vault.from_setting(settings.secret_key.get_secret_value())
    return Vault.from_file(settings.data_folder / "secret.key")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnusable(
            f"The data folder {folder} cannot be made: {error.strerror}.", cure="Set INVOCO_DATA_FOLDER to another one."
        ) from error
