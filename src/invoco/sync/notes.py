"""Reading the notes of every contact, one call each, within a daily budget (facts 9: there is no bulk call)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from invoco.domain.connections import SetAside
from invoco.domain.errors import QuotaUsed
from invoco.domain.ports import Session, Source, Store
from invoco.highlevel.clock import Clock
from invoco.highlevel.records import Note
from invoco.sync.plan import daily_notes

_CHUNK = 16
"""Contacts a page: a killed import reads the notes of the pages again that it had not stored yet."""
_DAY = 86_400


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far the walk over the mirror's contacts has come, and what it has used of a day's budget."""

    after: str | None = None
    contacts: int = 0
    day: int = 0
    """Days since 1970, UTC."""
    used: int = 0


class NotesPage(msgspec.Struct, frozen=True, kw_only=True):
    """All notes of some contacts."""

    contact_ids: list[str]
    records: list[Note]
    malformed: list[SetAside]
    cursor: Any
    total: int | None


class BudgetUsed(QuotaUsed):
    """The part of the day's quota that reading notes may use is used up."""


class ContactWalk:
    """Walks the mirror's contacts by id, as many a day as a budget of calls allows."""

    def __init__(self, source: Source, store: Store, *, location_id: str, clock: Clock, share: float) -> None:
        """`share` is the part of a day's quota that may be used."""
        self._source, self._store, self._clock = source, store, clock
        self._location_id, self._share = location_id, share

    def place(self, cursor: Any) -> Position:
        """Where it stands; every day the budget is whole again."""
        position = msgspec.convert(cursor or {}, Position)
        today = int(self._clock.now() // _DAY)
        return position if position.day == today else msgspec.structs.replace(position, day=today, used=0)

    async def contacts(self, position: Position) -> list[str]:
        """The ids of the next contacts, each worth one call; none at the end.

        Raises:
            BudgetUsed: no call is left today.
        """
        left = self._calls_left(position)
        async with self._store.reading() as session:
            contacts = await session.contacts.page(self._location_id, after=position.after, limit=max(1, left))
        if contacts and left <= 0:
            raise BudgetUsed
        return [contact.id for contact in contacts]

    def _calls_left(self, position: Position) -> int:
        budget = daily_notes(self._source.allowance, share=self._share)
        return _CHUNK if budget is None else min(_CHUNK, budget - position.used)


class NotesReader:
    """Reads the notes of each contact of the mirror from the source."""

    def __init__(self, source: Source, store: Store, *, location_id: str, clock: Clock, share: float) -> None:
        self._source, self._store, self._location_id = source, store, location_id
        self._walk = ContactWalk(source, store, location_id=location_id, clock=clock, share=share)

    async def page(self, cursor: Any) -> NotesPage:
        """The notes of the next contacts.

        Raises:
            BudgetUsed: no call is left today.
        """
        position = self._walk.place(cursor)
        contact_ids = await self._walk.contacts(position)
        total = await self._total() if position.after is None else None
        if not contact_ids:
            return NotesPage(contact_ids=[], records=[], malformed=[], cursor=None, total=total)
        records, malformed = await self._notes_of(contact_ids)
        following = msgspec.to_builtins(moved(position, contact_ids))
        return NotesPage(contact_ids=contact_ids, records=records, malformed=malformed, cursor=following, total=total)

    async def clear(self, session: Session, pages: Sequence[NotesPage]) -> None:
        """Make room for all notes of these contacts: what HighLevel no longer tells of is gone."""
        contact_ids = [contact_id for page in pages for contact_id in page.contact_ids]
        if contact_ids:
            await session.notes.delete_of_contacts(self._location_id, contact_ids)

    async def _total(self) -> int:
        async with self._store.reading() as session:
            return await session.contacts.count(self._location_id)

    async def _notes_of(self, contact_ids: list[str]) -> tuple[list[Note], list[SetAside]]:
        records: list[Note] = []
        malformed: list[SetAside] = []
        async with aclosing(self._source.notes_of(contact_ids)) as read:
            async for _, page in read:
                records += page.records
                malformed += page.malformed
        return records, malformed


def moved(position: Position, contact_ids: Sequence[str]) -> Position:
    """The position behind these contacts, whose notes were read."""
    return msgspec.structs.replace(
        position,
        after=contact_ids[-1],
        contacts=position.contacts + len(contact_ids),
        used=position.used + len(contact_ids),
    )


def contacts_read(cursor: Any) -> int:
    """How many contacts' notes were read when this cursor was saved."""
    return msgspec.convert(cursor or {}, Position).contacts
