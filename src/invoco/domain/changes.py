"""One change of one record, as it is told to history, outbox, search index and webhooks."""

from __future__ import annotations

from typing import Any

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Record


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a record; told inside the transaction that stores it."""

    kind: RecordKind
    action: str
    """`create`, `update`, `delete`, `restore`, `tag`, `dnd`, `complete`, `campaign` or `workflow`."""
    location_id: str
    record_id: str
    contact_id: str | None = None
    """The contact it belongs to; the record's own id for a contact."""
    operation_id: str = ""
    """The operation of `highlevel.operations` that was asked for; empty for what came from HighLevel."""
    path: dict[str, str] = {}
    """The path parameters of that operation, by wire name."""
    body: dict[str, Any] | None = None
    """The checked body of that operation."""
    before: Record | None = None
    after: Record | None = None
    at: int
    """Milliseconds since 1970."""
    actor: str = "api"
    """Who asked: `api:<key name>`, `event`, `poll`, `reconcile`, `page:<user>`, …"""
    event_id: str | None = None
    """The webhook that told of it."""
    run_id: str | None = None
    """The run that found it."""
    read_at: int | None = None
    """When HighLevel was read; None where only an event's body told."""
