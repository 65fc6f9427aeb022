"""Webhooks are folded, shown at once where they are news, and asked for to be sure."""

import pytest
from msgspec.structs import replace

from invoco.domain.deletions import DeletionAction, Tombstone
from invoco.domain.deliveries import DeliveryState
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Subject
from invoco.domain.schedules import Modes
from invoco.highlevel.clock import iso
from invoco.highlevel.records import Appointment, Contact, Note, Task
from invoco.sync.events import DELETION_GRACE
from invoco.sync.inbound import MOST, drain

CONTACT, NOTE, TASK = RecordKind.CONTACT, RecordKind.NOTE, RecordKind.TASK


async def drained(here):
    """One round."""
    return await drain(here.store, connection=here.connection, clock=here.clock)


async def state_of(here, webhook_id):
    """What became of a delivery."""
    async with here.store.reading() as session:
        delivery = await session.inbox.find(webhook_id)
        return delivery.state, delivery.reason


async def subjects(here):
    """What waits to be read."""
    return {(reread.subject, reread.subject_id) for reread in await here.waiting()}


async def test_a_newer_event_is_shown_at_once(here):
    """Its fields are laid over those that are held, and the record is marked as not confirmed."""
    await here.put(CONTACT, Contact(id="c1", first_name="Ada", city="Paris", date_updated=iso(here.now - 1000)))
    await here.receive(here.event("ContactUpdate", id="c1", firstName="Eve"))
    round_ = await drained(here)

    assert round_.shown == 1
    held = await here.get(CONTACT, "c1")
    assert (held.first_name, held.city) == ("Eve", "Paris")
    async with here.store.reading() as session:
        assert await session.provisional.count(here.connection.id) == 1


async def test_the_type_of_an_event_is_not_the_type_of_a_contact(here):
    """The envelope stays outside of the record."""
    await here.put(CONTACT, Contact(id="c1", type="customer", date_updated=iso(here.now - 1000)))
    await here.receive(here.event("ContactUpdate", id="c1", firstName="Eve"))
    await drained(here)

    held = await here.get(CONTACT, "c1")
    assert (held.type, held.extra) == ("customer", {})


async def test_an_unknown_contact_is_shown_as_its_event_tells_it(here):
    """A new contact is there before it was read."""
    await here.receive(here.event("ContactCreate", id="c1", firstName="Ada", email="ada@example.org"))
    await drained(here)

    assert Contact(id="c1", location_id=here.connection.id, first_name="Ada", name="Ada", email="ada@example.org") == (
        await here.get(CONTACT, "c1")
    )


async def test_an_older_event_is_not_shown(here):
    """It is only asked for."""
    held = Contact(id="c1", first_name="Ada", date_updated=iso(here.now))
    await here.put(CONTACT, held)
    await here.receive(here.event("ContactUpdate", here.now - 5000, id="c1", firstName="Old"))
    await drained(here)

    assert held == await here.get(CONTACT, "c1")
    assert (Subject.CONTACT, "c1") in await subjects(here)


async def test_an_event_older_than_the_one_shown_is_not_shown(here):
    """Order is not promised: what happened last wins, whatever arrives last."""
    await here.receive(here.event("ContactUpdate", here.now, id="c1", firstName="New"))
    await drained(here)
    await here.receive(here.event("ContactUpdate", here.now - 5000, id="c1", firstName="Old"))
    await drained(here)

    assert (await here.get(CONTACT, "c1")).first_name == "New"


async def test_events_of_one_record_are_folded(here):
    """The newest is shown, once, and one reread is asked for, which others will follow."""
    await here.receive(
        here.event("ContactUpdate", here.now, id="c1", firstName="New"),
        here.event("ContactUpdate", here.now - 5000, id="c1", firstName="Old"),
        here.event("ContactTagUpdate", here.now - 3000, id="c1", tags=["a"]),
    )
    round_ = await drained(here)

    assert (round_.taken, round_.shown, round_.asked) == (3, 1, 1)
    assert (await here.get(CONTACT, "c1")).first_name == "New"
    [asked] = await here.waiting()
    assert (asked.subject, asked.subject_id, asked.follow_up) == (Subject.CONTACT, "c1", True)


async def test_a_late_event_cannot_revive_a_deleted_contact(here):
    """Only a read that finds it can."""
    stone = Tombstone(kind=CONTACT, record_id="c1", contact_id="c1", action=DeletionAction.ARCHIVE, gone_at=here.now)
    async with here.store.transaction() as session:
        await session.tombstones.put(here.connection.id, [stone])
    await here.receive(here.event("ContactUpdate", here.now + 1000, id="c1", firstName="Ghost"))
    await drained(here)

    assert await here.get(CONTACT, "c1") is None
    assert (Subject.CONTACT, "c1") in await subjects(here)


async def test_a_deletion_is_not_believed_at_once(here):
    """It is asked for after a moment, in which a mass of deletions would show."""
    await here.put(CONTACT, Contact(id="c1"))
    await here.receive(here.event("ContactDelete", id="c1"))
    await drained(here)

    assert await here.get(CONTACT, "c1") is not None
    [asked] = await here.waiting()
    assert (asked.subject, asked.deleted, asked.due_at) == (Subject.CONTACT, True, here.now + DELETION_GRACE)


async def test_what_was_shown_is_in_the_history(here):
    """With the webhook that told it, and without a moment at which HighLevel was read."""
    await here.receive(here.event("ContactCreate", id="c1", firstName="Ada"))
    await drained(here)

    [entry] = await here.history("c1")
    assert (entry["action"], entry["actor"], entry["event_id"], entry["read_at"]) == ("create", "event", "w1", None)


async def test_a_note_is_shown_and_its_contact_asked(here):
    """Notes are read all of a contact at once."""
    await here.receive(here.event("NoteCreate", id="n1", contactId="c1", body="Call back"))
    await drained(here)

    assert (await here.get(NOTE, "n1")).body == "Call back"
    assert await subjects(here) == {(Subject.NOTES, "c1")}


async def test_a_note_event_without_contact_is_found_by_the_note_held(here):
    """The mirror knows whose note it is."""
    await here.put(NOTE, Note(id="n1", contact_id="c7", body="Hello"))
    await here.receive(here.event("NoteDelete", id="n1"))
    await drained(here)

    assert await subjects(here) == {(Subject.NOTES, "c7")}


async def test_a_note_of_nobody_asks_for_nothing(here):
    """The next comparison will know it."""
    await here.receive(here.event("NoteDelete", id="n1"))
    round_ = await drained(here)

    assert (round_.taken, round_.asked) == (1, 0)


async def test_an_appointment_is_shown(here):
    """Its fields are nested in the body."""
    await here.receive(here.event("AppointmentCreate", appointment={"id": "a1", "contactId": "c1", "title": "Visit"}))
    await drained(here)

    assert Appointment(id="a1", contact_id="c1", title="Visit") == await here.get(RecordKind.APPOINTMENT, "a1")
    assert await subjects(here) == {(Subject.APPOINTMENT, "a1")}


async def test_a_thin_task_event_is_a_lost_task(here):
    """Real TaskCreate events name no contact; the title helps to find it."""
    await here.receive(here.event("TaskCreate", id="t1", title="Call"))
    await drained(here)

    [lost] = await here.waiting()
    assert (lost.subject, lost.subject_id, lost.hint) == (Subject.LOST_TASK, "t1", "Call")


async def test_a_task_that_is_held_tells_its_contact(here):
    """No search is needed."""
    await here.put(TASK, Task(id="t1", contact_id="c1", title="Call"))
    await here.receive(here.event("TaskComplete", id="t1", title="Call"))
    await drained(here)

    assert await subjects(here) == {(Subject.TASKS, "c1")}


async def test_a_deleted_task_nobody_knows_asks_for_nothing(here):
    """There is nothing to delete."""
    await here.receive(here.event("TaskDelete", id="t1"))
    assert (await drained(here)).asked == 0


@pytest.mark.parametrize(
    ("type_", "fields", "subject"),
    [
        ("LocationUpdate", {"id": "location-of-the-tests"}, Subject.LOCATION),
        ("UserCreate", {"id": "u1"}, Subject.USERS),
        (
            "RecordUpdate",
            {"id": "b1", "properties": [{"key": "business.name", "valueString": "Acme"}]},
            Subject.BUSINESSES,
        ),
    ],
)
async def test_definitions_are_read_as_a_list(here, type_, fields, subject):
    """What few events tell of is read whole."""
    await here.receive(here.event(type_, **fields))
    await drained(here)

    assert await subjects(here) == {(subject, "")}


@pytest.mark.parametrize("type_", ["InvoicePaid", "RecordCreate", "SomethingNew"])
async def test_types_nobody_uses_are_kept(here, type_):
    """They are there for later."""
    await here.receive(here.event(type_, id="x", properties=[{"key": "pets.name"}, "odd"]))
    await drained(here)

    assert await state_of(here, "w1") == (DeliveryState.KEPT, None)


@pytest.mark.parametrize(
    ("delivery", "reason"),
    [
        ({"body": b"{"}, "The body is no JSON."),
        ({"body": b"[]"}, "The body is no JSON object."),
        ({"body": b"[" * 100_000}, "The body is no JSON."),
        ({"body": b'{"firstName": "Ada"}'}, "The body names no id."),
        ({"type": "AppointmentCreate", "body": b'{"appointment": 7}'}, "The body holds no appointment."),
    ],
)
async def test_a_body_of_no_use_is_rejected_with_a_reason(here, delivery, reason):
    """And the rest goes on."""
    await here.receive(
        replace(here.event("ContactUpdate", id="c1"), **delivery), here.event("ContactUpdate", id="c2", firstName="Eve")
    )
    await drained(here)

    assert await state_of(here, "w1") == (DeliveryState.REJECTED, reason)
    assert await state_of(here, "w2") == (DeliveryState.DONE, None)


async def test_fields_that_cannot_be_read_are_left_to_the_reread(here):
    """Nothing is shown, everything is asked."""
    await here.receive(here.event("ContactUpdate", id="c1", tags={"not": "a list"}))
    round_ = await drained(here)

    assert round_.shown == 0
    assert (Subject.CONTACT, "c1") in await subjects(here)


async def test_events_of_the_app_are_handed_out_and_wait_still(here):
    """Handling them may take calls, which no transaction may wait for."""
    await here.receive(here.event("UNINSTALL"))
    round_ = await drained(here)

    assert [delivery.webhook_id for delivery in round_.of_app] == ["w1"]
    assert (await state_of(here, "w1"))[0] is DeliveryState.WAITING


async def test_a_flood_is_taken_in_pieces(here):
    """No transaction takes more than it should."""
    await here.receive(*(here.event("ContactUpdate", id=f"c{number % 7}") for number in range(MOST + 3)))

    assert [(await drained(here)).taken for _ in range(3)] == [MOST, 3, 0]


async def test_a_record_that_is_as_told_is_not_marked(here):
    """An echo changes nothing."""
    await here.put(CONTACT, Contact(id="c1", location_id=here.connection.id, first_name="Ada", name="Ada"))
    await here.receive(here.event("ContactUpdate", id="c1", firstName="Ada"))
    assert (await drained(here)).shown == 0


async def test_events_of_a_connection_that_does_not_listen_are_kept(here):
    """Its modes say that it polls."""
    here.connection = replace(here.connection, modes=Modes(realtime=False))
    await here.receive(here.event("ContactCreate", id="c1", firstName="Ada"))
    await drained(here)

    assert await here.get(CONTACT, "c1") is None
    assert await state_of(here, "w1") == (DeliveryState.KEPT, None)
