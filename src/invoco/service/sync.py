"""Does the jobs of connections: takes in webhooks, reads again, polls, compares, cleans up."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Protocol

import msgspec
import structlog
from msgspec.structs import replace

from invoco.domain.connections import Connection, ConnectionState
from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.errors import MissingScope, Reconnect, TryAgain
from invoco.domain.ids import NewId, new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import LoadingStore, Source
from invoco.domain.schedules import Job, Run
from invoco.domain.sync_ports import Jobs
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.quota import Priority
from invoco.service.agreements import Agreements
from invoco.service.gateway import Gateway
from invoco.service.imports import ImportService
from invoco.sync.confirm import confirm
from invoco.sync.inbound import MOST, drain, is_of_app
from invoco.sync.outbound import send
from invoco.sync.pace import PAUSE, Pace
from invoco.sync.polling import poll
from invoco.sync.reconcile import reconcile
from invoco.sync.two_sided import TwoSidedStore

_DAY = 86_400_000
_BELIEVED_FOR = 900_000
"""Milliseconds for which refused credentials may be a passing fault (facts 11, 34) before a connection is given up."""

_log = structlog.get_logger(__name__)


class AppEvents(Protocol):
    """What is done about events of the app itself."""

    async def handle(self, delivery: Delivery) -> None:
        """Connect, disconnect, or take note."""

    async def reconcile(self) -> None:
        """See where the app is installed."""


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """For how many days things are kept."""

    events_days: int = 30
    rejected: int = 10_000
    """How many rejected deliveries are kept at most."""


class SyncService:
    """Runs one job of one connection at a time; `run` is the handler of the jobs engine."""

    def __init__(
        self,
        store: LoadingStore,
        *,
        gateway: Gateway,
        jobs: Jobs,
        app_events: AppEvents,
        imports: ImportService,
        clock: Clock,
        notes_share: float,
        keeping: Keeping | None = None,
        agreements: Agreements | None = None,
        new_id: NewId = new_id,
    ) -> None:
        """`notes_share` is the part of a day's quota that reading notes may use, between 0 and 1."""
        self._store, self._gateway, self._jobs, self._clock = store, gateway, jobs, clock
        self._app_events, self._notes_share, self._new_id = app_events, notes_share, new_id
        self._imports = imports
        self._agreements = agreements or Agreements(store, clock=clock)
        self._keeping = keeping or Keeping()
        self._sources = _Sources(gateway)
        self._refused_since: dict[str, int] = {}
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)
        """Of the reading of each location."""
        self._backlogs: set[str] = set()
        """Locations for which so much waits that reading again is put off until all of it is shown."""
        self._handlers: dict[Job, Callable[[Connection], Awaitable[None]]] = {
            Job.CONFIRM: self._confirm,
            Job.SEND: self._send,
            Job.POLL: self._poll,
            Job.RECONCILE: self._reconcile,
            Job.RETENTION: self._retain,
            Job.REFRESH: self._refresh,
        }

    async def close(self) -> None:
        """Close the connections to HighLevel."""
        await self._sources.close()

    async def run(self, job: Job, location_id: str) -> None:
        """Do that job; a connection that is gone or disconnected is left alone.

        Raises:
            TryAgain: HighLevel or the store cannot be used now.
        """
        connection = await self._connection(location_id)
        if job is Job.DRAIN:
            await self._drain(location_id, connection)
        elif connection is not None and connection.state is ConnectionState.CONNECTED:
            await self._guarded(job, connection)

    async def _connection(self, location_id: str) -> Connection | None:
        async with self._store.reading() as session:
            session.brief()
            found = await session.connections.get(location_id) if location_id else None
        return found if found is not None and found.id == location_id else None

    async def _guarded(self, job: Job, connection: Connection) -> None:
        try:
            await self._handlers[job](connection)
        except MissingScope:
            raise
        except Reconnect as refusal:
            await self._note_refusal(connection, refusal)
        else:
            self._refused_since.pop(connection.id, None)

    async def _note_refusal(self, connection: Connection, refusal: Reconnect) -> None:
        """Valid tokens are refused now and then; only what lasts disconnects."""
        now = milliseconds(self._clock)
        since = self._refused_since.setdefault(connection.id, now)
        if now - since < _BELIEVED_FOR:
            raise TryAgain(refusal.message, cure=refusal.cure) from refusal
        _log.warning("connection given up", connection=connection.name, reason=refusal.message)
        await self._sources.forget(connection.id)
        given_up = replace(connection, state=ConnectionState.DISCONNECTED, state_reason=refusal.message)
        async with self._store.transaction() as session:
            await session.connections.put(given_up)

    async def _drain(self, location_id: str, connection: Connection | None) -> None:
        if connection is None:
            await self._drain_unconnected(location_id)
            return
        try:
            while await self._drain_some(connection):
                self._backlogs.add(connection.id)
        finally:
            if connection.id in self._backlogs:
                self._backlogs.discard(connection.id)
                await self._jobs.wake(Job.CONFIRM, connection.id)

    async def _drain_some(self, connection: Connection) -> bool:
        """Whether more may wait."""
        drained = await drain(self._theirs(connection), connection=connection, clock=self._clock)
        if drained.asked and connection.id not in self._backlogs:
            await self._jobs.wake(Job.CONFIRM, connection.id)
        await self._handle_app_events(drained.of_app)
        return drained.taken + len(drained.of_app) >= MOST

    async def _drain_unconnected(self, location_id: str) -> None:
        """Events of companies, and of locations that are not connected: only those of the app itself are of use."""
        async with self._store.reading() as session:
            waiting = await session.inbox.waiting(location_id, limit=MOST)
        await self._handle_app_events([delivery for delivery in waiting if is_of_app(delivery)])
        others = [delivery.position for delivery in waiting if not is_of_app(delivery)]
        if others:
            async with self._store.transaction() as session:
                await session.inbox.settle(others, DeliveryState.REJECTED, reason="The location is not connected.")
        if len(waiting) == MOST:
            await self._jobs.wake(Job.DRAIN, location_id)

    async def _handle_app_events(self, deliveries: tuple[Delivery, ...] | list[Delivery]) -> None:
        for delivery in deliveries:
            await self._app_events.handle(delivery)
            async with self._store.transaction() as session:
                await session.inbox.settle([delivery.position], DeliveryState.DONE)

    async def _confirm(self, connection: Connection) -> None:
        source = await self._sources.of(connection)
        pace = self._paces[connection.id]
        while connection.id not in self._backlogs:
            if (pause := pace.pause(source.calls, source.allowance, self._clock.now())) > 0:
                await self._clock.sleep(pause)
            round_ = await confirm(
                source, self._theirs(connection), connection=connection, clock=self._clock, new_id=self._new_id,
                follow_ups=pace.follow_ups(self._clock.now()),
            )  # fmt: skip
            pace.note(round_, self._clock.now())
            if not (round_.read or round_.postponed):
                await self._confirm_later(connection)
                return

    async def _confirm_later(self, connection: Connection) -> None:
        """Go on when the next reread is due; what is due now are follow-ups that must wait for a while."""
        async with self._store.reading() as session:
            session.brief()
            due_at = await session.rereads.next_due(connection.id)
        if due_at is not None:
            seconds = (due_at - milliseconds(self._clock)) / 1000
            await self._jobs.wake(Job.CONFIRM, connection.id, after=seconds if seconds > 0 else PAUSE)

    async def _send(self, connection: Connection) -> None:
        """Until nothing is due; what was postponed wakes this again."""
        async with self._gateway.destination(connection) as destination:
            while True:
                agreement = await self._agreements.of(connection)
                sent = await send(destination, self._store, agreement=agreement, clock=self._clock, new_id=self._new_id)
                if not sent.contacts:
                    break
        await self._jobs.wake(Job.CONFIRM, connection.id)
        async with self._store.reading() as session:
            due_at = await session.outbox.next_due(connection.id)
        if due_at is not None:
            seconds = (due_at - milliseconds(self._clock)) / 1000
            await self._jobs.wake(Job.SEND, connection.id, after=max(seconds, PAUSE))

    def _theirs(self, connection: Connection) -> TwoSidedStore:
        """The mirror as HighLevel's side of the connection sees it."""
        return self._agreements.theirs(self._store, connection, new_id=self._new_id)

    async def _poll(self, connection: Connection) -> None:
        if not await self._was_imported(connection):
            return
        source = (await self._sources.of(connection)).at_priority(Priority.RECONCILE)
        run = await poll(
            source, self._theirs(connection), connection=connection, clock=self._clock, run_id=self._new_id()
        )
        if run.doubtful or run.created or run.updated:
            await self._jobs.wake(Job.CONFIRM, connection.id)

    async def _reconcile(self, connection: Connection) -> None:
        """Compare everything; a connection of which nothing was read yet is imported instead."""
        if not await self._was_imported(connection):
            await self._imports.run(connection, progress=_unwatched)
            return
        run = await self._run_of(Job.RECONCILE, connection)
        try:
            async with self._gateway.source(connection, at=run.started_at, priority=Priority.RECONCILE) as source:
                await reconcile(
                    source, self._theirs(connection), connection=connection, clock=self._clock, run=run,
                    notes_share=self._notes_share,
                )  # fmt: skip
        finally:
            await self._jobs.wake(Job.CONFIRM, connection.id)

    async def _run_of(self, job: Job, connection: Connection) -> Run:
        """The run that is under way, or a new one."""
        async with self._store.transaction() as session:
            latest = await session.runs.latest(connection.id, job)
            if latest is not None and latest.finished_at is None:
                return latest
            run = Run(id=self._new_id(), location_id=connection.id, job=job, started_at=milliseconds(self._clock))
            await session.runs.put(run)
        return run

    async def _was_imported(self, connection: Connection) -> bool:
        async with self._store.reading() as session:
            return await session.imports.latest(connection.id) is not None

    async def _retain(self, connection: Connection) -> None:
        """Remove what has been kept long enough, of all connections, a little at a time."""
        del connection
        now = milliseconds(self._clock)
        before = now - self._keeping.events_days * _DAY
        async with self._store.transaction() as session:
            await session.tombstones.purge(now=now)
            await session.runs.forget(before=before)
            await session.outbox.forget(before=before)
        while await self._forget_events(before):
            continue

    async def _forget_events(self, before: int) -> int:
        async with self._store.transaction() as session:
            return await session.inbox.forget(before=before, keep_rejected=self._keeping.rejected)

    async def _refresh(self, connection: Connection) -> None:
        """Any call renews a token that is about to expire; and an app may have been installed unnoticed."""
        source = await self._sources.of(connection)
        await source.at_priority(Priority.RECONCILE).outlook(RecordKind.LOCATION)
        await self._app_events.reconcile()


def _unwatched(_kind: str, _done: int, _total: int | None, /) -> None:
    """Nobody watches."""


class _Sources:
    """Connected locations that stay open: making a connection to HighLevel costs more than a call."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._one_at_a_time = asyncio.Lock()
        self._open: dict[str, tuple[Connection, Source, AsyncExitStack]] = {}

    async def of(self, connection: Connection) -> Source:
        """The open source of the connection, as it is set up now."""
        async with self._one_at_a_time:
            known = self._open.get(connection.id)
            if known is not None and known[0] == connection:
                return known[1]
            await self.forget(connection.id)
            stack = AsyncExitStack()
            source = await stack.enter_async_context(self._gateway.source(connection, priority=Priority.EVENT))
            self._open[connection.id] = (connection, source, stack)
            return source

    async def forget(self, location_id: str) -> None:
        """Close the source of that location, if it is open."""
        known = self._open.pop(location_id, None)
        if known is not None:
            await known[2].aclose()

    async def close(self) -> None:
        """Close all."""
        for location_id in list(self._open):
            await self.forget(location_id)
