"""History and outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.changes import Change
from invoco.highlevel.records import Record
from invoco.store.rows import Row, as_json, optional, plain
from invoco.store.statements import append_rows
from invoco.store.tables import history, outbox

_TOLD = ("at", "actor", "action", "operation", "before", "after", "event_id", "run_id", "read_at")


class JournalShelf:
    """What happened, and what HighLevel has not been told yet."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def record(self, changes: Sequence[Change], *, send: bool) -> None:
        """Append each change to the history, and to the outbox if it is to be sent to HighLevel."""
        await append_rows(self._connection, history, [_history_row(change) for change in changes])
        if send:
            await append_rows(self._connection, outbox, [_outbox_row(change) for change in changes])

    async def history(self, location_id: str, record_id: str) -> list[Mapping[str, Any]]:
        """What happened to a record, oldest first, as `_TOLD` says; before and after in wire form."""
        columns = history.c
        chosen = sa.select(*(columns[name] for name in _TOLD)).where(
            columns.connection_id == location_id, columns.record_id == record_id
        )
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


def _history_row(change: Change) -> Row:
    """In the order of `tables.history`."""
    return (
        plain(change.location_id), plain(change.record_id), plain(change.contact_id), change.kind.value,
        plain(change.action), plain(change.operation_id), plain(change.actor), change.at, _wire(change.before),
        _wire(change.after), optional(change.event_id), optional(change.run_id), change.read_at,
    )  # fmt: skip


def _outbox_row(change: Change) -> Row:
    """In the order of `tables.outbox`."""
    body = None if change.body is None else as_json(change.body)
    return (
        plain(change.location_id), change.kind.value, plain(change.record_id), plain(change.contact_id),
        plain(change.operation_id), plain(change.actor), change.at, as_json(change.path), body,
    )  # fmt: skip


def _wire(record: Record | None) -> str | None:
    """As `as_json(record.to_wire())`, which takes several times as long."""
    if record is None:
        return None
    if not record.extra:
        return as_json(record)
    return f"{as_json(record.extra)[:-1]},{as_json(replace(record, extra={}))[1:]}"


def _decoded(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
