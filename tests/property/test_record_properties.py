"""Records read whatever JSON comes, and lose nothing."""

from __future__ import annotations

import contextlib

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from invoco.highlevel import (
    Appointment,
    Business,
    Contact,
    CustomField,
    CustomValue,
    Location,
    Note,
    Tag,
    Task,
    User,
)

KINDS = [Contact, Task, Note, Appointment, Business, Tag, CustomField, CustomValue, User, Location]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
texts = st.text(max_size=12)
dates = st.datetimes().map(lambda moment: moment.isoformat() + "Z")


def fields_of(kind):
    """The names a record of that kind may come under, and a few oddities."""
    spelled = [field.encode_name for field in msgspec.structs.fields(kind)]
    oddities = [
        "_id", "contactName", "firstNameRaw", "lastNameRaw", "firstNameLowerCase", "address", "searchAfter", "oddity",
    ]  # fmt: skip
    return st.sampled_from([*spelled, *oddities])


@st.composite
def any_objects(draw):
    """JSON objects under the names of a record, with values of any type."""
    kind = draw(st.sampled_from(KINDS))
    return kind, draw(st.dictionaries(fields_of(kind) | texts, anything, max_size=8))


custom_fields = st.lists(
    st.fixed_dictionaries({"id": texts}, optional={"value": anything, "fieldValue": anything, "field_value": anything}),
    max_size=3,
)

contacts = st.fixed_dictionaries(
    {"id": texts},
    optional={
        "locationId": texts,
        "name": texts,
        "firstName": texts,
        "lastName": texts,
        "firstNameRaw": st.none() | texts,
        "contactName": st.none() | texts,
        "email": st.none() | texts,
        "phone": texts,
        "address": texts,
        "additionalEmails": st.lists(texts | st.fixed_dictionaries({"email": texts}), max_size=2),
        "tags": st.none() | st.lists(texts, max_size=3),
        "followers": st.lists(texts, max_size=2),
        "dnd": st.none() | st.booleans(),
        "dndSettings": st.dictionaries(st.sampled_from(["sms", "SMS", "Call", "call", "RCS"]), anything, max_size=3),
        "customFields": custom_fields,
        "dateOfBirth": texts | dates,
        "dateAdded": dates,
        "attributions": anything,
        "oddity": anything,
    },
)


@given(any_objects())
def test_any_object_reads_or_is_malformed(case):
    """Whatever JSON object comes is read, or refused with the one error that readers expect."""
    kind, raw = case
    with contextlib.suppress(msgspec.ValidationError):
        kind.from_wire(raw)


@given(anything)
def test_anything_reads_or_is_malformed(raw):
    """Even what is no object is refused with that error."""
    with contextlib.suppress(msgspec.ValidationError):
        Contact.from_wire(raw)


@given(contacts)
def test_contact_round_trip(raw):
    """A contact that goes out comes back equal."""
    contact = Contact.from_wire(raw)

    assert contact == Contact.from_wire(contact.to_wire())


@given(any_objects())
def test_round_trip_of_every_kind(case):
    """Whatever could be read goes out and comes back equal."""
    kind, raw = case
    try:
        record = kind.from_wire(raw)
    except msgspec.ValidationError:
        return

    assert record == kind.from_wire(record.to_wire())


@given(contacts)
def test_contact_survives_json(raw):
    """A contact that is stored as JSON comes back equal."""
    contact = Contact.from_wire(raw)
    stored = msgspec.json.encode(contact.to_wire())

    assert contact == Contact.from_wire(msgspec.json.decode(stored))
    assert b"\\u0000" not in stored.replace(b"\\\\", b"")


@pytest.mark.parametrize("kind", KINDS)
@given(name=texts.filter(lambda name: "\0" not in name), value=st.text(alphabet="abc\u00e4", max_size=5))
def test_unknown_fields_are_kept(kind, name, value):
    """A field that no record names goes out as it came in."""
    wire = kind.from_wire({"id": "x", f"x-{name}": value}).to_wire()

    assert {"id": "x", f"x-{name}": value} == wire
