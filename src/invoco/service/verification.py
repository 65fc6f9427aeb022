"""Verification: the proof that the mirror of a connected location equals its source."""

from __future__ import annotations

from invoco.domain.connections import Connection
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Store
from invoco.service.gateway import Gateway
from invoco.sync.drift import Drift
from invoco.sync.imports import Progress
from invoco.sync.verify import verify


class VerificationService:
    """Compares mirrors with their sources."""

    def __init__(self, store: Store, *, gateway: Gateway) -> None:
        self._store, self._gateway = store, gateway

    async def verify(
        self, connection: Connection, *, progress: Progress, skip: frozenset[RecordKind] = frozenset(), first: int = 5
    ) -> Drift:
        """Read the source again and compare; the `first` differences of each kind are named.

        Appointments are compared in the window that the last import read.

        Raises:
            TryAgain, Reconnect: as `domain.errors` says.
        """
        async with self._store.reading() as session:
            run = await session.imports.latest(connection.id)
        async with self._gateway.source(connection, at=run.started_at if run else None) as source:
            return await verify(
                source, self._store, location_id=connection.id, progress=progress, skip=skip, first=first
            )
