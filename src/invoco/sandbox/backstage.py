"""What people do on HighLevel's own pages, for which its API has no call (facts 5, 8.3)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec
import sqlalchemy as sa

from invoco.domain.errors import FixInput
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.highlevel.records import Contact, Record
from invoco.sandbox.scenes import ACTOR, Scene
from invoco.service.books.desk import Writing, found
from invoco.store.database import Database
from invoco.store.session import StoreSession
from invoco.store.tables import contacts, history

MOST_MERGED: Final = 10
_MERGED, _RESTORED = "merge", "restore"
REMEMBERED: Final = frozenset({_MERGED, _RESTORED})
"""Actions that a later restore must know of."""
_KEPT_BY_MASTER: Final = frozenset({"id", "location_id", "date_added", "date_updated", "extra"})


class Backstage:
    """Merges, restores and mass disappearances of contacts."""

    def __init__(self, database: Database, *, told: Scene, untold: Scene) -> None:
        self._database, self._told, self._untold = database, told, untold

    async def merge(self, location_id: str, master_id: str, other_ids: Sequence[str]) -> Contact:
        """One contact of several: the master keeps its values, its blanks are filled from the others, in their order.

        The others are gone for good with all that belongs to them. Nobody is told.

        Raises:
            FixInput: nobody or too many are to be merged, or one twice.
            NoSuchRecord: one of them does not exist.
        """
        ids = [master_id, *other_ids]
        if not 2 <= len(set(ids)) == len(ids) <= MOST_MERGED:
            raise FixInput(f"Two to {MOST_MERGED} different contacts are merged.", cure="Name each of them once.")
        async with self._untold.writing(location_id) as writing:
            master, *others = [await found(writing.session.contacts, location_id, id_, noun="Contact") for id_ in ids]
            for other in others:
                writing.note(RecordKind.CONTACT, _MERGED, "", before=other, after=other)
        for other in others:
            await self._untold.books.contacts.delete(location_id, other.id, actor=ACTOR)
        async with self._untold.writing(location_id) as writing:
            merged = _filled(master, others, moment=writing.moment)
            await writing.session.contacts.put(location_id, [merged])
            writing.note(RecordKind.CONTACT, "update", "", before=master, after=merged)
        return merged

    async def restore(self, location_id: str, contact_id: str) -> Contact:
        """Bring a deleted contact back: its id, its fields and what belonged to it are as they were. Nobody is told.

        Raises:
            FixInput: it was not deleted, or it was merged into another.
        """
        async with self._untold.writing(location_id) as writing:
            past = await writing.session.journal.history(location_id, contact_id)
            actions = [entry["action"] for entry in past]
            if not actions or actions[-1] != "delete" or _MERGED in actions:
                raise FixInput(f"There is no deleted contact {contact_id!r}.", cure="Name one that was deleted.")
            contact, *children = await _gone(writing, contact_id, at=past[-1]["at"])
            for kind, record in (contact, *children):
                await writing.session.shelf(kind).put(location_id, [record])
                writing.note(kind, _RESTORED, "", after=record)
        return cast("Contact", contact[1])

    async def vanish(
        self, location_id: str, *, count: int | None = None, share: float | None = None, seed: int, events: bool
    ) -> list[str]:
        """Delete so many contacts, or such a share of them, chosen by the seed; the ids of those that are gone."""
        async with self._database.reading() as session:
            mine = contacts.c.connection_id == location_id
            ids = (await session.connection.scalars(sa.select(contacts.c.id).where(mine).order_by(contacts.c.id))).all()
        size = round(len(ids) * share) if share is not None else count or 0
        chosen = random.Random(seed).sample(ids, min(size, len(ids)))
        scene = self._told if events else self._untold
        for contact_id in chosen:
            await scene.books.contacts.delete(location_id, contact_id, actor=ACTOR)
        return chosen


def _filled(master: Contact, others: Sequence[Contact], *, moment: str) -> Contact:
    """The master with its blanks filled: texts and lists that hold nothing, and switches that were never set."""
    filled: dict[str, Any] = {"date_updated": moment}
    for name in Contact.__struct_fields__:
        values = [value for value in (getattr(other, name) for other in others) if not _is_blank(value)]
        if name not in _KEPT_BY_MASTER and _is_blank(getattr(master, name)) and values:
            filled[name] = values[0]
    return msgspec.structs.replace(master, **filled)


def _is_blank(value: Any) -> bool:
    return value is None or value in ("", [], {})


async def _gone(writing: Writing, contact_id: str, *, at: int) -> list[tuple[RecordKind, Record]]:
    """The contact, and what went with it in the same moment."""
    # The twin's books are always kept in the store's own database.
    connection = cast("StoreSession", writing.session).connection
    columns = history.c
    mine = (
        columns.connection_id == writing.location_id,
        columns.contact_id == contact_id,
        columns.operation == "delete-contact",
        columns.at == at,
    )
    rows = await connection.execute(sa.select(columns.kind, columns.before).where(*mine).order_by(columns.position))
    return [_remembered(RecordKind(row.kind), row.before) for row in rows]


def _remembered(kind: RecordKind, text: str) -> tuple[RecordKind, Record]:
    return kind, RECORD_TYPES[kind].from_wire(msgspec.json.decode(text))
