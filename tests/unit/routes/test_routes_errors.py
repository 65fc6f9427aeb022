"""From what went wrong to HighLevel's answer."""

import logging

import httpx2
import msgspec
import pytest
from fastapi import FastAPI, HTTPException

from invoco.domain import errors as domain
from invoco.routes import Refused, install_error_table
from invoco.routes.errors import answer_error, error_table


def answered(error, **table):
    """Status and body of the answer to an error."""
    answer = answer_error(error, error_table(**table))
    body = msgspec.json.decode(answer.body)
    assert body.pop("traceId")
    return answer.status_code, body


@pytest.mark.parametrize(
    ("error", "status", "message", "phrase"),
    [
        (domain.NoSuchRecord("Contact with id x not found"), 400, "Contact with id x not found", "Bad Request"),
        (domain.BadRequest("No."), 400, "No.", "Bad Request"),
        (domain.Unauthorized(), 401, "The key is not known.", "Unauthorized"),
        (domain.MissingScope(), 401, "The token lacks a scope.", "Unauthorized"),
        (domain.WrongLocation("Not yours."), 403, "Not yours.", "Forbidden"),
        (domain.StoreBusy(), 503, "The database is locked by another process.", "Service Unavailable"),
        (Refused(404, "Cannot GET /x"), 404, "Cannot GET /x", "Not Found"),
    ],
)
def test_plain_errors(error, status, message, phrase):
    """Status, message and phrase (facts 6.1)."""
    assert (status, {"statusCode": status, "message": message, "error": phrase}) == answered(error)


def test_other_status_for_what_is_not_there():
    """HighLevel was seen to say 404 too."""
    status, body = answered(domain.NoSuchRecord(), not_found_status=404)

    assert (status, body["error"]) == (404, "Not Found")


def test_refusal_of_the_gateway():
    """The gateway names the status `status` (facts 1.2)."""
    refused = Refused(401, "version header is invalid", error="Error", from_gateway=True)

    assert answered(refused) == (401, {"status": 401, "message": "version header is invalid", "error": "Error"})


def test_invalid_fields():
    """A list of messages (facts 6.1)."""
    body = {"statusCode": 422, "message": ["a must be b"], "error": "Unprocessable Entity"}

    assert (422, body) == answered(domain.InvalidFields(["a must be b"]))


@pytest.mark.parametrize(("name", "told"), [("Ada", {"contactName": "Ada"}), (None, {})])
def test_duplicate(name, told):
    """The body names the contact that exists, and its name if it has one (facts 5)."""
    error = domain.DuplicateContact("abc", contact_name=name, matching_field="email")

    assert answered(error) == (
        400,
        {
            "statusCode": 400,
            "message": "This location does not allow duplicated contacts.",
            "meta": {"contactId": "abc", "matchingField": "email", **told},
        },
    )


@pytest.mark.parametrize("error", [domain.StoreUnusable("/secret/path is full"), ValueError("secret")])
def test_what_nobody_foresaw(error, caplog):
    """The caller learns nothing, the log everything."""
    with caplog.at_level(logging.ERROR):
        told = answered(error)

    assert (told, "secret" in caplog.text) == ((500, {"statusCode": 500, "message": "Internal server error"}), True)


@pytest.fixture
async def client():
    """An app whose routes go wrong in different ways."""
    app = FastAPI()

    @app.get("/fails")
    async def fails():
        raise ZeroDivisionError

    @app.get("/mine")
    async def mine():
        raise HTTPException(409, "Taken")

    @app.get("/gone")
    async def gone():
        raise domain.NoSuchRecord

    install_error_table(app, not_found_status=404)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://twin.test") as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/nothing?token=secret", 404, "Cannot GET /nothing"),
        ("PATCH", "/mine", 404, "Cannot PATCH /mine"),
        ("GET", "/mine", 409, "Taken"),
        ("GET", "/gone", 404, "Nothing has this id."),
        ("GET", "/fails", 500, "Internal server error"),
    ],
)
async def test_errors_of_the_other_routes(client, method, path, status, message):
    """Unknown paths, wrong methods and stray errors of the app are answered in the same shape."""
    answer = await client.request(method, path)

    assert (status, message, True) == (
        answer.status_code, answer.json()["message"], "traceId" in answer.json(),
    )  # fmt: skip
