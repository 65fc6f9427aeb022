"""History and outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import WriteState
from invoco.highlevel.records import Record
from invoco.store.outbound_tables import outbox
from invoco.store.rows import Row, as_json, optional, plain
from invoco.store.statements import append_rows
from invoco.store.sync_tables import WAITING
from invoco.store.tables import history

_TOLD = ("at", "actor", "action", "operation", "before", "after", "event_id", "run_id", "read_at")
_WHOSE = ("position", "kind", "record_id", "contact_id")


class JournalShelf:
    """What happened, and what HighLevel has not been told yet."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def record(self, changes: Sequence[Change], *, send: bool) -> None:
        """Append each change to the history, and to the outbox, due at once, if it is to be sent to HighLevel."""
        await append_rows(self._connection, history, [_history_row(change) for change in changes])
        if send:
            await append_rows(self._connection, outbox, [_outbox_row(change) for change in changes])

    async def history(self, location_id: str, record_id: str) -> list[Mapping[str, Any]]:
        """What happened to a record, oldest first, as `_TOLD` says; before and after in wire form."""
        return await self._told(_HISTORY, {"location_id": location_id, "of_record": record_id})

    async def of_run(self, location_id: str, run_id: str, *, after: int = 0, limit: int) -> list[Mapping[str, Any]]:
        """What a run changed behind that position, oldest first, as `_TOLD` and `_WHOSE` say."""
        wanted = {"location_id": location_id, "of_run": run_id, "after": after, "most": limit}
        return await self._told(_OF_RUN, wanted)

    async def newest(
        self, location_id: str, kind: RecordKind, record_id: str, *, limit: int
    ) -> list[Mapping[str, Any]]:
        """What happened to a record last, newest first, as `_TOLD` and `_WHOSE` say."""
        wanted = {"location_id": location_id, "of_record": record_id, "of_kind": kind.value, "most": limit}
        return await self._told(_NEWEST, wanted)

    async def of_contact(
        self, location_id: str, contact_id: str, *, before: int | None = None, limit: int
    ) -> list[Mapping[str, Any]]:
        """What happened to a contact and what is its own, newest first, before that position; told as by `newest`."""
        end = _NO_END if before is None else before
        wanted = {"location_id": location_id, "of_contact": contact_id, "before": end, "most": limit}
        return await self._told(_OF_CONTACT, wanted)

    async def outbox(self, location_id: str) -> list[Mapping[str, Any]]:
        """What waits to be sent, in the order in which it was asked for: id, at, operation, path, body, contact."""
        rows = (await self._connection.execute(_WAITING, {"location_id": location_id})).mappings()
        return [{**row, "path": _decoded(row["path"]), "body": _decoded(row["body"])} for row in rows]

    async def _told(self, chosen: sa.Select[Any], wanted: dict[str, Any]) -> list[Mapping[str, Any]]:
        rows = (await self._connection.execute(chosen, wanted)).mappings()
        return [{**row, "before": _decoded(row["before"]), "after": _decoded(row["after"])} for row in rows]


_COLUMNS = history.c
_HERE = _COLUMNS.connection_id == sa.bindparam("location_id")
_OF_RECORD = _COLUMNS.record_id == sa.bindparam("of_record")
_NO_END = 2**63 - 1
_NEWEST_FIRST = _COLUMNS.position.desc()
_MOST: sa.BindParameter[int] = sa.bindparam("most")
_HISTORY = sa.select(*(_COLUMNS[name] for name in _TOLD)).where(_HERE, _OF_RECORD).order_by(_COLUMNS.position)
_IN_FULL = sa.select(*(_COLUMNS[name] for name in (*_WHOSE, *_TOLD))).where(_HERE)
_OF_RUN = (
    _IN_FULL.where(_COLUMNS.run_id == sa.bindparam("of_run"), _COLUMNS.position > sa.bindparam("after"))
    .order_by(_COLUMNS.position)
    .limit(_MOST)
)
_NEWEST = _IN_FULL.where(_OF_RECORD, _COLUMNS.kind == sa.bindparam("of_kind")).order_by(_NEWEST_FIRST).limit(_MOST)
_OF_CONTACT = (
    _IN_FULL.where(_COLUMNS.contact_id == sa.bindparam("of_contact"), _COLUMNS.position < sa.bindparam("before"))
    .order_by(_NEWEST_FIRST)
    .limit(_MOST)
)
_WAITING = (
    sa.select(
        outbox.c.position.label("id"), outbox.c.at, outbox.c.operation, outbox.c.path, outbox.c.body,
        outbox.c.contact_id.label("contact"),
    )
    .where(outbox.c.connection_id == sa.bindparam("location_id"), WAITING)
    .order_by(outbox.c.position)
)  # fmt: skip


def _history_row(change: Change) -> Row:
    """In the order of `tables.history`."""
    return (
        plain(change.location_id), plain(change.record_id), plain(_contact_id(change)), change.kind.value,
        plain(change.action), plain(change.operation_id), plain(change.actor), change.at, _wire(change.before),
        _wire(change.after), optional(change.event_id), optional(change.run_id), change.read_at,
    )  # fmt: skip


def _outbox_row(change: Change) -> Row:
    """In the order of `outbound_tables.outbox`: it waits, and is due at once."""
    body = None if change.body is None else as_json(change.body)
    return (
        plain(change.location_id), change.kind.value, plain(change.record_id), plain(_contact_id(change)),
        plain(change.operation_id), plain(change.actor), change.at, as_json(change.path), body,
        WriteState.WAITING.value, 0, change.at, None, None, None, None,
    )  # fmt: skip


def _contact_id(change: Change) -> str | None:
    """The contact it belongs to; a contact belongs to itself."""
    return change.record_id if change.kind is RecordKind.CONTACT else change.contact_id


def _wire(record: Record | None) -> str | None:
    """As `as_json(record.to_wire())`, which takes several times as long."""
    if record is None:
        return None
    if not record.extra:
        return as_json(record)
    return f"{as_json(record.extra)[:-1]},{as_json(replace(record, extra={}))[1:]}"


def _decoded(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
