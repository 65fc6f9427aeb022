"""History and outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.changes import Change
from invoco.highlevel.records import Record
from invoco.store.rows import as_json
from invoco.store.tables import history, outbox


class JournalShelf:
    """What happened, and what HighLevel has not been told yet."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def record(self, changes: Sequence[Change], *, send: bool) -> None:
        """Append each change to the history, and to the outbox if it is to be sent to HighLevel."""
        if not changes:
            return
        await self._connection.execute(sa.insert(history), [_history_row(change) for change in changes])
        if send:
            await self._connection.execute(sa.insert(outbox), [_outbox_row(change) for change in changes])

    async def history(self, location_id: str, record_id: str) -> list[Mapping[str, Any]]:
        """What happened to a record, oldest first: at, actor, action, operation, before, after."""
        columns = history.c
        names = (columns.at, columns.actor, columns.action, columns.operation, columns.before, columns.after)
        chosen = sa.select(*names).where(columns.connection_id == location_id, columns.record_id == record_id)
        rows = (await self._connection.execute(chosen.order_by(columns.position))).mappings()
        return [{**row, "before": _decoded(row["before"]), "after": _decoded(row["after"])} for row in rows]

    async def outbox(self, location_id: str) -> list[Mapping[str, Any]]:
        """Writes still to be sent, oldest first: id, at, operation, path, body, contact."""
        columns = outbox.c
        names = (columns.position.label("id"), columns.at, columns.operation, columns.path, columns.body)
        contact = columns.contact_id.label("contact")
        chosen = sa.select(*names, contact).where(columns.connection_id == location_id)
        rows = (await self._connection.execute(chosen.order_by(columns.position))).mappings()
        return [{**row, "path": _decoded(row["path"]), "body": _decoded(row["body"])} for row in rows]


def _history_row(change: Change) -> dict[str, Any]:
    return _common(change) | {
        "action": change.action,
        "before": _wire(change.before),
        "after": _wire(change.after),
    }


def _outbox_row(change: Change) -> dict[str, Any]:
    body = None if change.body is None else as_json(change.body)
    return _common(change) | {"path": as_json(change.path), "body": body}


def _common(change: Change) -> dict[str, Any]:
    return {
        "connection_id": change.location_id,
        "record_id": change.record_id,
        "contact_id": change.contact_id or "",
        "kind": change.kind.value,
        "operation": change.operation_id,
        "actor": change.actor,
        "at": change.at,
    }


def _wire(record: Record | None) -> str | None:
    return None if record is None else as_json(record.to_wire())


def _decoded(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
