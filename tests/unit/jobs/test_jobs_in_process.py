"""What is special about the jobs of one process: they follow the clock, and know when nothing is left."""

import asyncio
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from invoco.domain.errors import SourceUnavailable
from invoco.domain.schedules import Job
from invoco.jobs.attempts import Patience
from invoco.jobs.in_process import InProcessJobs
from invoco.testing.clock import FakeClock

START = 1_750_000_000.0


class Handler:
    """Notes when what ran, and fails as often as it is told."""

    def __init__(self, clock):
        self.clock, self.runs, self.failures = clock, [], 0

    async def __call__(self, job, location_id):
        self.runs.append((self.clock.now() - START, job, location_id))
        if self.failures:
            self.failures -= 1
            raise SourceUnavailable("HighLevel is away.")


@pytest.fixture
def clock():
    """A clock that stands until it is moved."""
    return FakeClock(auto=False)


@pytest.fixture
def handler(clock):
    """What is run."""
    return Handler(clock)


@pytest.fixture
async def jobs(clock, handler):
    """Jobs that run."""
    jobs = InProcessJobs(clock=clock, patience=Patience(first=10.0, longest=40.0))
    await jobs.start(handler)
    yield jobs
    await jobs.stop()


async def turn():
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def move(clock, seconds):
    """Move the clock, and let everything run that can."""
    await turn()
    clock.advance(seconds)
    await turn()


async def test_woken_before_the_start(clock, handler):
    """It runs when jobs are started; without a handler it goes on waiting."""
    jobs = InProcessJobs(clock=clock)
    await jobs.wake(Job.DRAIN, "here")
    await jobs.wake(Job.DRAIN, "here")
    await jobs.start()
    await jobs.quiet()
    assert [] == handler.runs
    await jobs.start(handler)
    await jobs.quiet()
    await jobs.stop()

    assert [(0, Job.DRAIN, "here")] == handler.runs


async def test_quiet_waits_for_what_follows(jobs, handler, clock):
    """A run that wakes another job is not the last one."""

    async def drain(job, location_id):
        await handler(job, location_id)
        if job is Job.DRAIN:
            await following.wake(Job.CONFIRM, location_id)

    following = InProcessJobs(clock=clock)
    await following.start(drain)
    await following.wake(Job.DRAIN, "here")
    await following.quiet()
    await following.stop()

    assert [Job.DRAIN, Job.CONFIRM] == [job for _, job, _ in handler.runs]


async def test_quiet_does_not_wait_for_later(jobs, handler):
    """What is due later is none of its business."""
    await jobs.wake(Job.CONFIRM, "here", after=60)
    await jobs.quiet()

    assert [] == handler.runs


async def test_later_is_never_too_early(jobs, clock, handler):
    """Nor much too late."""
    await jobs.wake(Job.CONFIRM, "here", after=7.31)
    await move(clock, 7.3)
    assert [] == handler.runs
    await move(clock, 0.05)

    assert [(pytest.approx(7.35), Job.CONFIRM, "here")] == handler.runs


async def test_each_later_wakeup_has_its_run(jobs, clock, handler):
    """A sooner one does not make a later one forgotten; those of the same moment are one."""
    for seconds in (60, 5, 60, 60.01):
        await jobs.wake(Job.CONFIRM, "here", after=seconds)
    for _ in range(70):
        await move(clock, 1)

    assert [5, 60, 61] == [at for at, _, _ in handler.runs]


async def test_rests_grow(jobs, clock, handler):
    """Each is twice as long as the one before, give or take a half, up to a limit; success ends that."""
    handler.failures = 5
    await jobs.wake(Job.CONFIRM, "here")
    for _ in range(2000):
        await move(clock, 0.1)
    begun = [at for at, _, _ in handler.runs]
    rests = [later - sooner for sooner, later in pairwise(begun)]

    limits = [(5, 15), (10, 30), (20, 60), (20, 60), (20, 60)]
    assert [True] * 5 == [low <= rest <= high + 0.3 for rest, (low, high) in zip(rests, limits, strict=True)]


async def test_no_wakeup_ends_a_rest(jobs, clock, handler):
    """Otherwise a busy inbox would never let a job rest, whatever is wrong."""
    handler.failures = 1
    await jobs.wake(Job.DRAIN, "here")
    await jobs.wake(Job.DRAIN, "here", after=1)
    await move(clock, 1)
    await jobs.wake(Job.DRAIN, "here")
    await move(clock, 1)
    assert 1 == len(handler.runs)
    await move(clock, 15)

    assert 2 == len(handler.runs)


async def test_woken_while_it_fails(clock):
    """It rests before it runs once more."""
    runs = []

    async def fail_once(job, location_id):
        runs.append(clock.now() - START)
        await own.wake(job, location_id)
        if len(runs) == 1:
            raise SourceUnavailable

    own = InProcessJobs(clock=clock, patience=Patience(first=10.0))
    await own.start(fail_once)
    await own.wake(Job.POLL, "here")
    await turn()
    assert [0] == runs
    await move(clock, 15.1)
    await own.stop()

    assert 2 <= len(runs)


async def test_success_forgets_failures(jobs, clock, handler):
    """The next failure is a first one."""
    handler.failures = 1
    await jobs.wake(Job.POLL, "here")
    await move(clock, 16)
    handler.failures = 1
    await jobs.wake(Job.POLL, "here")
    await move(clock, 16)

    assert 4 == len(handler.runs)


async def test_idle_costs_nothing(clock):
    """Nobody sleeps, and nobody is woken."""
    jobs = InProcessJobs(clock=clock)
    await jobs.start(Handler(clock))
    tasks = asyncio.all_tasks()
    await jobs.wake(Job.DRAIN, "here")
    await jobs.quiet()
    await turn()

    assert (tasks, []) == (asyncio.all_tasks(), clock.slept)
    await jobs.stop()


async def test_stop_forgets_what_waits(clock, handler):
    """Now and for later; the store knows what is to be done."""
    jobs = InProcessJobs(clock=clock)
    before = asyncio.all_tasks()
    await jobs.start(handler)
    await jobs.wake(Job.DRAIN, "here", after=5)
    await jobs.stop()
    await jobs.wake(Job.DRAIN, "here", after=5)
    await jobs.wake(Job.DRAIN, "here")
    await move(clock, 10)

    assert ([], before) == (handler.runs, asyncio.all_tasks())


async def test_run_that_cancels_itself_keeps_its_place_for_no_one(clock):
    """The job can run again."""
    runs = []

    async def cancelled_once(job, location_id):
        runs.append(job)
        await own.wake(job, location_id, after=1)
        raise asyncio.CancelledError

    own = InProcessJobs(clock=clock)
    await own.start(cancelled_once)
    await own.wake(Job.POLL, "here")
    await own.quiet()
    await move(clock, 1.05)
    await own.stop()

    assert [Job.POLL] * 2 == runs


async def test_failures_are_told(jobs, handler):
    """Ours with their sentence, and what comes next."""
    handler.failures = 1
    with capture_logs() as logs:
        await jobs.wake(Job.POLL, "here")
        await jobs.quiet()

    [told] = logs
    expected = {"event": "job failed", "job": "poll", "location": "here", "reason": "HighLevel is away."}
    assert expected == {name: told[name] for name in expected}
    assert 5 <= told["next_try_in"] <= 15
