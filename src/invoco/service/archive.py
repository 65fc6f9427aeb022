"""Records that are gone in HighLevel and kept here, hidden, until they are wanted back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from invoco.domain.connections import Connection
from invoco.domain.deletions import Tombstone
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.ports import Session, Store
from invoco.domain.rereads import Cause
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.records import Record
from invoco.sync.deletions import bring_back
from invoco.sync.noticed import Noticed

_TOGETHER = 60_000
"""Milliseconds between the ends of a contact and of what went with it: HighLevel tells of each in its own event."""


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """One hidden record."""

    location_id: str
    stone: Tombstone
    record: Record
    history: tuple[Mapping[str, Any], ...] = ()
    """What happened to it, oldest first; only where one record is shown."""


class ArchiveService:
    """Shows archived records and brings them back."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def page(self, connection: Connection, *, kind: RecordKind | None = None, limit: int = 100) -> list[Archived]:
        """The records that were archived last, newest first."""
        async with self._store.reading() as session:
            stones = await session.tombstones.page(connection.id, kind=kind, limit=limit)
        return [found for stone in stones if (found := _opened(connection.id, stone)) is not None]

    async def show(self, record_id: str, *, kind: RecordKind | None = None) -> Archived:
        """An archived record with its history.

        Raises:
            FixInput: none has this id, or several kinds have one.
        """
        async with self._store.reading() as session:
            found = await _find(session, record_id, kind=kind)
            history = await session.journal.history(found.location_id, record_id)
        return msgspec.structs.replace(found, history=tuple(history))

    async def restore(self, record_id: str, *, kind: RecordKind | None = None) -> list[Archived]:
        """Let an archived record be seen again, a contact together with what went with it; tells what came back.

        Raises:
            FixInput: none has this id, several kinds have one, or its contact is not here.
        """
        async with self._store.transaction() as session:
            found = await _find(session, record_id, kind=kind)
            await _check_contact(session, found)
            back = [found, *await _went_along(session, found)]
            noticed = Noticed(cause=Cause.RETRY, at=milliseconds(self._clock))
            for each in back:
                await bring_back(session, each.location_id, each.stone, noticed=noticed)
        return back


async def _find(session: Session, record_id: str, *, kind: RecordKind | None) -> Archived:
    found = [
        archived
        for connection in await session.connections.all()
        for each in (RecordKind if kind is None else (kind,))
        for stone in (await session.tombstones.get_many(connection.id, each, [record_id])).values()
        if (archived := _opened(connection.id, stone)) is not None
    ]
    if not found:
        raise FixInput(f"No archived record has the id {record_id}.", cure="See `invoco archive list`.")
    if len(found) > 1:
        kinds = ", ".join(each.stone.kind for each in found)
        raise FixInput(f"Several archived records have the id {record_id}: {kinds}.", cure="Name one kind: --kind.")
    return found[0]


async def _check_contact(session: Session, found: Archived) -> None:
    contact_id = found.stone.contact_id
    if contact_id is None or contact_id == found.record.id:
        return
    if await session.contacts.get(found.location_id, contact_id) is None:
        raise FixInput(
            "The contact it belongs to is not here.",
            cure=f"Run `invoco archive restore {contact_id}`; what went with a contact comes back with it.",
        )


async def _went_along(session: Session, found: Archived) -> list[Archived]:
    """What belongs to a contact and went at the same time; what had been deleted before stays away."""
    if found.stone.kind is not RecordKind.CONTACT:
        return []
    stones = await session.tombstones.of_contact(found.location_id, found.record.id)
    return [
        child
        for stone in stones
        if stone.kind is not RecordKind.CONTACT and abs(found.stone.gone_at - stone.gone_at) <= _TOGETHER
        if (child := _opened(found.location_id, stone)) is not None
    ]


def _opened(location_id: str, stone: Tombstone) -> Archived | None:
    """None when nothing is kept of it."""
    if stone.archived is None:
        return None
    record = msgspec.json.decode(stone.archived, type=RECORD_TYPES[stone.kind])
    return Archived(location_id=location_id, stone=stone, record=record)
