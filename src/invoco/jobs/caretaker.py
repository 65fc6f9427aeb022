"""Signs of life, and takeover of jobs that nobody runs any more."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from procrastinate.jobs import Job as QueuedJob

from invoco.jobs.lanes import Key
from invoco.jobs.procrastinate_queue import Queue, key_of

_log = structlog.get_logger(__name__)


class Caretaker:
    """Looks after the jobs that are marked as running."""

    def __init__(
        self, queue: Queue, *, is_running: Callable[[int | None], bool], on_takeover: Callable[[Key], None]
    ) -> None:
        """`is_running` tells by its id whether this process runs a job; `on_takeover` is told what can run again."""
        self._queue, self._is_running, self._on_takeover = queue, is_running, on_takeover
        self._suspects: frozenset[int | None] = frozenset()

    async def look_around(self, *, dead_after: float) -> None:
        """Give a sign of life, and take over what the dead and this process itself have left behind."""
        await self._queue.show_life()
        for job in await self._queue.of_the_dead(dead_after=dead_after):
            await self._take_over(job)
        for job in await self._left_behind():
            await self._take_over(job)

    async def _left_behind(self) -> list[QueuedJob]:
        """Jobs of this process whose beginning or end got lost, since the database was away.

        One that has just been taken out, or has just ended, looks the same once, but not twice.
        """
        seen = {job.id: job for job in await self._queue.mine() if not self._is_running(job.id)}
        certain = [job for number, job in seen.items() if number in self._suspects]
        self._suspects = frozenset(seen)
        return certain

    async def _take_over(self, job: QueuedJob) -> None:
        if await self._queue.end(job):  # else another process was quicker
            key = key_of(job)
            _log.warning("job taken over", job=key[0].value, location=key[1])
            await self._queue.wake(key)
            self._on_takeover(key)
