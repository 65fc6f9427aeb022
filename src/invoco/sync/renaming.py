"""A record that was made here gets the id that HighLevel gave it, in everything that names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Write
from invoco.domain.ports import Session
from invoco.sync.noticed import Noticed, change_of

_CHILDREN: Final = (RecordKind.TASK, RecordKind.NOTE)


async def rename(
    session: Session, location_id: str, kind: RecordKind, old: str, new: str, *, contact_id: str, noticed: Noticed
) -> None:
    """Let `new` be the id of the record, and `old` an alias; a copy that an event brought under `new` is replaced."""
    shelf = session.shelf(kind)
    record, copy = await shelf.get(location_id, old), await shelf.get(location_id, new)
    await shelf.delete(location_id, [old])
    await session.bases.remove(location_id, kind, [old])
    await session.tombstones.remove(location_id, kind, [new])
    if record is not None:
        await shelf.put(location_id, [replace(record, id=new)])
        pairs: list[tuple[RecordKind, Any, Any]] = [(kind, record, None), (kind, copy, replace(record, id=new))]
        await _tell(session, location_id, pairs, noticed=noticed)
    await session.aliases.put(location_id, kind, {old: new})
    if kind is RecordKind.CONTACT:
        await _hand_over(session, location_id, old, new, noticed=noticed)
    waiting = await session.outbox.waiting_of(location_id, contact_id)
    await session.outbox.put(location_id, [_renamed(write, old, new) for write in waiting])


async def _tell(
    session: Session, location_id: str, pairs: Sequence[tuple[RecordKind, Any, Any]], *, noticed: Noticed
) -> None:
    changes = [
        change_of(location_id, kind, "rename", before, after, noticed=noticed)
        for kind, before, after in pairs
        if before != after
    ]
    await session.journal.record(changes, send=False)


async def _hand_over(session: Session, location_id: str, old: str, new: str, *, noticed: Noticed) -> None:
    """What belongs to the contact."""
    for kind in _CHILDREN:
        shelf: Any = session.shelf(kind)
        children = await shelf.of_contact(location_id, old)
        if children:
            theirs = [replace(child, contact_id=new) for child in children]
            await shelf.put(location_id, theirs)
            pairs = [(kind, child, after) for child, after in zip(children, theirs, strict=True)]
            await _tell(session, location_id, pairs, noticed=noticed)
        bases = await session.bases.of_contacts(location_id, kind, [old])
        if bases:
            await session.bases.put(location_id, [replace(base, contact_id=new) for base in bases])


def _renamed(write: Write, old: str, new: str) -> Write:
    def named(text: str) -> str:
        return new if text == old else text

    return replace(
        write,
        record_id=named(write.record_id),
        contact_id=named(write.contact_id),
        path={name: named(value) for name, value in write.path.items()},
        body=_in_body(write.body, old, new),
    )


def _in_body(body: Mapping[str, Any] | None, old: str, new: str) -> dict[str, Any] | None:
    """Lists of ids in a body name contacts."""
    if body is None:
        return None
    return {
        name: [new if item == old else item for item in value] if isinstance(value, list) else value
        for name, value in body.items()
    }
