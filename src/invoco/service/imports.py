"""Imports of connected locations."""

from __future__ import annotations

from invoco.domain.connections import Connection
from invoco.domain.ids import NewId, new_id
from invoco.domain.imports import ImportRun
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import LoadingStore
from invoco.highlevel.clock import Clock, milliseconds
from invoco.service.agreements import Agreements
from invoco.service.gateway import Gateway
from invoco.sync.imports import ImportOutcome, Progress, run_import
from invoco.sync.plan import ImportPlan, plan

__all__ = ["ImportService", "Progress"]


class ImportService:
    """Plans and runs imports, and shows what they could not read."""

    def __init__(
        self, store: LoadingStore, *, gateway: Gateway, clock: Clock, notes_share: float, new_id: NewId = new_id,
        agreements: Agreements | None = None,
    ) -> None:  # fmt: skip
        """`notes_share` is the part of a day's quota that reading notes may use, between 0 and 1."""
        self._store, self._gateway, self._clock = store, gateway, clock
        self._notes_share, self._new_id = notes_share, new_id
        self._agreements = agreements or Agreements(store, clock=clock)

    async def plan(self, connection: Connection) -> ImportPlan:
        """What a whole import will cost.

        Raises:
            TryAgain, Reconnect: as `domain.errors` says.
        """
        async with self._gateway.source(connection) as source:
            return await plan(source, notes_share=self._notes_share)

    async def unfinished(self, connection: Connection) -> ImportRun | None:
        """The run that the next import will go on with, if there is one."""
        async with self._store.reading() as session:
            run = await session.imports.latest(connection.id)
        return run if run is not None and run.finished_at is None else None

    async def run(
        self, connection: Connection, *, progress: Progress, skip: frozenset[RecordKind] = frozenset()
    ) -> ImportOutcome:
        """Import the location, or go on with the import that was not finished; kinds to `skip` are left for later.

        Raises:
            TryAgain, Reconnect: as `domain.errors` says; what was stored is kept.
        """
        run = await self.unfinished(connection) or await self._begun(connection)
        async with self._gateway.source(connection, at=run.started_at) as source:
            return await run_import(
                source,
                self._agreements.theirs(self._store, connection, new_id=self._new_id),
                run=run,
                clock=self._clock,
                progress=progress,
                notes_share=self._notes_share,
                skip=skip,
            )

    async def _begun(self, connection: Connection) -> ImportRun:
        run = ImportRun(id=self._new_id(), location_id=connection.id, started_at=milliseconds(self._clock))
        async with self._store.transaction() as session:
            await session.imports.put(run)
        return run
