"""When jobs run: by schedules that outlive the process, and by a sweep that finds whatever waits."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import structlog
from cronsim import CronSim, CronSimError
from msgspec.structs import replace

from invoco.domain.connections import Connection, ConnectionState
from invoco.domain.errors import FixInput, InvocoError
from invoco.domain.ports import Session, Store
from invoco.domain.schedules import Due, Job, Modes
from invoco.domain.sync_ports import JobHandler, Jobs
from invoco.highlevel.clock import Clock, milliseconds

SCHEDULED: Final = (Job.POLL, Job.RECONCILE, Job.RETENTION, Job.REFRESH)
"""The jobs that have a schedule; the others run when there is something to do."""

_EVERY: Final = {Job.RETENTION: 3_600_000, Job.REFRESH: 6 * 3_600_000}
"""Milliseconds between two runs of jobs that cannot be chosen."""
_SWEEP_SECONDS: Final = 1.0
_LOOK_EVERY: Final = 10_000
"""Milliseconds after which connections are looked at again, since another process may have changed them."""

_log = structlog.get_logger(__name__)


def next_run(modes: Modes, job: Job, now: int) -> int | None:
    """When the job is due next after `now`, in milliseconds since 1970; None when it has no schedule.

    A cron expression is read in the zone of the modes. An hour of the day that a change of clocks skips comes right
    after the gap, and one that the change repeats comes once.

    Raises:
        FixInput: the cron expression or the zone cannot be used.
    """
    if job is Job.POLL:
        return None if modes.poll_every is None else now + modes.poll_every * 1000
    if job is Job.RECONCILE:
        return None if modes.batch_at is None else _next_batch(modes.batch_at, zone(modes.timezone), now)
    return now + _EVERY[job] if job in _EVERY else None


def _next_batch(expression: str, place: ZoneInfo, now: int) -> int:
    if len(expression.split()) != 5:
        raise _unusable_cron(expression, "it has not five fields")
    try:
        for moment in CronSim(expression, datetime.fromtimestamp(now / 1000, tz=UTC).astimezone(place)):
            at = round(moment.timestamp() * 1000)
            if at > now:  # in an hour that is repeated, the first try is the time that has passed
                return at
    except CronSimError as error:
        raise _unusable_cron(expression, str(error)[:1].lower() + str(error)[1:]) from error
    raise _unusable_cron(expression, "it names no day that comes")


def _unusable_cron(expression: str, why: str) -> FixInput:
    cure = "Write minute, hour, day of month, month and day of week, as in `30 3 * * *`."
    return FixInput(f"The cron expression {expression!r} cannot be used: {why}.", cure=cure)


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name.

    Raises:
        FixInput: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder of zones
        raise FixInput(f"There is no time zone {name!r}.", cure="Use a name such as Europe/Berlin or UTC.") from error


class Scheduler:
    """Wakes what is due and what waits."""

    def __init__(self, store: Store, *, jobs: Jobs, clock: Clock) -> None:
        self._store, self._jobs, self._clock = store, jobs, clock
        self._followed: dict[str, _Followed] = {}
        self._read_again_at = 0

    async def run(self, *, resume: bool = False) -> NoReturn:
        """Sweep at once, and then every second for ever; an error is logged and the next sweep tries again."""
        while True:
            try:
                await self.sweep(resume=resume)
                resume = False
            except InvocoError as error:
                _log.warning("jobs not looked for", reason=error.message)
            except Exception:  # noqa: BLE001 - without sweeps what waits would wait for ever
                _log.exception("jobs not looked for")
            await self._clock.sleep(_SWEEP_SECONDS)

    async def sweep(self, *, resume: bool = False) -> None:
        """Wake the jobs that have something to do, and those whose time has come.

        With `resume`, also those whose last run did not end: only for a process that alone runs jobs, at its start.

        Raises:
            StoreBusy, StoreUnusable: as the store says.
        """
        now = milliseconds(self._clock)
        if resume or now >= self._read_again_at:
            await self._follow_schedules(now, resume=resume)
        async with self._store.reading() as session:
            session.brief()
            drains = await session.inbox.waiting_locations()
            confirmations = await session.rereads.due_locations(now=now)
            sendings = await session.outbox.due_locations(now=now)
        for location_id in drains:
            await self._jobs.wake(Job.DRAIN, location_id)
        for location_id in self._followed.keys() & set(confirmations):
            await self._jobs.wake(Job.CONFIRM, location_id)
        for location_id in self._followed.keys() & set(sendings):
            await self._jobs.wake(Job.SEND, location_id)

    async def _follow_schedules(self, now: int, *, resume: bool) -> None:
        await self._look_at_connections(now)
        dues = [due for followed in self._followed.values() for due in followed.schedule.values()]
        for due in dues:
            if _is_due(due, now) or (resume and _was_interrupted(due)):
                await self._jobs.wake(due.job, due.location_id)
        self._read_again_at = min([now + _LOOK_EVERY, *(due.next_at for due in dues if due.next_at is not None)])

    async def _look_at_connections(self, now: int) -> None:
        """Read the schedules of those that are new, or were changed, or have something due that may have begun."""
        followed: dict[str, _Followed] = {}
        async with self._store.reading() as session:
            for connection in await session.connections.all():
                if connection.state is not ConnectionState.CONNECTED:
                    continue
                known = self._followed.get(connection.id)
                if known is None or known.is_outdated(connection, now):
                    known = _Followed(connection, await session.runs.schedule(connection.id))
                followed[connection.id] = known
        self._followed = followed
        await self._plan(now)

    async def _plan(self, now: int) -> None:
        """Give a time to jobs that have none yet, here and in the store."""
        planned: list[Due] = []
        for followed in self._followed.values():
            fresh = _unplanned(followed.connection, followed.schedule, now)
            followed.schedule.update(fresh)
            planned += fresh.values()
        if planned:
            async with self._store.transaction() as session:
                for due in planned:
                    await session.runs.put_due(due)


class _Followed(msgspec.Struct, frozen=True):
    """A connection that is connected, and how its jobs stood when they were last looked at."""

    connection: Connection
    schedule: dict[Job, Due]

    def is_outdated(self, connection: Connection, now: int) -> bool:
        return connection != self.connection or any(_is_due(due, now) for due in self.schedule.values())


def _is_due(due: Due, now: int) -> bool:
    return due.job in SCHEDULED and due.next_at is not None and due.next_at <= now


def _unplanned(connection: Connection, schedule: Mapping[Job, Due], now: int) -> dict[Job, Due]:
    fresh = {}
    for job in SCHEDULED:
        due = schedule.get(job) or Due(location_id=connection.id, job=job)
        if due.next_at is None and (at := planned(connection, job, now)) is not None:
            fresh[job] = replace(due, next_at=at)
    return fresh


def planned(connection: Connection, job: Job, now: int) -> int | None:
    """`next_run`; modes that have become unusable are logged, since they must not keep other jobs from running."""
    try:
        return next_run(connection.modes, job, now)
    except FixInput as error:
        _log.warning("job has no schedule", connection=connection.name, job=job.value, reason=error.message)
        return None


def _was_interrupted(due: Due) -> bool:
    return (
        due.job in SCHEDULED
        and due.started_at is not None
        and (due.finished_at is None or due.finished_at < due.started_at)
    )


class RecordedRuns:
    """A handler that writes down how runs went.

    A scheduled run moves its next time when it begins: what was due and did not begin is due still after a restart, and
    what has begun does not begin twice. Of the other jobs, which run many times a minute, only failures are written.
    """

    def __init__(self, handler: JobHandler, store: Store, *, clock: Clock) -> None:
        self._handler, self._store, self._clock = handler, store, clock
        self._well: set[tuple[Job, str]] = set()
        """What ended well the last time: nothing needs to be written when it does so again."""

    async def __call__(self, job: Job, location_id: str) -> None:
        """Do the job.

        Raises:
            InvocoError: as the handler says, or the store.
        """
        if job in SCHEDULED:
            await self._begin(job, location_id)
        try:
            await self._handler(job, location_id)
        except Exception as error:
            await self._fail(job, location_id, _told(error))
            raise
        await self._succeed(job, location_id)

    async def _begin(self, job: Job, location_id: str) -> None:
        now = milliseconds(self._clock)
        async with self._store.transaction() as session:
            connection = await session.connections.get(location_id)
            next_at = planned(connection, job, now) if connection is not None else None
            due = await _due(session, job, location_id)
            await session.runs.put_due(replace(due, started_at=now, next_at=next_at))

    async def _fail(self, job: Job, location_id: str, error: str) -> None:
        self._well.discard((job, location_id))
        with suppress(InvocoError):  # the store itself may be what failed
            await self._end(job, location_id, error)

    async def _succeed(self, job: Job, location_id: str) -> None:
        if job in SCHEDULED:
            await self._end(job, location_id, None)
        elif (job, location_id) not in self._well:
            async with self._store.reading() as session:
                due = await _due(session, job, location_id)
            if due.error is not None:
                await self._end(job, location_id, None)
            self._well.add((job, location_id))

    async def _end(self, job: Job, location_id: str, error: str | None) -> None:
        async with self._store.transaction() as session:
            due = await _due(session, job, location_id)
            await session.runs.put_due(replace(due, finished_at=milliseconds(self._clock), error=error))


async def _due(session: Session, job: Job, location_id: str) -> Due:
    return (await session.runs.schedule(location_id)).get(job) or Due(location_id=location_id, job=job)


def _told(error: Exception) -> str:
    """Only the messages of our own errors are known to hold no secret."""
    return (
        error.message if isinstance(error, InvocoError) else f"Something unexpected happened: {type(error).__name__}."
    )
