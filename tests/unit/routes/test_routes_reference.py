"""Locations, businesses, calendars and users over HTTP."""

import pytest

from invoco.domain.kinds import RecordKind
from invoco.highlevel.clock import iso
from invoco.highlevel.records import Contact

HERE = "location-of-the-tests"


async def ids(face, path, noun, **query):
    """The ids of the records that a call tells."""
    status, told = await face.call("GET", path, **query)
    assert status == 200, told
    return [record["id"] for record in told[noun]]


async def test_location(face):
    """The location of the token."""
    status, told = await face.call("GET", f"/locations/{HERE}")

    assert (status, told["location"]["name"], told["location"]["timezone"]) == (200, "Here", "America/New_York")


async def test_tag_dictionary(face):
    """Tags with their ids."""
    assert await face.call("GET", f"/locations/{HERE}/tags") == (200, {"tags": [{"id": "t1", "name": "vip"}]})


@pytest.mark.parametrize(
    ("query", "expected"),
    [({}, ["deal", "size"]), ({"model": "all"}, ["deal", "size"]), ({"model": "contact"}, ["size"])],
)
async def test_custom_fields(face, query, expected):
    """Definitions of one model or of all."""
    assert expected == await ids(face, f"/locations/{HERE}/customFields", "customFields", **query)


async def test_custom_fields_of_another_model(face):
    """There are two models."""
    status, _ = await face.call("GET", f"/locations/{HERE}/customFields", model="task")

    assert status == 422


async def test_custom_values(face):
    """The named constants."""
    assert await ids(face, f"/locations/{HERE}/customValues", "customValues") == ["v1"]


@pytest.mark.parametrize(("query", "expected"), [({}, ["b1", "b2"]), ({"limit": "1", "skip": "1"}, ["b2"])])
async def test_businesses(face, query, expected):
    """Businesses come in pages."""
    assert expected == await ids(face, "/businesses/", "businesses", locationId=HERE, **query)


async def test_business(face):
    """One business."""
    assert await face.call("GET", "/businesses/b2") == (200, {"business": {"id": "b2", "name": "Firm 2"}})


@pytest.fixture
async def staff(face):
    """Four contacts of a business, in its order."""
    contacts = [await face.create(firstName=name) for name in ("Ada", "Ben", "Cy", "Di")]
    body = {"locationId": HERE, "ids": [contact["id"] for contact in contacts], "businessId": "b1"}
    await face.call("POST", "/contacts/bulk/business", body)
    return await ids(face, "/contacts/business/b1", "contacts", locationId=HERE)


async def test_contacts_of_a_business(face, staff):
    """A page and the whole number."""
    _, told = await face.call("GET", "/contacts/business/b1", locationId=HERE, limit="2", skip="1")

    assert (staff[1:3], 4) == ([row["id"] for row in told["contacts"]], told["count"])


async def test_contacts_of_a_business_after_a_row(face, staff):
    """v3 reads on after a name and an id (facts 1.3)."""
    query = {"locationId": HERE, "startAfter": f"ben,{staff[1]}"}

    assert staff[2:] == await ids(face, "/contacts/business/b1", "contacts", version="v3", **query)


async def test_contacts_of_a_large_business_after_a_row(face):
    """The row may stand on any page."""
    many = [
        Contact(id=f"c{number:03}", business_id="b2", date_added=iso(1_750_000_000_000 - number))
        for number in range(103)
    ]
    await face.put(RecordKind.CONTACT, *many)
    query = {"locationId": HERE, "startAfter": "ada,c101", "limit": "100"}
    rows = await ids(face, "/contacts/business/b2", "contacts", version="v3", **query)

    assert rows == ["c102"]


async def test_cursor_of_a_business_under_an_old_version(face, staff):
    """Before v3 nobody knew the parameter."""
    assert staff == await ids(face, "/contacts/business/b1", "contacts", locationId=HERE, startAfter="x")


async def test_cursor_of_a_contact_that_left_the_business(face, staff):
    """There is nothing after a row that is not there."""
    query = {"locationId": HERE, "startAfter": "ben,gone"}

    assert await ids(face, "/contacts/business/b1", "contacts", version="v3", **query) == []


async def test_contacts_of_a_business_out_of_bounds(face):
    """A hundred rows are the most."""
    status, told = await face.call("GET", "/contacts/business/b1", locationId=HERE, limit="101")

    assert (status, told["message"]) == (422, ["limit must not be greater than 100"])


@pytest.mark.parametrize(
    ("query", "expected"), [({}, ["k1", "k2"]), ({"groupId": "g1"}, ["k1"]), ({"showDrafted": "false"}, ["k1"])]
)
async def test_calendars(face, query, expected):
    """Of one group, or without drafts."""
    assert expected == await ids(face, "/calendars", "calendars", locationId=HERE, **query)


async def test_users_of_a_location(face):
    """All of them."""
    assert await ids(face, "/users/", "users", locationId=HERE) == ["u1", "u2"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["u1", "u2"]),
        ({"query": "THOR"}, ["u1"]),
        ({"query": "uma@"}, ["u1"]),
        ({"ids": "u2,u9"}, ["u2"]),
        ({"skip": "1", "limit": "1"}, ["u2"]),
    ],
)
async def test_user_search(face, query, expected):
    """By text, by ids, in pages."""
    assert expected == await ids(face, "/users/search", "users", companyId="c", **query)


async def test_user(face):
    """The one record without a name around it."""
    status, told = await face.call("GET", "/users/u2")

    assert (status, told) == (200, {"id": "u2", "name": "Ben Oak", "phone": "+12025550101"})
