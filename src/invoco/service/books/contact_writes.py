"""Creating, updating and deleting a contact (facts 3.4, 3.7, 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from invoco.domain.errors import BadRequest
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import ChildShelf
from invoco.highlevel.records import Contact, CustomField
from invoco.service.books.contact_fields import written
from invoco.service.books.desk import Desk, Writing, every, found
from invoco.service.books.duplicates import refuse_duplicate, upsert_target
from invoco.service.books.location_rules import LocationRules, rules_of
from invoco.service.books.tag_dictionary import learn_tags

_DND: Final = frozenset({"dnd", "dndSettings", "inboundDndSettings"})


class ContactWrites:
    """The writes of one contact as a whole."""

    _desk: Desk

    async def create(self, location_id: str, body: dict[str, Any], *, actor: str) -> Contact:
        """A new contact; its type is `lead`.

        Raises:
            DuplicateContact: the location allows no duplicates and somebody has the e-mail or phone.
            InvalidFields: the phone has no digit.
        """
        async with self._desk.writing(location_id, actor=actor) as writing:
            rules = await rules_of(writing.session, location_id)
            contact = await _drafted(writing, body, rules)
            await refuse_duplicate(writing.session, location_id, contact, rules=rules)
            return await _created(writing, contact, "create-contact", body)

    async def update(self, location_id: str, contact_id: str, body: dict[str, Any], *, actor: str) -> Contact:
        """The contact with the fields that the body names; None clears, tags are replaced as a whole.

        Raises:
            NoSuchRecord: no such contact.
            DuplicateContact: a new e-mail or phone belongs to somebody else and the location allows no duplicates.
            InvalidFields: the phone has no digit.
        """
        async with self._desk.writing(location_id, actor=actor) as writing:
            before = await found(writing.session.contacts, location_id, contact_id, noun="Contact")
            rules = await rules_of(writing.session, location_id)
            after = await _rewritten(writing, before, body, rules)
            await refuse_duplicate(writing.session, location_id, after, rules=rules, before=before)
            path = {"contactId": contact_id}
            return await _updated(writing, before, after, "update-contact", body=body, path=path)

    async def upsert(self, location_id: str, body: dict[str, Any], *, actor: str) -> tuple[Contact, bool]:
        """The contact that the body's e-mail or phone belongs to, updated, or a new one; and whether it is new.

        Identifiers are tried in the location's order. One that belongs to a second contact is not written, and the
        gender of a contact that exists is left alone (facts 5, i313). `createNewIfDuplicateAllowed` creates without
        looking where duplicates are allowed.

        Raises:
            BadRequest: neither e-mail nor phone is given.
            InvalidFields: the phone has no digit.
        """
        async with self._desk.writing(location_id, actor=actor) as writing:
            rules = await rules_of(writing.session, location_id)
            draft = await _drafted(writing, body, rules)
            if not (draft.email or draft.phone):
                raise BadRequest("Pass at least one of email, phone")
            if rules.allow_duplicates and body.get("createNewIfDuplicateAllowed"):
                return await _created(writing, draft, "upsert-contact", body), True
            return await _upserted(writing, draft, body, rules)

    async def delete(self, location_id: str, contact_id: str, *, actor: str) -> None:
        """Remove the contact with its tasks, notes and appointments.

        Raises:
            NoSuchRecord: no such contact.
        """
        async with self._desk.writing(location_id, actor=actor) as writing:
            contact = await found(writing.session.contacts, location_id, contact_id, noun="Contact")
            await writing.session.contacts.delete(location_id, [contact_id])
            path = {"contactId": contact_id}
            writing.note(RecordKind.CONTACT, "delete", "delete-contact", before=contact, path=path)
            await _delete_children(writing, contact_id)


async def _upserted(
    writing: Writing, draft: Contact, body: dict[str, Any], rules: LocationRules
) -> tuple[Contact, bool]:
    target = await upsert_target(writing.session, writing.location_id, draft, rules=rules)
    if target.contact is None:
        return await _created(writing, draft, "upsert-contact", body), True
    left_out = {*target.ignored, "gender"}
    fields = {key: value for key, value in body.items() if key not in left_out}
    after = await _rewritten(writing, target.contact, fields, rules)
    sent = {**body, "locationId": writing.location_id}
    return await _updated(writing, target.contact, after, "upsert-contact", body=sent), False


async def _drafted(writing: Writing, body: Mapping[str, Any], rules: LocationRules) -> Contact:
    blank = Contact(
        id=writing.new_id(), location_id=writing.location_id, type="lead", date_added=writing.moment,
        date_updated=writing.moment,
    )  # fmt: skip
    return written(blank, body, rules=rules, definitions=await _definitions(writing, body))


async def _rewritten(writing: Writing, before: Contact, body: Mapping[str, Any], rules: LocationRules) -> Contact:
    definitions = await _definitions(writing, body)
    after = written(before, body, rules=rules, definitions=definitions)
    return msgspec.structs.replace(after, date_updated=writing.moment)


async def _definitions(writing: Writing, body: Mapping[str, Any]) -> list[CustomField]:
    if not body.get("customFields"):
        return []
    shelf = writing.session.shelf(RecordKind.CUSTOM_FIELD)
    definitions: list[CustomField] = await every(shelf, writing.location_id)
    return [definition for definition in definitions if definition.model in {None, "contact"}]


async def _created(writing: Writing, contact: Contact, operation_id: str, body: dict[str, Any]) -> Contact:
    await writing.session.contacts.put(writing.location_id, [contact])
    await learn_tags(writing, contact.tags)
    sent = {**body, "locationId": writing.location_id}
    writing.note(RecordKind.CONTACT, "create", operation_id, after=contact, body=sent)
    return contact


async def _updated(
    writing: Writing, before: Contact, after: Contact, operation_id: str, *, body: dict[str, Any],
    path: dict[str, str] | None = None,
) -> Contact:  # fmt: skip
    await writing.session.contacts.put(writing.location_id, [after])
    await learn_tags(writing, set(after.tags) - set(before.tags))
    writing.note(RecordKind.CONTACT, _action(body), operation_id, before=before, after=after, body=body, path=path)
    return after


def _action(body: Mapping[str, Any]) -> str:
    """What kind of update it is, by what was asked for and not by what turned out to be different."""
    asked = body.keys()
    if asked == {"tags"}:
        return "tag"
    return "dnd" if asked and asked <= _DND else "update"


async def _delete_children(writing: Writing, contact_id: str) -> None:
    session = writing.session
    children: tuple[tuple[RecordKind, ChildShelf[Any]], ...] = (
        (RecordKind.TASK, session.tasks),
        (RecordKind.NOTE, session.notes),
        (RecordKind.APPOINTMENT, session.appointments),
    )
    for kind, shelf in children:
        for child in await shelf.of_contact(writing.location_id, contact_id):
            writing.note(kind, "delete", "delete-contact", before=child, path={"contactId": contact_id})
        await shelf.delete_of_contacts(writing.location_id, [contact_id])
