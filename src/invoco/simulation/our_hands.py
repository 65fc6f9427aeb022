"""What people do in Invoco itself, through its own books."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from invoco.domain.errors import InvocoError
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact, CustomField
from invoco.service.books import Books
from invoco.service.books.desk import every
from invoco.simulation.hands import TAGS, WORDS, one_of
from invoco.store.database import Database

OUR_ACTS: Final = {
    "edit_here": 8, "tag_here": 4, "create_here": 4, "delete_here": 2, "task_here": 4, "finish_here": 3, "note_here": 4,
    "rewrite_here": 3, "untask_here": 1, "fill_here": 2,
}  # fmt: skip
"""What can happen in Invoco, and how often compared with the rest."""
_BY: Final = {"actor": "page:somebody"}


class OurHands:
    """Everybody who works with the mirror of one location."""

    def __init__(self, store: Database, books: Books, location_id: str) -> None:
        self._store, self._books, self._here = store, books, location_id

    async def do(self, act: str, dice: Random) -> None:
        """One act; what Invoco refuses changes nothing."""
        try:
            await getattr(self, act)(dice)
        except InvocoError:
            return

    async def edit_here(self, dice: Random) -> None:
        """Some fields get other values, or none."""
        fields = {
            "firstName": dice.choice(WORDS), "lastName": dice.choice((*WORDS, None)), "city": dice.choice(WORDS),
            "source": dice.choice(WORDS), "website": None, "address1": dice.choice(WORDS),
            "email": f"{dice.choice(WORDS)}{dice.randrange(40)}@example.org", "dateOfBirth": "1980-05-18",
        }  # fmt: skip
        chosen = dice.sample(sorted(fields), dice.randint(1, 3))
        await self._edit(dice, {name: fields[name] for name in chosen})

    async def fill_here(self, dice: Random) -> None:
        """A text is written into a custom field, or taken out."""
        fields: list[CustomField] = await self._all(RecordKind.CUSTOM_FIELD)
        texts = [field for field in fields if field.data_type == "TEXT" and field.model in {None, "contact"}]
        await self._edit(dice, {"customFields": [{"id": one_of(dice, texts).id, "value": dice.choice(WORDS)}]})

    async def tag_here(self, dice: Random) -> None:
        """Tags are put on or taken off."""
        contact, tags = await self._contact(dice), dice.sample(TAGS, 2)
        book = self._books.contacts
        change = book.add_tags if dice.random() < 0.6 else book.remove_tags
        await change(self._here, contact.id, tags, **_BY)

    async def create_here(self, dice: Random) -> None:
        """Somebody new, with something to be done; or somebody who is there already."""
        body: dict[str, Any] = {
            "firstName": dice.choice(WORDS), "email": f"{dice.choice(WORDS)}{dice.randrange(40)}@example.com",
            "tags": dice.sample(TAGS, 1),
        }  # fmt: skip
        if dice.random() < 0.5:
            body["phone"] = f"+1212555{dice.randrange(10_000):04d}"
        contact = await self._books.contacts.create(self._here, body, **_BY)
        if dice.random() < 0.5:
            await self._task(contact.id, dice)

    async def delete_here(self, dice: Random) -> None:
        """A contact is deleted with all that belongs to it."""
        await self._books.contacts.delete(self._here, (await self._contact(dice)).id, **_BY)

    async def task_here(self, dice: Random) -> None:
        """Something to be done."""
        await self._task((await self._contact(dice)).id, dice)

    async def finish_here(self, dice: Random) -> None:
        """A task is done, or not done after all."""
        task = one_of(dice, await self._all(RecordKind.TASK))
        await self._books.tasks.complete(self._here, task.contact_id, task.id, not task.completed, **_BY)

    async def untask_here(self, dice: Random) -> None:
        """A task is removed."""
        task = one_of(dice, await self._all(RecordKind.TASK))
        await self._books.tasks.delete(self._here, task.contact_id, task.id, **_BY)

    async def note_here(self, dice: Random) -> None:
        """A note is written."""
        body = {"body": f"{dice.choice(WORDS)} {dice.randrange(100)}"}
        await self._books.notes.create(self._here, (await self._contact(dice)).id, body, **_BY)

    async def rewrite_here(self, dice: Random) -> None:
        """A note gets another text."""
        note = one_of(dice, await self._all(RecordKind.NOTE))
        body = {"body": f"{dice.choice(WORDS)} {dice.randrange(100)}"}
        await self._books.notes.update(self._here, note.contact_id, note.id, body, **_BY)

    async def _task(self, contact_id: str, dice: Random) -> None:
        body = {"title": f"{dice.choice(WORDS)} here", "dueDate": "2025-07-02T00:00:00.000Z", "completed": False}
        await self._books.tasks.create(self._here, contact_id, body, **_BY)

    async def _edit(self, dice: Random, body: dict[str, Any]) -> None:
        await self._books.contacts.update(self._here, (await self._contact(dice)).id, body, **_BY)

    async def _contact(self, dice: Random) -> Contact:
        contact: Contact = one_of(dice, await self._all(RecordKind.CONTACT))
        return contact

    async def _all(self, kind: RecordKind) -> list[Any]:
        async with self._store.reading() as session:
            return await every(session.shelf(kind), self._here)
