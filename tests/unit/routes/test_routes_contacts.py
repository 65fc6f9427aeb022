"""Contacts over HTTP."""

import pytest

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact

HERE = "location-of-the-tests"
SMS = {"status": "active", "message": "m", "code": "c"}


async def search(face, *, version="2021-07-28", **body):
    """Status and body of a search of ten rows."""
    return await face.call("POST", "/contacts/search", {"locationId": HERE, "pageLimit": 10, **body}, version=version)


async def test_create(face):
    """A create answers 201 with the contact as it was stored."""
    told = await face.create(firstName="Ada", email="Ada@Example.com", phone="(202) 555-0101", tags=["VIP"])

    assert (
        told["firstNameLowerCase"], told["email"], told["emailLowerCase"], told["phone"], told["tags"],
        told["locationId"],
    ) == ("ada", "Ada@Example.com", "ada@example.com", "+12025550101", ["vip"], HERE)  # fmt: skip


@pytest.mark.parametrize(
    ("version", "birth", "channel", "named"),
    [("2021-07-28", "1990-09-25T00:00:00.000Z", "SMS", False), ("v3", "1990-09-25", "sms", True)],
)
async def test_create_of_either_version(face, version, birth, channel, named):
    """v2 has a shape of its own, v3 that of a read (facts 1.3)."""
    told = await face.create(
        version=version, name="Ada King", dateOfBirth="09/25/1990", dndSettings={channel: SMS}
    )  # fmt: skip

    assert (birth, {channel: SMS}, named) == (told["dateOfBirth"], told["dndSettings"], "name" in told)


async def test_what_was_created_can_be_read(face):
    """The answer to a create and the read by id are the same contact."""
    created = await face.create(name="Ada King", dateOfBirth="1990-09-25", dnd=True, customFields=[
        {"key": "size", "field_value": "XL"}, {"id": "nothing", "value": "x"}])  # fmt: skip
    status, told = await face.call("GET", f"/contacts/{created['id']}/")

    assert (200, Contact.from_wire(created), [{"id": "size", "value": "XL"}]) == (
        status, Contact.from_wire(told["contact"]), told["contact"]["customFields"],
    )  # fmt: skip


async def test_duplicate(face):
    """The answer names the contact that exists (facts 5)."""
    first = await face.create(name="Ada King", email="ada@example.com")
    status, told = await face.call("POST", "/contacts", {"locationId": HERE, "email": "ADA@example.com"})

    assert (400, {"contactId": first["id"], "contactName": "Ada King", "matchingField": "email"}) == (
        status, told["meta"],
    )  # fmt: skip


async def test_unknown_property(face):
    """The DTO's whitelist (facts 3.4)."""
    told = await face.call("POST", "/contacts/", {"locationId": HERE, "followers": []})

    assert told == (
        422,
        {"statusCode": 422, "message": ["property followers should not exist"], "error": "Unprocessable Entity"},
    )


@pytest.mark.parametrize(("version", "flag"), [("2021-07-28", {"succeded": True}), ("v3", {"succeeded": True})])
async def test_update(face, version, flag):
    """The flag has one spelling here, which depends on the version."""
    contact = await face.create(firstName="Ada", city="London")
    status, told = await face.call("PUT", f"/contacts/{contact['id']}", {"city": None, "dnd": True}, version=version)
    changed = told.pop("contact")

    assert (200, flag, True, False) == (status, told, changed["dnd"], "city" in changed)


async def test_upsert(face):
    """The first call creates, the second updates."""
    body = {"locationId": HERE, "email": "ada@example.com", "firstName": "Ada", "createNewIfDuplicateAllowed": True}
    told = [await face.call("POST", "/contacts/upsert", body) for _ in range(2)]

    assert [(status, body["new"]) for status, body in told] == [(200, True), (200, False)]
    assert told[0][1]["contact"] == told[1][1]["contact"]


async def test_delete(face):
    """A deleted contact is gone."""
    contact = await face.create(firstName="Ada")
    path = f"/contacts/{contact['id']}"

    assert await face.call("DELETE", path) == (200, {"succeded": True})
    status, told = await face.call("GET", path)
    assert (400, f"Contact with id {contact['id']} not found") == (status, told["message"])


@pytest.mark.parametrize("version", ["2021-07-28", "v3"])
async def test_search_row(face, version):
    """A row reads back to the contact that a read by id tells."""
    contact = await face.create(name="Ada King", address1="1 Road", dndSettings={"Call": SMS}, dateOfBirth="1990-09-25")
    status, told = await search(face, version=version, filters=[
        {"field": "firstNameLowerCase", "operator": "eq", "value": "ada"}])  # fmt: skip

    assert (200, 1, Contact.from_wire(contact)) == (status, told["total"], Contact.from_wire(told["contacts"][0]))


async def test_search_reads_on_after_a_row(face):
    """The cursor of a row reads what comes after it."""
    contacts = [await face.create(firstName=name) for name in ("Ada", "Ben", "Cy")]
    _, first = await search(face, pageLimit=2)
    _, rest = await search(face, pageLimit=2, searchAfter=first["contacts"][-1]["searchAfter"])

    ids = [row["id"] for row in first["contacts"] + rest["contacts"]]
    assert [contact["id"] for contact in reversed(contacts)] == ids


async def test_search_for_opportunities(face):
    """Nobody has one, everybody has none."""
    await face.create(firstName="Ada")
    found = [
        (await search(face, filters=[{"field": "opportunities", "operator": operator, "value": []}]))[1]["total"]
        for operator in ("nested", "exists", "not_exists")
    ]

    assert found == [0, 0, 1]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"pageLimit": None}, 422, ["pageLimit should not be empty"]),
        ({"filters": [{"field": "additionalPhones", "operator": "eq"}]}, 400, "Invalid field additional_phones"),
        ({"page": 2, "searchAfter": [1, "a"]}, 400, "page and searchAfter cannot be used together"),
        ({"limit": 5}, 422, ["property limit should not exist"]),
    ],
)
async def test_search_that_is_refused(face, body, status, message):
    """The messages of facts 4.3."""
    told_status, told = await search(face, **body)

    assert (status, message) == (told_status, told["message"])


@pytest.mark.parametrize(
    "query", [{"email": "ADA@example.com"}, {"number": "+12025550101"}, {"number": "202 555 0101", "email": "no@x.de"}]
)
async def test_find_duplicate(face, query):
    """By e-mail or by number."""
    contact = await face.create(email="ada@example.com", phone="+12025550101")
    status, told = await face.call("GET", "/contacts/search/duplicate", locationId=HERE, **query)

    assert (200, contact["id"]) == (status, told["contact"]["id"])


async def test_find_no_duplicate(face):
    """Nobody has the e-mail."""
    told = await face.call("GET", "/contacts/search/duplicate", locationId=HERE, email="no@example.com")

    assert told == (200, {"contact": None})


async def test_find_duplicate_of_nothing(face):
    """One of the two is needed (facts 3.2)."""
    status, told = await face.call("GET", "/contacts/search/duplicate", locationId=HERE)

    assert (status, told["message"]) == (400, "Pass at least one of number, email query parameter")


async def test_lookup_reads_on(face):
    """A full page has a cursor, the last one has none."""
    await face.put(RecordKind.CONTACT, *(
        Contact(id=f"c{number}", email="ada@example.com", date_added=f"2025-01-0{number}T00:00:00.000Z")
        for number in (1, 2, 3)))  # fmt: skip
    query = {"locationId": HERE, "email": "ADA@example.com", "limit": "2"}
    _, first = await face.call("GET", "/contacts/lookup", version="v3", **query)
    _, last = await face.call("GET", "/contacts/lookup", version="v3", nextCursor=first["nextCursor"], **query)

    assert [contact["id"] for contact in first["contacts"] + last["contacts"]] == ["c1", "c2", "c3"]
    assert "nextCursor" not in last


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"email": "a@b.de", "phone": "+12025550101"}, 400),
        ({"phone": "2025550101"}, 422),
        ({"email": "x", "limit": "50"}, 200),
    ],
)
async def test_lookup_parameters(face, query, status):
    """Exactly one of e-mail and phone; more than 20 rows are cut to 20."""
    assert status == (await face.call("GET", "/contacts/lookup", version="v3", locationId=HERE, **query))[0]


async def test_list_reads_on(face):
    """`meta` says where the next page starts."""
    contacts = [await face.create(firstName=name) for name in ("Ada", "Ben", "Cy")]
    _, first = await face.call("GET", "/contacts/", locationId=HERE, limit="2")
    place = {name: str(first["meta"][name]) for name in ("startAfter", "startAfterId")}
    status, last = await face.call("GET", "/contacts", locationId=HERE, limit="2", **place)

    ids = [row["id"] for row in first["contacts"] + last["contacts"]]
    assert (200, [contact["id"] for contact in reversed(contacts)]) == (status, ids)
    assert (
        first["count"],
        first["meta"]["total"],
        first["meta"]["nextPage"],
        last["meta"]["nextPage"],
    ) == (3, 3, 2, None)


async def test_list_of_nobody(face):
    """An empty list has a place nowhere."""
    _, told = await face.call("GET", "/contacts/", locationId=HERE, query="nobody")

    assert (told["contacts"], told["meta"]["startAfterId"]) == ([], None)


async def test_contact_that_was_never_dated(face):
    """A contact without a date of creation stands at the very end."""
    await face.put(RecordKind.CONTACT, Contact(id="undated"))
    _, told = await face.call("GET", "/contacts/", locationId=HERE)

    assert (told["meta"]["startAfter"], told["meta"]["startAfterId"]) == (0, "undated")


@pytest.mark.parametrize("noun", ["tags", "followers"])
async def test_sets_of_a_contact(face, noun):
    """Adding and removing tell the whole and the difference (facts 3.1)."""
    contact = await face.create(firstName="Ada")
    path = f"/contacts/{contact['id']}/{noun}"
    await face.call("POST", path, {noun: ["one"]})
    added = await face.call("POST", path, {noun: ["one", "two"]})
    removed = await face.call("DELETE", path, {noun: ["one"]})

    assert (added[0], sorted(added[1][noun]), added[1][f"{noun}Added"]) == (201, ["one", "two"], ["two"])
    assert (200, {noun: ["two"], f"{noun}Removed": ["one"]}) == removed


@pytest.mark.parametrize(("version", "both"), [("2021-07-28", False), ("v3", True)])
async def test_bulk_tags(face, version, both):
    """Errors of single contacts stand inside a successful answer (facts 3.6)."""
    contact = await face.create(firstName="Ada", tags=["old"])
    body = {"locationId": HERE, "contacts": [contact["id"], "short"], "tags": ["new"]}
    status, told = await face.call("POST", "/contacts/bulk/tags/update/add", body, version=version)

    assert (201, True, both, 1) == (status, told["succeded"], "succeeded" in told, told["errorCount"])
    assert told["responses"] == [
        {
            "contactId": contact["id"],
            "message": "Tags updated",
            "type": "success",
            "oldTags": ["old"],
            "tagsAdded": ["new"],
            "tagsRemoved": [],
        },
        {"contactId": "short", "message": "contact id is not a valid firebase id", "type": "error"},
    ]


@pytest.mark.parametrize(("kind", "left"), [("remove", []), ("add", ["a", "b"])])
async def test_bulk_removal_of_all_tags(face, kind, left):
    """`removeAllTags` counts for removals only."""
    contact = await face.create(firstName="Ada", tags=["a", "b"])
    body = {"locationId": HERE, "contacts": [contact["id"]], "tags": ["a"], "removeAllTags": True}
    await face.call("POST", f"/contacts/bulk/tags/update/{kind}", body)

    assert left == (await face.call("GET", f"/contacts/{contact['id']}"))[1]["contact"]["tags"]


async def test_bulk_tags_of_another_kind(face):
    """Tags are added or removed."""
    body = {"locationId": HERE, "contacts": [], "tags": []}
    status, told = await face.call("POST", "/contacts/bulk/tags/update/replace", body)

    assert (status, told["message"]) == (422, ["type must be one of the following values: add, remove"])


async def test_bulk_business(face):
    """Contacts join a business and leave it."""
    contact = await face.create(firstName="Ada")
    body = {"locationId": HERE, "ids": [contact["id"], "nobody"]}
    joined = await face.call("POST", "/contacts/bulk/business", {**body, "businessId": "b1"})
    left = await face.call("POST", "/contacts/bulk/business", {**body, "businessId": None})

    assert [(200, {"success": True, "ids": [contact["id"]]})] * 2 == [joined, left]


@pytest.mark.parametrize(("version", "status"), [("v3", 422), ("2021-07-28", 200)])
async def test_bulk_business_of_many(face, version, status):
    """v3 takes 50 ids at most."""
    body = {"locationId": HERE, "ids": ["x"] * 51, "businessId": None}

    assert status == (await face.call("POST", "/contacts/bulk/business", body, version=version))[0]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "campaigns/c1", {}, 201),
        ("DELETE", "campaigns/c1", None, 200),
        ("DELETE", "campaigns/removeAll", None, 200),
        ("POST", "workflow/w1", {"eventStartTime": "2025-06-15T12:00:00+02:00"}, 200),
        ("DELETE", "workflow/w1", {}, 200),
    ],
)
async def test_automations(face, method, path, body, status):
    """Campaigns and workflows answer with the flag alone."""
    contact = await face.create(firstName="Ada")

    assert (status, {"succeded": True}) == await face.call(method, f"/contacts/{contact['id']}/{path}", body)
