"""Which webhook should have told of a change, and the changes of which none told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session
from invoco.domain.rereads import Cause
from invoco.domain.sync_ports import Unannounced
from invoco.highlevel.clock import instant
from invoco.highlevel.records import Contact, Task

_NOUNS: Final = {
    RecordKind.CONTACT: "Contact",
    RecordKind.TASK: "Task",
    RecordKind.NOTE: "Note",
    RecordKind.APPOINTMENT: "Appointment",
}
_COMPARISONS: Final = frozenset({Cause.POLL.value, Cause.RECONCILE.value})
_DND: Final = {"dnd", "dndSettings"}
_SILENT: Final = {"followers", "inboundDndSettings", "dateUpdated"}
"""Fields of a contact of whose changes HighLevel tells nothing (facts 8.2, 8.3)."""


def event_type(change: Change) -> str | None:
    """The webhook that tells of such a change; None where HighLevel has none (facts 8.3)."""
    noun = _NOUNS.get(change.kind)
    if noun is None or change.action == "restore":
        return None
    if change.action in {"create", "delete"}:
        return f"{noun}{change.action.title()}"
    match change.before, change.after:
        case Contact() as before, Contact() as after:
            return _contact_event(before, after)
        case Task() as before, Task() as after:
            return "TaskComplete" if after.completed and not before.completed else None
    return f"{noun}Update"


def _contact_event(before: Contact, after: Contact) -> str | None:
    ours, theirs = before.to_wire(), after.to_wire()
    names = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)} - _SILENT
    if not names:
        return None
    if names == {"tags"}:
        return "ContactTagUpdate"
    return "ContactDndUpdate" if names <= _DND else "ContactUpdate"


async def note_unannounced(session: Session, location_id: str, changes: Sequence[Change]) -> None:
    """Keep those that a comparison found and that an event should have told of."""
    found = [change for change in changes if change.actor in _COMPARISONS]
    named = [(change, name) for change in found if (name := event_type(change)) is not None]
    if named:
        await session.runs.note_unannounced(location_id, [_unannounced(change, name) for change, name in named])


def _unannounced(change: Change, name: str) -> Unannounced:
    return Unannounced(
        kind=change.kind,
        record_id=change.record_id,
        event_type=name,
        changed_at=_changed_at(change),
        found_at=change.at,
    )


def _changed_at(change: Change) -> int:
    told = getattr(change.after, "date_updated", None) or getattr(change.after, "date_added", None)
    try:
        return instant(told) if told else change.at
    except ValueError:
        return change.at
