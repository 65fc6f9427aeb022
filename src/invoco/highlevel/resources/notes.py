"""Notes of contacts (facts 3.5); HighLevel lists them per contact only (facts 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invoco.highlevel.adoption import same_note
from invoco.highlevel.errors import InvalidInput, Uncertain
from invoco.highlevel.pages import Page, one_record, rows_of, whole_list
from invoco.highlevel.records import Note
from invoco.highlevel.resources.resource import Resource, adopted, may_have_happened


class Notes(Resource):
    """Texts kept with a contact."""

    async def of_contact(self, contact_id: str) -> Page[Note]:
        """All notes of the contact."""
        answer = await self._call("get-all-notes", contactId=contact_id)
        return whole_list(Note, rows_of(answer, "notes", operation="get-all-notes"))

    async def get(self, contact_id: str, note_id: str) -> Note:
        """The note.

        Raises:
            NotFound: there is no such note, or no such contact.
        """
        answer = await self._call("get-note", contactId=contact_id, id=note_id)
        return one_record(Note, answer, "note", operation="get-note")

    async def create(self, contact_id: str, fields: Mapping[str, Any]) -> Note:
        """Create a note; never twice: when the answer is lost, the contact's notes are looked through.

        Args:
            contact_id: whose note.
            fields: `body` is required; `userId`, `title`, `color` (hexadecimal), `pinned`.

        Raises:
            InvalidInput: a field is unknown, missing or refused.
            Uncertain: the answer was lost and not exactly one note has what was sent.
        """
        try:
            answer = await self._call("create-note", body=fields, contactId=contact_id)
            return one_record(Note, answer, "note", operation="create-note")
        except (Uncertain, InvalidInput) as doubt:
            if not may_have_happened(doubt):
                raise
            return await adopted(self.of_contact(contact_id), lambda note: same_note(fields, note), doubt=doubt)

    async def update(self, contact_id: str, note_id: str, fields: Mapping[str, Any]) -> Note:
        """Change a note; fields that are not given stay as they are."""
        answer = await self._call("update-note", body=fields, contactId=contact_id, id=note_id)
        return one_record(Note, answer, "note", operation="update-note")

    async def delete(self, contact_id: str, note_id: str) -> None:
        """Delete a note."""
        await self._confirmed("delete-note", contactId=contact_id, id=note_id)
