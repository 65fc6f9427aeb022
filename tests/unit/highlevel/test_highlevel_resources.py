"""Tasks, notes, appointments and what contacts refer to."""

from __future__ import annotations

import httpx2
import pytest

from invoco.highlevel import InvalidInput, Uncertain, Unreadable

TASK = {"title": "Call", "dueDate": "2026-01-01T10:00:00Z", "body": "Hello", "completed": False}
KEPT_TASK = {"id": "t", "contactId": "c", **TASK, "dueDate": "2026-01-01T10:00:00.000Z"}
NOTE = {"body": "Hello", "userId": "u"}
KEPT_NOTE = {"id": "n", "contactId": "c", **NOTE, "dateAdded": "2026-01-01T10:00:00.000Z"}

READS = [
    (lambda hl: hl.tasks.of_contact("c"), {"tasks": [{"id": "x"}]}, "GET /contacts/c/tasks"),
    (lambda hl: hl.notes.of_contact("c"), {"notes": [{"id": "x"}]}, "GET /contacts/c/notes"),
    (lambda hl: hl.appointments.of_contact("c"), {"events": [{"id": "x"}]}, "GET /contacts/c/appointments"),
    (lambda hl: hl.appointments.of_contact("c"), {"appointments": [{"id": "x"}]}, "GET /contacts/c/appointments"),
    (lambda hl: hl.locations.tags(), {"tags": [{"id": "x", "name": "n"}]}, "GET /locations/loc/tags"),
    (lambda hl: hl.locations.custom_fields(model="contact"), {"customFields": [{"id": "x"}]},
     "GET /locations/loc/customFields?model=contact"),
    (lambda hl: hl.locations.custom_values(), {"customValues": [{"id": "x"}]}, "GET /locations/loc/customValues"),
    (lambda hl: hl.calendars.list(), {"calendars": [{"id": "x"}]}, "GET /calendars/?locationId=loc"),
    (lambda hl: hl.users.list(), {"users": [{"id": "x"}]}, "GET /users/?locationId=loc"),
    (lambda hl: hl.users.search("co"), {"users": [{"id": "x"}], "count": 1},
     "GET /users/search?locationId=loc&companyId=co&limit=25&skip=0"),
]  # fmt: skip


@pytest.mark.parametrize(("read", "answer", "call"), READS)
async def test_lists(connect, script, read, answer, call):
    """A list is read into its records."""
    page = await read(connect(answer))

    assert ([call], ["x"]) == (script.calls, [record.id for record in page])


SINGLES = [
    (lambda hl: hl.tasks.get("c", "x"), {"task": {"id": "x"}}, "GET /contacts/c/tasks/x"),
    (lambda hl: hl.tasks.update("c", "x", {"title": "T"}), {"task": {"id": "x"}}, "PUT /contacts/c/tasks/x"),
    (lambda hl: hl.tasks.complete("c", "x"), {"task": {"id": "x"}}, "PUT /contacts/c/tasks/x/completed"),
    (lambda hl: hl.notes.get("c", "x"), {"note": {"id": "x"}}, "GET /contacts/c/notes/x"),
    (lambda hl: hl.notes.update("c", "x", {"body": "B"}), {"note": {"id": "x"}}, "PUT /contacts/c/notes/x"),
    (lambda hl: hl.appointments.get("x"), {"event": {"id": "x"}}, "GET /calendars/events/appointments/x"),
    (lambda hl: hl.appointments.get("x"), {"appointment": {"id": "x"}}, "GET /calendars/events/appointments/x"),
    (lambda hl: hl.appointments.get("x"), {"events": [{"id": "x"}]}, "GET /calendars/events/appointments/x"),
    (lambda hl: hl.locations.get(), {"location": {"id": "x"}}, "GET /locations/loc"),
    (lambda hl: hl.businesses.get("x"), {"business": {"id": "x"}}, "GET /businesses/x"),
    (lambda hl: hl.businesses.get("x"), {"buiseness": {"id": "x"}}, "GET /businesses/x"),
    (lambda hl: hl.users.get("x"), {"id": "x", "name": "U"}, "GET /users/x"),
    (lambda hl: hl.users.get("x"), {"user": {"id": "x"}}, "GET /users/x"),
]


@pytest.mark.parametrize(("read", "answer", "call"), SINGLES)
async def test_single_records(connect, script, read, answer, call):
    """A record is read from whichever wrapping it comes in."""
    record = await read(connect(answer))

    assert ([call], "x") == (script.calls, record.id)


@pytest.mark.parametrize("kind", ["tasks", "notes"])
async def test_delete(connect, script, kind):
    """A task or note is deleted by its contact and its id."""
    await getattr(connect({"succeded": True}), kind).delete("c", "x")

    assert [f"DELETE /contacts/c/{kind}/x"] == script.calls


async def test_reopening_a_task(connect, script):
    """A task can be opened again."""
    await connect({"task": KEPT_TASK}).tasks.complete("c", "t", completed=False)

    assert [{"completed": False}] == script.bodies


CREATES = [("tasks", "task", TASK, KEPT_TASK), ("notes", "note", NOTE, KEPT_NOTE)]


@pytest.mark.parametrize(("kind", "name", "fields", "kept"), CREATES)
async def test_create(connect, script, kind, name, fields, kept):
    """A task or note is created for its contact."""
    created = await getattr(connect((201, {name: kept})), kind).create("c", fields)

    assert ([f"POST /contacts/c/{kind}"], [fields], kept["id"]) == (script.calls, script.bodies, created.id)


@pytest.mark.parametrize("fault", [(500, ""), httpx2.ReadTimeout(""), (201, b""), (201, {}), (422, {"message": ["?"]})])
@pytest.mark.parametrize(("kind", "name", "fields", "kept"), CREATES)
async def test_create_that_happened_is_adopted(connect, script, kind, name, fields, kept, fault):
    """The one record that equals what was sent is taken for the lost answer."""
    others = [{**kept, "id": f"other {key}", key: "Other"} for key in fields if key != "completed"]
    created = await getattr(connect(fault, {kind: [*others, kept]}), kind).create("c", fields)

    assert (kept["id"], [f"POST /contacts/c/{kind}", f"GET /contacts/c/{kind}"]) == (created.id, script.calls)


@pytest.mark.parametrize(("kind", "name", "fields", "kept"), CREATES)
@pytest.mark.parametrize("copies", [0, 2])
async def test_create_in_doubt(connect, kind, name, fields, kept, copies):
    """None, or several that equal what was sent, leave the create in doubt."""
    with pytest.raises(Uncertain):
        await getattr(connect((500, ""), {kind: [kept] * copies}), kind).create("c", fields)


@pytest.mark.parametrize(("kind", "name", "fields", "kept"), CREATES)
async def test_create_in_doubt_that_cannot_be_looked_up(connect, kind, name, fields, kept):
    """When the look fails too, the doubt is told, not the failed look."""
    with pytest.raises(Uncertain):
        await getattr(connect((500, ""), (404, {"message": "Contact not found"})), kind).create("c", fields)


@pytest.mark.parametrize(("kind", "name", "fields", "kept"), CREATES)
async def test_create_with_a_wrong_field(connect, script, kind, name, fields, kept):
    """A field that is refused before the call is not looked up."""
    with pytest.raises(InvalidInput):
        await getattr(connect({}), kind).create("c", {**fields, "mood": "good"})

    assert [] == script.calls


async def test_appointments_between(connect, script):
    """Appointments of a calendar within a span."""
    page = await connect({"events": [{"id": "e"}]}).appointments.between(start=1, end=2, calendar_id="k")

    assert ["e"] == [event.id for event in page]
    assert ["GET /calendars/events?locationId=loc&startTime=1&endTime=2&calendarId=k"] == script.calls


async def test_appointments_of_nobody(connect, script):
    """Appointments are asked for by calendar, user or group."""
    with pytest.raises(InvalidInput):
        await connect({}).appointments.between(start=1, end=2)

    assert [] == script.calls


async def test_appointment_that_is_none(connect):
    """An empty list of events holds no appointment."""
    with pytest.raises(Unreadable):
        await connect({"events": []}).appointments.get("x")
