"""What comes back: every refusal becomes the error that says what to do next."""

from __future__ import annotations

import httpx2
import pytest

from invoco.highlevel import (
    OPERATIONS,
    Blocked,
    Duplicate,
    HighLevelError,
    InvalidInput,
    MissingScope,
    NotFound,
    RateLimited,
    RetryLater,
    TokenRefused,
    Unreadable,
    VersionRefused,
    WrongLocation,
)
from invoco.highlevel.answers import fields_named, read, succeeded

GET_CONTACT = OPERATIONS["get-contact"]


def answered(status, body=None, *, headers=None, operation=GET_CONTACT):
    """What the client makes of an answer."""
    request = httpx2.Request("GET", "https://hl.test/contacts/c?x=1", headers={"Authorization": "Bearer tok-secret"})
    content = {"content": body} if isinstance(body, str | bytes) else {"json": body}
    response = httpx2.Response(status, request=request, headers=headers, **content)
    return read(operation, response, path="/contacts/c", now=0.0)


def refused(status, body=None, **keywords):
    """The error that an answer becomes."""
    with pytest.raises(HighLevelError) as refusal:
        answered(status, body, **keywords)
    return refusal.value


REFUSALS = [
    (401, {"statusCode": 401, "message": "Invalid JWT"}, TokenRefused),
    (401, {"message": "Invalid token: access token is invalid", "error": "Unauthorized"}, TokenRefused),
    (401, {"message": "Invalid Private Integration token"}, TokenRefused),
    (401, "", TokenRefused),
    (401, {"message": "The token is not authorized for this scope."}, MissingScope),
    (401, {"message": "This authClass type is not allowed to access this scope. Use another"}, WrongLocation),
    (401, {"message": "Token's user type mismatch!"}, WrongLocation),
    (401, {"status": 401, "message": "version header was not found.", "error": "Error"}, VersionRefused),
    (401, {"status": 401, "message": "version header is invalid", "error": "Error"}, VersionRefused),
    (400, {"message": "Invalid API version segment 'bogus-version' at position 0"}, VersionRefused),
    (401, "<html>Sign in</html>", Unreadable),
    (403, {"message": "The token does not have access to this location."}, WrongLocation),
    (403, {"message": "You do not have permission to access this resource"}, MissingScope),
    (403, "<!DOCTYPE html><title>Attention</title>", Blocked),
    (403, "error code: 1010", Blocked),
    (404, {"message": "Contact not found"}, NotFound),
    (404, "Cannot GET /contacts/c", NotFound),
    (404, "<html><pre>Cannot GET /contacts/c</pre></html>", NotFound),
    (404, "<html><h1>nginx</h1></html>", Unreadable),
    (410, {"message": "Gone"}, NotFound),
    (400, {"message": "Contact not found", "statusCode": 400}, NotFound),
    (400, {"message": "contact is deleted"}, NotFound),
    (400, {"message": "This location does not allow duplicated contacts.", "meta": {"contactId": "x"}}, Duplicate),
    (400, {"message": "Invalid field additional_phones"}, InvalidInput),
    (422, {"message": ["email must be an email"]}, InvalidInput),
    (429, {"message": "Too Many Requests"}, RateLimited),
    (408, "", RetryLater),
    (500, {"message": "oops"}, RetryLater),
    (520, "<html>Cloudflare</html>", RetryLater),
    (302, "", Unreadable),
    (409, {"message": "Conflict"}, HighLevelError),
    (418, "", HighLevelError),
]


@pytest.mark.parametrize(("status", "body", "kind"), REFUSALS)
def test_refusals(status, body, kind):
    """A refusal is told apart by its status and its message."""
    headers = {"Location": "https://elsewhere.test/"} if status == 302 else None

    assert kind is type(refused(status, body, headers=headers))


def test_error_carries_its_call():
    """Every error names method, path without query, status and traceId."""
    error = refused(404, {"message": "Contact not found", "traceId": "t-1"})

    assert ("GET", "/contacts/c", 404, "t-1") == (error.method, error.path, error.status, error.trace_id)
    assert "Contact not found (GET /contacts/c, status 404, traceId t-1)" == str(error)


def test_missing_scope_names_it():
    """The scope to grant is that of the operation."""
    error = refused(401, {"message": "The token is not authorized for this scope."})

    assert isinstance(error, MissingScope)
    assert ("contacts.readonly", True) == (error.scope, "contacts.readonly" in str(error))


def test_missing_scope_without_a_published_one():
    """Where HighLevel publishes no scope, none is named."""
    error = refused(
        401, {"message": "The token is not authorized for this scope."}, operation=OPERATIONS["create-association"]
    )

    assert "The token is not authorized for this scope" == error.message


def test_duplicate_names_the_contact():
    """A duplicate tells which contact exists and by what it matched."""
    error = refused(400, {"message": "dup", "meta": {"contactId": "x", "matchingField": "email"}})

    assert isinstance(error, Duplicate)
    assert ("x", "email") == (error.existing_id, error.matching_field)


def test_daily_quota():
    """A 429 with nothing left for the day says so."""
    error = refused(429, {}, headers={"X-RateLimit-Limit-Daily": "200000", "X-RateLimit-Daily-Remaining": "0"})

    assert isinstance(error, RateLimited)
    assert (True, "The quota of the day is used up") == (error.daily, error.message)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, 10.0),
        ({"X-RateLimit-Max": "25", "X-RateLimit-Interval-Milliseconds": "4000"}, 4.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:20 GMT"}, 20.0),
        ({"Retry-After": "soon"}, 10.0),
    ],
)
def test_wait_after_429(headers, wait):
    """Retry-After is honoured where it is sent, else one interval."""
    error = refused(429, "", headers=headers)

    assert isinstance(error, RateLimited)
    assert wait == error.wait


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "one"}, "one"),
        ({"message": ["one", "two"]}, "one; two"),
        ({"message": {"message": "inner"}}, "inner"),
        ({"message": {"code": 7}}, '{"code":7}'),
        ({"error": {"code": "RESOURCE_NOT_USABLE", "message": "no use", "details": []}}, "no use"),
        ({"error": "UnAuthorized!", "error_description": "Authorization code missing"}, "Authorization code missing"),
        ({"detail": "d"}, "d"),
        ('"just a text"', "just a text"),
        ("plain text", "plain text"),
        ({"message": 7}, "HighLevel refused a call."),
        ({}, "HighLevel refused a call."),
    ],
)
def test_message_in_any_shape(body, message):
    """A message is found whether it is a text, a list, an object or plain."""
    assert message == refused(409, body).message


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500])
def test_token_in_a_message_is_hidden(status):
    """A token that HighLevel echoes does not reach the error."""
    error = refused(status, {"message": "Invalid: tok-secret"})

    assert "tok-secret" not in f"{error} {error!r} {error.args}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "HighLevel answered with an empty body"),
        (b"  ", "HighLevel answered with an empty body"),
        (b"<html></html>", "HighLevel answered with a web page instead of JSON"),
        (b'{"contact": {"id": "c"', "HighLevel answered with JSON that is cut off or malformed"),
        (b"[" * 100_000, "HighLevel answered with JSON that is cut off or malformed"),
        (b'{"a": NaN}', "HighLevel answered with JSON that is cut off or malformed"),
        (b"[1]", "HighLevel answered with JSON that is no object"),
    ],
)
def test_success_that_is_no_json_object(body, message):
    """An answer that is not what the API sends is told in one sentence."""
    error = refused(200, body)

    assert (Unreadable, message) == (type(error), error.message)


def test_html_by_its_type():
    """A web page is recognised by its content type too."""
    error = refused(200, "Welcome", headers={"Content-Type": "text/html"})

    assert "HighLevel answered with a web page instead of JSON" == error.message


def test_no_content():
    """204 is an empty object."""
    assert {} == answered(204, "")


@pytest.mark.parametrize("body", [b'{"name": "\\ud83d"}', b'{"name": "\xff"}'])
def test_half_an_emoji_does_not_cost_the_answer(body):
    """JSON that a strict reader refuses because of one text is read all the same."""
    assert ["name"] == list(answered(200, body))


def test_fields_named():
    """Reasons are sorted by field; texts about no field are left out."""
    texts = (
        "property middleName should not exist",
        "email must be an email",
        "email should not be empty",
        "each value in tags must be a string",
        "customFields.0.id must be a string",
        "Invalid field additional_phones",
        "Invalid Operator (gt) passed for field date_updated",
        "locationId is required",
        "Something else",
    )

    assert {
        "middleName": "property middleName should not exist",
        "email": "email must be an email",
        "tags": "each value in tags must be a string",
        "customFields.0.id": "customFields.0.id must be a string",
        "additional_phones": "Invalid field additional_phones",
        "date_updated": "Invalid Operator (gt) passed for field date_updated",
        "locationId": "locationId is required",
    } == fields_named(texts)


@pytest.mark.parametrize(
    ("answer", "confirmed"),
    [
        ({"succeded": True}, True),
        ({"succeeded": True}, True),
        ({"succeeded": True, "succeded": True}, True),
        ({"success": True}, True),
        ({}, True),
        ({"succeded": False}, False),
        ({"succeeded": False}, False),
    ],
)
def test_success_in_any_spelling(answer, confirmed):
    """It does not matter how HighLevel spells the confirmation."""
    assert confirmed == succeeded(answer)
