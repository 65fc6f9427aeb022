"""Runs are written down."""

import asyncio

import pytest

from invoco.domain.errors import SourceUnavailable, StoreBusy
from invoco.domain.schedules import Due, Job, Modes
from invoco.service.scheduling import RecordedRuns

START = 1_750_000_000_000


class Handler:
    """Takes ten seconds, or fails after them."""

    def __init__(self, clock):
        self.clock, self.errors, self.done = clock, [], []

    async def __call__(self, job, location_id):
        self.clock.advance(10)
        if self.errors:
            raise self.errors.pop(0)
        self.done.append((job, location_id))


@pytest.fixture
def handler(clock):
    """What is run."""
    return Handler(clock)


@pytest.fixture
def recorded(handler, store, clock):
    """The handler, written down."""
    return RecordedRuns(handler, store, clock=clock)


async def test_scheduled_run(recorded, handler, ledger):
    """When it began, when it ended, and its next time, counted from its beginning."""
    await ledger.connect("here", modes=Modes(poll_every=60))
    await recorded(Job.POLL, "here")

    assert [(Job.POLL, "here")] == handler.done
    expected = Due(
        location_id="here", job=Job.POLL, started_at=START, finished_at=START + 10_000, next_at=START + 60_000
    )
    assert expected == await ledger.due("here", Job.POLL)


async def test_schedule_moves_when_the_run_begins(recorded, handler, ledger, clock):
    """A run that is killed does not begin again by its schedule; it is seen to have been interrupted."""
    await ledger.connect("here", modes=Modes(poll_every=60))
    handler.errors = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await recorded(Job.POLL, "here")

    assert Due(location_id="here", job=Job.POLL, started_at=START, next_at=START + 60_000) == await ledger.due(
        "here", Job.POLL
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SourceUnavailable("HighLevel is away."), "HighLevel is away."),
        (RuntimeError("Bearer secret"), "Something unexpected happened: RuntimeError."),
    ],
    ids=["ours", "unexpected"],
)
@pytest.mark.parametrize("job", [Job.RECONCILE, Job.CONFIRM])
async def test_failure(recorded, handler, ledger, job, error, told):
    """It is written without what may be secret, passed on, and gone when the job goes well."""
    await ledger.connect("here")
    handler.errors = [error]
    with pytest.raises(type(error)):
        await recorded(job, "here")
    failed = await ledger.due("here", job)
    await recorded(job, "here")
    mended = await ledger.due("here", job)

    assert (told, START + 10_000, None) == (failed.error, failed.finished_at, mended.error)


async def test_quick_jobs_are_not_written(recorded, ledger):
    """They run many times a minute."""
    await ledger.connect("here")
    for _ in range(2):
        await recorded(Job.DRAIN, "here")

    assert await ledger.due("here", Job.DRAIN) is None


async def test_failure_of_an_earlier_process_is_mended(recorded, ledger):
    """The first run that goes well tells so."""
    await ledger.put_due("", Job.DRAIN, error="It was so.")
    await recorded(Job.DRAIN, "")

    assert None is (await ledger.due("", Job.DRAIN)).error


async def test_scheduled_run_of_no_connection(recorded, ledger, handler):
    """It has no next time."""
    await recorded(Job.POLL, "gone")

    assert None is (await ledger.due("gone", Job.POLL)).next_at


async def test_store_that_cannot_keep_a_failure(recorded, handler, store, monkeypatch):
    """The failure itself is passed on."""

    def busy():
        raise StoreBusy

    handler.errors = [SourceUnavailable("HighLevel is away.")]
    monkeypatch.setattr(store, "transaction", busy)

    with pytest.raises(SourceUnavailable):
        await recorded(Job.CONFIRM, "here")
