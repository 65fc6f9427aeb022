"""One write over many contacts (facts 3.6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.domain.normalise.tags import normal_tags
from invoco.highlevel.records import Contact
from invoco.service.books.desk import Desk, Writing, found
from invoco.service.books.tag_dictionary import learn_tags

_ID: Final = re.compile(r"[A-Za-z0-9]{20}")


class BulkTagResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one contact of a bulk write."""

    contact_id: str
    message: str
    ok: bool
    old_tags: list[str] = []
    tags_added: list[str] = []
    tags_removed: list[str] = []


class ContactBulk:
    """The two bulk writes HighLevel has."""

    _desk: Desk

    async def bulk_tags(
        self, location_id: str, contact_ids: Sequence[str], tags: Sequence[str], *, remove: bool = False,
        remove_all: bool = False, actor: str,
    ) -> list[BulkTagResult]:  # fmt: skip
        """Add tags to contacts, or remove them; `remove_all` removes whatever tags they have.

        A contact that cannot be changed is answered with its reason, and the others go on.
        """
        async with self._desk.writing(location_id, actor=actor) as writing:
            ids = list(dict.fromkeys(contact_ids))
            contacts = await writing.session.contacts.get_many(location_id, ids)
            tagging = _Tagging(writing, normal_tags(tags), remove=remove, remove_all=remove and remove_all)
            results = [tagging.apply(contacts[id_]) if id_ in contacts else await _refusal(writing, id_) for id_ in ids]
            await tagging.store()
            return results

    async def bulk_business(
        self, location_id: str, contact_ids: Sequence[str], business_id: str | None, *, actor: str
    ) -> list[str]:
        """Put contacts into a business, or take them out of theirs (None); the ids of those that exist.

        Raises:
            NoSuchRecord: no such business.
        """
        async with self._desk.writing(location_id, actor=actor) as writing:
            if business_id is not None:
                await found(writing.session.shelf(RecordKind.BUSINESS), location_id, business_id, noun="Business")
            ids = list(dict.fromkeys(contact_ids))
            contacts = await writing.session.contacts.get_many(location_id, ids)
            before = [contacts[id_] for id_ in ids if id_ in contacts]
            await _move(writing, before, business_id)
            return [contact.id for contact in before]


class _Tagging:
    """The same tags put on, or taken off, one contact after the other."""

    def __init__(self, writing: Writing, tags: list[str], *, remove: bool, remove_all: bool) -> None:
        self._writing, self._tags, self._remove, self._remove_all = writing, tags, remove, remove_all
        self._changed: list[Contact] = []

    def apply(self, contact: Contact) -> BulkTagResult:
        """Change one contact; what changes nothing is not written."""
        added = [] if self._remove else [tag for tag in self._tags if tag not in contact.tags]
        removed = [tag for tag in contact.tags if self._remove and (self._remove_all or tag in self._tags)]
        if added or removed:
            self._change(contact, [tag for tag in contact.tags if tag not in removed] + added)
        return BulkTagResult(
            contact_id=contact.id, message="Tags updated", ok=True, old_tags=contact.tags, tags_added=added,
            tags_removed=removed,
        )  # fmt: skip

    async def store(self) -> None:
        """Store all changed contacts at once."""
        await self._writing.session.contacts.put(self._writing.location_id, self._changed)
        if self._changed and not self._remove:
            await learn_tags(self._writing, self._tags)

    def _change(self, before: Contact, tags: list[str]) -> None:
        after = msgspec.structs.replace(before, tags=tags, date_updated=self._writing.moment)
        self._changed.append(after)
        body: dict[str, Any] = {"contacts": [before.id], "tags": self._tags, "locationId": self._writing.location_id}
        if self._remove_all:
            body["removeAllTags"] = True
        path = {"type": "remove" if self._remove else "add"}
        self._writing.note(
            RecordKind.CONTACT, "tag", "create-association", before=before, after=after, path=path, body=body
        )


async def _refusal(writing: Writing, contact_id: str) -> BulkTagResult:
    if not _ID.fullmatch(contact_id):
        return BulkTagResult(contact_id=contact_id, message="contact id is not a valid firebase id", ok=False)
    history = await writing.session.journal.history(writing.location_id, contact_id)
    deleted = bool(history) and history[-1]["action"] == "delete"
    message = "contact is deleted" if deleted else "contact does not belong to location"
    return BulkTagResult(contact_id=contact_id, message=message, ok=False)


async def _move(writing: Writing, contacts: Sequence[Contact], business_id: str | None) -> None:
    moved = [
        msgspec.structs.replace(contact, business_id=business_id, date_updated=writing.moment) for contact in contacts
    ]
    await writing.session.contacts.put(writing.location_id, moved)
    for before, after in zip(contacts, moved, strict=True):
        body = {"locationId": writing.location_id, "ids": [before.id], "businessId": business_id}
        writing.note(
            RecordKind.CONTACT, "update", "add-remove-contact-from-business", before=before, after=after, body=body
        )
