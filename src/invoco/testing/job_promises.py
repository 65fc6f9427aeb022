"""What an engine of jobs promises: a suite to subclass with the fixture `engine`.

`engine` is not started yet, and rests for some hundredths of a second after a failure; `settled` waits until nothing
runs and nothing is due.
"""
# ruff: noqa: S101 - these are tests, kept here so that every engine can subclass them

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import pytest

from invoco.domain.errors import SourceUnavailable
from invoco.domain.schedules import Job
from invoco.domain.sync_ports import JobHandler, Jobs

PATIENCE = 20.0
"""Real seconds until a test that waits for something fails."""
AT_ONCE = 3.0
"""Less than any engine takes that has missed something and looks for it later."""

Settled = Callable[[], Awaitable[None]]


class Engine(Jobs, Protocol):
    """Jobs that can be run."""

    async def start(self, handler: JobHandler) -> None:
        """Begin to run."""

    async def stop(self) -> None:
        """Let runs end."""


class Witness:
    """A handler that notes what happens and lets runs go on when it is told to."""

    def __init__(self) -> None:
        self.begun: list[tuple[Job, str]] = []
        self.ended: list[tuple[Job, str]] = []
        self.cancelled: list[tuple[Job, str]] = []
        self.inside: Counter[tuple[Job, str]] = Counter()
        self.most: Counter[tuple[Job, str]] = Counter()
        self.failures: list[Exception] = []
        """What the next runs raise."""
        self.gate = asyncio.Event()
        self.gate.set()
        self._news = asyncio.Condition()

    async def __call__(self, job: Job, location_id: str) -> None:
        """Do the job."""
        key = (job, location_id)
        self.inside[key] += 1
        self.most[key] = max(self.most[key], self.inside[key])
        await self._note(self.begun, key)
        try:
            await self.gate.wait()
            if self.failures:
                raise self.failures.pop(0)
        except asyncio.CancelledError:
            self.cancelled.append(key)
            raise
        finally:
            self.inside[key] -= 1
        await self._note(self.ended, key)

    async def until(self, told: Callable[[], bool]) -> None:
        """Wait until that is so."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(told)

    async def until_begun(self, number: int) -> None:
        """Wait until so many runs have begun."""
        await self.until(lambda: len(self.begun) >= number)

    async def until_ended(self, number: int) -> None:
        """Wait until so many runs have ended well."""
        await self.until(lambda: len(self.ended) >= number)

    async def _note(self, where: list[tuple[Job, str]], key: tuple[Job, str]) -> None:
        async with self._news:
            where.append(key)
            self._news.notify_all()


class JobPromises:
    """All promises of an engine."""

    @pytest.fixture
    def witness(self) -> Witness:
        """What runs."""
        return Witness()

    @pytest.fixture
    async def started(self, engine: Engine, witness: Witness) -> AsyncIterator[Engine]:
        """The engine, running."""
        await engine.start(witness)
        yield engine
        witness.gate.set()
        await engine.stop()

    async def test_woken_job_runs(self, started: Engine, witness: Witness) -> None:
        """With its name and its location, which may be empty."""
        await started.wake(Job.POLL, "here")
        await started.wake(Job.DRAIN, "")
        await witness.until_ended(2)

        assert {(Job.POLL, "here"), (Job.DRAIN, "")} == set(witness.ended)

    @pytest.mark.parametrize("job", list(Job))
    async def test_wakeups_become_one_run(self, started: Engine, witness: Witness, settled: Settled, job: Job) -> None:
        """All that come while a job runs become one run more, and it comes at once."""
        witness.gate.clear()
        await started.wake(job, "here")
        await witness.until_begun(1)
        for _ in range(5):
            await started.wake(job, "here")
        witness.gate.set()
        async with asyncio.timeout(AT_ONCE):
            await witness.until_ended(2)
        await settled()

        assert [(job, "here")] * 2 == witness.ended

    async def test_job_of_a_location_runs_once_at_a_time(self, started: Engine, witness: Witness) -> None:
        """However often it is woken, while another location goes on."""
        witness.gate.clear()
        await started.wake(Job.DRAIN, "here")
        await witness.until_begun(1)
        await started.wake(Job.DRAIN, "here")
        await started.wake(Job.DRAIN, "there")
        await witness.until_begun(2)
        assert witness.begun == [(Job.DRAIN, "here"), (Job.DRAIN, "there")]
        witness.gate.set()
        await witness.until_ended(3)

        assert witness.most[Job.DRAIN, "here"] == 1

    async def test_jobs_of_a_location_run_side_by_side(self, started: Engine, witness: Witness) -> None:
        """A long reconcile keeps neither drain nor confirmation waiting."""
        witness.gate.clear()
        for job in (Job.RECONCILE, Job.CONFIRM, Job.DRAIN):
            await started.wake(job, "here")
        await witness.until_begun(3)

        assert {Job.RECONCILE, Job.CONFIRM, Job.DRAIN} == {job for job, _ in witness.begun}

    async def test_long_jobs_leave_places_for_short_ones(self, started: Engine, witness: Witness) -> None:
        """However many locations are reconciled, a drain begins at once."""
        witness.gate.clear()
        for number in range(20):
            await started.wake(Job.RECONCILE, f"l{number}")
        await started.wake(Job.DRAIN, "here")
        await witness.until(lambda: (Job.DRAIN, "here") in witness.begun)

        assert len(witness.begun) < 21

    async def test_job_that_waited_for_a_place_runs(self, started: Engine, witness: Witness) -> None:
        """All come to their turn."""
        for number in range(20):
            await started.wake(Job.RECONCILE, f"l{number}")
        await witness.until_ended(20)

        assert {f"l{number}" for number in range(20)} == {location_id for _, location_id in witness.ended}

    @pytest.mark.parametrize("error", [SourceUnavailable(), RuntimeError("a defect")], ids=["ours", "unexpected"])
    async def test_failed_job_is_tried_again(self, started: Engine, witness: Witness, error: Exception) -> None:
        """After a rest, until it goes well."""
        witness.failures = [error, error]
        await started.wake(Job.CONFIRM, "here")
        await witness.until_ended(1)

        assert witness.begun == [(Job.CONFIRM, "here")] * 3

    async def test_failure_keeps_nobody_else_waiting(self, started: Engine, witness: Witness, settled: Settled) -> None:
        """Another location's job runs as if nothing had happened, and the failed one once it has rested."""
        witness.failures = [SourceUnavailable()]
        await started.wake(Job.CONFIRM, "here")
        await witness.until_begun(1)
        await started.wake(Job.CONFIRM, "there")
        await started.wake(Job.CONFIRM, "here")
        await witness.until_ended(2)
        await settled()

        assert {(Job.CONFIRM, "here"), (Job.CONFIRM, "there")} == set(witness.ended)

    async def test_later_wakeup_comes_later(self, started: Engine, witness: Witness) -> None:
        """It holds back nothing that is due before it."""
        await started.wake(Job.CONFIRM, "here", after=0.6)
        await started.wake(Job.CONFIRM, "there", after=1000)
        await started.wake(Job.CONFIRM, "there")
        await witness.until_ended(2)

        assert witness.ended[:2] == [(Job.CONFIRM, "there"), (Job.CONFIRM, "here")]

    async def test_stop_lets_a_run_end(self, engine: Engine, witness: Witness) -> None:
        """It waits for it, and begins no other."""
        await engine.start(witness)
        witness.gate.clear()
        await engine.wake(Job.DRAIN, "here")
        await witness.until_begun(1)
        await engine.wake(Job.DRAIN, "here")
        stopping = asyncio.create_task(engine.stop())
        await asyncio.wait([stopping], timeout=0.05)
        assert not stopping.done()
        witness.gate.set()
        await stopping
        await engine.wake(Job.DRAIN, "here")

        assert (witness.ended, witness.cancelled) == ([(Job.DRAIN, "here")], [])

    async def test_stop_ends_a_run_that_takes_too_long(self, hasty: Engine, witness: Witness) -> None:
        """When the grace is over."""
        await hasty.start(witness)
        witness.gate.clear()
        await hasty.wake(Job.RECONCILE, "here")
        await witness.until_begun(1)
        await hasty.stop()

        assert (witness.ended, witness.cancelled) == ([], [(Job.RECONCILE, "here")])
