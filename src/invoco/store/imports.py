"""Runs of imports, how far they came, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.connections import SetAside
from invoco.domain.imports import ImportRun, ImportStep
from invoco.store.rows import as_json
from invoco.store.shelves import decoder
from invoco.store.statements import in_pieces, put_rows
from invoco.store.tables import import_runs, import_steps, set_aside


class ImportShelf:
    """Runs of imports and how far they came."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def latest(self, location_id: str) -> ImportRun | None:
        """The run that was started last."""
        columns = import_runs.c
        newest = sa.select(columns.record).where(columns.connection_id == location_id)
        newest = newest.order_by(columns.started_at.desc(), columns.id.desc()).limit(1)
        text = await self._connection.scalar(newest)
        return None if text is None else decoder(ImportRun).decode(text)

    async def put(self, run: ImportRun) -> None:
        """Store the run."""
        row = (run.id, run.location_id, run.started_at, as_json(run))
        await put_rows(self._connection, import_runs, [row], key=("id",))

    async def steps(self, run_id: str) -> dict[str, ImportStep]:
        """The saved steps by kind."""
        chosen = sa.select(import_steps.c.record).where(import_steps.c.run_id == run_id)
        read = [decoder(ImportStep).decode(text) for text in await self._connection.scalars(chosen)]
        return {step.kind: step for step in read}

    async def put_step(self, step: ImportStep) -> None:
        """Save how far a step has come."""
        row = (step.run_id, step.kind, as_json(step))
        await put_rows(self._connection, import_steps, [row], key=("run_id", "kind"))

    async def set_aside(self, records: Sequence[SetAside]) -> None:
        """Keep records that could not be read; one with the same kind and id is replaced."""
        rows = [(each.location_id, each.kind, each.record_id, each.at, as_json(each)) for each in records]
        await put_rows(self._connection, set_aside, rows, key=("connection_id", "kind", "record_id"))

    async def aside(self, location_id: str) -> list[SetAside]:
        """The records set aside, newest first."""
        columns = set_aside.c
        chosen = sa.select(columns.record).where(columns.connection_id == location_id)
        newest_first = chosen.order_by(columns.at.desc(), columns.position.desc())
        return [decoder(SetAside).decode(text) for text in await self._connection.scalars(newest_first)]

    async def clear_aside(self, location_id: str, kind: str, record_ids: Sequence[str]) -> None:
        """Forget those that could be read after all."""
        columns = set_aside.c
        for ids in in_pieces(record_ids):
            readable = (columns.connection_id == location_id, columns.kind == kind, columns.record_id.in_(ids))
            await self._connection.execute(sa.delete(set_aside).where(*readable))
