"""Who does the work in the background."""

import asyncio
import base64

import pytest

from invoco import bootstrap
from invoco.domain.deliveries import Delivery
from invoco.domain.errors import Misconfigured
from invoco.domain.schedules import Job
from invoco.highlevel.clock import SystemClock
from invoco.jobs.in_process import InProcessJobs
from invoco.jobs.procrastinate_engine import ProcrastinateJobs
from invoco.service.sync import SyncService
from invoco.settings import load

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """No settings but those of the test."""
    monkeypatch.setenv("INVOCO_CONFIG", str(tmp_path / "none.toml"))


@pytest.fixture
async def invoco(tmp_path):
    """Invoco on SQLite."""
    async with bootstrap.opened(load(data_folder=tmp_path)) as invoco:
        yield invoco


@pytest.fixture
def ran(monkeypatch):
    """The jobs that were run."""
    runs: asyncio.Queue[tuple[Job, str]] = asyncio.Queue()

    async def run(_service, job, location_id):
        await runs.put((job, location_id))

    monkeypatch.setattr(SyncService, "run", run)
    return runs


async def test_serving_runs_what_waits(invoco, ran):
    """What is in the inbox when it starts, and what is woken."""
    lost = Delivery(webhook_id="w", type="t", location_id="here", at=None, received_at=0, body=b"{}")
    async with invoco.database.appending() as session:
        await session.inbox.append([lost])
    async with asyncio.timeout(10), bootstrap.running(invoco):
        assert (Job.DRAIN, "here") == await ran.get()
        await invoco.jobs.wake(Job.POLL, "there")
        while await ran.get() != (Job.POLL, "there"):
            pass


async def test_stored_webhooks_are_drained_at_once(invoco, ran):
    """Nobody waits for the sweep."""
    async with asyncio.timeout(10), bootstrap.running(invoco):
        await invoco.webhooks._appender._on_stored(frozenset({"here"}))

        assert (Job.DRAIN, "here") == await ran.get()


async def test_nothing_runs_after_serving(invoco, ran):
    """Neither jobs nor sweeps."""
    before = asyncio.all_tasks()
    async with bootstrap.running(invoco):
        pass
    await invoco.jobs.wake(Job.POLL, "here")

    assert (before, True) == (asyncio.all_tasks(), ran.empty())


@pytest.mark.parametrize("place", [bootstrap.running, bootstrap.working])
async def test_workers_on_sqlite(tmp_path, place):
    """They are refused, whoever asks for them."""
    async with bootstrap.opened(load(data_folder=tmp_path, jobs="workers")) as invoco:
        with pytest.raises(Misconfigured, match="Workers need PostgreSQL"):
            async with place(invoco):
                pass


async def test_worker_beside_a_server_that_does_all(invoco, monkeypatch):
    """Two would do the same work."""
    monkeypatch.setattr(type(invoco.settings), "store_url", "postgresql://nobody@nowhere/none")
    with pytest.raises(Misconfigured, match="INVOCO_JOBS") as refused:
        async with bootstrap.working(invoco):
            pass

    assert "INVOCO_JOBS=workers" in refused.value.cure


@pytest.mark.parametrize(
    ("chosen", "engine"),
    [
        ({}, InProcessJobs),
        ({"database_url": "postgresql://a@b/c"}, InProcessJobs),
        ({"database_url": "postgresql://a@b/c", "jobs": "workers"}, ProcrastinateJobs),
    ],
)
async def test_engine_follows_from_the_settings(chosen, engine):
    """Whatever the database, work is done here unless workers are asked for."""
    assert engine is type(bootstrap._jobs(load(**chosen), SystemClock()))


def test_unknown_place_of_work():
    """It is told what there is."""
    with pytest.raises(Misconfigured, match="jobs cannot be used: must be here or workers"):
        load(jobs="elsewhere")
