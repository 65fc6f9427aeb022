"""The shapes of a contact."""

import pytest

from invoco.highlevel.records import Contact, CustomFieldValue
from invoco.routes.shapes import contact_created, contact_read, list_row, search_row

ADA = Contact(
    id="abc",
    location_id="here",
    name="Ada King",
    first_name="Ada",
    last_name="King",
    email="Ada@Example.com",
    additional_emails=["a@example.com"],
    additional_phones=["+12025550101"],
    company_name="Firm",
    business_id="b1",
    address1="1 Road",
    date_of_birth="1815-12-10",
    dnd_settings={"SMS": {"status": "active"}, "RCS": {"status": "active"}},
    tags=["vip"],
    custom_fields=[CustomFieldValue("f", 5)],
)


def test_read_shape():
    """GET by id keeps the case of names and adds lower-case keys."""
    shape = contact_read(ADA, v3=False)

    told = {
        key: shape[key] for key in ("name", "firstName", "fullNameLowerCase", "lastNameLowerCase", "emailLowerCase")
    }
    assert told == {
        "name": "Ada King",
        "firstName": "Ada",
        "fullNameLowerCase": "ada king",
        "lastNameLowerCase": "king",
        "emailLowerCase": "ada@example.com",
    }


def test_additional_addresses_are_objects_in_the_read_shape():
    """Elsewhere they are plain texts."""
    read, row = contact_read(ADA, v3=False), search_row(ADA, (), v3=False)

    assert (
        read["additionalEmails"], read["additionalPhones"], row["additionalEmails"],
    ) == ([{"email": "a@example.com"}], [{"phone": "+12025550101"}], ["a@example.com"])  # fmt: skip


def test_created_shape():
    """A create answers with a moment of birth, its parts, and no name."""
    shape = contact_created(ADA, v3=False)

    assert (
        shape["dateOfBirth"], shape["birthMonth"], shape["birthDay"], "name" in shape,
    ) == ("1815-12-10T00:00:00.000Z", 12, 10, False)  # fmt: skip


def test_created_shape_of_v3():
    """v3 answers a create as it answers a read (facts 1.3)."""
    assert contact_read(ADA, v3=True) == contact_created(ADA, v3=True)


def test_birthday_that_is_no_day():
    """A birthday of another source is told as it is."""
    shape = contact_created(Contact(id="abc", date_of_birth="summer"), v3=False)

    assert (shape["dateOfBirth"], "birthMonth" in shape) == ("summer", False)


def test_search_shape():
    """A row of a search has names and address under other keys, and its cursor."""
    shape = search_row(ADA, (5, "abc"), v3=False)

    told = (
        "contactName",
        "firstNameLowerCase",
        "firstNameRaw",
        "lastNameRaw",
        "address",
        "businessName",
        "searchAfter",
    )
    assert [shape[key] for key in told] == ["Ada King", "ada", "Ada", "King", "1 Road", "Firm", (5, "abc")]


def test_search_shape_leaves_out():
    """None of the keys of a read by id."""
    assert set() == {"name", "firstName", "lastName", "address1"} & search_row(ADA, (), v3=False).keys()


def test_list_shape():
    """A row of a list has names in lower case and their case under raw keys."""
    shape = list_row(ADA, v3=False)

    told = ("contactName", "firstName", "lastName", "firstNameRaw", "lastNameRaw")
    assert [shape[key] for key in told] == ["ada king", "ada", "king", "Ada", "King"]


def test_list_shape_names_what_is_not_set():
    """Explicit nulls and empty lists (facts 3.3)."""
    shape = list_row(Contact(id="abc"), v3=False)

    assert (
        shape["contactName"], shape["firstNameRaw"], shape["phone"], shape["tags"], shape["customFields"],
    ) == (None, None, None, [], [])  # fmt: skip


@pytest.mark.parametrize("shape", [contact_read, contact_created, list_row])
def test_channels_of_v3(shape):
    """v3 spells the channels it knows in lower case (facts 1.3)."""
    assert shape(ADA, v3=True)["dndSettings"] == {"sms": {"status": "active"}, "RCS": {"status": "active"}}
