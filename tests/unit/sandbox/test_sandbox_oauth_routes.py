"""The HTTP face of OAuth: forms, headers, and the shapes of refusals (facts 1.3, 2.1, 2.3)."""

import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="session")

V2, V3 = "2021-07-28", "v3"
NO_SCOPE = "The token is not authorized for this scope."


def told(answer):
    """Status and message, wherever the version puts it."""
    body = answer.json()
    return answer.status_code, body.get("message") or body["error"]["message"]


def order(face, **changed):
    """What a company sends to get a token of a location."""
    return {"companyId": face.keys["company_id"], "locationId": face.here} | changed


async def mint(face, token, *, version=V2, path="/oauth/locationToken", **changed):
    """The answer to a company that wants a token of a location."""
    return await face.send("POST", path, token=token, version=version, data=order(face, **changed))


@pytest_asyncio.fixture(loop_scope="session")
async def company(face) -> str:
    """The access token of an app that is installed everywhere."""
    token: str = (await face.pair("company", scope="oauth.readonly oauth.write contacts.readonly"))["access_token"]
    return token


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/token/"])
async def test_the_token_endpoint_takes_a_slash_or_none(face, path):
    """As the API's other paths do."""
    client = {name: face.keys[name] for name in ("client_id", "client_secret")}
    form = {**client, "grant_type": "authorization_code", "code": await face.code()}

    assert 200 == (await face.http.post(path, data=form)).status_code


async def test_v3_takes_camel_case(face):
    """In JSON, with the version in its header."""
    body = {
        "clientId": face.keys["client_id"],
        "clientSecret": face.keys["client_secret"],
        "grantType": "authorization_code",
        "code": await face.code(),
        "redirectUri": "https://app.example.com/callback",
    }
    answer = await face.http.post("/oauth/token", json=body, headers={"Version": V3})

    assert (200, face.here) == (answer.status_code, answer.json()["locationId"])


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"'])
async def test_a_body_that_is_no_object(face, body):
    """JSON must be one."""
    answer = await face.http.post("/oauth/token", content=body, headers={"Content-Type": "application/json"})

    assert (400, "The body is not a JSON object") == told(answer)


async def test_fields_that_are_no_text_do_not_count(face):
    """A number is not a client id."""
    answer = await face.http.post("/oauth/token", json={"client_id": 5, "client_secret": "x", "grant_type": "x"})

    assert "client_id should not be empty" in told(answer)[1]


async def test_a_form_that_is_no_utf_8(face):
    """It is refused like any that lacks its fields."""
    answer = await face.http.post("/oauth/token", content=b"client_id=\xff")

    assert 422 == answer.status_code


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (V2, {"statusCode": 400, "message": "This app cannot use client_credentials.",
              "error": "unsupported_grant_type"}),
        (V3, {"error": {
            "code": "unsupported_grant_type",
            "message": "This app cannot use client_credentials.",
            "details": [],
            "resolution": "Check the request and authorise again if need be.",
        }}),
    ],
)  # fmt: skip
async def test_refusals_have_the_shape_of_the_version(face, version, expected):
    """v3 puts everything into one object."""
    names = {V2: ("client_id", "client_secret", "grant_type"), V3: ("clientId", "clientSecret", "grantType")}[version]
    values = (face.keys["client_id"], face.keys["client_secret"], "client_credentials")
    answer = await face.http.post(
        "/oauth/token", data=dict(zip(names, values, strict=True)), headers={"Version": version}
    )
    body = answer.json()
    del body["traceId"]

    assert expected == body


async def test_a_company_gets_a_token_of_a_location(face, company):
    """With the two scopes of OAuth added, and the app's ids."""
    answer = await mint(face, company)
    pair = answer.json()

    assert (201, face.here, "oauth.readonly oauth.write contacts.readonly") == (
        answer.status_code,
        pair["locationId"],
        pair["scope"],
    )
    assert (face.keys["app_id"], face.keys["version_id"]) == (pair["appId"], pair["versionId"])


async def test_a_minted_token_has_the_scopes_of_oauth(face):
    """Even when the company has only the one that minting needs (facts 2.3)."""
    company = (await face.pair("company", scope="contacts.readonly oauth.write"))["access_token"]

    assert "contacts.readonly oauth.write oauth.readonly" == (await mint(face, company)).json()["scope"]


async def test_a_minted_token_works_in_its_location(face, company):
    """Like any other."""
    minted = (await mint(face, company)).json()["access_token"]
    answer = await face.send("GET", "/contacts/", token=minted, params={"locationId": face.here, "limit": 1})

    assert 200 == answer.status_code


async def test_a_minted_token_can_be_refreshed(face, company):
    """Like any other."""
    minted = (await mint(face, company)).json()
    answer = await face.exchange(grant_type="refresh_token", refresh_token=minted["refresh_token"])

    assert (200, face.here) == (answer.status_code, answer.json()["locationId"])


@pytest.mark.parametrize("changed", [{"locationId": "nowhere"}, {"companyId": "another"}])
async def test_a_location_where_the_app_is_not(face, company, changed):
    """Or a company that is another."""
    assert (400, "The app is not installed in this location") == told(await mint(face, company, **changed))


async def test_a_location_that_the_app_was_taken_out_of(face, company):
    """The company's token lives on, and mints none for it."""
    await face.order("account", uninstalled=face.here)

    assert (400, "The app is not installed in this location") == told(await mint(face, company))


async def test_a_location_that_is_paused(face, company):
    """It gets no new tokens."""
    await face.order("account", paused=face.here)

    assert (400, "Location is not active") == told(await mint(face, company))


async def test_both_ids_are_needed(face, company):
    """Each is named."""
    answer = await face.send("POST", "/oauth/locationToken", token=company, data={})

    assert (422, ["companyId must be a string", "locationId must be a string"]) == told(answer)


async def test_the_path_of_v3(face, company):
    """It answers the same."""
    answer = await mint(face, company, version=V3, path="/oauth/location-token")

    assert (201, face.here) == (answer.status_code, answer.json()["locationId"])


@pytest.mark.parametrize(("method", "path"), [("POST", "/oauth/location-token"), ("GET", "/oauth/installed-locations")])
async def test_paths_that_only_v3_has(face, company, method, path):
    """Under another version they do not exist."""
    assert 404 == (await face.send(method, path, token=company, version=V2)).status_code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/oauth/locationToken"),
        ("POST", "/oauth/location-token"),
        ("GET", "/oauth/installedLocations"),
        ("GET", "/oauth/installed-locations"),
    ],
)
@pytest.mark.parametrize(
    ("token", "version", "message"),
    [
        ("unknown", V3, "Invalid JWT"),
        ("unknown", None, "Invalid JWT"),
        (None, None, "version header was not found."),
        (None, "2020-01-01", "version header is invalid"),
    ],
)
async def test_token_and_version_come_first(face, company, method, path, token, version, message):
    """In this order, before anything of the call is looked at."""
    answer = await face.send(method, path, token=token or company, version=version)

    assert (401, message) == told(answer)


async def test_a_private_token_cannot_mint(face):
    """Whatever its scopes are (facts 2.5)."""
    assert (401, NO_SCOPE) == told(await mint(face, face.token))


async def test_a_location_cannot_mint(face):
    """Its token is of the wrong class."""
    token = (await face.pair())["access_token"]

    assert (401, "This authClass type is not allowed to access this scope. Scope: oauth.write") == told(
        await mint(face, token)
    )


async def test_a_company_needs_the_scope(face):
    """Of each operation its own."""
    token = (await face.pair("company", scope="oauth.readonly"))["access_token"]

    assert (401, NO_SCOPE) == told(await mint(face, token))


async def test_an_endpoint_that_was_taken_away(face):
    """It says so (facts 2.2)."""
    assert (400, "API endpoint has been removed") == told(await face.http.post("/oauth/reconnect"))
