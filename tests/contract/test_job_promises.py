"""The engine of one process and the engine of many keep the same promises."""

import asyncio

import psycopg
import pytest

from invoco.highlevel.clock import SystemClock
from invoco.jobs.attempts import Patience
from invoco.jobs.in_process import InProcessJobs
from invoco.jobs.procrastinate_engine import Pace, ProcrastinateJobs
from invoco.jobs.schema import conninfo
from invoco.testing.clock import FakeClock
from invoco.testing.job_promises import PATIENCE, JobPromises, Settled

QUICK = Patience(first=0.05)
WAITING = "SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND coalesce(scheduled_at, now()) <= now()"


class TestInProcess(JobPromises):
    """Tasks of this event loop."""

    @pytest.fixture
    def engine(self) -> InProcessJobs:
        """On a clock that runs when everybody waits."""
        return InProcessJobs(clock=FakeClock(), patience=QUICK)

    @pytest.fixture
    def hasty(self) -> InProcessJobs:
        """One that gives no grace."""
        return InProcessJobs(clock=FakeClock(), grace=0)

    @pytest.fixture
    def settled(self, engine: InProcessJobs) -> Settled:
        """It knows itself."""
        return engine.quiet


class TestProcrastinate(JobPromises):
    """A queue in PostgreSQL."""

    @pytest.fixture
    def engine(self, own_schema: str) -> ProcrastinateJobs:
        """One process's share of the queue."""
        pace = Pace(alarms=0.1, heartbeat=0.1, dead_after=1.0)
        return ProcrastinateJobs(own_schema, clock=SystemClock(), patience=QUICK, pace=pace)

    @pytest.fixture
    def hasty(self, own_schema: str) -> ProcrastinateJobs:
        """One that gives no grace."""
        return ProcrastinateJobs(own_schema, clock=SystemClock(), pace=Pace(grace=0))

    @pytest.fixture
    def settled(self, own_schema: str) -> Settled:
        """The queue tells."""

        async def settled() -> None:
            async with (
                asyncio.timeout(PATIENCE),
                await psycopg.AsyncConnection.connect(conninfo(own_schema), autocommit=True) as connection,
            ):
                # The database tells of no event that could be waited for.
                while await (await connection.execute(WAITING)).fetchone():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)

        return settled
