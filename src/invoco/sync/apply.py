"""The one way a change enters the mirror, however it was noticed: records, history, marks and tombstones together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from invoco.domain.changes import Change
from invoco.domain.connections import Connection
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import ChildShelf, Session
from invoco.highlevel.records import Record
from invoco.sync.announcing import note_unannounced
from invoco.sync.deletions import bury, hold, is_sudden
from invoco.sync.noticed import Noticed, change_of

__all__ = ["AllOfContact", "Noticed", "apply_all_of_contacts", "apply_list", "apply_records", "apply_told"]


async def apply_records(
    session: Session, location_id: str, kind: RecordKind, records: Sequence[Record], *, noticed: Noticed
) -> list[Change]:
    """As `apply_told`, where all were noticed together."""
    return await apply_told(session, location_id, kind, [(record, noticed) for record in records])


async def apply_told(
    session: Session, location_id: str, kind: RecordKind, told: Sequence[tuple[Record, Noticed]]
) -> list[Change]:
    """Make the mirror hold these records as they are told, and tell what that changed.

    A record that was gone and is told again is back: its tombstone goes.
    """
    ids = [record.id for record, _ in told]
    held = await session.shelf(kind).get_many(location_id, ids)
    buried = await session.tombstones.get_many(location_id, kind, ids)
    changes = [
        _change(location_id, kind, held.get(record.id), record, restored=record.id in buried, noticed=noticed)
        for record, noticed in told
        if record.id in buried or held.get(record.id) != record
    ]
    if changes:
        await session.shelf(kind).change(location_id, [(change.before, change.after) for change in changes])
        await session.journal.record(changes, send=False)
    if buried:
        await session.tombstones.remove(location_id, kind, list(buried))
    if read := [record.id for record, noticed in told if noticed.read_at is not None]:
        await session.provisional.confirm(location_id, kind, read)
    await note_unannounced(session, location_id, changes)
    return changes


class AllOfContact(msgspec.Struct, frozen=True, kw_only=True):
    """All tasks, or all notes, that a contact was told to have."""

    contact_id: str
    records: Sequence[Record]
    malformed_ids: Collection[str] = ()
    """Those that are there and cannot be read."""
    noticed: Noticed


async def apply_all_of_contacts(
    session: Session, connection: Connection, kind: RecordKind, told: Sequence[AllOfContact]
) -> list[Change]:
    """As `apply_records`, for all tasks or notes that these contacts have: one that is held and not told is gone."""
    shelf: ChildShelf[Any] = session.tasks if kind is RecordKind.TASK else session.notes
    contact_ids = [each.contact_id for each in told]
    held = await shelf.of_contacts(connection.id, contact_ids)
    records = {record.id: (record, each.noticed) for each in told for record in each.records}
    known = records.keys() | {record_id for each in told for record_id in each.malformed_ids}
    changes = await apply_told(session, connection.id, kind, list(records.values()))
    for each in told:
        mine = [record for record in held if record.contact_id == each.contact_id]
        changes += await _bury_untold(session, connection, kind, mine, known, noticed=each.noticed)
    await session.provisional.confirm_of_contacts(connection.id, kind, contact_ids)
    return changes


async def apply_list(
    session: Session,
    connection: Connection,
    kind: RecordKind,
    records: Sequence[Record],
    *,
    malformed_ids: Collection[str] = (),
    noticed: Noticed,
) -> list[Change]:
    """As `apply_records`, for a kind whose whole list was read: one that is held and not told is gone.

    A sudden mass of those waits for approval.
    """
    held: list[Record] = []
    while page := await session.shelf(kind).page(connection.id, after=held[-1].id if held else None):
        held += page
    told = {record.id for record in records} | set(malformed_ids)
    changes = await apply_records(session, connection.id, kind, records, noticed=noticed)
    untold = [record.id for record in held if record.id not in told]
    if await is_sudden(session, connection, kind, len(untold), at=noticed.at):
        await hold(session, connection, kind, untold, at=noticed.at, new_id=new_id)
        return changes
    return changes + await _bury_untold(session, connection, kind, held, told, noticed=noticed)


async def _bury_untold(
    session: Session,
    connection: Connection,
    kind: RecordKind,
    held: Sequence[Record],
    told: Collection[str],
    *,
    noticed: Noticed,
) -> list[Change]:
    """A record that was left here on purpose when it went is not buried again."""
    untold = [record for record in held if record.id not in told]
    if not untold:
        return []
    left = await session.tombstones.get_many(connection.id, kind, [record.id for record in untold])
    gone = [record for record in untold if record.id not in left]
    changes = await bury(session, connection, kind, gone, noticed=noticed) if gone else []
    await note_unannounced(session, connection.id, changes)
    return changes


def _change(
    location_id: str, kind: RecordKind, before: Record | None, after: Record, *, restored: bool, noticed: Noticed
) -> Change:
    action = "restore" if restored else "create" if before is None else "update"
    return change_of(location_id, kind, action, before, after, noticed=noticed)
