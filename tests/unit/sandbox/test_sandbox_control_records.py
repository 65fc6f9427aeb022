"""What people do on HighLevel's own pages, by order of the control API (facts 5, 8.3)."""

import pytest
import pytest_asyncio

from invoco.domain.kinds import RecordKind

pytestmark = pytest.mark.asyncio(loop_scope="session")

BY = {"actor": "test"}


async def refusal(face, path, /, **order):
    """Status and message of an order that is refused."""
    answer = await face.http.post(f"/_twin/{path}", json=order)
    return answer.status_code, answer.json()["message"]


async def told(face):
    """The types of all events so far, oldest first."""
    return [delivery["type"] for delivery in (await face.look("dump", what="deliveries"))["deliveries"]][::-1]


async def held(face, kind):
    """All records of a kind in the main location, by id."""
    async with face.twin.database.reading() as session:
        return {record.id: record for record in await session.shelf(kind).page(face.here)}


@pytest_asyncio.fixture(loop_scope="session")
async def changing(face):
    """The twin, for a test that changes its account."""
    yield face
    await face.twin.reset()


@pytest_asyncio.fixture(loop_scope="session")
async def people(changing):
    """Ada with a task, a note and an appointment, and Grace with more fields; nothing was told of them."""
    books, here = changing.twin.backstage._untold.books, changing.here
    ada = await books.contacts.create(here, {"firstName": "Ada", "email": "ada@example.com", "tags": ["vip"]}, **BY)
    grace = await books.contacts.create(
        here, {"firstName": "Grace", "email": "grace@example.com", "city": "New York", "tags": ["navy"]}, **BY
    )
    task = {"title": "Call", "dueDate": "2025-07-01T00:00:00.000Z", "completed": False}
    await books.tasks.create(here, ada.id, task, **BY)
    await books.notes.create(here, ada.id, {"body": "Hello"}, **BY)
    await changing.twin.pages.book(here, ada.id, {}, events=False)
    return ada, grace


async def test_merge(changing, people):
    """The master keeps its values, its blanks are filled, the other is gone, and nobody is told."""
    ada, grace = people
    await changing.order("clock", advance=5)
    merged = (await changing.order("merge", master=ada.id, others=[grace.id]))["contact"]

    assert ("Ada", "ada@example.com", "New York", ["vip"]) == tuple(
        merged[name] for name in ("firstName", "email", "city", "tags")
    )
    assert merged["dateUpdated"] > ada.date_updated
    assert grace.id not in await held(changing, RecordKind.CONTACT)
    assert [] == await told(changing)


async def test_children_of_the_merged_are_gone(changing, people):
    """They do not move to the master."""
    ada, grace = people
    await changing.order("merge", master=grace.id, others=[ada.id])

    for kind in (RecordKind.TASK, RecordKind.NOTE, RecordKind.APPOINTMENT):
        assert ada.id not in {record.contact_id for record in (await held(changing, kind)).values()}


async def test_merge_finds_the_master_by_search(changing, people):
    """The index shows it as it is now."""
    ada, grace = people
    await changing.order("merge", master=ada.id, others=[grace.id])
    body = {
        "locationId": changing.here,
        "pageLimit": 5,
        "filters": [{"field": "city", "operator": "eq", "value": "New York"}],
    }
    found = (await changing.send("POST", "/contacts/search", json=body)).json()["contacts"]

    assert ada.id in {contact["id"] for contact in found}


@pytest.mark.parametrize("others", [["{ada}"], ["{grace}", "{grace}"]])
async def test_a_merge_of_nobody_else(changing, people, others):
    """Each of the merged is another contact."""
    ada, grace = people
    named = [text.format(ada=ada.id, grace=grace.id) for text in others]

    assert (400, "Two to 10 different contacts are merged.") == await refusal(
        changing, "merge", master=ada.id, others=named
    )


@pytest.mark.parametrize("others", [[], [f"c{number}" for number in range(10)]])
async def test_a_merge_of_too_few_or_too_many(face, others):
    """The order is refused before anything is looked for."""
    status, message = await refusal(face, "merge", master="c", others=others)

    assert (400, True) == (status, message.startswith("The order cannot be read: "))


async def test_a_merge_with_somebody_unknown(changing, people):
    """Nobody is merged."""
    ada, grace = people

    assert (400, "Contact with id nobody not found") == await refusal(
        changing, "merge", master=ada.id, others=[grace.id, "nobody"]
    )
    assert grace.id in await held(changing, RecordKind.CONTACT)


async def test_restore(changing, people):
    """The contact and what belonged to it are as they were, and nobody is told."""
    ada, _ = people
    before = [await held(changing, kind) for kind in RecordKind]
    await changing.twin.backstage._untold.books.contacts.delete(changing.here, ada.id, **BY)
    await changing.order("clock", advance=3600)
    answer = await changing.order("restore", contact=ada.id)

    assert ada.to_wire() == answer["contact"]
    assert before == [await held(changing, kind) for kind in RecordKind]
    assert [] == await told(changing)


async def test_a_child_deleted_alone_stays_away(changing, people):
    """Only what went with the contact comes back with it."""
    ada, _ = people
    [note] = await changing.twin.books.notes.of_contact(changing.here, ada.id)
    await changing.twin.books.notes.delete(changing.here, ada.id, note.id, **BY)
    await changing.twin.books.contacts.delete(changing.here, ada.id, **BY)
    await changing.order("restore", contact=ada.id)

    assert note.id not in await held(changing, RecordKind.NOTE)


async def test_a_second_life_ends_too(changing, people):
    """A restored contact can be deleted and restored again."""
    ada, _ = people
    for _ in range(2):
        await changing.twin.books.contacts.delete(changing.here, ada.id, **BY)
        await changing.order("restore", contact=ada.id)

    assert ada == (await held(changing, RecordKind.CONTACT))[ada.id]


@pytest.mark.parametrize("who", ["alive", "unknown", "merged"])
async def test_nobody_to_restore(changing, people, who):
    """Whoever lives, never was or was merged away cannot be restored."""
    ada, grace = people
    if who == "merged":
        await changing.order("merge", master=ada.id, others=[grace.id])
    chosen = {"alive": ada.id, "unknown": "nobody", "merged": grace.id}[who]

    assert (400, f"There is no deleted contact {chosen!r}.") == await refusal(changing, "restore", contact=chosen)


async def test_vanish_by_share(changing, people):
    """So many are gone at once, and each is told of."""
    alive = await held(changing, RecordKind.CONTACT)
    gone = (await changing.order("vanish", share=0.4, seed=3))["gone"]

    assert round(len(alive) * 0.4) == len(gone)
    assert alive.keys() - set(gone) == (await held(changing, RecordKind.CONTACT)).keys()
    assert len(gone) == (await told(changing)).count("ContactDelete")


async def test_vanish_by_count_without_events(changing, people):
    """No more than there are, and nobody is told."""
    gone = (await changing.order("vanish", count=1000, events=False))["gone"]

    assert ({}, True, []) == (await held(changing, RecordKind.CONTACT), len(gone) > 1, await told(changing))


async def test_the_seed_chooses_who_vanishes(changing, people):
    """The same seed chooses the same contacts."""
    chosen = []
    for seed in (7, 7):
        gone = (await changing.order("vanish", count=2, seed=seed, events=False))["gone"]
        for contact_id in gone:
            await changing.order("restore", contact=contact_id)
        chosen.append(gone)

    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("order", [{}, {"count": 1, "share": 0.1}])
async def test_a_number_or_a_share_vanishes(face, order):
    """Not both, and not neither."""
    assert (400, "Either a count or a share of the contacts vanishes.") == await refusal(face, "vanish", **order)


@pytest.mark.parametrize("order", [{"count": -1}, {"share": 1.1}])
async def test_a_disappearance_that_cannot_be(face, order):
    """It is refused."""
    assert 400 == (await refusal(face, "vanish", **order))[0]


async def test_an_appointment_is_booked(changing, people):
    """Tomorrow in the first calendar, unless the order says else."""
    _, grace = people
    made = (await changing.order("appointments", contact=grace.id, fields={"title": "Demo"}))["appointment"]
    read = await changing.send("GET", f"/calendars/events/appointments/{made['id']}", version="2021-04-15")

    assert (grace.id, "Demo", "confirmed") == (made["contactId"], made["title"], made["appointmentStatus"])
    assert "Demo" == read.json()["event"]["title"]
    assert ["AppointmentCreate"] == await told(changing)


async def test_an_appointment_is_moved(changing, people):
    """Its other fields stay; null clears one."""
    times = {"startTime": "2025-07-01T10:00:00+02:00", "endTime": "2025-07-01T10:30:00+02:00"}
    [appointment] = await changing.twin.books.appointments.of_contact(changing.here, people[0].id)
    moved = (await changing.order("appointments", id=appointment.id, fields={**times, "title": None}))["appointment"]

    assert (times["startTime"], appointment.calendar_id, False) == (
        moved["startTime"],
        moved["calendarId"],
        "title" in moved,
    )
    assert ["AppointmentUpdate"] == await told(changing)


@pytest.mark.parametrize(("events", "types"), [(True, ["AppointmentDelete"]), (False, [])])
async def test_an_appointment_is_cancelled(changing, people, events, types):
    """It is gone, and told of if events are wanted."""
    ada, _ = people
    [appointment] = await changing.twin.books.appointments.of_contact(changing.here, ada.id)
    answer = await changing.order("appointments", id=appointment.id, delete=True, events=events)

    assert ({"deleted": appointment.id}, types) == (answer, await told(changing))
    assert appointment.id not in await held(changing, RecordKind.APPOINTMENT)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({}, "The order names no appointment."),
        ({"delete": True, "contact": "c"}, "The order names no appointment."),
        ({"id": "unknown"}, "Appointment with id unknown not found"),
        ({"id": "unknown", "delete": True}, "Appointment with id unknown not found"),
        ({"contact": "nobody"}, "Contact with id nobody not found"),
    ],
)
async def test_an_appointment_that_is_none(face, order, message):
    """The order is refused."""
    assert (400, message) == await refusal(face, "appointments", **order)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"color": "red"}, "No such field can be set: color."),
        ({"contactId": "c2", "id": "a"}, "No such field can be set: contactId, id."),
        ({"title": 5}, "The fields cannot be read: Expected `str | null`, got `int` - at `$.title`."),
        ({"startTime": "soon"}, "An appointment has a startTime and a later endTime."),
        ({"endTime": "2001-01-01T00:00:00Z"}, "An appointment has a startTime and a later endTime."),
        ({"endTime": None}, "An appointment has a startTime and a later endTime."),
    ],
)
async def test_an_appointment_that_cannot_be(changing, people, fields, message):
    """Nothing is written."""
    _, grace = people
    before = await held(changing, RecordKind.APPOINTMENT)

    assert (400, message) == await refusal(changing, "appointments", contact=grace.id, fields=fields)
    assert before == await held(changing, RecordKind.APPOINTMENT)


async def test_an_appointment_needs_a_calendar(changing, people):
    """Where there is none, it is said how to make one."""
    _, grace = people
    for calendar_id in await held(changing, RecordKind.CALENDAR):
        await changing.order("definitions", kind="calendars", id=calendar_id, delete=True)

    assert (400, "The location has no calendar.") == await refusal(changing, "appointments", contact=grace.id)


@pytest.mark.parametrize(("kind", "types"), [("users", ["UserCreate"]), ("businesses", []), ("calendars", [])])
async def test_a_definition_is_made(changing, kind, types):
    """It belongs to the location; only users are told of."""
    made = (await changing.order("definitions", kind=kind, fields={"name": "New"}))[kind]

    assert "New" == (await held(changing, RecordKind(kind)))[made["id"]].name
    assert types == await told(changing)


async def test_a_location_is_changed(changing):
    """Its event names it by its own id."""
    changed = (await changing.order("definitions", kind="locations", fields={"name": "Harbour"}))["locations"]
    [delivery] = (await changing.look("dump", what="deliveries"))["deliveries"]

    assert (changing.here, "Harbour") == (changed["id"], changed["name"])
    assert ("LocationUpdate", changing.here, "Harbour", False) == (
        delivery["type"],
        delivery["body"]["id"],
        delivery["body"]["name"],
        "locationId" in delivery["body"],
    )


@pytest.mark.parametrize(("events", "types"), [(True, ["UserDelete"]), (False, [])])
async def test_a_definition_is_removed(changing, events, types):
    """It is gone, and told of if events are wanted."""
    user_id = min(await held(changing, RecordKind.USER))
    answer = await changing.order("definitions", kind="users", id=user_id, delete=True, events=events)

    assert ({"deleted": user_id}, types) == (answer, await told(changing))
    assert user_id not in await held(changing, RecordKind.USER)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"kind": "contacts"}, "A location does not define its contacts."),
        ({"kind": "users", "delete": True}, "The order names no definition."),
        ({"kind": "users", "id": "nobody"}, "users with id nobody not found"),
        ({"kind": "users", "id": "nobody", "delete": True}, "users with id nobody not found"),
        ({"kind": "locations", "id": "x", "delete": True}, "A location is not removed."),
        ({"kind": "users", "fields": {"shoe": 9}}, "No such field can be set: shoe."),
        ({"kind": "users", "location": "nowhere"}, "There is no location 'nowhere'."),
    ],
)
async def test_a_definition_that_is_none(face, order, message):
    """The order is refused."""
    assert (400, message) == await refusal(face, "definitions", **order)


@pytest.mark.parametrize("path", ["merge", "restore", "vanish", "appointments", "definitions"])
async def test_an_unknown_field_of_an_order(face, path):
    """It is named."""
    status, message = await refusal(face, path, colour="red")

    assert (400, True) == (status, message.startswith("The order cannot be read: "))


async def test_orders_for_another_location(changing):
    """Its id says which."""
    async with changing.twin.database.reading() as session:
        [contact] = await session.contacts.page(changing.elsewhere, limit=1)
    made = await changing.order("appointments", contact=contact.id, location=changing.elsewhere)

    assert changing.elsewhere == made["appointment"]["locationId"]
