"""The jobs of one process: no server, nothing stored, nothing to pay while nothing happens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from invoco.domain.schedules import Job
from invoco.domain.sync_ports import JobHandler
from invoco.highlevel.clock import Clock
from invoco.jobs.alarms import Alarms
from invoco.jobs.attempts import Attempts, Patience
from invoco.jobs.ending import end
from invoco.jobs.lanes import PLACES, Key, Lane, lane_of

GRACE_SECONDS = 5.0
"""How long runs may take to end when the process is to stop."""


class InProcessJobs:
    """Runs jobs as tasks of this event loop; a job of a location runs once at a time.

    A job that failed rests, and is not woken before its rest is over. What is woken before `start` runs after it; what
    is woken after `stop` does not run.
    """

    def __init__(
        self, *, clock: Clock, patience: Patience | None = None, places: Mapping[Lane, int] = PLACES,
        grace: float = GRACE_SECONDS,
    ) -> None:  # fmt: skip
        self._clock, self._patience, self._places, self._grace = clock, patience or Patience(), places, grace
        self._attempts: Attempts | None = None
        self._stopped = False
        self._alarms = Alarms(self._call, clock=clock)
        # Dictionaries without values, since they keep the order in which jobs were woken.
        self._waiting: dict[Lane, dict[Key, None]] = {lane: {} for lane in Lane}
        self._running: dict[Lane, dict[Key, asyncio.Task[None]]] = {lane: {} for lane in Lane}

    async def wake(self, job: Job, location_id: str, *, after: float = 0.0) -> None:
        """Let the job run soon, or after so many seconds (see `domain.sync_ports.Jobs`)."""
        key = (job, location_id)
        if after <= 0:
            self._call(key)
        elif not self._stopped:
            self._alarms.set(key, after)

    async def start(self, handler: JobHandler | None = None) -> None:
        """Begin to run what is woken; without a handler it only gathers."""
        if handler is None:
            return
        self._stopped = False
        self._attempts = Attempts(handler, clock=self._clock, patience=self._patience)
        for lane in Lane:
            self._begin(lane)

    async def stop(self) -> None:
        """Let runs end, and cancel those that take longer than the grace; what only waits is forgotten."""
        self._attempts, self._stopped = None, True
        for waiting in self._waiting.values():
            waiting.clear()
        await self._alarms.clear()
        if tasks := self._tasks():
            # Real seconds, whatever the clock says: somebody waits for the process to end.
            _, late = await asyncio.wait(tasks, timeout=self._grace)
            await end(late)

    async def quiet(self) -> None:
        """Wait until nothing runs and nothing is due; what was woken for later may still come."""
        while tasks := self._tasks():
            await asyncio.wait(tasks)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [task for running in self._running.values() for task in running.values()]

    def _call(self, key: Key) -> None:
        if self._stopped:
            return
        if self._attempts is not None and (rest := self._attempts.rest(key)) > 0:
            self._alarms.set(key, rest)
            return
        lane = lane_of(key[0])
        self._waiting[lane][key] = None
        self._begin(lane)

    def _begin(self, lane: Lane) -> None:
        """Begin as many waiting jobs as there are places, the oldest first."""
        waiting, running, attempts = self._waiting[lane], self._running[lane], self._attempts
        free = self._places[lane] - len(running)
        if attempts is None or free <= 0:
            return
        for key in [key for key in waiting if key not in running][:free]:
            del waiting[key]
            running[key] = asyncio.create_task(self._run(lane, key, attempts), name=f"{key[0]} of {key[1]}")

    async def _run(self, lane: Lane, key: Key, attempts: Attempts) -> None:
        try:
            if not await attempts.run(key):
                self._waiting[lane].pop(key, None)
                self._call(key)  # which waits for the end of its rest
        finally:
            del self._running[lane][key]
            self._begin(lane)
