"""Tasks, notes and appointments."""

import pytest

from invoco.domain.errors import NoSuchRecord
from invoco.domain.search import ContactSearch, TaskSearch

HERE = "location-of-the-tests"
TASK = {"title": "Call", "dueDate": "2025-07-01T09:00:00Z", "completed": False}


@pytest.fixture
async def contact(desk):
    """Somebody to have tasks and notes."""
    return await desk.create(firstName="Ada")


async def test_task_is_created(desk, contact):
    """A task belongs to its contact."""
    task = await desk.books.tasks.create(HERE, contact.id, {**TASK, "assignedTo": "u1", "odd": 1}, actor="test")

    assert {**TASK, "assignedTo": "u1", "id": task.id, "contactId": contact.id} == task.to_wire()
    assert [task] == await desk.books.tasks.of_contact(HERE, contact.id)


async def test_task_is_updated(desk, contact):
    """Only what is given changes; null clears."""
    before = await desk.books.tasks.create(HERE, contact.id, {**TASK, "body": "b"}, actor="test")
    body = {"title": "Write", "body": None}
    after = await desk.books.tasks.update(HERE, contact.id, before.id, body, actor="test")

    assert ("Write", None, before.due_date) == (after.title, after.body, after.due_date)
    assert after == await desk.books.tasks.get(HERE, contact.id, before.id)


async def test_task_is_completed_and_opened(desk, contact):
    """Becoming completed is told as such; opening again is an update."""
    task = await desk.books.tasks.create(HERE, contact.id, TASK, actor="test")
    done = await desk.books.tasks.complete(HERE, contact.id, task.id, True, actor="test")
    again = await desk.books.tasks.complete(HERE, contact.id, task.id, False, actor="test")

    assert (done.completed, again.completed) == (True, False)
    assert [change.action for change in desk.recorder.changes[1:]] == ["create", "complete", "update"]


async def test_task_is_deleted(desk, contact):
    """It is gone."""
    task = await desk.books.tasks.create(HERE, contact.id, TASK, actor="test")
    await desk.books.tasks.delete(HERE, contact.id, task.id, actor="test")

    assert await desk.books.tasks.of_contact(HERE, contact.id) == []


async def test_task_search(desk, contact):
    """Tasks of a location are found by their state."""
    task = await desk.books.tasks.create(HERE, contact.id, TASK, actor="test")

    assert [task] == await desk.books.tasks.search(TaskSearch(location_id=HERE, completed=False))


async def test_task_of_another_contact_is_unknown(desk, contact):
    """A task is reached through its own contact only."""
    other = await desk.create(firstName="Bob")
    task = await desk.books.tasks.create(HERE, contact.id, TASK, actor="test")
    with pytest.raises(NoSuchRecord, match=f"Task with id {task.id} not found"):
        await desk.books.tasks.get(HERE, other.id, task.id)


async def test_note_is_created(desk, contact):
    """A note knows when it was written."""
    note = await desk.books.notes.create(HERE, contact.id, {"body": "n", "userId": "u1", "pinned": True}, actor="test")

    assert {
        "id": note.id, "contactId": contact.id, "body": "n", "userId": "u1", "pinned": True,
        "dateAdded": "2025-06-15T15:06:41.000Z",
    } == note.to_wire()  # fmt: skip
    assert [note] == await desk.books.notes.of_contact(HERE, contact.id)


async def test_note_is_updated(desk, contact):
    """Only what is given changes."""
    before = await desk.books.notes.create(HERE, contact.id, {"body": "n", "color": "#fff"}, actor="test")
    after = await desk.books.notes.update(HERE, contact.id, before.id, {"body": "m"}, actor="test")

    assert (after.body, after.color) == ("m", "#fff")
    assert after == await desk.books.notes.get(HERE, contact.id, before.id)


async def test_note_is_deleted(desk, contact):
    """It is gone."""
    note = await desk.books.notes.create(HERE, contact.id, {"body": "n"}, actor="test")
    await desk.books.notes.delete(HERE, contact.id, note.id, actor="test")

    assert await desk.books.notes.of_contact(HERE, contact.id) == []


async def test_note_of_another_contact_is_unknown(desk, contact):
    """A note is reached through its own contact only."""
    other = await desk.create(firstName="Bob")
    note = await desk.books.notes.create(HERE, contact.id, {"body": "n"}, actor="test")
    with pytest.raises(NoSuchRecord, match=f"Note with id {note.id} not found"):
        await desk.books.notes.get(HERE, other.id, note.id)


@pytest.mark.parametrize("noun", ["tasks", "notes", "appointments"])
async def test_children_of_unknown_contact(desk, noun):
    """Nothing has this id."""
    with pytest.raises(NoSuchRecord, match="Contact with id nobody not found"):
        await getattr(desk.books, noun).of_contact(HERE, "nobody")


@pytest.mark.parametrize("noun", ["tasks", "notes"])
async def test_child_for_unknown_contact(desk, noun):
    """Nobody can have a task or a note."""
    with pytest.raises(NoSuchRecord, match="Contact with id nobody not found"):
        await getattr(desk.books, noun).create(HERE, "nobody", {}, actor="test")


@pytest.mark.parametrize("noun", ["tasks", "notes"])
async def test_unknown_child(desk, contact, noun):
    """Nothing has this id."""
    book = getattr(desk.books, noun)
    for call in (book.get(HERE, contact.id, "x"), book.delete(HERE, contact.id, "x", actor="test")):
        with pytest.raises(NoSuchRecord):
            await call


async def test_appointments_are_read(desk, contact):
    """By contact, by id and by time."""
    appointment = await desk.add_appointment(contact.id)
    book = desk.books.appointments

    assert [appointment] == await book.of_contact(HERE, contact.id)
    assert appointment == await book.get(HERE, "a1")
    assert [appointment] == await book.between(HERE, start=1_749_945_600_000, end=1_750_032_000_000, calendar_id="c1")


async def test_unknown_appointment(desk):
    """Nothing has this id."""
    with pytest.raises(NoSuchRecord):
        await desk.books.appointments.get(HERE, "a9")


async def test_contact_search(desk, contact):
    """A search reads what was written."""
    page = await desk.books.contacts.search(ContactSearch(location_id=HERE, page_limit=10))

    assert ([contact], 1) == (page.contacts, page.total)
