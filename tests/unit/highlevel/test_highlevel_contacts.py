"""Contacts: every operation, and creates that are never done twice."""

from __future__ import annotations

import httpx2
import pytest

from invoco.highlevel import (
    BulkTagged,
    Duplicate,
    HighLevelError,
    InvalidInput,
    Membership,
    NotFound,
    Uncertain,
    Unreadable,
    Upserted,
)

LOST = (504, "")
SENT = {"email": "Ada@Example.com", "phone": "(888) 888-8888", "firstName": "Ada", "tags": ["New "]}
KEPT = {
    "id": "c",
    "locationId": "loc",
    "email": "ada@example.com",
    "phone": "+18888888888",
    "firstName": "Ada",
    "tags": ["new"],
}


async def test_get(connect, script):
    """A contact is read by its id."""
    contact = await connect({"contact": {"id": "c", "firstName": "Ada"}, "traceId": "t"}).contacts.get("c")

    assert (["GET /contacts/c"], "Ada") == (script.calls, contact.first_name)


@pytest.mark.parametrize("answer", [{"traceId": "t"}, {"contact": None}, {"contact": "Ada"}, {"contact": {"id": 7}}])
async def test_get_of_an_answer_without_a_contact(connect, answer):
    """An answer that lacks the contact is unreadable."""
    with pytest.raises(Unreadable):
        await connect(answer).contacts.get("c")


@pytest.mark.parametrize(("contact", "is_record"), [({"id": "c", "tags": 5}, True), (None, False)])
async def test_get_of_a_contact_that_cannot_be_read(connect, contact, is_record):
    """The error tells whether only the record is at fault."""
    with pytest.raises(Unreadable) as error:
        await connect({"contact": contact}).contacts.get("c")

    assert is_record is error.value.is_record


async def test_create(connect, script):
    """A create fills in the location."""
    contact = await connect((201, {"contact": KEPT})).contacts.create({"email": "a@example.com"})

    assert (["POST /contacts/"], "c") == (script.calls, contact.id)
    assert [{"email": "a@example.com", "locationId": "loc"}] == script.bodies


@pytest.mark.parametrize(
    "fault", [LOST, httpx2.ReadTimeout(""), (201, b"{"), (201, {"traceId": "t"}), (422, {"message": ["odd"]})]
)
async def test_create_that_happened_is_adopted(connect, script, fault):
    """A contact that was written although the answer was lost is found and taken for the answer."""
    contact = await connect(fault, {"contact": KEPT}).contacts.create(SENT)

    assert "c" == contact.id
    assert ["POST /contacts/", "GET /contacts/search/duplicate?locationId=loc&email=Ada%40Example.com"] == script.calls


async def test_create_is_adopted_by_phone(connect, script):
    """When the e-mail finds another contact, the phone may find the one that was sent."""
    contact = await connect(LOST, {"contact": {**KEPT, "firstName": "Eve"}}, {"contact": KEPT}).contacts.create(SENT)

    assert "c" == contact.id
    assert script.calls[-1].startswith("GET /contacts/search/duplicate?locationId=loc&number=")


@pytest.mark.parametrize("found", [{"contact": None}, {"contact": {**KEPT, "tags": []}}, (404, {"message": "Gone"})])
async def test_create_in_doubt(connect, script, found):
    """A lost create that cannot be found stays in doubt and is not repeated."""
    with pytest.raises(Uncertain):
        await connect(LOST, found).contacts.create(SENT)

    assert 1 == sum(call == "POST /contacts/" for call in script.calls)


async def test_create_in_doubt_without_keys(connect, script):
    """A lost create that had neither e-mail nor phone cannot be looked up."""
    with pytest.raises(Uncertain):
        await connect(LOST).contacts.create({"firstName": "Ada"})

    assert ["POST /contacts/"] == script.calls


async def test_create_that_was_refused(connect):
    """A 422 after which no such contact exists is told as it is."""
    with pytest.raises(InvalidInput) as refusal:
        await connect((422, {"message": ["email must be an email"]}), {"contact": None}).contacts.create(SENT)

    assert {"email": "email must be an email"} == refusal.value.fields


async def test_create_refused_with_400_is_not_looked_up(connect, script):
    """A 400 is a refusal beyond doubt."""
    with pytest.raises(InvalidInput):
        await connect((400, {"message": "No"})).contacts.create(SENT)

    assert ["POST /contacts/"] == script.calls


async def test_create_of_a_duplicate(connect):
    """A duplicate names the contact that exists."""
    answer = {"message": "This location does not allow duplicated contacts.", "meta": {"contactId": "x"}}
    with pytest.raises(Duplicate) as refusal:
        await connect((400, answer)).contacts.create(SENT)

    assert "x" == refusal.value.existing_id


@pytest.mark.parametrize("flags", [{"succeded": True}, {"succeeded": True}, {}])
async def test_update(connect, script, flags):
    """An update is confirmed in either spelling, and None clears."""
    contact = await connect({**flags, "contact": KEPT}).contacts.update("c", {"firstName": None})

    assert (["PUT /contacts/c"], [{"firstName": None}], "c") == (script.calls, script.bodies, contact.id)


@pytest.mark.parametrize("flag", ["succeded", "succeeded"])
async def test_write_that_was_not_done(connect, flag):
    """A write that is answered with false did not happen."""
    with pytest.raises(HighLevelError) as refusal:
        await connect({flag: False}).contacts.delete("c")

    assert "HighLevel answered that it was not done (DELETE /contacts/{contactId})" == str(refusal.value)


@pytest.mark.parametrize("new", [True, False])
async def test_upsert(connect, script, new):
    """An upsert tells whether the contact is new."""
    done = await connect({"new": new, "contact": KEPT}).contacts.upsert({"email": "a@example.com"})

    assert (["POST /contacts/upsert"], new, "c") == (script.calls, done.new, done.contact.id)
    assert isinstance(done, Upserted)


async def test_delete(connect, script):
    """A contact is deleted by its id."""
    await connect({"succeded": True}).contacts.delete("c")

    assert ["DELETE /contacts/c"] == script.calls


async def test_delete_of_a_stranger(connect):
    """A contact that is not there cannot be deleted."""
    with pytest.raises(NotFound):
        await connect((404, {"message": "Contact not found"})).contacts.delete("c")


@pytest.mark.parametrize(("answer", "expected"), [({"contact": KEPT}, "c"), ({"contact": None}, None), ({}, None)])
async def test_duplicate(connect, script, answer, expected):
    """The duplicate search finds one contact, or none."""
    found = await connect(answer).contacts.duplicate(email="a+b@example.com", number="+18888888888")

    assert expected == (found.id if found else None)
    query = "locationId=loc&email=a%2Bb%40example.com&number=%2B18888888888"
    assert [f"GET /contacts/search/duplicate?{query}"] == script.calls


async def test_lookup(connect, script):
    """A lookup finds several contacts, and tells where to go on."""
    page = await connect({"contacts": [KEPT], "nextCursor": "n"}).contacts.lookup(phone="+1", after="m")

    assert (["c"], "n") == ([contact.id for contact in page], page.after)
    assert ["GET /contacts/lookup?locationId=loc&phone=%2B1&limit=20&nextCursor=m"] == script.calls


CHANGES = [
    ("add_tags", "POST /contacts/c/tags", {"tags": ["a"]}, {"tags": ["a", "b"], "tagsAdded": ["a"]}),
    ("remove_tags", "DELETE /contacts/c/tags", {"tags": ["a"]}, {"tags": ["a", "b"], "tagsRemoved": ["a"]}),
    ("add_followers", "POST /contacts/c/followers", {"followers": ["a"]},
     {"followers": ["a", "b"], "followersAdded": ["a"]}),
    ("remove_followers", "DELETE /contacts/c/followers", {"followers": ["a"]},
     {"followers": ["a", "b"], "followersRemoved": ["a"]}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "call", "body", "answer"), CHANGES)
async def test_tags_and_followers(connect, script, method, call, body, answer):
    """A change of tags or followers tells all that there are now, and those that changed."""
    membership = await getattr(connect(answer).contacts, method)("c", ("a",))

    assert ([call], [body]) == (script.calls, script.bodies)
    assert Membership(["a", "b"], ["a"]) == membership


async def test_tags_without_what_changed(connect):
    """The published answer has no tagsAdded."""
    assert Membership(["a"], []) == await connect({"tags": ["a"]}).contacts.add_tags("c", ["a"])


async def test_tags_that_are_no_texts(connect):
    """An answer whose tags are no texts is unreadable."""
    with pytest.raises(Unreadable):
        await connect({"tags": [1]}).contacts.add_tags("c", ["a"])


JOINS = [
    ("join_campaign", ("x",), "POST /contacts/c/campaigns/x"),
    ("leave_campaign", ("x",), "DELETE /contacts/c/campaigns/x"),
    ("leave_all_campaigns", (), "DELETE /contacts/c/campaigns/removeAll"),
    ("join_workflow", ("x",), "POST /contacts/c/workflow/x"),
    ("leave_workflow", ("x",), "DELETE /contacts/c/workflow/x"),
]


@pytest.mark.parametrize(("method", "arguments", "call"), JOINS)
async def test_campaigns_and_workflows(connect, script, method, arguments, call):
    """A contact joins and leaves campaigns and workflows."""
    await getattr(connect({"succeded": True}).contacts, method)("c", *arguments)

    assert [call] == script.calls


async def test_workflow_start(connect, script):
    """A workflow may be joined for a moment in time."""
    moment = "2026-01-01T10:00:00+01:00"
    await connect({"succeded": True}).contacts.join_workflow("c", "w", event_start_time=moment)

    assert [{"eventStartTime": moment}] == script.bodies


async def test_bulk_tags(connect, script):
    """A bulk change of tags tells for each contact what became of it."""
    rows = [
        {"contactId": "a", "type": "success", "message": "Tags updated", "oldTags": [], "tagsAdded": ["t"]},
        {"contactId": "b", "type": "error", "message": "contact is deleted"},
    ]
    done = await connect((201, {"succeded": False, "errorCount": 1, "responses": rows})).contacts.bulk_add_tags(
        ["a", "b"], ["t"]
    )

    assert [True, False] == [row.ok for row in done]
    assert BulkTagged(contact_id="b", type="error", message="contact is deleted") == done[1]
    assert ["POST /contacts/bulk/tags/update/add"] == script.calls


async def test_bulk_removal_of_all_tags(connect, script):
    """A bulk removal may take every tag."""
    hl = connect({"responses": []})
    await hl.contacts.bulk_remove_tags(["a"], ["t"])
    await hl.contacts.bulk_remove_tags(["a"], [], remove_all=True)

    plain = {"contacts": ["a"], "tags": ["t"], "locationId": "loc"}
    assert [plain, {**plain, "tags": [], "removeAllTags": True}] == script.bodies


@pytest.mark.parametrize("answer", [{}, {"responses": "odd"}, {"responses": ["odd"]}])
async def test_bulk_tags_unreadable(connect, answer):
    """A bulk answer that cannot be read is told as such."""
    with pytest.raises(Unreadable):
        await connect(answer).contacts.bulk_add_tags(["a"], ["t"])


async def test_bulk_business(connect, script):
    """Contacts are taken out of their business with None."""
    assert ["a"] == await connect({"success": True, "ids": ["a"]}).contacts.bulk_business(["a"], None)
    assert [{"locationId": "loc", "ids": ["a"], "businessId": None}] == script.bodies
