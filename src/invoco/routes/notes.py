"""Notes of a contact (facts 3.5)."""

from __future__ import annotations

from invoco.routes.calls import Call, Handler, JsonObject
from invoco.routes.flags import succeeded


async def list_notes(call: Call) -> JsonObject:
    """All notes of the contact."""
    notes = await call.books.notes.of_contact(call.location_id, call.path["contactId"])
    return {"notes": [note.to_wire() for note in notes]}


async def get_note(call: Call) -> JsonObject:
    """One note."""
    note = await call.books.notes.get(call.location_id, call.path["contactId"], call.path["id"])
    return {"note": note.to_wire()}


async def create_note(call: Call) -> JsonObject:
    """A new note."""
    note = await call.books.notes.create(call.location_id, call.path["contactId"], call.body, actor=call.actor)
    return {"note": note.to_wire()}


async def update_note(call: Call) -> JsonObject:
    """The note after the update."""
    note = await call.books.notes.update(
        call.location_id, call.path["contactId"], call.path["id"], call.body, actor=call.actor
    )
    return {"note": note.to_wire()}


async def delete_note(call: Call) -> JsonObject:
    """Nothing but the flag."""
    await call.books.notes.delete(call.location_id, call.path["contactId"], call.path["id"], actor=call.actor)
    return succeeded(call)


HANDLERS: dict[str, Handler] = {
    "get-all-notes": list_notes,
    "get-note": get_note,
    "create-note": create_note,
    "update-note": update_note,
    "delete-note": delete_note,
}
"""By operation id."""
