"""The people, and the bad luck, of a simulation: everything that a script can let happen in the twin."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from invoco.domain.errors import InvocoError
from invoco.domain.kinds import RecordKind
from invoco.highlevel.clock import iso, milliseconds
from invoco.highlevel.records import Contact, CustomField
from invoco.sandbox import FaultSwitch, Limit, Limits, Twin
from invoco.sandbox.webhooks import Chaos
from invoco.service.books.desk import every
from invoco.store.tables import RECORD_TABLES

T = TypeVar("T")

WATCHED: Final = (RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE, RecordKind.APPOINTMENT)
"""Kinds whose records come and go in a simulation."""
_BY: Final = {"actor": "somebody"}
_FAULTS: Final = (
    "520", "429", "html", "slow", "truncated", "reset", "lost-answer", "token-refused", "version-refused", "page-loop",
    "flicker", "malformed",
)  # fmt: skip
WORDS: Final = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven")
TAGS: Final = ("vip", "newsletter", "cold", "moved", "lapsed", "Neu", "übergabe")
LAGS: Final = (0.0, 5.0, 60.0, 240.0)
"""How many seconds the search may be behind."""
_ROWS_ARE_MISSING: Final = ("flicker", "malformed")
_MOST_HITS: Final = 60
_CREATING: Final = frozenset({"create_contact", "create_task", "write_note", "book_appointment"})
_DAY_MS: Final = 86_400_000


class Hands:
    """Does what a script says, choosing by the dice it is given among what there is."""

    def __init__(self, twin: Twin, location_id: str) -> None:
        self._twin, self._here = twin, location_id
        self.ever: defaultdict[RecordKind, set[str]] = defaultdict(set)
        """Every record there ever was."""
        self.restored: set[str] = set()
        """Contacts that came back; nothing but a comparison of everything can tell."""
        self.refused = 0
        """Acts that HighLevel would not do."""
        self.troubles: Counter[str] = Counter()
        """By name, how often faults hit that are over."""

    @property
    def unreliable(self) -> bool:
        """Whether searches left rows out, so that polls cannot have seen everything; true only when all is calm."""
        return any(self.troubles[name] for name in _ROWS_ARE_MISSING)

    async def do(self, act: str, dice: Random) -> None:
        """One act."""
        try:
            await getattr(self, act)(dice)
        except InvocoError:
            self.refused += 1
        if act in _CREATING:
            await self.count()

    async def count(self) -> None:
        """Take note of the records there are."""
        async with self._twin.database.reading() as session:
            for kind in WATCHED:
                columns = RECORD_TABLES[kind].c
                mine = columns.connection_id == self._here
                self.ever[kind].update(await session.connection.scalars(sa.select(columns.id).where(mine)))

    # People.

    async def create_contact(self, dice: Random) -> None:
        """Somebody new, or somebody who is there already."""
        body = {"firstName": dice.choice(WORDS), "email": f"{dice.choice(WORDS)}{dice.randrange(40)}@example.com"}
        if dice.random() < 0.5:
            body["phone"] = f"+1212555{dice.randrange(10_000):04d}"
        await self._twin.books.contacts.create(self._here, body, **_BY)

    async def edit_contact(self, dice: Random) -> None:
        """Some fields get other values, or none."""
        fields = {
            "firstName": dice.choice(WORDS), "lastName": dice.choice((*WORDS, None)), "city": dice.choice(WORDS),
            "companyName": dice.choice((*WORDS, None)), "source": dice.choice(WORDS), "website": None,
            "email": f"{dice.choice(WORDS)}{dice.randrange(40)}@example.org", "dateOfBirth": "1980-05-17",
        }  # fmt: skip
        chosen = dice.sample(sorted(fields), dice.randint(1, 3))
        await self._edit(dice, {name: fields[name] for name in chosen})

    async def tag_contact(self, dice: Random) -> None:
        """Tags are put on or taken off."""
        contact, tags = await self._contact(dice), dice.sample(TAGS, 2)
        book = self._twin.books.contacts
        change = book.add_tags if dice.random() < 0.6 else book.remove_tags
        await change(self._here, contact.id, tags or contact.tags, **_BY)

    async def follow_contact(self, dice: Random) -> None:
        """A user follows a contact, of which no event tells."""
        user = one_of(dice, await self._all(RecordKind.USER))
        await self._twin.books.contacts.add_followers(self._here, (await self._contact(dice)).id, [user.id], **_BY)

    async def mute_contact(self, dice: Random) -> None:
        """Do not disturb, or do."""
        status = dice.choice(("active", "inactive"))
        settings = {dice.choice(("SMS", "Email", "Call")): {"status": status, "message": "", "code": ""}}
        await self._edit(dice, {"dnd": dice.random() < 0.5, "dndSettings": settings})

    async def fill_custom_field(self, dice: Random) -> None:
        """A text is written into a custom field, or taken out."""
        fields: list[CustomField] = await self._all(RecordKind.CUSTOM_FIELD)
        texts = [field for field in fields if field.data_type == "TEXT" and field.model in {None, "contact"}]
        value = {"id": one_of(dice, texts).id, "value": dice.choice((*WORDS, ""))}
        await self._edit(dice, {"customFields": [value]})

    async def delete_contact(self, dice: Random) -> None:
        """A contact is deleted with all that belongs to it."""
        await self._twin.books.contacts.delete(self._here, (await self._contact(dice)).id, **_BY)

    async def merge_contacts(self, dice: Random) -> None:
        """Two or three contacts become one; no event tells."""
        contacts = await self._all(RecordKind.CONTACT)
        chosen = dice.sample(contacts, min(len(contacts), dice.randint(2, 3))) or [one_of(dice, contacts)]
        await self._twin.backstage.merge(self._here, chosen[0].id, [contact.id for contact in chosen[1:]])

    async def restore_contact(self, dice: Random) -> None:
        """A deleted contact comes back; no event tells."""
        alive = {contact.id for contact in await self._all(RecordKind.CONTACT)}
        gone = sorted(self.ever[RecordKind.CONTACT] - alive)
        restored = await self._twin.backstage.restore(self._here, one_of(dice, gone))
        self.restored.add(restored.id)

    async def vanish_contacts(self, dice: Random) -> None:
        """A share of all contacts is deleted at once."""
        await self._twin.backstage.vanish(
            self._here, share=dice.uniform(0.2, 0.5), seed=dice.randrange(1000), events=dice.random() < 0.5
        )

    # What belongs to people.

    async def create_task(self, dice: Random) -> None:
        """Something to be done."""
        body = {"title": dice.choice(WORDS), "dueDate": "2025-07-01T00:00:00.000Z", "completed": False}
        if dice.random() < 0.5:
            body["body"] = dice.choice(WORDS)
        await self._twin.books.tasks.create(self._here, (await self._contact(dice)).id, body, **_BY)

    async def edit_task(self, dice: Random) -> None:
        """A task gets another title; no event tells."""
        task = one_of(dice, await self._all(RecordKind.TASK))
        body = {"title": f"{dice.choice(WORDS)} {dice.randrange(100)}"}
        await self._twin.books.tasks.update(self._here, task.contact_id, task.id, body, **_BY)

    async def complete_task(self, dice: Random) -> None:
        """A task is done, or not done after all."""
        task = one_of(dice, await self._all(RecordKind.TASK))
        await self._twin.books.tasks.complete(self._here, task.contact_id, task.id, not task.completed, **_BY)

    async def delete_task(self, dice: Random) -> None:
        """A task is removed."""
        task = one_of(dice, await self._all(RecordKind.TASK))
        await self._twin.books.tasks.delete(self._here, task.contact_id, task.id, **_BY)

    async def write_note(self, dice: Random) -> None:
        """A note is written; its event leaves the title out."""
        body = {"body": f"{dice.choice(WORDS)} {dice.randrange(100)}"}
        if dice.random() < 0.5:
            body["title"] = dice.choice(WORDS)
        await self._twin.books.notes.create(self._here, (await self._contact(dice)).id, body, **_BY)

    async def edit_note(self, dice: Random) -> None:
        """A note gets another text or title."""
        note = one_of(dice, await self._all(RecordKind.NOTE))
        body = {dice.choice(("body", "title")): f"{dice.choice(WORDS)} {dice.randrange(100)}"}
        await self._twin.books.notes.update(self._here, note.contact_id, note.id, body, **_BY)

    async def delete_note(self, dice: Random) -> None:
        """A note is removed."""
        note = one_of(dice, await self._all(RecordKind.NOTE))
        await self._twin.books.notes.delete(self._here, note.contact_id, note.id, **_BY)

    async def book_appointment(self, dice: Random) -> None:
        """Somebody gets an appointment within the next weeks."""
        start = milliseconds(self._twin.clock) + dice.randint(1, 30) * _DAY_MS
        calendar = one_of(dice, await self._all(RecordKind.CALENDAR))
        fields = {"startTime": iso(start), "endTime": iso(start + 1_800_000), "calendarId": calendar.id}
        await self._twin.pages.book(self._here, (await self._contact(dice)).id, fields)

    async def move_appointment(self, dice: Random) -> None:
        """An appointment is renamed, moved or called off."""
        appointment = one_of(dice, await self._all(RecordKind.APPOINTMENT))
        fields = {
            "title": f"{dice.choice(WORDS)} {dice.randrange(100)}",
            "appointmentStatus": dice.choice(("cancelled", "showed", "noshow")),
            "notes": dice.choice((*WORDS, None)),
        }
        name = dice.choice(sorted(fields))
        await self._twin.pages.rebook(self._here, appointment.id, {name: fields[name]})

    async def cancel_appointment(self, dice: Random) -> None:
        """An appointment is removed."""
        appointment = one_of(dice, await self._all(RecordKind.APPOINTMENT))
        await self._twin.pages.cancel(self._here, appointment.id)

    async def edit_definition(self, dice: Random) -> None:
        """A user, a business or the location itself is renamed, added or removed; not all of it is told."""
        kind = dice.choice((RecordKind.USER, RecordKind.BUSINESS, RecordKind.LOCATION, RecordKind.CUSTOM_VALUE))
        name = {"name": f"{dice.choice(WORDS)} {dice.randrange(100)}"}
        known = await self._all(kind)
        chosen = dice.choice([None, *(record.id for record in known)])
        if dice.random() < 0.2 and chosen is not None and kind is not RecordKind.LOCATION:
            await self._twin.pages.undefine(kind, self._here, chosen)
        else:
            await self._twin.pages.define(kind, self._here, chosen, name)

    async def burst(self, dice: Random) -> None:
        """Many contacts are edited in one moment."""
        for _ in range(dice.randint(3, 15)):
            await self.edit_contact(dice)

    # Bad luck.

    async def fault(self, dice: Random) -> None:
        """Something goes wrong with calls from now on: now and then, a few times, or all the time."""
        name = dice.choice(_FAULTS)
        self.troubles[name] += self._twin.switchboard.hits().get(name, 0)  # this one takes the place of that
        self._twin.switchboard.on(
            FaultSwitch(
                name,
                rate=dice.choice((0.1, 0.3, 1.0)),
                times=dice.choice((1, 3, 10, _MOST_HITS)),
                seconds=dice.choice((2.0, 40.0)),
            )
        )

    async def calm(self, dice: Random) -> None:
        """Calls go right again, and webhooks too."""
        del dice
        self.troubles.update(self._twin.switchboard.hits())
        self._twin.switchboard.clear()
        self._twin.limiter.limits = self._twin.settings.limits
        self._twin.subscription.chaos = Chaos()

    async def trouble_webhooks(self, dice: Random) -> None:
        """Webhooks are lost, repeated, overtaken, late or forged from now on."""
        rates = [dice.choice((0.0, 0.0, 0.3, 1.0)) * dice.random() for _ in range(5)]
        drop, duplicate, reorder, delay, forge = rates
        self._twin.subscription.chaos = Chaos(
            drop=drop, duplicate=duplicate, reorder=reorder, reorder_seconds=dice.choice((5.0, 120.0)), delay=delay,
            delay_seconds=dice.choice((30.0, 900.0, 7200.0)), forge=forge,
        )  # fmt: skip

    async def quota(self, dice: Random) -> None:
        """Only so many calls are left of today's quota."""
        limiter = self._twin.limiter
        limiter.limits = Limits(Limit(daily=dice.choice((5, 40, 400))))
        limiter.clear()

    async def lag(self, dice: Random) -> None:
        """The search shows what was written so many seconds later from now on."""
        self._twin.index.lag = dice.choice(LAGS)

    async def _edit(self, dice: Random, body: dict[str, Any]) -> None:
        await self._twin.books.contacts.update(self._here, (await self._contact(dice)).id, body, **_BY)

    async def _contact(self, dice: Random) -> Contact:
        contact: Contact = one_of(dice, await self._all(RecordKind.CONTACT))
        return contact

    async def _all(self, kind: RecordKind) -> list[Any]:
        async with self._twin.database.reading() as session:
            return await every(session.shelf(kind), self._here)


class NothingToChoose(InvocoError):
    """There is nothing left to which this could happen."""


def one_of(dice: Random, records: Sequence[T]) -> T:
    """One of them.

    Raises:
        NothingToChoose: there is none.
    """
    if not records:
        raise NothingToChoose
    return dice.choice(records)
