"""What is sent."""

from __future__ import annotations

import pytest

from invoco.highlevel import CustomFieldValue, InvalidInput


async def test_user_agent_and_version(connect, script):
    """Every call names the program and the version of the operation."""
    await connect({"calendars": []}).calendars.list()

    headers = script.requests[0].headers
    assert ("2021-04-15", True) == (headers["Version"], headers["User-Agent"].startswith("invoco/"))


async def test_token_is_sent_as_bearer(connect, script):
    """The token goes into the Authorization header."""
    await connect({"contact": {"id": "c"}}).contacts.get("c")

    assert "Bearer pit-0123-secret" == script.requests[0].headers["Authorization"]


async def test_client_version_takes_over(connect, script):
    """A client for v3 asks for v3 and uses the renamed paths."""
    await connect({"succeeded": True}, version="v3").contacts.leave_all_campaigns("c")

    assert "DELETE /contacts/c/campaigns/remove-all" == script.calls[0]
    assert "v3" == script.requests[0].headers["Version"]


async def test_call_version_goes_first(connect, script):
    """A version given for one call is sent instead of the client's."""
    hl = connect({"contact": {"id": "c"}}, version="v3")
    await hl.wire.call("get-contact", path={"contactId": "c"}, version="2023-02-21")

    assert "2023-02-21" == script.requests[0].headers["Version"]


async def test_version_of_an_operation_that_exists_in_one_only(connect, script):
    """An operation that the wanted version lacks is called under its own."""
    hl = connect({"contacts": []}, version="2021-07-28")
    await hl.contacts.lookup(email="ada@example.com")

    assert "v3" == script.requests[0].headers["Version"]


async def test_v3_spellings(connect, script):
    """Under v3 the DND channels and custom field values carry the names of v3."""
    hl = connect({"contact": {"id": "c"}, "succeeded": True}, version="v3")
    fields = {"dndSettings": {"SMS": {"status": "active"}}, "customFields": [{"id": "f", "field_value": 1}]}
    await hl.contacts.update("c", fields)

    sent = {"dndSettings": {"sms": {"status": "active"}}, "customFields": [{"id": "f", "fieldValue": 1}]}
    assert [sent] == script.bodies


async def test_v2_spellings(connect, script):
    """Under v2 channels and values carry the names of v2, however they were given."""
    hl = connect({"contact": {"id": "c"}, "succeded": True})
    fields = {
        "dndSettings": {"whatsApp": {"status": "active"}, "RCS": {"status": "active"}},
        "customFields": [CustomFieldValue("f", "x"), {"key": "k", "fieldValue": 2}, {"id": "g"}, "odd"],
    }
    await hl.contacts.update("c", fields)

    sent = {
        "dndSettings": {"WhatsApp": {"status": "active"}, "RCS": {"status": "active"}},
        "customFields": [{"id": "f", "field_value": "x"}, {"key": "k", "field_value": 2}, {"id": "g"}, "odd"],
    }
    assert [sent] == script.bodies


async def test_unknown_field_is_refused_before_the_call(connect, script):
    """A field that the operation does not take is named, and nothing is sent."""
    hl = connect({})
    with pytest.raises(InvalidInput) as refusal:
        await hl.contacts.update("c", {"gender": "f", "city": "X"})

    assert {"gender": "property gender should not exist"} == refusal.value.fields
    assert [] == script.requests


async def test_missing_field_is_refused_before_the_call(connect, script):
    """A required field that is missing is named, and nothing is sent."""
    hl = connect({})
    with pytest.raises(InvalidInput) as refusal:
        await hl.tasks.create("c", {"title": "Call", "completed": False})

    assert {"dueDate": "dueDate is required"} == refusal.value.fields
    assert [] == script.requests


@pytest.mark.parametrize("contact_id", ["", ".", ".."])
async def test_empty_id_addresses_nothing(connect, script, contact_id):
    """An id that would turn the path into another one is refused."""
    hl = connect({"succeded": True})
    with pytest.raises(InvalidInput):
        await hl.contacts.delete(contact_id)

    assert [] == script.requests


async def test_ids_are_quoted(connect, script):
    """An id stays within its segment of the path."""
    await connect({"contact": {"id": "c"}}).contacts.get("a/b?c")

    assert ["GET /contacts/a%2Fb%3Fc"] == script.calls


async def test_post_without_fields_sends_an_empty_object(connect, script):
    """HighLevel insists on a body even where it takes no field."""
    await connect({"succeded": True}).contacts.join_campaign("c", "x")

    assert b"{}" == script.requests[0].content


async def test_form(connect, script):
    """A form is sent as one."""
    form = {"companyId": "a", "locationId": "b"}
    await connect({"access_token": "x"}).wire.call("get-location-access-token", form=form)

    assert b"companyId=a&locationId=b" == script.requests[0].content


async def test_query_leaves_out_none(connect, script):
    """Parameters that are None are not sent; booleans are spelled as JSON does."""
    await connect({"calendars": []}).calendars.list(show_drafted=True)

    assert ["GET /calendars/?locationId=loc&showDrafted=true"] == script.calls


async def test_base_url_with_a_path(connect, script):
    """A base URL may have a path of its own."""
    await connect({"contact": {"id": "c"}}, base_url="https://hub.test/highlevel/").contacts.get("c")

    assert ["GET /highlevel/contacts/c"] == script.calls
