"""Records: one contact, whatever call it came from."""

from __future__ import annotations

import msgspec
import pytest

from invoco.highlevel import Contact, CustomFieldValue, InstalledLocation, Task


def contact(**wire):
    """The contact that HighLevel tells so."""
    return Contact.from_wire({"id": "c", **wire})


def test_missing_and_null_are_the_same():
    """A field that is null reads like one that is missing."""
    assert contact() == contact(email=None, tags=None, customFields=None, dndSettings=None, oddity=None)


def test_search_row_and_read_by_id_agree():
    """A contact is equal whether it was searched or read."""
    read = contact(firstName="Ada", lastName="Lovelace", name="Ada Lovelace", address1="1 Main St")
    row = contact(
        firstName="ada",
        lastName="lovelace",
        firstNameRaw="Ada",
        lastNameRaw="Lovelace",
        contactName="ada lovelace",
        address="1 Main St",
        searchAfter=[1, "c"],
    )

    assert read == row


def test_lower_case_names_are_better_than_none():
    """Where a row has its names in lower case only, they are taken."""
    row = contact(firstNameLowerCase="ada", lastNameLowerCase="lovelace")

    assert ("ada", "lovelace", "ada lovelace") == (row.first_name, row.last_name, row.name)


def test_name_of_a_row_without_parts():
    """A row that has only a whole name keeps it."""
    assert "Lovelace & Sons" == contact(contactName="Lovelace & Sons").name


def test_birth_date_of_a_create_answer():
    """A birth date that comes as a date-time is a date."""
    assert "1990-12-24" == contact(dateOfBirth="1990-12-24T00:00:00.000Z").date_of_birth


def test_dnd_channels_in_any_case():
    """Channels are named alike for v2 and v3; unknown ones stay."""
    settings = contact(dndSettings={"sms": {"status": "active"}, "whatsApp": {}, "RCS": {}}).dnd_settings

    assert ["SMS", "WhatsApp", "RCS"] == list(settings)


def test_additional_emails_in_both_shapes():
    """Additional e-mails and phones are texts, or objects that hold one."""
    read = contact(additionalEmails=[{"email": "a@x.com"}, "b@x.com"], additionalPhones=[{"phone": "+1"}])

    assert (["a@x.com", "b@x.com"], ["+1"]) == (read.additional_emails, read.additional_phones)


@pytest.mark.parametrize("key", ["value", "fieldValue", "field_value"])
def test_custom_field_in_any_spelling(key):
    """The value of a custom field is found under every name it has."""
    assert [CustomFieldValue("f", 1)] == contact(customFields=[{"id": "f", key: 1}]).custom_fields


def test_custom_field_without_a_value():
    """A custom field may be empty."""
    assert [CustomFieldValue("f")] == contact(customFields=[{"id": "f"}]).custom_fields


def test_unknown_fields_are_kept():
    """A field that nobody named goes out as it came in."""
    assert {"id": "c", "visitorId": "v"} == contact(visitorId="v").to_wire()


def test_id_of_a_document():
    """An `_id` is an id where there is no other."""
    assert "x" == InstalledLocation.from_wire({"_id": "x"}).id


def test_nul_is_left_out():
    """PostgreSQL holds no NUL, so no record does."""
    read = contact(firstName="A\0da", customFields=[{"id": "f", "value": ["\0"]}], odd={"k\0": "\0"})

    assert ("Ada", [""], {"odd": {"k": ""}}) == (read.first_name, read.custom_fields[0].value, read.extra)


def test_text_about_nul_is_kept():
    """A text that merely spells the escape is no NUL."""
    assert r"\u0000" == contact(firstName=r"\u0000").first_name


def test_half_an_emoji_is_replaced():
    """Half of a surrogate pair, as a cut-off emoji leaves it, becomes the replacement character."""
    assert ("x\ufffd", "\U0001f600") == (contact(city="x\ud83d").city, contact(city="\U0001f600").city)


NESTED: list[object] = []
for _ in range(3000):
    NESTED = [NESTED]

MALFORMED = [
    {"id": 7},
    {"id": ["c"]},
    {"email": "no id"},
    {"id": "c", "tags": [None]},
    {"id": "c", "tags": "a,b"},
    {"id": "c", "dndSettings": "off"},
    {"id": "c", "dndSettings": ["SMS"]},
    {"id": "c", "customFields": ["f"]},
    {"id": "c", "customFields": {"f": 1}},
    {"id": "c", "customFields": [{"value": 1}]},
    {"id": "c", "customFields": 1},
    {"id": "c", "additionalEmails": "a@x.com"},
    {"id": "c", "additionalEmails": [{"phone": "1"}]},
    {"id": "c", "additionalPhones": 7},
    {"id": "c", "firstNameRaw": 7},
    {"id": "c", "firstName": ["Ada"]},
    {"id": "c", "contactName": {"first": "Ada"}},
    {"id": "c", "dateOfBirth": 19901224},
    {"id": "c", "address": 1},
    {"id": "c", "dnd": "yes"},
    {"id": "c", "odd": NESTED},
    {"id": "c", 1: "number for a name"},
    [],
    "c",
    None,
]


@pytest.mark.parametrize("raw", MALFORMED)
def test_malformed_contact(raw):
    """Whatever cannot be read raises the one error that readers expect."""
    with pytest.raises(msgspec.ValidationError):
        Contact.from_wire(raw)


@pytest.mark.parametrize("raw", [{"id": "t", "completed": "no"}, {"title": "T"}, [], 7])
def test_malformed_task(raw):
    """Records of every kind raise the same error."""
    with pytest.raises(msgspec.ValidationError):
        Task.from_wire(raw)
