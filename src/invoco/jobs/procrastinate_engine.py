"""The jobs of many processes: procrastinate's queue on PostgreSQL, with a lock per job and location, and takeover.

Procrastinate's own worker loop is not used: it forgets notifications that arrive while it looks for jobs, does not
look again when the lock that a job waits for is free, and gives no sign of life while it stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

import msgspec
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob

from invoco.domain.schedules import Job
from invoco.domain.sync_ports import JobHandler
from invoco.highlevel.clock import Clock
from invoco.jobs.attempts import Attempts, Patience
from invoco.jobs.caretaker import Caretaker
from invoco.jobs.ending import end
from invoco.jobs.lanes import PLACES, Key, Lane, lane_of
from invoco.jobs.listener import listen
from invoco.jobs.procrastinate_queue import ALARMS, Queue, key_of

_RETRY_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often a process looks around, in seconds."""

    jobs: float = 5.0
    """Between two looks for jobs of which no notification told."""
    alarms: float = 1.0
    """Between two looks for wake-ups that have become due."""
    heartbeat: float = 2.0
    """Between two signs of life, and between two looks for jobs of the dead."""
    dead_after: float = 8.0
    """A process without a sign of life for so long counts as dead, and its jobs are taken over."""
    grace: float = 5.0
    """How long runs may take to end when the process is to stop."""


class ProcrastinateJobs:
    """Wakes jobs for all processes; those that are started with a handler run them.

    A job that failed rests, and no wake-up ends its rest in the process where it failed.
    """

    def __init__(
        self, url: str, *, clock: Clock, patience: Patience | None = None, pace: Pace | None = None,
        places: Mapping[Lane, int] = PLACES,
    ) -> None:  # fmt: skip
        self._url, self._clock = url, clock
        self._patience, self._pace, self._places = patience or Patience(), pace or Pace(), places
        self._queue = Queue(url, clock=clock)
        self._news = {lane: asyncio.Event() for lane in Lane}
        self._running: dict[Lane, dict[int | None, asyncio.Task[None]]] = {lane: {} for lane in Lane}
        self._lanes: list[asyncio.Task[None]] = []
        self._helpers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def wake(self, job: Job, location_id: str, *, after: float = 0.0) -> None:
        """Let the job run soon, or after so many seconds (see `domain.sync_ports.Jobs`); before `start` it is lost."""
        await self._queue.wake((job, location_id), after=after)

    async def start(self, handler: JobHandler | None = None) -> None:
        """Connect; with a handler, begin to run what any process wakes.

        Raises:
            StoreUnusable: the database cannot be reached, or refuses.
        """
        await self._queue.open()
        if handler is None:
            return
        self._stopping = False
        attempts = Attempts(handler, clock=self._clock, patience=self._patience)
        self._lanes = [asyncio.create_task(self._work(lane, attempts), name=f"lane {lane}") for lane in Lane]
        self._helpers = [asyncio.create_task(helper) for helper in self._all_helpers()]

    async def stop(self) -> None:
        """Let runs end, and cancel those that take longer than the grace; another process goes on with them."""
        self._stopping = True
        for news in self._news.values():
            news.set()
        await asyncio.gather(*self._lanes)
        if tasks := [task for running in self._running.values() for task in running.values()]:
            _, late = await asyncio.wait(tasks, timeout=self._pace.grace)
            await end(late)
        await end(self._helpers)
        self._lanes, self._helpers = [], []
        await self._queue.close()

    def _all_helpers(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What goes on until the last run has ended."""
        told = {lane.value: news.set for lane, news in self._news.items()}
        yield self._again_and_again(partial(listen, self._url, told), pause=0)
        yield self._again_and_again(self._ring, pause=self._pace.alarms)
        caretaker = Caretaker(self._queue, is_running=self._is_running, on_takeover=self._tell)
        care = partial(caretaker.look_around, dead_after=self._pace.dead_after)
        yield self._again_and_again(care, pause=self._pace.heartbeat)

    async def _again_and_again(self, turn: Callable[[], Awaitable[None]], *, pause: float) -> None:
        while True:
            await self._patiently(turn)
            await self._clock.sleep(pause)

    async def _patiently(self, turn: Callable[[], Awaitable[None]]) -> bool:
        """Whether it went well; if not, some time has passed when this returns."""
        try:
            await turn()
        except Exception as error:  # noqa: BLE001 - whatever it was, jobs must not stand still for ever
            _log.warning("jobs must wait", reason=repr(error.__cause__ or error))
            await self._clock.sleep(_RETRY_SECONDS)
            return False
        return True

    async def _work(self, lane: Lane, attempts: Attempts) -> None:
        """Run what is in one lane: looked for at every notification, after every run, and every few seconds."""
        news = self._news[lane]
        while not self._stopping:
            news.clear()  # before looking, so that what comes meanwhile is looked for again
            if await self._patiently(partial(self._begin, lane, attempts)):
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), self._pace.jobs)

    async def _begin(self, lane: Lane, attempts: Attempts) -> None:
        running = self._running[lane]
        while not self._stopping and len(running) < self._places[lane]:
            job = await self._queue.take(lane.value)
            if job is None:
                return
            running[job.id] = asyncio.create_task(self._run(job, lane, attempts), name=job.lock)

    async def _run(self, job: QueuedJob, lane: Lane, attempts: Attempts) -> None:
        try:
            await self._attempt(key_of(job), attempts)
        except asyncio.CancelledError:
            await self._queue.wake(key_of(job))  # for another process
            raise
        finally:
            try:
                with suppress(ConnectorException):  # the caretaker will find it
                    await self._queue.end(job)
            finally:
                del self._running[lane][job.id]
                self._news[lane].set()

    async def _attempt(self, key: Key, attempts: Attempts) -> None:
        if attempts.rest(key) > 0 or not await attempts.run(key):
            await self._queue.wake(key, after=attempts.rest(key))

    async def _ring(self) -> None:
        """Wake what is due now."""
        while job := await self._queue.take(ALARMS):
            await self._queue.wake(key_of(job))
            await self._queue.end(job)

    def _is_running(self, number: int | None) -> bool:
        return any(number in running for running in self._running.values())

    def _tell(self, key: Key) -> None:
        self._news[lane_of(key[0])].set()
