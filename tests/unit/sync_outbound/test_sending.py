"""What is sent for a record that differs, and how what HighLevel made of it compares."""

from typing import Any

import pytest
from msgspec.structs import replace

from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Deviation
from invoco.highlevel.records import Contact, CustomFieldValue, Note, Task
from invoco.sync.sending import (
    Deviating,
    Order,
    deviating,
    new_body,
    not_taken,
    order_of,
    sent_by_create,
    wishes,
    without_fields,
)

CONTACT, TASK, NOTE = RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE
ADA = Contact(
    id="c", location_id="here", name="Ada Lovelace", first_name="Ada", last_name="Lovelace", city="Rome",
    tags=["a", "b"], followers=["u1"], business_id="acme", dnd_settings={"SMS": {"status": "active"}},
    custom_fields=[CustomFieldValue("f", "blue")], date_added="2026-01-01T00:00:00.000Z",
)  # fmt: skip


def contact(**wire):
    """A contact with these fields."""
    return Contact.from_wire({"id": "c", **wire})


def ordered(**changes):
    """The fields of the update of a contact."""
    return order_of(CONTACT, ADA, changes).fields


def found(changes, got, before=None, refused=None):
    """The deviation of each field."""
    return {each.field: each.deviation for each in deviating(changes, got, before, refused=refused or {})}


# Wishes.


def test_equal_records_leave_no_wishes():
    """The order of tags is no difference."""
    assert {} == wishes(ADA, replace(ADA, tags=["b", "a"]))


def test_wishes_are_the_values_to_be():
    """What was changed is wished as it is, what was cleared as None, and a custom field by its id."""
    wished = replace(ADA, city=None, email="ada@example.com", custom_fields=[CustomFieldValue("f", "red")])

    assert {"city": None, "customFields.f": "red", "email": "ada@example.com"} == wishes(ADA, wished)


def test_fields_of_highlevel_are_not_wished():
    """What HighLevel alone decides is not sent."""
    wished = replace(ADA, date_added=None, date_updated="now", location_id="there", additional_emails=["x"])

    assert {} == wishes(ADA, wished)


def test_parked_fields_are_not_wished():
    """What waits for somebody to choose is not sent."""
    wished = replace(ADA, city="Bari", custom_fields=[])

    assert {"city": "Bari"} == wishes(ADA, wished, without={"customFields.f"})


def test_all_of_a_new_record_is_wished():
    """HighLevel has nothing of what it never had."""
    assert {"title": "Call", "completed": False} == wishes(None, Task(id="t", title="Call", completed=False))


# Orders.


def test_nothing_to_change_is_no_order():
    """Without changes there are no calls."""
    assert Order() == order_of(CONTACT, ADA, {})


@pytest.mark.parametrize("field", ["tags", "followers"])
@pytest.mark.parametrize(
    ("before", "wanted", "steps"),
    [
        (["a", "b"], ["b", "c"], (("c",), ("a",))),
        (["a", "b"], None, ((), ("a", "b"))),
        ([], ["a"], (("a",), ())),
        (["a", "b"], ["b", "a"], ((), ())),
    ],
)
def test_tags_and_followers_are_put_on_and_taken_off(field, before, wanted, steps):
    """Only what differs is named, in calls of its own."""
    order = order_of(CONTACT, contact(**{field: before}), {field: wanted})

    assert (steps, {}, False) == (getattr(order, field), order.fields, order.places)


@pytest.mark.parametrize("business", ["other", None])
def test_the_business_is_changed_by_a_call_of_its_own(business):
    """A contact is put into a business or taken out of it."""
    assert Order(places=True, business_id=business) == order_of(CONTACT, ADA, {"businessId": business})


@pytest.mark.parametrize("field", ["firstName", "lastName", "email", "phone", "city", "dateOfBirth", "assignedTo"])
def test_null_clears_where_it_may(field):
    """The operation says which fields may be null."""
    assert {field: None} == ordered(**{field: None})


@pytest.mark.parametrize("field", ["postalCode", "country"])
def test_an_empty_text_clears_elsewhere(field):
    """What may not be null is cleared by an empty text."""
    assert {field: ""} == ordered(**{field: None})


@pytest.mark.parametrize(("kind", "record"), [(TASK, Task(id="t")), (NOTE, Note(id="n"))])
def test_texts_of_tasks_and_notes_are_cleared_by_an_empty_text(kind, record):
    """None of their fields may be null."""
    assert {"title": "", "body": ""} == order_of(kind, record, {"title": None, "body": None}).fields


@pytest.mark.parametrize(
    ("kind", "record", "field"),
    [(CONTACT, ADA, "dnd"), (TASK, Task(id="t"), "completed"), (NOTE, Note(id="n"), "pinned")],
)
def test_a_switch_is_cleared_by_switching_it_off(kind, record, field):
    """What is yes or no is never sent as a text."""
    assert {field: False} == order_of(kind, record, {field: None}).fields


def test_custom_fields_go_by_id():
    """All custom fields are one list; an empty text clears one."""
    changes = {"customFields.f": None, "customFields.g": ["x"], "customFields.h.i": 0}

    assert {
        "customFields": [
            {"id": "f", "field_value": ""}, {"id": "g", "field_value": ["x"]}, {"id": "h.i", "field_value": 0},
        ]
    } == ordered(**changes)  # fmt: skip


def test_channels_go_in_one_object():
    """A channel of which nothing is wished is made inactive."""
    changes = {"dndSettings.SMS": None, "dndSettings.Email": {"status": "active"}}

    assert {"dndSettings": {"SMS": {"status": "inactive"}, "Email": {"status": "active"}}} == ordered(**changes)


def test_plain_values_go_as_they_are():
    """What is set is sent as it is set."""
    assert {"city": "Bari", "dnd": True} == ordered(city="Bari", dnd=True)


# New records.


def test_a_new_contact_is_sent_with_what_a_create_takes():
    """Followers, the business, dates and the location are not in it; the parts stand for the name."""
    assert {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "city": "Rome",
        "tags": ["a", "b"],
        "dndSettings": {"SMS": {"status": "active"}},
        "customFields": [{"id": "f", "field_value": "blue"}],
    } == new_body(CONTACT, ADA)


def test_a_new_contact_without_parts_has_its_name():
    """Where there are no parts the whole is sent."""
    assert {"name": "Acme"} == new_body(CONTACT, Contact(id="c", name="Acme"))


def test_a_new_task_says_whether_it_is_completed():
    """HighLevel asks for it."""
    task = Task(id="t", contact_id="c", title="Call", due_date="2026-01-01T00:00:00.000Z")
    body = {"title": "Call", "dueDate": "2026-01-01T00:00:00.000Z"}

    assert {**body, "completed": False} == new_body(TASK, task)
    assert {**body, "completed": True} == new_body(TASK, replace(task, completed=True))


def test_a_new_note_is_sent_without_its_contact():
    """The contact is in the path."""
    assert {"body": "x", "pinned": True} == new_body(NOTE, Note(id="n", contact_id="c", body="x", pinned=True))


def test_what_a_create_takes_is_told_by_name():
    """The fields that are compared afterwards: those of the body, and the name."""
    assert [
        "city", "customFields.f", "dndSettings.SMS", "firstName", "lastName", "name", "tags",
    ] == sorted(sent_by_create(CONTACT, ADA))  # fmt: skip


# What is left out.


def test_some_changes_no_call_makes():
    """They are named, with a reason."""
    changes = dict.fromkeys(["companyName", "gender", "type", "extra.score", "city", "tags", "customFields.f"], "x")

    assert {"companyName", "gender", "type", "extra.score"} == not_taken(CONTACT, changes).keys()
    assert all(not_taken(CONTACT, changes).values())


def test_tags_followers_and_business_are_taken_by_other_calls():
    """What is not in the update of a contact has its own call."""
    assert {} == not_taken(CONTACT, {"tags": [], "followers": [], "businessId": None})


@pytest.mark.parametrize(("kind", "taken"), [(TASK, "dueDate"), (NOTE, "userId")])
def test_tasks_and_notes_take_their_own(kind, taken):
    """A contact's calls are none of theirs."""
    assert {"tags", "extra.x"} == not_taken(kind, {taken: "x", "tags": ["a"], "extra.x": 1}).keys()


BODY: dict[str, Any] = {
    "city": "Rome",
    "dnd": False,
    "phone": None,
    "tags": ["a"],
    "dndSettings": {"SMS": {"status": "active"}, "Email": {"status": "active"}},
    "customFields": [{"id": "f", "field_value": ""}, {"id": "g", "field_value": 1}],
}


def test_without_no_fields_a_body_is_whole():
    """What clears or switches off stays too."""
    assert BODY == without_fields(BODY, ())


@pytest.mark.parametrize("field", BODY)
def test_a_body_without_one_field(field):
    """The field goes, with all its parts, and the others stay."""
    assert {name: value for name, value in BODY.items() if name != field} == without_fields(BODY, {field})


def test_a_body_without_parts():
    """One custom field and one channel go, and their neighbours stay."""
    left = without_fields(BODY, {"customFields.f", "dndSettings.SMS"})

    assert {**BODY, "dndSettings": {"Email": {"status": "active"}}, "customFields": BODY["customFields"][1:]} == left


def test_a_body_without_all_parts():
    """Of a group that has lost all its parts nothing is sent."""
    parts = {"customFields.f", "customFields.g", "dndSettings.SMS", "dndSettings.Email"}

    assert {"city", "dnd", "phone", "tags"} == without_fields(BODY, parts).keys()


# What became of it.


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"city": "Rome", "dnd": False}, {"city": "Rome", "dnd": False}),
        ({"email": "ADA@Example.com"}, {"email": "ada@example.com"}),
        ({"phone": "(888) 888-8888"}, {"phone": "+18888888888"}),
        ({"firstName": " ada  maria", "name": "ADA MARIA"}, {"firstName": "Ada Maria", "name": "Ada Maria"}),
        ({"tags": ["VIP ", "b"]}, {"tags": ["b", "vip"]}),
        ({"followers": ["u1", "u2"]}, {"followers": ["u2", "u1"]}),
        ({"dateOfBirth": "12/24/1990"}, {"dateOfBirth": "1990-12-24"}),
        ({"dndSettings.SMS": {"status": "active"}}, {"dndSettings": {"SMS": {"status": "active", "code": "1"}}}),
        ({"customFields.f": ["x"]}, {"customFields": [{"id": "f", "value": ["x"]}]}),
        ({"city": None, "tags": None, "customFields.f": None}, {"customFields": [{"id": "f", "value": ""}]}),
        ({"dnd": None}, {"dnd": False}),
        ({"dndSettings.SMS": None}, {"dndSettings": {"SMS": {"status": "inactive", "message": ""}}}),
    ],
)
def test_what_highlevel_only_normalises_is_verified(changes, got):
    """A value in HighLevel's own spelling is the value that was sent, and so is what clears it."""
    assert [] == deviating(changes, contact(**got), None, refused={})


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("2026-01-01T11:00:00+01:00", {}),
        ("2026-01-01T10:00:01Z", {"dueDate": Deviation.CHANGED}),
        ("soon", {"dueDate": Deviation.CHANGED}),
    ],
)
def test_instants_are_compared_as_instants(due, expected):
    """The due date of a task may come back in another spelling."""
    before, got = Task(id="t"), Task(id="t", due_date="2026-01-01T10:00:00.000Z")

    assert expected == found({"dueDate": due}, got, before)


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"website": "x.example"}, {}),
        ({"city": "Bari"}, {"city": "Rome"}),
        ({"customFields.f": "no option"}, {"customFields": [{"id": "f", "value": "blue"}]}),
        ({"tags": ["a", "b", "c"]}, {"tags": ["b", "a"]}),
    ],
)
def test_a_field_that_stays_as_it_was_is_dropped(changes, got):
    """HighLevel took the write and changed nothing."""
    (name,) = changes

    assert {name: Deviation.DROPPED} == found(changes, contact(**got), ADA)


def test_a_text_that_lost_its_end_is_cut():
    """The message says how much is left."""
    got = contact(customFields=[{"id": "f", "value": "x" * 256}])
    (deviation,) = deviating({"customFields.f": "x" * 300}, got, ADA, refused={})

    assert (Deviation.CUT, "customFields.f") == (deviation.deviation, deviation.field)
    assert "256" in deviation.message


@pytest.mark.parametrize(("wished", "has"), [("Bari", "Barletta"), ("Bari", None), (True, "Bari")])
def test_another_value_is_changed(wished, has):
    """It is neither what it was nor what was wished."""
    assert {"city": Deviation.CHANGED} == found({"city": wished}, contact(city=has), ADA)


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"city": None}, {"city": "Rome"}),
        ({"city": None}, {"city": "Bari"}),
        ({"tags": None}, {"tags": ["a"]}),
        ({"dnd": None}, {"dnd": True}),
        ({"dndSettings.SMS": None}, {"dndSettings": {"SMS": {"status": "permanent"}}}),
        ({"dndSettings.SMS": None}, {"dndSettings": {"SMS": "inactive"}}),
        ({"customFields.f": None}, {"customFields": [{"id": "f", "value": False}]}),
    ],
)
def test_a_field_that_was_not_cleared(changes, got):
    """Whatever it has, it should have nothing."""
    (name,) = changes

    assert {name: Deviation.UNCLEARED} == found(changes, contact(**got), ADA)


def test_a_refused_field_is_told_with_its_reason():
    """The reason is HighLevel's; wished and got are kept."""
    refused = {"city": (Deviation.REFUSED, "No such city.")}
    expected = Deviating(field="city", deviation=Deviation.REFUSED, wished="X", got="Rome", message="No such city.")

    assert [expected] == deviating({"city": "X"}, ADA, ADA, refused=refused)


def test_a_refused_field_that_is_as_wished_is_verified():
    """What HighLevel has anyway is no deviation."""
    assert {} == found({"city": "Rome"}, ADA, ADA, {"city": (Deviation.REFUSED, "No.")})


@pytest.mark.parametrize(("wished", "has"), [("on", {"status": "active"}), ({"status": "active"}, "active")])
def test_a_channel_that_is_no_object_is_compared_as_it_is(wished, has):
    """Whatever stands in a channel, comparing never fails."""
    got = contact(dndSettings={"SMS": has})

    assert {"dndSettings.SMS": Deviation.CHANGED} == found({"dndSettings.SMS": wished}, got, contact())


def test_deviations_come_by_the_alphabet():
    """One for each field that deviates, and none for others."""
    changes = {"website": "x", "city": "Bari", "firstName": "Ada"}

    assert ["city", "website"] == [each.field for each in deviating(changes, ADA, ADA, refused={})]


@pytest.mark.parametrize("deviation", deviating({"city": None, "tags": ["x"], "website": "y"}, ADA, ADA, refused={}))
def test_every_deviation_says_what_happened(deviation):
    """One sentence that names the field."""
    assert deviation.field in deviation.message
    assert deviation.message.endswith(".")
