"""Notes of contacts (facts 3.5)."""

from __future__ import annotations

from typing import Any, Final

from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session
from invoco.highlevel.records import Note
from invoco.service.books.desk import Desk, found, not_found
from invoco.service.books.fields import amended

_FIELDS: Final = frozenset({"body", "userId", "title", "color", "pinned"})


class NoteBook:
    """Everything that can be done with notes; a contact or note that is not there raises NoSuchRecord."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def of_contact(self, location_id: str, contact_id: str) -> list[Note]:
        """All notes of the contact, oldest first."""
        async with self._desk.store.reading() as session:
            await found(session.contacts, location_id, contact_id, noun="Contact")
            return await session.notes.of_contact(location_id, contact_id)

    async def get(self, location_id: str, contact_id: str, note_id: str) -> Note:
        """The note, if it is one of that contact."""
        async with self._desk.store.reading() as session:
            return await _note(session, location_id, contact_id, note_id)

    async def create(self, location_id: str, contact_id: str, body: dict[str, Any], *, actor: str) -> Note:
        """A new note of the contact."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            await found(writing.session.contacts, location_id, contact_id, noun="Contact")
            blank = Note(id=writing.new_id(), contact_id=contact_id, date_added=writing.moment)
            note = amended(blank, body, only=_FIELDS)
            await writing.session.notes.put(location_id, [note])
            path = {"contactId": contact_id}
            writing.note(RecordKind.NOTE, "create", "create-note", after=note, path=path, body=body)
            return note

    async def update(
        self, location_id: str, contact_id: str, note_id: str, body: dict[str, Any], *, actor: str
    ) -> Note:
        """The note with the fields that the body names."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            before = await _note(writing.session, location_id, contact_id, note_id)
            after = amended(before, body, only=_FIELDS)
            await writing.session.notes.put(location_id, [after])
            path = {"contactId": contact_id, "id": note_id}
            writing.note(RecordKind.NOTE, "update", "update-note", before=before, after=after, path=path, body=body)
            return after

    async def delete(self, location_id: str, contact_id: str, note_id: str, *, actor: str) -> None:
        """Remove the note."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            note = await _note(writing.session, location_id, contact_id, note_id)
            await writing.session.notes.delete(location_id, [note_id])
            path = {"contactId": contact_id, "id": note_id}
            writing.note(RecordKind.NOTE, "delete", "delete-note", before=note, path=path)


async def _note(session: Session, location_id: str, contact_id: str, note_id: str) -> Note:
    note = await found(session.notes, location_id, note_id, noun="Note")
    if note.contact_id != contact_id:
        raise not_found("Note", note_id)
    return note
