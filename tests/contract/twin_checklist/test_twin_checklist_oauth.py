"""The check-list of the twin: OAuth and private tokens (facts 2, 12)."""

import re
import uuid
from typing import Any

import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = 86_400
NO_CODE = (401, "Authorization code not found")
NO_CLIENT = (401, "Invalid client credentials!")
NO_REFRESH = (401, "Refresh token not found")
INVALID_JWT = (401, "Invalid JWT")
INVALID_PIT = (401, "Invalid Private Integration token")
NO_SCOPE = (401, "The token is not authorized for this scope.")


def described(answer):
    """Status and description of what the token endpoint answers."""
    return answer.status_code, answer.json().get("error_description")


class TestTokens:
    """Facts §12, *Tokens*."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def path(self, desk):
        """A path that every token of the location may read."""
        return f"/contacts/?locationId={desk.here}"

    @pytest_asyncio.fixture(loop_scope="module")
    async def company(self, desk):
        """The token pair of an agency that has installed the app everywhere."""
        return await desk.tokens("company")

    async def test_app(self, desk):
        """The client id is the app's id and eight characters, the secret a UUID (facts 2.1)."""
        keys = await desk.look("account")

        assert re.fullmatch(r"[0-9a-f]{24}-[0-9a-z]{8}", keys["client_id"])
        assert keys["client_id"].startswith(f"{keys['app_id']}-")
        assert keys["client_secret"] == str(uuid.UUID(keys["client_secret"]))

    async def test_answer_for_a_location(self, desk):
        """A user of a location gets its token, for about a day (facts 2.1)."""
        keys = await desk.look("account")
        tokens = await desk.tokens(None, "contacts.readonly", "contacts.write")

        opaque = {"access_token", "refresh_token", "userId", "traceId"}

        assert {
            "token_type": "Bearer",
            "expires_in": 86_399,
            "scope": "contacts.readonly contacts.write",
            "userType": "Location",
            "companyId": keys["company_id"],
            "locationId": desk.here,
            "planId": desk.twin.accounts.app().plan_id,
            "approvedLocations": [desk.here],
            "isBulkInstallation": False,
            "refreshTokenId": tokens["refresh_token"][-24:],
        } == {key: value for key, value in tokens.items() if key not in opaque}
        assert opaque <= tokens.keys()
        assert [3, 3] == [len(tokens[name].split(".")) for name in ("access_token", "refresh_token")]

    async def test_answer_for_a_company(self, company):
        """An agency gets a token without a location, and is not told which ones it has chosen (facts 2.3, i294)."""
        assert ("Company", True, False) == (
            company["userType"], company["isBulkInstallation"], "locationId" in company,
        )  # fmt: skip
        assert "planId" in company
        assert "approvedLocations" not in company

    async def test_code_works_once(self, desk):
        """A second exchange finds no code."""
        code = await desk.code()
        answers = [await desk.exchange(grant_type="authorization_code", code=code) for _ in range(2)]

        assert [(200, None), NO_CODE] == [described(answer) for answer in answers]

    async def test_code_expires(self, desk):
        """A code works for minutes."""
        code = await desk.code()
        await desk.advance(3600)

        assert NO_CODE == described(await desk.exchange(grant_type="authorization_code", code=code))

    async def test_code_is_checked_before_the_client(self, desk):
        """A wrong code is told to any client, a wrong client only to those with a code."""
        code = await desk.code()
        answers = [
            await desk.exchange(grant_type="authorization_code", code=given, client_secret="wrong")
            for given in ("wrong", code)
        ]

        assert [NO_CODE, NO_CLIENT] == [described(answer) for answer in answers]

    async def test_fields_of_the_exchange(self, desk):
        """What is missing is listed."""
        answer = await desk.exchange(client_id="", grant_type="password")
        kinds = "authorization_code, refresh_token, client_credentials"

        assert (422, ["client_id should not be empty", f"grant_type must be one of the following values: {kinds}"]) == (
            answer.status_code, answer.json()["message"],
        )  # fmt: skip

    async def test_v3_takes_json_and_camel_case(self, desk):
        """The names of June's v3 are still taken (facts 1.3); the answer is in snake case."""
        keys = await desk.look("account")
        body = {
            "clientId": keys["client_id"], "clientSecret": keys["client_secret"], "grantType": "authorization_code",
            "code": await desk.code(),
        }  # fmt: skip
        answer = await desk.send("POST", "/oauth/token", body, token="", version="v3")

        assert (200, "Bearer") == (answer.status_code, answer.json()["token_type"])

    async def test_access_token_expires(self, desk, path):
        """It works for 86 399 seconds."""
        token = (await desk.tokens())["access_token"]
        await desk.advance(86_398)
        last = await desk.told("GET", path, token=token)
        await desk.advance(1)

        assert [(200, None), INVALID_JWT] == [last, await desk.told("GET", path, token=token)]

    async def test_refresh_gives_a_new_pair(self, desk, path):
        """Both tokens are others, and the new access token works."""
        old = await desk.tokens()
        new = (await desk.refreshed(old["refresh_token"])).json()

        assert {"access_token": True, "refresh_token": True} == {
            name: new[name] != old[name] for name in ("access_token", "refresh_token")
        }
        assert (200, None) == await desk.told("GET", path, token=new["access_token"])

    async def test_refresh_is_replayed_for_30_seconds(self, desk):
        """The same refresh gets the same pair, but for the seconds that have passed (facts 2.2)."""
        old = await desk.tokens()
        first = (await desk.refreshed(old["refresh_token"])).json()
        await desk.advance(30)
        again = (await desk.refreshed(old["refresh_token"])).json()

        assert [first[name] for name in ("access_token", "refresh_token")] == [
            again[name] for name in ("access_token", "refresh_token")
        ]
        assert (86_399, 86_369) == (first["expires_in"], again["expires_in"])

    async def test_used_refresh_token_is_dead_afterwards(self, desk):
        """After 31 seconds there is no such token, and its successor goes on."""
        old = await desk.tokens()
        new = (await desk.refreshed(old["refresh_token"])).json()
        await desk.advance(31)

        assert [NO_REFRESH, (200, None)] == [
            described(await desk.refreshed(pair["refresh_token"])) for pair in (old, new)
        ]

    async def test_replay_is_for_the_same_client(self, desk):
        """Another secret gets nothing."""
        old = await desk.tokens()
        await desk.refreshed(old["refresh_token"])
        form = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"], "client_secret": "wrong"}

        assert NO_CLIENT == described(await desk.exchange(**form))

    async def test_refresh_token_lives_for_a_year(self, desk):
        """364 days later it works, a year later it does not."""
        younger, older = await desk.tokens(), await desk.tokens()
        await desk.advance(364 * DAY)
        first = described(await desk.refreshed(younger["refresh_token"]))
        await desk.advance(DAY)

        assert [(200, None), NO_REFRESH] == [first, described(await desk.refreshed(older["refresh_token"]))]

    async def test_paused_location_refuses_new_tokens(self, desk, company):
        """Neither a refresh nor a mint works until it is resumed (facts 2.2)."""
        refresh_token = (await desk.tokens())["refresh_token"]
        await desk.control("account", paused=desk.here)
        answers = [await desk.refreshed(refresh_token), await desk.minted(company["access_token"])]
        await desk.control("account", resumed=desk.here)
        refusal = (400, "Location is not active")

        assert [refusal, refusal] == [(answer.status_code, answer.json()["message"]) for answer in answers]
        assert 200 == (await desk.refreshed(refresh_token)).status_code

    async def test_reconnect_is_removed(self, desk):
        """The recovery endpoint is no more."""
        assert (400, "API endpoint has been removed") == await desk.told("POST", "/oauth/reconnect", {})

    async def test_location_token_is_minted(self, desk, path, company):
        """201, with the app, the version and the scopes of OAuth added, and it works (facts 2.3)."""
        keys = await desk.look("account")
        answer = await desk.minted(company["access_token"])
        minted = answer.json()

        assert (201, "Location", desk.here, keys["company_id"], keys["app_id"], keys["version_id"]) == (
            answer.status_code,
            *(minted[name] for name in ("userType", "locationId", "companyId", "appId", "versionId")),
        )
        assert (desk.twin.accounts.app().plan_id, False) == (minted["planId"], "approvedLocations" in minted)
        assert {"oauth.readonly", "oauth.write", *keys["scopes"]} == set(minted["scope"].split())
        assert (200, None) == await desk.told("GET", path, token=minted["access_token"])

    async def test_minted_token_can_be_refreshed(self, desk, company):
        """It comes with a refresh token of its own."""
        minted = (await desk.minted(company["access_token"])).json()
        refreshed = (await desk.refreshed(minted["refresh_token"])).json()

        assert ("Location", desk.here) == (refreshed["userType"], refreshed["locationId"])

    async def test_minting_needs_both_ids(self, desk, company):
        """What is missing is listed."""
        token = company["access_token"]

        assert (422, ["companyId must be a string", "locationId must be a string"]) == await desk.told(
            "POST", "/oauth/locationToken", token=token
        )

    async def test_minting_needs_an_installation(self, desk, company):
        """A location that came later has not installed the app."""
        later = await desk.elsewhere()
        answer = await later.minted(company["access_token"])

        assert (400, "The app is not installed in this location") == (answer.status_code, answer.json()["message"])

    async def test_who_cannot_mint(self, desk, company):
        """Neither a private token, nor a location's, nor a company's without the scope."""
        agency = (await desk.control("private-tokens"))["token"]
        location = (await desk.tokens())["access_token"]
        poor = (await desk.tokens("company", "oauth.readonly"))["access_token"]
        answers = [await desk.minted(token) for token in (agency, desk.token, poor, location)]
        messages = [answer.json()["message"] for answer in answers]

        assert [401] * 4 == [answer.status_code for answer in answers]
        assert [NO_SCOPE[1]] * 3 == messages[:3]
        assert messages[3].startswith("This authClass type is not allowed to access this scope.")

    async def test_uninstalled_app_has_no_tokens(self, desk, path, company):
        """A location's tokens stop at once, and the company can mint no more."""
        tokens = await desk.tokens()
        await desk.control("account", uninstalled=desk.here)

        assert INVALID_JWT == await desk.told("GET", path, token=tokens["access_token"])
        assert NO_REFRESH == described(await desk.refreshed(tokens["refresh_token"]))
        assert 400 == (await desk.minted(company["access_token"])).status_code

    async def test_installed_locations(self, desk, company):
        """A company sees where the app is installed, by skip and limit in v2 (facts 2.3)."""
        later, keys = await desk.elsewhere(), await desk.look("account")
        query = {"companyId": keys["company_id"], "appId": keys["app_id"], "isInstalled": "true", "limit": "500"}
        answer = await desk.send("GET", "/oauth/installedLocations", token=company["access_token"], params=query)
        rows = {row["_id"]: row for row in answer.json()["locations"]}
        one = await desk.send(
            "GET", "/oauth/installedLocations", token=company["access_token"], params=query | {"locationId": desk.here}
        )

        assert {"_id", "name", "address", "isInstalled", "versionId", "installedAt"} == rows[desk.here].keys()
        assert (True, False) == (rows[desk.here]["isInstalled"], later.here in rows)
        assert (1, [desk.here], False) == (
            one.json()["count"],
            [row["_id"] for row in one.json()["locations"]],
            one.json()["installToFutureLocations"],
        )

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, True), ({"versionId": "version"}, True), ({"planId": "plan"}, True), ({"onTrial": "false"}, True),
            ({"versionId": "another"}, False), ({"planId": "another"}, False), ({"onTrial": "true"}, False),
        ],
    )  # fmt: skip
    async def test_installed_locations_by_version_plan_and_trial(self, desk, company, query, found):
        """Those of another version or plan are left out, and nobody is on trial (facts 2.3)."""
        app = desk.twin.accounts.app()
        ours = {"version": app.version_id, "plan": app.plan_id}
        asked = {"companyId": app.company_id, "appId": app.app_id, "locationId": desk.here}
        asked |= {name: ours.get(value, value) for name, value in query.items()}
        answer = await desk.send("GET", "/oauth/installedLocations", token=company["access_token"], params=asked)

        assert found == (desk.here in [row["_id"] for row in answer.json()["locations"]])

    async def test_installed_locations_in_v3(self, desk, company):
        """By page token, each location once (facts 1.3)."""
        keys = await desk.look("account")
        query = {"companyId": keys["company_id"], "appId": keys["app_id"], "pageSize": "2"}
        seen, pages = [], 0
        pagination: dict[str, Any] = {"nextPageToken": ""}
        while "nextPageToken" in pagination:
            answer = await desk.send(
                "GET", "/oauth/installed-locations", token=company["access_token"], version="v3",
                params=query | {"pageToken": pagination["nextPageToken"]},
            )  # fmt: skip
            pagination, pages = answer.json()["pagination"], pages + 1
            seen += [row["_id"] for row in answer.json()["items"]]

        assert [place["id"] for place in keys["locations"]] == seen
        assert (-(-len(seen) // 2), False, True) == (pages, pagination["hasNextPage"], pagination["hasPrevPage"])
        assert {"filterApplied": False, "sortApplied": False} == answer.json()["metadata"]

    async def test_private_token(self, desk, path):
        """`pit-` and a UUID; it works without end (facts 2.5)."""
        prefix, _, rest = desk.token.partition("-")
        await desk.advance(3 * 365 * DAY)

        assert ("pit", rest) == (prefix, str(uuid.UUID(rest)))
        assert (200, None) == await desk.told("GET", path)

    async def test_private_token_has_the_scopes_that_were_chosen(self, desk, path):
        """Others are refused."""
        token = await desk.new_token("contacts.readonly")

        assert [(200, None), NO_SCOPE] == [
            await desk.told("GET", path, token=token),
            await desk.told("POST", "/contacts/", {"locationId": desk.here}, token=token),
        ]

    async def test_rotated_token_goes_on_for_seven_days(self, desk, path):
        """Old and new both work, then the new one alone."""
        new = (await desk.control("private-tokens/rotate", token=desk.token))["token"]
        tokens = (desk.token, new)
        at_once = [await desk.told("GET", path, token=token) for token in tokens]
        await desk.advance(7 * DAY - 1)
        at_last = [await desk.told("GET", path, token=token) for token in tokens]
        await desk.advance(1)
        afterwards = [await desk.told("GET", path, token=token) for token in tokens]

        assert [[(200, None), (200, None)], [(200, None), (200, None)], [INVALID_PIT, (200, None)]] == [
            at_once, at_last, afterwards,
        ]  # fmt: skip

    async def test_token_that_goes_on_can_be_rotated_again(self, desk, path):
        """What replaces it has no end either."""
        await desk.control("private-tokens/rotate", token=desk.token)
        new = (await desk.control("private-tokens/rotate", token=desk.token))["token"]
        await desk.advance(8 * DAY)

        assert (200, None) == await desk.told("GET", path, token=new)

    async def test_token_can_be_expired_at_once(self, desk, path):
        """The old one dies, the new one works."""
        new = (await desk.control("private-tokens/rotate", token=desk.token, now=True))["token"]

        assert [INVALID_PIT, (200, None)] == [await desk.told("GET", path, token=token) for token in (desk.token, new)]
