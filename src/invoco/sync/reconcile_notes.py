"""Notes contact by contact, within a budget of calls a day: a round over all contacts may take many days.

What differs is asked for again instead of being believed: events may have told more by the time a page is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from functools import partial

import msgspec
from msgspec.structs import replace

from invoco.domain.errors import QuotaUsed
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, SourcePage, Store
from invoco.domain.rereads import Subject
from invoco.highlevel.clock import Clock
from invoco.highlevel.quota import Priority
from invoco.sync.comparing import Found
from invoco.sync.notes import ContactWalk, Position, moved
from invoco.sync.reconcile_steps import Step, position_name

_NAME = position_name(RecordKind.NOTE)
Told = Sequence[tuple[str, SourcePage]]


async def reconcile_notes(step: Step, kind: RecordKind, *, store: Store, clock: Clock, share: float) -> None:
    """Go on with the round over the contacts until it is over or the budget of the day is used."""
    location_id = step.ledger.location_id
    walk = ContactWalk(step.source, store, location_id=location_id, clock=clock, share=share)
    source = step.source.at_priority(Priority.IMPORT)
    async with store.reading() as session:
        total = await session.contacts.count(location_id)
    place = walk.place(await step.ledger.position(_NAME))
    try:
        while contact_ids := await walk.contacts(place):
            async with aclosing(source.notes_of(contact_ids)) as read:
                told = [each async for each in read]
            look = partial(_look, step=step, told=told, following=moved(place, contact_ids))
            place = walk.place(msgspec.to_builtins(await step.ledger.store(_NAME, look)))
            step.progress(kind, place.contacts, total)
    except QuotaUsed:
        return
    await step.ledger.store(_NAME, partial(_begin_anew, place=place))


async def _begin_anew(_session: Session, *, place: Position) -> tuple[Found, Position]:
    """The next round; what was used of the day's budget stays used."""
    return Found(), replace(place, after=None, contacts=0)


async def _look(session: Session, *, step: Step, told: Told, following: Position) -> tuple[Found, Position]:
    location_id = step.ledger.location_id
    waiting = await session.rereads.find_many(location_id, Subject.NOTES, [contact_id for contact_id, _ in told])
    found = Found(malformed=[row for _, page in told for row in page.malformed])
    for contact_id, page in told:
        unreadable = {row.record_id for row in page.malformed}
        here = {note.id: note for note in await session.notes.of_contact(location_id, contact_id)}
        there = {note.id: note for note in page.records}
        found.compared += len(here.keys() | there.keys())
        readable_here = {note_id: note for note_id, note in here.items() if note_id not in unreadable}
        if readable_here != there and contact_id not in waiting:
            found.rereads.append(step.ledger.reread(Subject.NOTES, contact_id))
    if readable := [note.id for _, page in told for note in page.records]:
        await session.imports.clear_aside(location_id, RecordKind.NOTE, readable)
    return found, following
