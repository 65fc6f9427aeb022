"""Tags and followers of one contact: added and removed one by one, as sets (facts 3.5)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.domain.normalise.tags import normal_tags, without_repeats
from invoco.highlevel.records import Contact
from invoco.service.books.desk import Desk, Writing, found
from invoco.service.books.tag_dictionary import learn_tags


class ContactSets:
    """Adds to and removes from the lists of a contact; what changes nothing is not written.

    Each method answers with the whole list afterwards and with what was added or removed, and raises NoSuchRecord
    when the location has no such contact.
    """

    _desk: Desk

    async def add_tags(
        self, location_id: str, contact_id: str, tags: Sequence[str], *, actor: str
    ) -> tuple[list[str], list[str]]:
        """Put tags on the contact, and new ones into the location's dictionary."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            before = await found(writing.session.contacts, location_id, contact_id, noun="Contact")
            added = [tag for tag in normal_tags(tags) if tag not in before.tags]
            after = msgspec.structs.replace(before, tags=before.tags + added)
            if added:
                await learn_tags(writing, added)
                await _store(writing, before, after, "tag", "add-tags", body={"tags": list(tags)})
            return after.tags, added

    async def remove_tags(
        self, location_id: str, contact_id: str, tags: Sequence[str], *, actor: str
    ) -> tuple[list[str], list[str]]:
        """Take tags off the contact."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            before = await found(writing.session.contacts, location_id, contact_id, noun="Contact")
            removed = [tag for tag in normal_tags(tags) if tag in before.tags]
            after = msgspec.structs.replace(before, tags=[tag for tag in before.tags if tag not in removed])
            if removed:
                await _store(writing, before, after, "tag", "remove-tags", body={"tags": list(tags)})
            return after.tags, removed

    async def add_followers(
        self, location_id: str, contact_id: str, followers: Sequence[str], *, actor: str
    ) -> tuple[list[str], list[str]]:
        """Let users (by id) follow the contact."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            before = await found(writing.session.contacts, location_id, contact_id, noun="Contact")
            added = [user for user in without_repeats(followers) if user not in before.followers]
            after = msgspec.structs.replace(before, followers=before.followers + added)
            if added:
                body = {"followers": list(followers)}
                await _store(writing, before, after, "update", "add-followers-contact", body=body)
            return after.followers, added

    async def remove_followers(
        self, location_id: str, contact_id: str, followers: Sequence[str], *, actor: str
    ) -> tuple[list[str], list[str]]:
        """Let users (by id) follow the contact no longer."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            before = await found(writing.session.contacts, location_id, contact_id, noun="Contact")
            removed = [user for user in without_repeats(followers) if user in before.followers]
            after = msgspec.structs.replace(
                before, followers=[user for user in before.followers if user not in removed]
            )
            if removed:
                body = {"followers": list(followers)}
                await _store(writing, before, after, "update", "remove-followers-contact", body=body)
            return after.followers, removed


async def _store(
    writing: Writing, before: Contact, after: Contact, action: str, operation_id: str, *, body: dict[str, list[str]]
) -> None:
    stamped = msgspec.structs.replace(after, date_updated=writing.moment)
    await writing.session.contacts.put(writing.location_id, [stamped])
    path = {"contactId": before.id}
    writing.note(RecordKind.CONTACT, action, operation_id, before=before, after=stamped, path=path, body=body)
