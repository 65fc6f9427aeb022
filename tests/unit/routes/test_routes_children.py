"""Tasks, notes and appointments over HTTP."""

import pytest

HERE = "location-of-the-tests"
TASK = {"title": "Call", "dueDate": "2025-07-01T10:00:00.000Z", "completed": False}


@pytest.fixture
async def contact_path(face):
    """The path of a new contact."""
    contact = await face.create(firstName="Ada")
    return f"/contacts/{contact['id']}"


async def test_task_from_beginning_to_end(face, contact_path):
    """A task is created, read, changed, completed and deleted."""
    created, told = await face.call("POST", f"{contact_path}/tasks", {**TASK, "body": "about"})
    task = told["task"]
    path = f"{contact_path}/tasks/{task['id']}"
    updated = await face.call("PUT", path, {"title": "Write"})
    completed = await face.call("PUT", f"{path}/completed", {"completed": True})
    listed = await face.call("GET", f"{contact_path}/tasks")

    final = {**task, "title": "Write", "completed": True}
    assert (created, {key: task[key] for key in (*TASK, "body")}) == (201, TASK | {"body": "about"})
    assert (200, {"task": {**task, "title": "Write"}}) == updated
    assert [(200, {"task": final})] * 2 == [completed, await face.call("GET", path)]
    assert (200, {"tasks": [final]}) == listed
    assert await face.call("DELETE", path) == (200, {"succeded": True})
    assert await face.call("GET", f"{contact_path}/tasks") == (200, {"tasks": []})


async def test_task_search(face, contact_path):
    """Tasks of a location are found by what they are."""
    await face.call("POST", f"{contact_path}/tasks", TASK)
    await face.call("POST", f"{contact_path}/tasks", {**TASK, "title": "Done", "completed": True, "assignedTo": "u1"})
    body = {"contactId": [contact_path.rpartition("/")[2]], "completed": True, "assignedTo": ["u1"], "query": "don"}
    status, told = await face.call("POST", f"/locations/{HERE}/tasks/search", {**body, "limit": 5, "skip": 0})

    assert (status, [task["title"] for task in told["tasks"]]) == (200, ["Done"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"limit": 0}, "limit must not be less than 1"),
        ({"limit": 501}, "limit must not be greater than 500"),
        ({"skip": -1}, "skip must not be less than 0"),
        ({"skip": 1e300}, "skip must not be greater than"),
    ],
)
async def test_task_search_out_of_bounds(face, body, message):
    """Pages have bounds."""
    status, told = await face.call("POST", f"/locations/{HERE}/tasks/search", body)

    assert (status, told["message"][0].startswith(message)) == (422, True)


async def test_note_from_beginning_to_end(face, contact_path):
    """A note is created, read, changed and deleted."""
    body = {"body": "Hello", "title": "T", "color": "#fff", "pinned": True, "userId": "u1"}
    created, told = await face.call("POST", f"{contact_path}/notes", body)
    note = told["note"]
    path = f"{contact_path}/notes/{note['id']}"
    updated = await face.call("PUT", path, {"body": "Bye"})

    final = {**note, "body": "Bye"}
    assert (201, body) == (created, {key: note[key] for key in body})
    assert [(200, {"note": final})] * 2 == [updated, await face.call("GET", path)]
    assert (200, {"notes": [final]}) == await face.call("GET", f"{contact_path}/notes")
    assert await face.call("DELETE", path, version="v3") == (200, {"succeeded": True, "succeded": True})
    assert await face.call("GET", f"{contact_path}/notes") == (200, {"notes": []})


@pytest.mark.parametrize("noun", ["tasks", "notes", "appointments"])
async def test_children_of_nobody(face, noun):
    """There is no list without a contact."""
    status, told = await face.call("GET", f"/contacts/nobody/{noun}")

    assert (status, told["message"]) == (400, "Contact with id nobody not found")


async def test_appointments_of_a_contact(face, event):
    """Their times are those of the location's clock, without an offset (facts 10.1)."""
    status, told = await face.call("GET", f"/contacts/{event.contact_id}/appointments")

    (listed,) = told["events"]
    assert (
        status, listed["startTime"], listed["endTime"], listed["dateAdded"],
    ) == (200, "2025-06-15 06:00:00", "2025-06-15 07:00:00", "2025-06-01 06:00:00")  # fmt: skip


@pytest.mark.parametrize("query", [{"calendarId": "k1"}, {"userId": "u1"}, {"groupId": "g1"}])
async def test_events_of_a_window(face, event, query):
    """Events tell their times with an offset."""
    window = {"startTime": "1749970000000", "endTime": "1749990000000"}
    told = await face.call("GET", "/calendars/events", locationId=HERE, **window, **query)

    assert (200, {"events": [event.to_wire()]}) == told


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"startTime": "1", "endTime": "2"}, "one of userId, calendarId, groupId should not be empty"),
        ({"startTime": "soon", "endTime": "2", "userId": "u1"}, "startTime must be a number"),
        ({"endTime": "2", "userId": "u1"}, "startTime should not be empty"),
    ],
)  # fmt: skip
async def test_events_without_a_window(face, query, message):
    """A window and whose events are needed."""
    status, told = await face.call("GET", "/calendars/events", locationId=HERE, **query)

    assert (status, told["message"][0].startswith(message)) == (422, True)


async def test_appointment_by_id(face, event):
    """Its times carry an offset."""
    assert (200, {"event": event.to_wire()}) == await face.call("GET", f"/calendars/events/appointments/{event.id}")
