"""What happens here to records that are gone in HighLevel: policies, cascades, and a brake for sudden masses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from invoco.domain.changes import Change
from invoco.domain.connections import Connection
from invoco.domain.deletions import DeletionAction, DeletionPolicy, HeldDeletions, Tombstone
from invoco.domain.ids import NewId
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.ports import ChildShelf, Session
from invoco.highlevel.records import Contact, Record
from invoco.sync.noticed import Noticed, change_of

_DAY = 86_400_000
_SUDDEN = 3_600_000
"""Deletions of one hour count together."""
CHILDREN = (RecordKind.TASK, RecordKind.NOTE, RecordKind.APPOINTMENT)


async def bury(
    session: Session, connection: Connection, kind: RecordKind, records: Sequence[Record], *, noticed: Noticed
) -> list[Change]:
    """Deal with records that are gone as the connection's policy says; what belongs to a contact goes its way."""
    policy = connection.policy(kind)
    changes: list[Change] = []
    for child_kind in CHILDREN if kind is RecordKind.CONTACT else ():
        children = [
            child for contact in records for child in await _children(session, connection.id, child_kind, contact)
        ]
        changes += await _bury(session, connection.id, child_kind, children, policy=policy, noticed=noticed)
    return changes + await _bury(session, connection.id, kind, records, policy=policy, noticed=noticed)


async def forget_unknown(
    session: Session, connection: Connection, kind: RecordKind, record_id: str, *, noticed: Noticed
) -> None:
    """Remember that a record is gone which was never here, so that a late event cannot bring it."""
    action = connection.policy(kind).action
    stone = Tombstone(kind=kind, record_id=record_id, contact_id=None, action=action, gone_at=noticed.at)
    await session.tombstones.put(connection.id, [stone])


async def bring_back(session: Session, location_id: str, stone: Tombstone, *, noticed: Noticed) -> Change | None:
    """Let an archived record be seen again although HighLevel has it no longer; None when it is not archived.

    Its tombstone stays and says that it was left here on purpose.
    """
    if stone.archived is None:
        return None
    record = msgspec.json.decode(stone.archived, type=RECORD_TYPES[stone.kind])
    await session.shelf(stone.kind).put(location_id, [record])
    left = replace(stone, action=DeletionAction.LEAVE, archived=None, purge_at=None)
    await session.tombstones.put(location_id, [left])
    change = change_of(location_id, stone.kind, "restore", None, record, noticed=noticed)
    await session.journal.record([change], send=False)
    return change


async def is_sudden(session: Session, connection: Connection, kind: RecordKind, deletions: int, *, at: int) -> bool:
    """Whether so many deletions, with those of the last hour, are a mass that an operator must approve."""
    limit = connection.mass_deletion
    if deletions == 0:
        return False
    recent = await session.tombstones.count_since(connection.id, kind, since=at - _SUDDEN)
    if deletions + recent <= limit.least:
        return False
    records = await session.shelf(kind).count(connection.id)
    return deletions + recent > limit.share * (records + recent)


async def hold(
    session: Session, connection: Connection, kind: RecordKind, record_ids: Sequence[str], *, at: int, new_id: NewId
) -> HeldDeletions:
    """Let these deletions wait for approval, together with those of the kind that wait already."""
    waiting = [held for held in await session.tombstones.held(connection.id) if held.kind is kind]
    known = waiting[0].record_ids if waiting else ()
    held = HeldDeletions(
        id=waiting[0].id if waiting else new_id(),
        location_id=connection.id,
        kind=kind,
        record_ids=tuple(dict.fromkeys((*known, *record_ids))),
        records=await session.shelf(kind).count(connection.id),
        found_at=waiting[0].found_at if waiting else at,
    )
    await session.tombstones.hold(held)
    await session.provisional.confirm(connection.id, kind, record_ids)
    return held


async def _children(session: Session, location_id: str, kind: RecordKind, contact: Record) -> list[Record]:
    shelves: dict[RecordKind, ChildShelf[Any]] = {
        RecordKind.TASK: session.tasks,
        RecordKind.NOTE: session.notes,
        RecordKind.APPOINTMENT: session.appointments,
    }
    return [*await shelves[kind].of_contact(location_id, contact.id)]


async def _bury(
    session: Session,
    location_id: str,
    kind: RecordKind,
    records: Sequence[Record],
    *,
    policy: DeletionPolicy,
    noticed: Noticed,
) -> list[Change]:
    if not records:
        return []
    ids = [record.id for record in records]
    stays = policy.action is DeletionAction.LEAVE
    if not stays:
        await session.shelf(kind).delete(location_id, ids)
    await session.tombstones.put(
        location_id, [_tombstone(kind, record, policy=policy, at=noticed.at) for record in records]
    )
    await session.provisional.confirm(location_id, kind, ids)
    changes = [
        change_of(
            location_id,
            kind,
            "leave" if stays else "delete",
            record,
            record if stays else None,
            noticed=noticed,
        )
        for record in records
    ]
    await session.journal.record(changes, send=False)
    return changes


def _tombstone(kind: RecordKind, record: Record, *, policy: DeletionPolicy, at: int) -> Tombstone:
    deletes = policy.action is DeletionAction.DELETE
    keeps = policy.action is DeletionAction.ARCHIVE or (deletes and policy.after_days > 0)
    contact_id = record.id if isinstance(record, Contact) else getattr(record, "contact_id", None)
    return Tombstone(
        kind=kind,
        record_id=record.id,
        contact_id=contact_id,
        action=policy.action,
        gone_at=at,
        purge_at=at + policy.after_days * _DAY if deletes and keeps else None,
        archived=msgspec.json.encode(record) if keeps else None,
    )
