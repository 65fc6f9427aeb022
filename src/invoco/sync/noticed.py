"""How a change was noticed, and how it is told to the history."""

from __future__ import annotations

from typing import cast

import msgspec

from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause
from invoco.highlevel.records import Contact, Record

FEW = 16
"""So many events or answers are a small matter (`Session.brief`)."""


class Noticed(msgspec.Struct, frozen=True, kw_only=True):
    """How Invoco learned of a change."""

    cause: Cause
    at: int
    """When; milliseconds since 1970."""
    event_id: str | None = None
    run_id: str | None = None
    read_at: int | None = None
    """When HighLevel was read; None where only the body of an event told."""


def change_of(
    location_id: str, kind: RecordKind, action: str, before: Record | None, after: Record | None, *, noticed: Noticed
) -> Change:
    """The change of a record that came from HighLevel."""
    record = cast("Record", before if after is None else after)  # one of them is there
    contact_id = record.id if isinstance(record, Contact) else getattr(record, "contact_id", None)
    return Change(
        kind=kind,
        action=action,
        location_id=location_id,
        record_id=record.id,
        contact_id=contact_id,
        before=before,
        after=after,
        at=noticed.at,
        actor=noticed.cause.value,
        event_id=noticed.event_id,
        run_id=noticed.run_id,
        read_at=noticed.read_at,
    )
