"""Verification: the proof that the mirror of a connected location equals its source."""

from __future__ import annotations

from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import LoadingStore
from invoco.highlevel.clock import Clock
from invoco.service.agreements import Agreements
from invoco.service.gateway import Gateway
from invoco.sync.drift import Drift
from invoco.sync.imports import Progress
from invoco.sync.verify import verify

VERIFIED = "verified"
"""Under which name the last certificate is kept among the positions of a connection."""


class VerificationService:
    """Compares mirrors with their sources."""

    def __init__(
        self, store: LoadingStore, *, gateway: Gateway, clock: Clock, agreements: Agreements | None = None
    ) -> None:
        self._store, self._gateway, self._clock = store, gateway, clock
        self._agreements = agreements or Agreements(store, clock=clock)

    async def verify(
        self, connection: Connection, *, progress: Progress, skip: frozenset[RecordKind] = frozenset(), first: int = 5
    ) -> Drift:
        """Read the source again and compare; the `first` differences of each kind are named.

        Appointments are compared in the window that the last import read. What was found is kept with its time, for
        `invoco connections show`.

        Raises:
            TryAgain, Reconnect: as `domain.errors` says.
        """
        async with self._store.reading() as session:
            run = await session.imports.latest(connection.id)
        began = self._clock.now()
        theirs = self._agreements.theirs(self._store, connection, new_id=new_id)
        async with self._gateway.source(connection, at=run.started_at if run else None) as source:
            calls = source.calls
            drift = await verify(source, theirs, location_id=connection.id, progress=progress, skip=skip, first=first)
            calls = source.calls - calls
        certificate = replace(drift, at=int(began * 1000), seconds=self._clock.now() - began, calls=calls)
        await self._keep(connection, certificate, skip=skip)
        return certificate

    async def _keep(self, connection: Connection, drift: Drift, *, skip: frozenset[RecordKind]) -> None:
        kept = {"at": drift.at, "drift": drift.drift, "skipped": sorted(skip)}
        async with self._store.transaction() as session:
            await session.runs.move(connection.id, VERIFIED, kept)
