"""Who may come in, and in which order it is checked."""

import pytest

HERE = "location-of-the-tests"
UNKNOWN = "/contacts/nobody"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic abc", "good"])
async def test_authorization_that_is_missing(face, header):
    """Authorization comes first, even before a Version that is missing too."""
    answer = await face.client.get(UNKNOWN, headers={"Authorization": header} if header is not None else {})

    assert (
        answer.status_code, answer.json()["message"], answer.json()["error"],
    ) == (401, "Invalid token: access token is invalid", "Unauthorized")  # fmt: skip


async def test_token_that_nobody_gave(face):
    """The gate speaks before the version is looked at."""
    assert message(await face.call("GET", UNKNOWN, token="forged", version=None)) == (401, "Invalid JWT")


async def test_scheme_in_lower_case(face):
    """The scheme's name has no case."""
    answer = await face.client.get(UNKNOWN, headers={"Authorization": "bearer good", "Version": "v3"})

    assert answer.json()["message"] == "Contact with id nobody not found"


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (None, "version header was not found."),
        ("2020-01-01", "version header is invalid"),
        ("V3", "version header is invalid"),
    ],
)
async def test_version_that_is_refused(face, version, text):
    """The version comes before the scope, in the gateway's own shape (facts 1.2)."""
    told = await face.call("POST", "/contacts/", {}, token="reader", version=version)

    assert (401, {"status": 401, "message": text, "error": "Error"}) == told


@pytest.mark.parametrize("version", ["v3", "2023-02-21", "2021-07-28", "2021-04-15"])
@pytest.mark.parametrize("path", ["/contacts/", "/users/", "/calendars/"])
async def test_every_published_version_everywhere(face, path, version):
    """The version of an app is not enforced, and old paths answer under v3 (facts 1.2)."""
    status, _ = await face.call("GET", path, version=version, locationId=HERE)

    assert status == 200


async def test_renamed_path_under_an_old_version(face):
    """What v3 renamed is not there before v3."""
    path = "/contacts/x/campaigns/remove-all"

    assert (404, f"Cannot DELETE {path}") == message(await face.call("DELETE", path))


@pytest.mark.parametrize("path", ["removeAll", "remove-all"])
async def test_both_paths_under_v3(face, path):
    """v3 answers at its own path and at the old one."""
    contact = await face.create(firstName="Ada")
    told = await face.call("DELETE", f"/contacts/{contact['id']}/campaigns/{path}", version="v3")

    assert told == (200, {"succeeded": True, "succeded": True})


async def test_lookup_under_an_old_version(face):
    """The lookup came with v3."""
    assert message(await face.call("GET", "/contacts/lookup", locationId=HERE)) == (404, "Cannot GET /contacts/lookup")


async def test_lookup_with_a_static_token(face):
    """The lookup is for OAuth tokens (facts 1.3)."""
    told = await face.call("GET", "/contacts/lookup", token="static", version="v3", locationId=HERE, email="a@b.de")

    assert message(told) == (401, "The token is not authorized for this scope.")


async def test_scope_that_is_missing(face):
    """A missing scope is 401 and comes before location and body (facts 2.7)."""
    told = await face.call("POST", "/contacts/", {"locationId": "other", "x": 1}, token="reader")

    assert message(told) == (401, "The token is not authorized for this scope.")


async def test_operation_without_a_scope(face):
    """HighLevel publishes none for bulk writes."""
    body = {"locationId": HERE, "contacts": [], "tags": []}
    status, _ = await face.call("POST", "/contacts/bulk/tags/update/add", body, token="reader")

    assert status == 201


async def test_company_token(face):
    """A company's token has no business with contacts (facts 6.2)."""
    status, text = message(await face.call("GET", UNKNOWN, token="company"))

    assert (status, text.startswith("This authClass type is not allowed to access this scope. ")) == (401, True)


async def test_company_token_of_a_private_integration(face):
    """The same in other words."""
    told = await face.call("POST", "/contacts/bulk/business", {}, token="static-company")

    assert message(told) == (401, "Token's user type mismatch!")


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("GET", "/contacts/", {"locationId": "other", "limit": "1000"}),
        ("GET", "/locations/other", {}),
        ("POST", "/locations/other/tasks/search", {"body": {"limit": "x"}}),
        ("POST", "/contacts/", {"body": {"locationId": "other", "x": 1}}),
        ("POST", "/contacts/search", {"body": {"locationId": "other"}}),
        ("GET", "/users/search", {"locationId": "other"}),
    ],
)
async def test_other_location(face, method, path, given):
    """Another location is 403, and comes before validation."""
    assert message(await face.call(method, path, **given)) == (403, "The token does not have access to this location.")


@pytest.mark.parametrize("path", ["/contacts/", "/contacts", "/businesses", "/calendars/events/", "/users/search"])
async def test_query_that_is_missing(face, path):
    """Required parameters are asked for, with and without a slash at the end."""
    status, text = message(await face.call("GET", path))

    assert (status, any(line.endswith("Id should not be empty") for line in text)) == (422, True)


async def test_malformed_body(face):
    """A broken body is 400."""
    assert message(await face.call("POST", "/contacts/", raw=b"{")) == (400, "The request body is not valid JSON")


async def test_body_of_another_location_after_malformed_json(face):
    """A body that is no object is refused before anything in it is looked for."""
    assert message(await face.call("POST", "/contacts/", [])) == (400, "The request body must be a JSON object")


async def test_empty_body(face):
    """Nothing is `{}`, whose fields are then missing."""
    assert message(await face.call("POST", "/contacts/", raw=b"")) == (422, ["locationId should not be empty"])


async def test_body_of_a_campaign(face):
    """The specification asks for `{}`; nobody minds when it is missing."""
    contact = await face.create(firstName="Ada")
    path = f"/contacts/{contact['id']}/campaigns/c1"
    told = [await face.call("POST", path, {}), await face.call("POST", path)]

    assert told == [(201, {"succeded": True})] * 2


@pytest.mark.parametrize(
    ("path", "query"), [("/contacts/a%00b", {}), ("/contacts/", {"locationId": HERE, "query": "a\x00"})]
)
async def test_nul_in_the_address(face, path, query):
    """No id and no query holds NUL."""
    assert message(await face.call("GET", path, **query)) == (400, "The address holds a character that cannot be read")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/contacts/a/b"), ("PATCH", "/contacts/a"), ("GET", "/oauth/token"), ("POST", "/contacts/x")],
)
async def test_path_that_is_not_there(face, method, path):
    """Unknown paths and methods are 404, whoever asks."""
    assert (404, f"Cannot {method} {path}") == message(await face.call(method, path, token=None))


def message(told):
    """Status and message of an answer."""
    status, body = told
    return status, body["message"]
