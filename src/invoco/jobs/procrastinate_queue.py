"""The queue that all processes share: procrastinate's tables, and its functions over them."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime
from typing import Final

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import JobDeferrer, Status

from invoco.domain.schedules import Job
from invoco.highlevel.clock import Clock
from invoco.jobs.lanes import Key, lane_of
from invoco.jobs.schema import conninfo, ensure_schema

ALARMS: Final = "alarms"
"""The procrastinate queue of wake-ups that are due later."""

_TICKS: Final = 2
"""Per second: wake-ups of one tick are one, so that no crowd of them can gather."""
_PATIENCE_SECONDS: Final = 5.0
"""How long a call waits for a connection before it is given up."""

_log = structlog.get_logger(__name__)


class Queue:
    """Puts jobs in, and takes them out for this process, which is a worker of procrastinate's.

    A job and its location are a lock, so it runs once at a time, wherever; a second lock lets one more of it wait. A
    wake-up for later is a row of its own without any lock, since a locked one would hold back what is due before it.
    """

    def __init__(self, url: str, *, clock: Clock) -> None:
        self._url, self._clock = url, clock
        connector = procrastinate.PsycopgConnector(
            conninfo=conninfo(url),
            kwargs={"application_name": "invoco jobs"},
            configure=_configure,
            min_size=1,
            max_size=4,
            timeout=_PATIENCE_SECONDS,
        )
        self._app = procrastinate.App(connector=connector)
        self._jobs = self._app.job_manager
        self._is_open = False
        self._worker_id: int | None = None
        self._registering = asyncio.Lock()

    async def open(self) -> None:
        """Make the tables if they are missing, and connect.

        Raises:
            StoreUnusable: the database cannot be reached, or refuses.
        """
        await ensure_schema(self._url)
        await self._app.open_async()
        self._is_open = True

    async def close(self) -> None:
        """Say that this process ends, and disconnect; what is woken afterwards is forgotten."""
        self._is_open = False
        try:
            if self._worker_id is not None:
                await self._jobs.unregister_worker(self._worker_id)
        except ConnectorException as error:
            _log.warning("worker not signed off", reason=repr(error.__cause__))
        self._worker_id = None
        await self._app.close_async()

    async def wake(self, key: Key, *, after: float = 0.0) -> None:
        """Let a job run soon, or after so many seconds.

        When the database does not answer, that is only logged: the sweep wakes the job later.
        """
        if not self._is_open:
            return
        job, location_id = key
        try:
            await self._deferrer(key, after).defer_async(job=job.value, location_id=location_id)
        except AlreadyEnqueued:
            pass  # one waits already, and has not begun
        except ConnectorException as error:
            _log.warning("job not woken", job=job.value, location=location_id, reason=repr(error.__cause__))

    def _deferrer(self, key: Key, after: float) -> JobDeferrer:
        name = f"{key[0].value}:{key[1]}"
        if after <= 0:
            return self._app.configure_task("run", queue=lane_of(key[0]).value, lock=name, queueing_lock=name)
        at = math.ceil((self._clock.now() + after) * _TICKS) / _TICKS
        moment = datetime.fromtimestamp(at, tz=UTC)
        return self._app.configure_task("ring", queue=ALARMS, queueing_lock=f"{name}:{at}", schedule_at=moment)

    async def take(self, queue: str) -> QueuedJob | None:
        """Take out the next job that is due and not locked; None when there is none.

        Raises:
            ConnectorException: the database does not answer.
        """
        worker_id = await self._registered()
        try:
            return await self._jobs.fetch_job(queues=[queue], worker_id=worker_id)
        except ConnectorException as error:
            if isinstance(error.__cause__, psycopg.errors.ForeignKeyViolation):
                self._worker_id = None  # taken for dead: others have this process's jobs
            raise

    async def _registered(self) -> int:
        async with self._registering:
            if self._worker_id is None:
                self._worker_id = await self._jobs.register_worker()
            return self._worker_id

    async def end(self, job: QueuedJob) -> bool:
        """Remove a job that has ended; False when it is gone already.

        Raises:
            ConnectorException: the database does not answer.
        """
        try:
            await self._jobs.finish_job(job, Status.SUCCEEDED, delete_job=True)
        except ConnectorException as error:
            if isinstance(error.__cause__, psycopg.errors.RaiseException):
                return False
            raise
        return True

    async def show_life(self) -> None:
        """Give a sign of life."""
        if self._worker_id is not None:
            await self._jobs.update_heartbeat(self._worker_id)

    async def of_the_dead(self, *, dead_after: float) -> list[QueuedJob]:
        """Jobs that are marked as running by a process without a sign of life for so many seconds."""
        await self._jobs.prune_stalled_workers(dead_after)
        return list(await self._jobs.get_stalled_jobs(seconds_since_heartbeat=dead_after))

    async def mine(self) -> list[QueuedJob]:
        """Jobs that are marked as running by this process."""
        if self._worker_id is None:
            return []
        return list(await self._jobs.list_jobs_async(status=Status.DOING.value, worker_id=self._worker_id))


def key_of(job: QueuedJob) -> Key:
    """The job and location that a row of the queue is for."""
    return Job(str(job.task_kwargs["job"])), str(job.task_kwargs["location_id"])


async def _configure(connection: psycopg.AsyncConnection) -> None:
    """Every statement is a transaction of its own, and none waits for the disk: a lost wake-up loses no data."""
    await connection.set_autocommit(True)
    await connection.execute("SET synchronous_commit TO off")
