"""From changes of records to events."""

from typing import Any

import pytest

from invoco.domain.changes import Change
from invoco.domain.errors import BadRequest
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Appointment, Business, Contact, CustomFieldValue, Note, Task
from invoco.sandbox.webhooks import EVENTS, app_events
from invoco.sandbox.webhooks.event_types import event_name, is_of_app, type_of
from invoco.sandbox.webhooks.events import events_of

KINDS: dict[type[Any], RecordKind] = {
    Contact: RecordKind.CONTACT, Task: RecordKind.TASK, Note: RecordKind.NOTE, Appointment: RecordKind.APPOINTMENT,
    Business: RecordKind.BUSINESS,
}  # fmt: skip
AT = 1_750_000_000_000
ADA = Contact(
    id="c1", location_id="l1", name="Ada Lovelace", first_name="Ada", last_name="Lovelace", email="Ada@example.com",
    phone="+12125550100", tags=["vip"], dnd=False, date_of_birth="1815-12-10", timezone="Europe/London",
    followers=["u1"], date_added="2025-01-01T00:00:00.000Z", date_updated="2025-01-01T00:00:00.000Z",
    custom_fields=[CustomFieldValue("f1", "blue")],
)  # fmt: skip
TASK = Task(id="t1", contact_id="c1", title="Call", body="soon", due_date="2025-07-01T00:00:00.000Z", completed=False)
NOTE = Note(id="n1", contact_id="c1", body="Hello", user_id="u1", title="T", color="#FFAA00", pinned=True)
MEETING = Appointment(id="a1", contact_id="c1", calendar_id="k1", title="Demo", start_time="2025-07-01T10:00:00+02:00")


def change(before=None, after=None, *, action="update"):
    """A change of a record of any kind."""
    record = after or before
    return Change(
        kind=KINDS[type(record)], action=action, location_id="l1", record_id=record.id, operation_id="any",
        before=before, after=after, at=AT,
    )  # fmt: skip


def changed(record, **fields):
    """The change that sets these fields."""
    wire = type(record)(**{**{name: getattr(record, name) for name in record.__struct_fields__}, **fields})
    return change(record, wire)


def names(*changes):
    """The events of the changes."""
    return [event.name for event in events_of(changes, thin=False)]


def fields(made, *, thin=False):
    """The fields of the only event of a change."""
    [event] = events_of([made], thin=thin)
    return event.fields


@pytest.mark.parametrize(
    ("record", "noun"), [(ADA, "Contact"), (TASK, "Task"), (NOTE, "Note"), (MEETING, "Appointment")]
)
def test_create_and_delete(record, noun):
    """Creating and deleting tell so."""
    assert [f"{noun}Create", f"{noun}Delete"] == names(change(after=record), change(record))


@pytest.mark.parametrize(("record", "event"), [(NOTE, "NoteUpdate"), (MEETING, "AppointmentUpdate")])
def test_update_of_notes_and_appointments(record, event):
    """Notes and appointments tell of every update."""
    assert [event] == names(change(record, record))


@pytest.mark.parametrize(
    ("update", "events"),
    [
        ({"email": "ada@example.org"}, ["ContactUpdate"]),
        ({"timezone": "Asia/Tokyo"}, ["ContactUpdate"]),
        ({"business_id": "5" * 24}, ["ContactUpdate"]),
        ({"custom_fields": []}, ["ContactUpdate"]),
        ({"tags": ["vip", "new"]}, ["ContactTagUpdate"]),
        ({"dnd": True}, ["ContactDndUpdate"]),
        ({"dnd": None}, []),
        ({"dnd_settings": {"SMS": {"status": "active"}}}, ["ContactDndUpdate"]),
        ({"inbound_dnd_settings": {"all": {"status": "active"}}}, []),
        ({"followers": ["u2"]}, []),
        ({"date_updated": "2025-02-01T00:00:00.000Z"}, []),
        ({"city": "London", "tags": [], "dnd": True}, ["ContactUpdate", "ContactTagUpdate", "ContactDndUpdate"]),
    ],
)
def test_update_of_a_contact(update, events):
    """Fields, tags and DND each have an event; followers and inbound DND have none (facts 8.2, 8.3)."""
    assert events == names(changed(ADA, **update))


def test_order_of_tags_is_no_change():
    """The same tags in another order tell nothing."""
    assert [] == names(change(changed(ADA, tags=["a", "b"]).after, changed(ADA, tags=["b", "a"]).after))


@pytest.mark.parametrize(
    ("update", "events"), [({"title": "Ring"}, []), ({"completed": True}, ["TaskComplete"]), ({"completed": False}, [])]
)
def test_update_of_a_task(update, events):
    """There is no TaskUpdate; only completing tells (facts 8.3)."""
    assert events == names(changed(TASK, **update))


def test_reopening_a_task_tells_nothing():
    """A task that is open again is only edited."""
    assert [] == names(changed(changed(TASK, completed=True).after, completed=False))


def test_business_tells_nothing():
    """There are no events of businesses (facts 8.3)."""
    assert [] == names(change(after=Business(id="b1")))


def test_cascade():
    """Deleting a contact tells of what went with it."""
    assert ["ContactDelete", "TaskDelete", "NoteDelete"] == names(change(ADA), change(TASK), change(NOTE))


def test_every_contact_of_a_bulk_operation_is_told():
    """Two contacts tagged at once are two events."""
    bob = changed(ADA, id="c2").after

    assert ["c1", "c2"] == [
        event.fields["id"] for event in events_of([changed(ADA, tags=[]), changed(bob, tags=[])], thin=False)
    ]


def test_one_write_tells_an_event_once():
    """Two changes of a contact in one write are one event, with the later state."""
    first = changed(ADA, city="Paris")
    [event] = events_of([first, changed(first.after, city="London")], thin=False)

    assert "London" == event.fields["city"]


def test_body_of_a_contact():
    """The payload has the documented fields alone, without empty ones; the birthday is a moment (facts 8.1, 10.1)."""
    assert fields(change(after=ADA)) == {
        "id": "c1", "name": "Ada Lovelace", "firstName": "Ada", "lastName": "Lovelace", "email": "Ada@example.com",
        "phone": "+12125550100", "tags": ["vip"], "dnd": False, "dateOfBirth": "1815-12-10T00:00:00.000Z",
        "dateAdded": "2025-01-01T00:00:00.000Z", "customFields": [{"id": "f1", "value": "blue"}],
    }  # fmt: skip


def test_dnd_settings_are_told_in_their_event_alone():
    """Only ContactDndUpdate carries `dndSettings`."""
    made = changed(ADA, city="London", dnd_settings={"SMS": {"status": "active"}})

    assert [False, True] == ["dndSettings" in event.fields for event in events_of([made], thin=False)]


def test_body_of_a_note():
    """Notes are told by an allow-list (facts 8.2)."""
    assert {"id": "n1", "body": "Hello", "contactId": "c1"} == fields(change(after=NOTE))


def test_body_of_a_task():
    """A new task is told with its birth."""
    assert fields(change(after=TASK)) == {
        "id": "t1", "contactId": "c1", "title": "Call", "body": "soon", "dueDate": "2025-07-01T00:00:00.000Z",
        "dateAdded": "2025-06-15T15:06:40.000Z",
    }  # fmt: skip


def test_thin_task():
    """The real TaskCreate lacks contact and body (facts 8.2)."""
    assert {"id", "title", "dueDate", "dateAdded"} == set(fields(change(after=TASK), thin=True))


def test_other_events_are_never_thin():
    """TaskDelete names the contact all the same."""
    assert "c1" == fields(change(TASK), thin=True)["contactId"]


def test_body_of_an_appointment():
    """Appointments stay nested (facts 8.2)."""
    assert {"appointment"} == set(fields(change(after=MEETING)))


def test_there_are_77_events():
    """The list is that of facts 8.1."""
    assert 77 == len(set(EVENTS))


@pytest.mark.parametrize(("text", "name"), [("INSTALL", "AppInstall"), ("ContactCreate", "ContactCreate")])
def test_events_are_known_by_name_and_type(text, name):
    """Either is understood."""
    assert name == event_name(text)


@pytest.mark.parametrize(
    ("name", "written"), [("PlanChange", "PLAN_CHANGE"), ("ConversationUnreadWebhook", "ConversationUnreadUpdate")]
)
def test_types_that_are_not_the_name(name, written):
    """Some events carry another type than their name."""
    assert written == type_of(name)


@pytest.mark.parametrize("name", ["TaskUpdate", "ContactMerge", "LocationDelete", ""])
def test_events_that_do_not_exist(name):
    """What HighLevel does not have is refused."""
    with pytest.raises(BadRequest):
        event_name(name)


@pytest.mark.parametrize(("name", "expected"), [("AppInstall", True), ("ContactCreate", False)])
def test_events_of_the_app(name, expected):
    """The events of the app are told apart."""
    assert expected == is_of_app(name)


INSTALLED: dict[str, Any] = {"company_id": "k1", "company_name": "Agency", "at": AT, "plan_id": "p1", "user_id": "u1"}


@pytest.mark.parametrize(("location_id", "kind"), [("l1", "Location"), (None, "Company")])
def test_install(location_id, kind):
    """An agency-level INSTALL has no location (facts 2.8)."""
    body = app_events.install(location_id=location_id, **INSTALLED)

    assert (location_id, kind) == (body["locationId"], body["installType"])


@pytest.mark.parametrize(("location_id", "body"), [("l1", {"locationId": "l1"}), (None, {"companyId": "k1"})])
def test_uninstall(location_id, body):
    """UNINSTALL names the location or the company (facts 2.8)."""
    assert body == app_events.uninstall(location_id=location_id, company_id="k1")
