"""A record field by field: what is taken apart can be put together again."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from invoco.domain.fields import custom_field, differing_fields, fields_of, is_of_contacts, same, with_fields
from invoco.highlevel.records import Contact, CustomFieldValue, Note, Task

ADA = Contact(
    id="c",
    first_name="Ada",
    email="ada@example.com",
    tags=["a", "b"],
    dnd_settings={"SMS": {"status": "active"}},
    custom_fields=[CustomFieldValue("f1", "blue"), CustomFieldValue("f2", ["x"])],
    extra={"score": 3},
)

texts = st.text(max_size=5)
maybe_text = st.none() | texts
lists = st.lists(texts, max_size=3)
values = st.none() | st.booleans() | st.integers() | texts | lists | st.dictionaries(texts, texts, max_size=2)
parts = st.dictionaries(texts, values, max_size=3)
contacts = st.builds(
    Contact,
    id=st.just("c"),
    name=maybe_text,
    first_name=maybe_text,
    email=maybe_text,
    dnd=st.none() | st.booleans(),
    additional_emails=lists,
    tags=lists,
    followers=lists,
    dnd_settings=parts,
    inbound_dnd_settings=parts,
    custom_fields=st.lists(
        st.builds(CustomFieldValue, id=texts, value=values), max_size=3, unique_by=lambda item: item.id
    ),
    extra=parts,
)
tasks = st.builds(
    Task, id=st.just("t"), title=maybe_text, due_date=maybe_text, completed=st.none() | st.booleans(), extra=parts
)
notes = st.builds(Note, id=st.just("n"), body=maybe_text, pinned=st.none() | st.booleans(), extra=parts)
pairs = st.tuples(contacts, contacts) | st.tuples(tasks, tasks) | st.tuples(notes, notes)


@given(contacts | tasks | notes)
def test_fields_put_together_again(record):
    """A blank record with the fields of another says what the other says."""
    fields = fields_of(record)

    assert fields == fields_of(with_fields(type(record)(id=record.id), fields))


@given(pairs)
def test_differing_fields_lead_from_one_to_the_other(pair):
    """The differing fields, set on one record, make it say what the other says."""
    one, other = pair
    target = fields_of(other)
    changes = {name: target.get(name) for name in differing_fields(one, other)}

    assert differing_fields(with_fields(one, changes), other) == []


@given(pairs)
def test_differing_fields_have_no_direction(pair):
    """What differs from one to the other differs the other way round."""
    one, other = pair

    assert differing_fields(one, other) == differing_fields(other, one)


@given(contacts | tasks | notes)
def test_a_changed_record_leaves_the_first_as_it_was(record):
    """Clearing all fields makes a record that says nothing, and no other record is touched."""
    before = fields_of(record)

    assert fields_of(with_fields(record, dict.fromkeys(before))) == {}
    assert before == fields_of(record)


def test_fields_are_named_as_people_see_them():
    """Custom fields, channels and unnamed fields are fields of their own; the id is none."""
    assert {
        "firstName": "Ada",
        "email": "ada@example.com",
        "tags": ["a", "b"],
        "dndSettings.SMS": {"status": "active"},
        "customFields.f1": "blue",
        "customFields.f2": ["x"],
        "extra.score": 3,
    } == fields_of(ADA)


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_empty_values_say_nothing(nothing):
    """An empty value is the same as none at all."""
    contact = Contact(id="c", city=nothing, custom_fields=[CustomFieldValue("f", nothing)], extra={"more": nothing})

    assert {} == fields_of(contact)


@pytest.mark.parametrize("little", [False, 0, " "])
def test_little_is_not_nothing(little):
    """No, zero and a blank are values."""
    assert {"extra.more": little} == fields_of(Contact(id="c", extra={"more": little}))


def test_no_record_has_no_fields():
    """What is not there says nothing."""
    assert {} == fields_of(None)


def test_one_custom_field_is_set_and_others_stay():
    """A custom field that is there keeps its place; a new one comes last."""
    changed = with_fields(ADA, {custom_field("f1"): "red", custom_field("f3"): 1})

    assert [("f1", "red"), ("f2", ["x"]), ("f3", 1)] == [(item.id, item.value) for item in changed.custom_fields]


def test_parts_are_cleared_one_by_one():
    """None takes a custom field, a channel or an unnamed field away."""
    changed = with_fields(ADA, {"customFields.f1": None, "dndSettings.SMS": None, "extra.score": None})

    assert [CustomFieldValue("f2", ["x"])] == changed.custom_fields
    assert ({}, {}) == (changed.dnd_settings, changed.extra)


def test_lists_are_cleared_to_empty_lists():
    """A cleared list is empty, and other fields are None."""
    changed = with_fields(ADA, {"tags": None, "email": None})

    assert ([], None) == (changed.tags, changed.email)


def test_no_changes_change_nothing():
    """The very same record comes back."""
    assert with_fields(ADA, {}) is ADA


@pytest.mark.parametrize("name", ["id", "colour", "customFields.f1", "nothing.part"])
def test_unknown_fields_are_refused(name):
    """A field that the record has not is an error of the caller; the id is none of the fields."""
    with pytest.raises(KeyError):
        with_fields(Task(id="t"), {name: "x"})


def test_differing_fields_are_told_by_the_alphabet():
    """Changed, added and missing fields are told, in order."""
    other = with_fields(ADA, {"email": None, "city": "Rome", "customFields.f1": "red"})

    assert ["city", "customFields.f1", "email"] == differing_fields(ADA, other)


def test_everything_differs_from_nothing():
    """A record that one side has not differs in all it says."""
    assert sorted(fields_of(ADA)) == differing_fields(None, ADA)
    assert [] == differing_fields(None, None)


@pytest.mark.parametrize(
    ("name", "one", "other", "expected"),
    [
        ("tags", ["a", "b"], ["b", "a", "a"], True),
        ("followers", None, [], True),
        ("tags", ["a"], ["b"], False),
        ("customFields.f", ["a", "b"], ["b", "a"], False),
        ("city", "Rome", "rome", False),
    ],
)
def test_same(name, one, other, expected):
    """The order of tags and followers says nothing; that of other lists does."""
    assert expected == same(name, one, other)


@pytest.mark.parametrize(
    ("name", "expected"), [("email", True), ("customFields.f", True), ("extra.x", True), ("id", False), ("due", False)]
)
def test_fields_of_contacts(name, expected):
    """A field is of contacts if they have it, or the group it is part of."""
    assert expected == is_of_contacts(name)
