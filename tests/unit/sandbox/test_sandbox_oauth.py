"""Codes and token pairs: what is given out, to whom, and for how long (facts 2.1 to 2.3)."""

import base64
import json

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLBACK = "https://app.example.com/callback"
DAY = 86_400
YEAR = 365 * DAY
NOT_FOUND = {"error": "UnAuthorized!", "error_description": "Refresh token not found"}


def told(answer):
    """Status and the words of a refusal."""
    body = answer.json()
    return answer.status_code, body.get("error_description") or body["message"]


async def refresh(face, pair):
    """The answer to a refresh."""
    return await face.exchange(grant_type="refresh_token", refresh_token=pair["refresh_token"])


async def test_the_answer_of_a_location(face):
    """Every field, in snake_case but for those that are not."""
    pair = await face.pair(scope="contacts.readonly")
    access, refreshing = pair.pop("access_token"), pair.pop("refresh_token")
    assert pair.pop("traceId")

    assert pair == {
        "token_type": "Bearer",
        "expires_in": 86_399,
        "refreshTokenId": refreshing[-24:],
        "scope": "contacts.readonly",
        "userType": "Location",
        "companyId": face.keys["company_id"],
        "userId": face.twin.accounts.app().installer_id,
        "locationId": face.here,
        "planId": face.twin.accounts.app().plan_id,
        "approvedLocations": [face.here],
        "isBulkInstallation": False,
    }
    assert access != refreshing


async def test_the_answer_of_a_company(face):
    """It has no location, and says what it was approved for."""
    pair = await face.pair("company")

    assert ("Company", True, False, True, False) == (
        pair["userType"],
        pair["isBulkInstallation"],
        pair["installToFutureLocations"],
        pair["approveAllLocations"],
        "locationId" in pair,
    )


@pytest.mark.parametrize(("choice", "kind"), [(None, "Location"), ("company", "Company")])
async def test_an_access_token_looks_like_one(face, choice, kind):
    """Three parts, the claims in the middle."""
    header, claims, _ = (await face.pair(choice))["access_token"].split(".")

    assert {"alg": "HS256", "typ": "JWT"} == decoded(header)
    assert decoded(claims) == {
        "authClass": kind,
        "authClassId": face.here if choice is None else face.keys["company_id"],
        "source": "INTEGRATION",
        "sourceId": face.keys["client_id"],
        "channel": "OAUTH",
        "iat": 1_750_000_000,
    }


def decoded(part):
    """A part of a token, read."""
    return json.loads(base64.urlsafe_b64decode(f"{part}=="))


async def test_expires_in_counts_down(face):
    """A pair that is answered again has less time left."""
    pair = await face.pair()
    first = (await refresh(face, pair)).json()
    face.twin.clock.advance(20)
    again = (await refresh(face, pair)).json()

    assert (first["access_token"], 86_399, 86_379) == (
        again["access_token"],
        first["expires_in"],
        again["expires_in"],
    )


@pytest.mark.parametrize(("seconds", "status"), [(599.999, 200), (600, 401)])
async def test_a_code_works_for_ten_minutes(face, seconds, status):
    """To the moment."""
    code = await face.code()
    face.twin.clock.advance(seconds)

    assert status == (await face.exchange(grant_type="authorization_code", code=code)).status_code


async def test_a_code_works_once(face):
    """The second exchange finds it no more."""
    code = await face.code()
    await face.exchange(grant_type="authorization_code", code=code)

    assert (401, "Authorization code not found") == told(
        await face.exchange(grant_type="authorization_code", code=code)
    )


@pytest.mark.parametrize("changed", [{}, {"redirect_uri": CALLBACK}])
async def test_the_redirect_address_may_be_repeated(face, changed):
    """It must then be the one of the code."""
    answer = await face.exchange(grant_type="authorization_code", code=await face.code(), **changed)

    assert 200 == answer.status_code


async def test_another_redirect_address_is_refused(face):
    """And the code goes on working."""
    code = await face.code()
    refused = await face.exchange(grant_type="authorization_code", code=code, redirect_uri="https://other.example/")
    accepted = await face.exchange(grant_type="authorization_code", code=code)

    assert (400, "The redirect_uri is not the one of the authorization code") == told(refused)
    assert 200 == accepted.status_code


@pytest.mark.parametrize("field", ["client_id", "client_secret"])
async def test_another_client_is_refused(face, field):
    """Whoever cannot prove to be the app gets nothing."""
    answer = await face.exchange(grant_type="authorization_code", code=await face.code(), **{field: "wrong"})

    assert (401, "Invalid client credentials!") == told(answer)


async def test_the_code_is_looked_at_before_the_client(face):
    """A wrong code of a wrong client is a wrong code."""
    answer = await face.exchange(grant_type="authorization_code", code="wrong", client_secret="wrong")

    assert (401, "Authorization code not found") == told(answer)


async def test_every_missing_field_is_listed(face):
    """Before anything else is looked at."""
    answer = await face.http.post("/oauth/token", data={})

    assert (
        422,
        [
            "client_id should not be empty",
            "client_secret should not be empty",
            "grant_type must be one of the following values: authorization_code, refresh_token, client_credentials",
        ],
    ) == told(answer)


async def test_client_credentials_are_not_for_this_app(face):
    """The grant type exists, yet only for other apps."""
    answer = await face.exchange(grant_type="client_credentials")

    assert (400, "This app cannot use client_credentials.") == told(answer)


async def test_a_refresh_turns_over_both_tokens(face):
    """What it is for stays the same."""
    pair = await face.pair()
    new = (await refresh(face, pair)).json()

    assert {"access_token", "refresh_token", "refreshTokenId", "traceId"} == {
        name for name in pair if pair[name] != new[name]
    }


async def test_the_old_access_token_goes_on_working(face):
    """Until it expires."""
    pair = await face.pair()
    await refresh(face, pair)
    answer = await face.send("GET", f"/locations/{face.here}/tags", token=pair["access_token"])

    assert 200 == answer.status_code


@pytest.mark.parametrize(("seconds", "status"), [(30, 200), (30.001, 401)])
async def test_a_used_refresh_token_is_answered_alike_for_30_seconds(face, seconds, status):
    """Then it is dead (facts 2.2)."""
    pair = await face.pair()
    new = (await refresh(face, pair)).json()
    face.twin.clock.advance(seconds)
    again = await refresh(face, pair)

    assert status == again.status_code
    assert status == 401 or again.json()["refresh_token"] == new["refresh_token"]


@pytest.mark.parametrize(("seconds", "status"), [(YEAR - 0.001, 200), (YEAR, 401)])
async def test_a_refresh_token_works_for_a_year(face, seconds, status):
    """Unless it is used."""
    pair = await face.pair()
    face.twin.clock.advance(seconds)

    assert status == (await refresh(face, pair)).status_code


@pytest.mark.parametrize("given", [{}, {"refresh_token": "unknown"}])
async def test_an_unknown_refresh_token(face, given):
    """Or none."""
    answer = await face.exchange(grant_type="refresh_token", **given)
    body = answer.json()
    del body["traceId"]

    assert (401, NOT_FOUND) == (answer.status_code, body)


async def test_a_refresh_of_another_client(face):
    """The token alone is not enough."""
    pair = await face.pair()
    answer = await face.exchange(grant_type="refresh_token", refresh_token=pair["refresh_token"], client_secret="wrong")

    assert (401, "Invalid client credentials!") == told(answer)


async def test_a_paused_location_refuses_new_tokens(face):
    """With a code of its own (facts 2.2)."""
    pair = await face.pair()
    await face.order("account", paused=face.here)
    answer = await refresh(face, pair)
    body = answer.json()
    del body["traceId"]

    assert {"statusCode": 400, "message": "Location is not active", "error": "LOCATION_INACTIVE"} == body


async def test_a_resumed_location_gives_them_again(face):
    """As if nothing had been."""
    pair = await face.pair()
    await face.order("account", paused=face.here)
    await face.order("account", resumed=face.here)

    assert 200 == (await refresh(face, pair)).status_code


async def test_a_company_is_refreshed_whatever_its_locations_do(face):
    """It belongs to none of them."""
    pair = await face.pair("company")
    await face.order("account", paused=face.here)

    assert 200 == (await refresh(face, pair)).status_code


async def test_uninstalled_from_a_location_its_tokens_die(face):
    """At once; those of other locations and of the company live."""
    pairs = [await face.pair(choice) for choice in (face.here, face.elsewhere, "company")]
    await face.order("account", uninstalled=face.here)

    assert [401, 200, 200] == [(await refresh(face, pair)).status_code for pair in pairs]


async def test_uninstalled_from_the_company_all_tokens_die(face):
    """Wherever they are for."""
    pairs = [await face.pair(choice) for choice in (face.here, "company")]
    await face.order("account", uninstalled="company")

    assert [401, 401] == [(await refresh(face, pair)).status_code for pair in pairs]
    assert [401, 401] == [
        (await face.send("GET", f"/locations/{face.here}/tags", token=pair["access_token"])).status_code
        for pair in pairs
    ]


async def test_what_is_granted_does_not_grow(face):
    """An app that may ask for less or more by now refreshes what it had."""
    pair = await face.pair(scope="contacts.readonly")
    await face.order("account", scopes=["contacts.write"])

    assert "contacts.readonly" == (await refresh(face, pair)).json()["scope"]
