"""Whether a record that was found is the one that was sent."""

from __future__ import annotations

import pytest

from invoco.highlevel import Contact, Note, Task
from invoco.highlevel.adoption import same_contact, same_note, same_task

SAME = [
    ({"email": "ADA@Example.com"}, {"email": "ada@example.com"}),
    ({"phone": "(888) 888-8888"}, {"phone": "+18888888888"}),
    ({"phone": "0171 1234567"}, {"phone": "+491711234567"}),
    ({"firstName": " ada  maria"}, {"firstName": "Ada Maria"}),
    ({"name": "Ada Lovelace"}, {"firstName": "Ada", "lastName": "Lovelace"}),
    ({"tags": ["B ", "a"]}, {"tags": ["a", "b"]}),
    ({"tags": []}, {}),
    ({"city": None, "state": ""}, {}),
    ({"dateOfBirth": "12/24/1990"}, {"dateOfBirth": "1990-12-24"}),
    ({"dateOfBirth": "1990.12.24"}, {"dateOfBirth": "1990-12-24"}),
    ({"dateOfBirth": None}, {}),
    ({"timezone": "Europe/Vienna", "gender": "f"}, {}),
    ({"dndSettings": {"sms": {"status": "active"}}}, {"dndSettings": {"SMS": {"status": "active", "code": "1"}}}),
    ({"inboundDndSettings": {"all": {"status": "active"}}}, {}),
    ({"customFields": [{"id": "f", "field_value": 1}, {"key": "k", "field_value": 2}]},
     {"customFields": [{"id": "f", "value": 1}, {"id": "g", "value": 2}]}),
    ({"locationId": "loc", "dnd": False}, {"locationId": "loc"}),
]  # fmt: skip

DIFFERENT = [
    ({"email": "a@example.com"}, {"email": "b@example.com"}),
    ({"phone": "8888"}, {"phone": "+18888888888"}),
    ({"phone": "8888888888"}, {}),
    ({"firstName": "Ada"}, {}),
    ({"tags": ["a"]}, {"tags": ["a", "b"]}),
    ({"city": "X"}, {"city": "Y"}),
    ({"dateOfBirth": "1990-12-24"}, {"dateOfBirth": "1990-12-25"}),
    ({"timezone": "Europe/Vienna"}, {"timezone": "Europe/Berlin"}),
    ({"dndSettings": {"SMS": {"status": "active"}}}, {}),
    ({"customFields": [{"id": "f", "value": 1}]}, {"customFields": [{"id": "f", "value": 2}]}),
    ({"customFields": [{"id": "f", "value": 1}]}, {}),
    ({"dnd": True}, {}),
]


@pytest.mark.parametrize(("sent", "found"), SAME)
def test_same_contact(sent, found):
    """What HighLevel normalises, or does not tell, makes no difference."""
    assert same_contact(sent, Contact.from_wire({"id": "c", **found}))


@pytest.mark.parametrize(("sent", "found"), DIFFERENT)
def test_different_contact(sent, found):
    """A field that differs makes another contact."""
    assert not same_contact(sent, Contact.from_wire({"id": "c", **found}))


@pytest.mark.parametrize(
    ("due", "same"),
    [("2026-01-01T11:00:00+01:00", True), ("2026-01-01T10:00:01Z", False), ("soon", False)],
)
def test_same_task(due, same):
    """Due dates are compared as moments."""
    task = Task.from_wire({"id": "t", "title": "Call", "dueDate": "2026-01-01T10:00:00.000Z", "completed": False})

    assert same == same_task({"title": "Call", "dueDate": due, "completed": False}, task)


@pytest.mark.parametrize(("body", "same"), [("Hello", True), ("Bye", False)])
def test_same_note(body, same):
    """Notes are compared field by field."""
    assert same == same_note({"body": body}, Note.from_wire({"id": "n", "body": "Hello", "pinned": False}))
