"""Whoever must know is told each change, in the transaction that stores it."""

import pytest

from invoco.domain.kinds import RecordKind
from invoco.service.books import Books
from invoco.service.journal import JournalRecorder

HERE = "location-of-the-tests"


async def test_create_is_told(desk):
    """The change holds all that is needed to send it."""
    contact = await desk.create(email="a@example.com", tags=["A"])
    [change] = desk.recorder.changes

    assert change.kind is RecordKind.CONTACT
    assert ("create", "create-contact", contact.id, contact.id) == (
        change.action, change.operation_id, change.record_id, change.contact_id,
    )  # fmt: skip
    assert change.body == {"email": "a@example.com", "tags": ["A"], "locationId": HERE}
    assert (None, contact, "test", 1_750_000_001_000, HERE) == (
        change.before, change.after, change.actor, change.at, change.location_id,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "action"),
    [
        ({"city": "Paris"}, "update"),
        ({}, "update"),
        ({"tags": ["a"]}, "tag"),
        ({"tags": ["a"], "city": "Paris"}, "update"),
        ({"dnd": True}, "dnd"),
        ({"dndSettings": {}, "inboundDndSettings": {}}, "dnd"),
    ],
)
async def test_update_is_told_by_what_was_asked(desk, body, action):
    """Tags alone and do-not-disturb alone are told apart."""
    before = await desk.create()
    after = await desk.update(before.id, **body)
    change = desk.recorder.changes[-1]

    assert (action, "update-contact", {"contactId": before.id}, body) == (
        change.action, change.operation_id, change.path, change.body,
    )  # fmt: skip
    assert (before, after) == (change.before, change.after)


async def test_upsert_is_told_as_create_or_update(desk):
    """The operation is the one that was asked for."""
    await desk.upsert(email="a@example.com")
    await desk.upsert(email="a@example.com", city="Paris")

    assert [(change.action, change.operation_id) for change in desk.recorder.changes] == [
        ("create", "upsert-contact"),
        ("update", "upsert-contact"),
    ]


async def test_cascade_is_told_child_by_child(desk):
    """History is whole: each child has its own change under the contact's operation."""
    contact = await desk.create()
    await desk.add_appointment(contact.id)
    await desk.books.tasks.create(HERE, contact.id, {}, actor="test")
    await desk.books.notes.create(HERE, contact.id, {}, actor="test")
    desk.recorder.changes.clear()
    await desk.books.contacts.delete(HERE, contact.id, actor="test")

    assert [change.kind for change in desk.recorder.changes] == [
        RecordKind.CONTACT,
        RecordKind.TASK,
        RecordKind.NOTE,
        RecordKind.APPOINTMENT,
    ]
    assert {("delete", "delete-contact", contact.id, None)} == {
        (change.action, change.operation_id, change.contact_id, change.after) for change in desk.recorder.changes
    }


async def test_bulk_write_is_told_contact_by_contact(desk):
    """Each contact's change can be sent by itself."""
    first, second = await desk.create(tags=["a"]), await desk.create()
    desk.recorder.changes.clear()
    await desk.books.contacts.bulk_tags(HERE, [first.id, second.id], ["A"], remove=True, remove_all=True, actor="test")
    [change] = desk.recorder.changes

    assert (first.id, "tag", "create-association", {"type": "remove"}) == (
        change.record_id, change.action, change.operation_id, change.path,
    )  # fmt: skip
    assert {"contacts": [first.id], "tags": ["a"], "locationId": HERE, "removeAllTags": True} == change.body


async def test_journal_sends_the_contact_and_keeps_its_children(desk):
    """HighLevel removes children by itself; sending each would fail."""
    books = Books(desk.database, clock=desk.clock, recorder=JournalRecorder())
    contact = await books.contacts.create(HERE, {"firstName": "Ada"}, actor="test")
    task = await books.tasks.create(HERE, contact.id, {"title": "t"}, actor="test")
    await books.contacts.delete(HERE, contact.id, actor="test")

    async with desk.database.reading() as session:
        outbox = [row["operation"] for row in await session.journal.outbox(HERE)]
        history = [row["action"] for row in await session.journal.history(HERE, task.id)]
    assert (outbox, history) == (["create-contact", "create-task", "delete-contact"], ["create", "delete"])
