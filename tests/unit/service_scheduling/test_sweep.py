"""The sweep finds whatever waits, and follows schedules over restarts."""

import asyncio

import pytest

from invoco.domain.connections import ConnectionState
from invoco.domain.deliveries import Delivery
from invoco.domain.errors import StoreBusy
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.schedules import Job, Modes
from invoco.highlevel.quota import Priority
from invoco.service.scheduling import SCHEDULED, Scheduler, next_run
from invoco.testing.clock import FakeClock

START = 1_750_000_000_000
HOUR = 3600
QUIET = Modes(poll_every=None, batch_at=None)


@pytest.fixture
def scheduler(store, jobs, clock):
    """A scheduler that has not looked at anything yet."""
    return Scheduler(store, jobs=jobs, clock=clock)


async def deliver(store, *locations):
    """Let a webhook wait for each of the locations."""
    waiting = [
        Delivery(webhook_id=f"w-{place}", type="t", location_id=place, at=None, received_at=0, body=b"{}")
        for place in locations
    ]
    async with store.transaction() as session:
        await session.inbox.append(waiting)


async def doubt(store, location_id, *, due_at):
    """Let a contact of the location be read again from that instant on."""
    reread = Reread(
        subject=Subject.CONTACT, subject_id="c", since=0, asked_at=0, due_at=due_at, urgency=Priority.EVENT,
        cause=Cause.EVENT,
    )  # fmt: skip
    async with store.transaction() as session:
        await session.rereads.ask(location_id, [reread])


async def test_what_waits_is_woken(scheduler, store, jobs, ledger):
    """Inboxes are drained, those of companies too, and what is due is read again."""
    await ledger.connect("here", modes=QUIET)
    await deliver(store, "here", "")
    await doubt(store, "here", due_at=START)
    await scheduler.sweep()

    assert {(Job.DRAIN, "here"), (Job.DRAIN, ""), (Job.CONFIRM, "here")} == jobs.taken()


async def test_nothing_waits(scheduler, store, jobs, ledger):
    """Nothing is woken, neither for what is due later."""
    await ledger.connect("here")
    await doubt(store, "here", due_at=START + 1)
    await scheduler.sweep()

    assert set() == jobs.taken()


async def test_disconnected_is_drained_only(scheduler, store, jobs, ledger):
    """What arrived is taken in; HighLevel is not asked."""
    await ledger.connect("gone", state=ConnectionState.DISCONNECTED)
    await ledger.put_due("gone", Job.POLL, next_at=START)
    await deliver(store, "gone")
    await doubt(store, "gone", due_at=START)
    await scheduler.sweep(resume=True)

    assert {(Job.DRAIN, "gone")} == jobs.taken()


async def test_first_sweep_plans(scheduler, jobs, ledger):
    """Every job that has a schedule is given its first time, and none is woken before it."""
    modes = Modes(poll_every=300, batch_at="30 3 * * *")
    await ledger.connect("here", modes=modes)
    await scheduler.sweep()

    planned = {job: (await ledger.due("here", job)).next_at for job in SCHEDULED}
    assert {job: next_run(modes, job, START) for job in SCHEDULED} == planned
    assert set() == jobs.taken()


async def test_due_job_is_woken_until_it_begins(scheduler, jobs, clock, ledger):
    """A wake-up that was lost is repeated; the schedule moves when the run begins."""
    await ledger.connect("here", modes=Modes(poll_every=60, batch_at=None))
    await scheduler.sweep()
    clock.advance(60)
    await scheduler.sweep()
    assert {(Job.POLL, "here")} == jobs.taken()
    clock.advance(1)
    await scheduler.sweep()
    assert {(Job.POLL, "here")} == jobs.taken()
    await ledger.put_due("here", Job.POLL, next_at=START + 121_000)
    clock.advance(1)
    await scheduler.sweep()

    assert set() == jobs.taken()


async def test_restart_forgets_nothing_and_repeats_nothing(store, jobs, clock, ledger):
    """What became due meanwhile is woken once, what did not is not."""
    await ledger.connect("here", modes=QUIET)
    await ledger.put_due("here", Job.RETENTION, next_at=START - 5 * HOUR * 1000)
    await ledger.put_due("here", Job.REFRESH, next_at=START + 1)
    await Scheduler(store, jobs=jobs, clock=clock).sweep()

    assert [(Job.RETENTION, "here")] == jobs.calls
    due = await ledger.due("here", Job.REFRESH)
    assert START + 1 == due.next_at


async def test_interrupted_run_is_resumed(store, jobs, clock, ledger):
    """Only by the process that runs jobs alone, and only at its start."""
    await ledger.connect("here", modes=QUIET)
    later = START + HOUR * 1000
    await ledger.put_due("here", Job.RECONCILE, started_at=START - 5, finished_at=START - 9, next_at=later)
    await ledger.put_due("here", Job.REFRESH, started_at=START - 5, next_at=later)
    await ledger.put_due("here", Job.RETENTION, started_at=START - 5, finished_at=START - 4, next_at=later)
    scheduler = Scheduler(store, jobs=jobs, clock=clock)
    await scheduler.sweep()
    assert set() == jobs.taken()
    await scheduler.sweep(resume=True)

    assert {(Job.RECONCILE, "here"), (Job.REFRESH, "here")} == jobs.taken()


async def test_new_connection_is_noticed(scheduler, jobs, clock, ledger):
    """Within ten seconds, also when another process made it."""
    await scheduler.sweep()
    await ledger.connect("new")
    await ledger.put_due("new", Job.POLL, next_at=START)
    clock.advance(9)
    await scheduler.sweep()
    assert set() == jobs.taken()
    clock.advance(1)
    await scheduler.sweep()

    assert {(Job.POLL, "new")} == jobs.taken()


async def test_unusable_modes_stop_nothing_else(scheduler, jobs, clock, ledger):
    """A zone may vanish with an update of the machine."""
    await ledger.connect("bad", modes=Modes(timezone="Mars/Olympus", poll_every=60))
    await scheduler.sweep()
    clock.advance(60)
    await scheduler.sweep()

    assert {(Job.POLL, "bad")} == jobs.taken()
    assert await ledger.due("bad", Job.RECONCILE) is None


async def test_loop_goes_on_after_errors(store, jobs, monkeypatch):
    """It sweeps at once, and every second whatever went wrong; only what succeeded was the first."""
    clock, swept = FakeClock(), []
    scheduler = Scheduler(store, jobs=jobs, clock=clock)
    outcomes = [StoreBusy(), ValueError("a defect"), None, None, asyncio.CancelledError()]

    async def sweep(*, resume):
        swept.append((clock.now() * 1000 - START, resume))
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome

    monkeypatch.setattr(scheduler, "sweep", sweep)
    with pytest.raises(asyncio.CancelledError):
        await scheduler.run(resume=True)

    assert [(0, True), (1000, True), (2000, True), (3000, False), (4000, False)] == swept
