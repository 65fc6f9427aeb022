"""What only the engine of many processes can be asked for, and `invoco worker`."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from structlog.testing import capture_logs

from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.errors import StoreUnusable
from invoco.domain.schedules import Job
from invoco.highlevel.clock import SystemClock
from invoco.jobs import listener
from invoco.jobs.procrastinate_engine import Pace, ProcrastinateJobs
from invoco.jobs.schema import conninfo
from invoco.store.database import Database
from invoco.testing.job_promises import AT_ONCE, PATIENCE, Witness

WORKER = """
import asyncio, sys
from invoco.highlevel.clock import SystemClock
from invoco.jobs import listener
from invoco.jobs.procrastinate_engine import ProcrastinateJobs

async def hang(job, location_id):
    print(job.value, location_id, flush=True)
    await asyncio.Event().wait()

async def main():
    await ProcrastinateJobs(sys.argv[1], clock=SystemClock()).start(hang)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def witness() -> Witness:
    """What runs in this process."""
    return Witness()


@pytest.fixture
def pace() -> Pace:
    """A quick one."""
    return Pace(alarms=0.1, heartbeat=0.1, dead_after=1.0)


@pytest.fixture
async def waker(own_schema: str) -> AsyncIterator[ProcrastinateJobs]:
    """A process that runs nothing itself."""
    jobs = ProcrastinateJobs(own_schema, clock=SystemClock())
    await jobs.start()
    yield jobs
    await jobs.stop()


@pytest.fixture
async def worker(own_schema: str, pace: Pace, witness: Witness) -> AsyncIterator[ProcrastinateJobs]:
    """A process that runs what the other wakes."""
    jobs = ProcrastinateJobs(own_schema, clock=SystemClock(), pace=pace)
    await jobs.start(witness)
    yield jobs
    await jobs.stop()


async def test_one_wakes_and_another_runs(
    waker: ProcrastinateJobs, worker: ProcrastinateJobs, witness: Witness
) -> None:
    """At once."""
    async with asyncio.timeout(AT_ONCE):
        await waker.wake(Job.CONFIRM, "here")
        await witness.until_ended(1)

    assert [(Job.CONFIRM, "here")] == witness.ended


async def test_later_wakeup_outlives_its_process(own_schema: str, pace: Pace, witness: Witness) -> None:
    """Whoever is there when its time has come runs it."""
    gone = ProcrastinateJobs(own_schema, clock=SystemClock())
    await gone.start()
    await gone.wake(Job.CONFIRM, "here", after=0.2)
    await gone.stop()
    worker = ProcrastinateJobs(own_schema, clock=SystemClock(), pace=pace)
    await worker.start(witness)
    await witness.until_ended(1)
    await worker.stop()

    assert [(Job.CONFIRM, "here")] == witness.ended


async def test_two_workers_never_run_the_same_at_once(
    own_schema: str, pace: Pace, waker: ProcrastinateJobs, worker: ProcrastinateJobs, witness: Witness
) -> None:
    """The second one does what is left."""
    second = ProcrastinateJobs(own_schema, clock=SystemClock(), pace=pace)
    await second.start(witness)
    witness.gate.clear()
    await waker.wake(Job.DRAIN, "here")
    await witness.until_begun(1)
    await waker.wake(Job.DRAIN, "here")
    await waker.wake(Job.DRAIN, "there")
    await witness.until_begun(2)
    witness.gate.set()
    await witness.until_ended(3)
    await second.stop()

    assert (1, 3) == (witness.most[Job.DRAIN, "here"], len(witness.ended))


async def test_run_that_was_cancelled_is_done_by_another(
    own_schema: str, waker: ProcrastinateJobs, witness: Witness, pace: Pace
) -> None:
    """A process that must stop before its run has ended hands it on."""
    hasty = ProcrastinateJobs(own_schema, clock=SystemClock(), pace=Pace(grace=0))
    witness.gate.clear()
    await hasty.start(witness)
    await waker.wake(Job.RECONCILE, "here")
    await witness.until_begun(1)
    await hasty.stop()
    witness.gate.set()
    worker = ProcrastinateJobs(own_schema, clock=SystemClock(), pace=pace)
    await worker.start(witness)
    await witness.until_ended(1)
    await worker.stop()

    assert [(Job.RECONCILE, "here")] == witness.ended


@pytest.mark.parametrize("again", [False, True], ids=["alone", "woken again"])
async def test_jobs_of_the_dead_are_taken_over(
    own_schema: str, pace: Pace, waker: ProcrastinateJobs, witness: Witness, *, again: bool
) -> None:
    """What a killed process was running is run by another within seconds, once."""
    dead = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, own_schema, stdout=asyncio.subprocess.PIPE
    )
    assert dead.stdout
    async with asyncio.timeout(PATIENCE):
        await waker.wake(Job.RECONCILE, "here")
        assert b"reconcile here\n" == await dead.stdout.readline()
        if again:
            await waker.wake(Job.RECONCILE, "here")
        dead.kill()
        await dead.wait()
    worker = ProcrastinateJobs(own_schema, clock=SystemClock(), pace=pace)
    await worker.start(witness)
    async with asyncio.timeout(AT_ONCE):
        await witness.until_ended(1)
    await worker.stop()

    assert ([(Job.RECONCILE, "here")], 0) == (witness.begun, count(own_schema, "true"))


async def test_run_goes_on_while_its_process_stops(
    own_schema: str, waker: ProcrastinateJobs, worker: ProcrastinateJobs, witness: Witness, pace: Pace
) -> None:
    """It is not taken for dead, however long its last run takes."""
    stopping_one = ProcrastinateJobs(own_schema, clock=SystemClock(), pace=pace)
    first = Witness()
    first.gate.clear()
    await worker.stop()
    await stopping_one.start(first)
    await waker.wake(Job.RECONCILE, "here")
    await first.until_begun(1)
    await worker.start(witness)
    stopping = asyncio.create_task(stopping_one.stop())
    await asyncio.wait([stopping], timeout=2 * pace.dead_after)
    first.gate.set()
    await stopping

    assert ([(Job.RECONCILE, "here")], []) == (first.ended, witness.begun)


async def test_lost_connections_are_made_again(
    own_schema: str, waker: ProcrastinateJobs, worker: ProcrastinateJobs, witness: Witness
) -> None:
    """When the server restarts, jobs are late and not lost."""
    witness.gate.clear()
    await waker.wake(Job.CONFIRM, "here")
    await witness.until_begun(1)
    break_connections(own_schema)
    witness.gate.set()
    async with asyncio.timeout(PATIENCE):
        while len(witness.ended) < 3:
            await waker.wake(Job.CONFIRM, "here")
            await waker.wake(Job.DRAIN, "there")
            await asyncio.sleep(0.1)

    assert {(Job.CONFIRM, "here"), (Job.DRAIN, "there")} == set(witness.ended)


async def test_process_that_was_taken_for_dead_works_again(
    own_schema: str, waker: ProcrastinateJobs, worker: ProcrastinateJobs, witness: Witness
) -> None:
    """It signs on anew."""
    await waker.wake(Job.DRAIN, "here")
    await witness.until_ended(1)
    execute(own_schema, "DELETE FROM procrastinate_workers")
    await waker.wake(Job.DRAIN, "here")
    await witness.until_ended(2)

    assert 1 == count(own_schema, "true", table="procrastinate_workers")


async def test_run_whose_end_was_not_written_down(
    own_schema: str, waker: ProcrastinateJobs, worker: ProcrastinateJobs, witness: Witness
) -> None:
    """A row that this process seems to run, and does not, is freed."""
    await waker.wake(Job.DRAIN, "here")
    await witness.until_ended(1)
    execute(
        own_schema,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, status, worker_id)"
        """ SELECT 'confirm', 'run', 'confirm:here', '{"job": "confirm", "location_id": "here"}', 'doing',"""
        " max(id) FROM procrastinate_workers",
    )
    await witness.until_ended(2)

    assert (Job.CONFIRM, "here") == witness.ended[1]


async def test_silence_is_no_loss(
    waker: ProcrastinateJobs, worker: ProcrastinateJobs, witness: Witness, monkeypatch
) -> None:
    """A connection that was asked whether it lives still hears."""
    await worker.stop()
    monkeypatch.setattr(listener, "_QUIET_SECONDS", 0.01)
    await worker.start(witness)
    await asyncio.sleep(0.1)
    async with asyncio.timeout(AT_ONCE):
        await waker.wake(Job.CONFIRM, "here")
        await witness.until_ended(1)

    assert [(Job.CONFIRM, "here")] == witness.ended


async def test_wakeup_that_is_lost_is_logged(waker: ProcrastinateJobs, monkeypatch) -> None:
    """Whoever wakes goes on: the sweep will find what waits."""

    async def away(*_args: object, **_options: object) -> None:
        raise ConnectorException from OSError("no route")

    monkeypatch.setattr(JobManager, "defer_job_async", away)
    with capture_logs() as logs:
        await waker.wake(Job.DRAIN, "here")

    assert [("job not woken", "here", "OSError('no route')")] == [
        (log["event"], log["location"], log["reason"]) for log in logs
    ]


async def test_stop_without_the_database(
    worker: ProcrastinateJobs, waker: ProcrastinateJobs, witness: Witness, monkeypatch
) -> None:
    """It ends all the same, though nothing can be written down any more."""

    async def away(*_args: object, **_options: object) -> None:
        raise ConnectorException from OSError("no route")

    witness.gate.clear()
    await waker.wake(Job.DRAIN, "here")
    await witness.until_begun(1)
    for name in ("finish_job", "unregister_worker"):
        monkeypatch.setattr(JobManager, name, away)
    witness.gate.set()
    with capture_logs() as logs:
        await worker.stop()

    assert ([(Job.DRAIN, "here")], "worker not signed off") == (witness.ended, logs[-1]["event"])


async def test_schema_is_made_once(own_schema: str) -> None:
    """By whoever comes first, with either form of the URL."""
    urls = [own_schema, own_schema.replace("postgresql+psycopg:", "postgresql:")]
    engines = [ProcrastinateJobs(url, clock=SystemClock()) for url in urls * 2]
    await asyncio.gather(*(engine.start() for engine in engines))
    await engines[0].wake(Job.DRAIN, "here")
    await asyncio.gather(*(engine.stop() for engine in engines))

    assert 1 == count(own_schema, "true")


async def test_server_is_away() -> None:
    """The error says what to check."""
    with pytest.raises(StoreUnusable, match="OperationalError"):
        await ProcrastinateJobs("postgresql://nobody@127.0.0.1:1/none", clock=SystemClock()).start()


async def test_worker_process(own_schema: str, tmp_path) -> None:
    """It does what another process left, and ends in peace when it is told to."""
    ours = {
        "INVOCO_DATABASE_URL": own_schema, "INVOCO_JOBS": "workers", "INVOCO_DATA_FOLDER": str(tmp_path),
        "INVOCO_CONFIG": str(tmp_path / "none.toml"),
    }  # fmt: skip
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "invoco", "worker",
        env=os.environ | ours, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert worker.stdout
    async with asyncio.timeout(3 * PATIENCE):
        assert b"This worker is ready." in await worker.stdout.readline()
        settled = await settled_by_others(own_schema)
        worker.send_signal(signal.SIGTERM)
        _, errors = await worker.communicate()

    assert (DeliveryState.REJECTED, 0, b"") == (settled, worker.returncode, errors)


async def settled_by_others(url: str) -> DeliveryState:
    """What becomes of an event of a company that nobody is told of."""
    database = await Database.open(url)
    lost = Delivery(webhook_id="w", type="ContactCreate", location_id="gone", at=None, received_at=1, body=b"{}")
    async with database.appending() as session:
        await session.inbox.append([lost])
    state = DeliveryState.WAITING
    while state is DeliveryState.WAITING:
        await asyncio.sleep(0.05)
        async with database.reading() as session:
            found = await session.inbox.find("w")
        state = found.state if found else state
    await database.close()
    return state


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    """What the database answers."""
    with psycopg.connect(conninfo(url)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def count(url: str, condition: str, *, table: str = "procrastinate_jobs") -> int:
    """How many rows are so."""
    [[number]] = execute(url, f"SELECT count(*) FROM {table} WHERE {condition}")  # noqa: S608
    assert isinstance(number, int)
    return number


def break_connections(url: str) -> None:
    """End all connections of engines, as a restart of the server would."""
    execute(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'invoco jobs' AND datname = current_database()",
    )
