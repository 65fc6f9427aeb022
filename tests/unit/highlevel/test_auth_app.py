"""The consent link, and what an app makes of every answer of the token endpoint."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from invoco.highlevel.auth import CONSENT_URL, OAuthApp, Tokens, code_from, new_state
from invoco.highlevel.errors import (
    Blocked,
    HighLevelError,
    MissingScope,
    RateLimited,
    Reconnect,
    RetryLater,
    TokenRefused,
    Unreachable,
    Unreadable,
    VersionRefused,
    WrongLocation,
    WrongSecret,
)
from invoco.testing.clock import FakeClock

SECRET, CODE, REFRESH, ACCESS = "secret-5f1c", "code-77ab", "refresh-91d3", "access-20ce"
NOW = 1_750_000_000
TOKENS = Tokens(
    access_token=ACCESS,
    refresh_token=REFRESH,
    expires_at=NOW * 1000,
    scope="contacts.readonly",
    user_type="Company",
    company_id="company1",
    user_id="user1",
)
GRANTED = {
    "access_token": "access-new",
    "token_type": "Bearer",
    "expires_in": 86399,
    "refresh_token": "refresh-new",
    "scope": "contacts.readonly contacts.write",
    "userType": "Location",
    "companyId": "company1",
    "locationId": "location1",
    "userId": "user1",
    "refreshTokenId": "65f0",
    "approvedLocations": ["location1"],
    "isBulkInstallation": False,
}


def app_that_hears(answer, *, requests=None, **settings):
    """An app whose token endpoint gives this answer: a response, an error to raise, or a body for 200."""

    def handle(request):
        if requests is not None:
            requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    known: dict[str, Any] = {
        "client_id": "65aa-app1",
        "client_secret": SECRET,
        "redirect_uri": "https://invoco.test/callback",
        "scopes": ("contacts.readonly", "contacts.write"),
        "base_url": "https://hl.test",
        "transport": httpx2.MockTransport(handle),
        "clock": FakeClock(start=NOW),
    }
    return OAuthApp(**(known | settings))


def refusal(status, body=None, **settings):
    """An answer that refuses."""
    return httpx2.Response(status, json=body, **settings) if body is not None else httpx2.Response(status, **settings)


def form_of(request):
    """The fields that were sent."""
    return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}


async def error_of(call):
    """The error that the call ends in."""
    with pytest.raises(HighLevelError) as caught:
        await call
    return caught.value


def test_consent_link_asks_for_the_scopes():
    """The consent link has HighLevel's parameters, with spaces written as %20."""
    app = app_that_hears({})
    url = urlsplit(app.authorization_url("state-1"))

    assert CONSENT_URL == f"{url.scheme}://{url.netloc}{url.path}"
    assert "scope=contacts.readonly%20contacts.write" in url.query
    assert {
        "response_type": ["code"],
        "redirect_uri": ["https://invoco.test/callback"],
        "client_id": ["65aa-app1"],
        "scope": ["contacts.readonly contacts.write"],
        "loginWindowOpenMode": ["self"],
        "state": ["state-1"],
    } == parse_qs(url.query)


def test_consent_link_of_a_draft_app_names_its_version():
    """A private app's link carries the version id; a consent page may have a query of its own."""
    app = app_that_hears({}, consent_url="http://twin.test/consent?location=1", version_id="65bb")

    assert app.authorization_url("s").startswith("http://twin.test/consent?location=1&response_type=code")
    assert app.authorization_url("s").endswith("&version_id=65bb")


def test_app_id_is_the_client_id_without_its_suffix():
    """Webhooks and sessions name the app without the suffix of the client id."""
    assert "65aa" == app_that_hears({}).app_id


def test_states_differ():
    """Every consent gets a state of its own, long enough not to be guessed."""
    assert new_state() != new_state()
    assert len(new_state()) >= 40


def test_code_comes_with_its_state():
    """The code is taken from an answer that carries the state of this sign-in."""
    assert "c1" == code_from({"code": "c1", "state": "s1"}, state="s1")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"code": "c1", "state": "other"}, "another one"),
        ({"code": "c1"}, "another one"),
        ({"code": "c1", "state": "ß"}, "another one"),
        ({"state": "s1"}, "no authorization code"),
        ({"state": "s1", "error": "access_denied"}, "access_denied"),
        ({"state": "s1", "error": "access_denied", "error_description": "The user said no"}, "The user said no"),
    ],
)
def test_code_is_refused_without_its_state(query, told):
    """A wrong state, a refused consent and a missing code are told apart."""
    with pytest.raises(Reconnect, match=told):
        code_from(query, state="s1")


async def test_exchange_sends_the_form():
    """A code is exchanged by a form without a Version header, but with a user agent."""
    requests: list[httpx2.Request] = []
    await app_that_hears(GRANTED, requests=requests, base_url="https://hl.test/").exchange(CODE)
    (request,) = requests

    assert ("POST", "https://hl.test/oauth/token") == (request.method, str(request.url))
    assert "Version" not in request.headers
    assert request.headers["User-Agent"].startswith("invoco/")
    assert "application/x-www-form-urlencoded" == request.headers["Content-Type"]
    assert {
        "client_id": "65aa-app1",
        "client_secret": SECRET,
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": "https://invoco.test/callback",
    } == form_of(request)


async def test_exchange_reads_the_tokens():
    """Everything HighLevel grants is read; the end of the token counts from when it was asked for."""
    tokens = await app_that_hears(GRANTED).exchange(CODE)

    assert (
        Tokens(
            access_token="access-new",
            refresh_token="refresh-new",
            expires_at=(NOW + 86399) * 1000,
            scope="contacts.readonly contacts.write",
            user_type="Location",
            company_id="company1",
            location_id="location1",
            user_id="user1",
            approved_locations=("location1",),
        )
        == tokens
    )
    assert {"contacts.readonly", "contacts.write"} == tokens.scopes


async def test_exchange_reads_camel_case():
    """The answers of v3 may be in camelCase."""
    answer = {"accessToken": "a", "refreshToken": "r", "expiresIn": "60", "companyId": "c", "userType": "Company"}
    tokens = await app_that_hears({**answer, "scope": ["one", "two"], "locationId": None}).exchange(CODE)

    assert ("a", "r", (NOW + 60) * 1000, "one two", "c") == (
        tokens.access_token,
        tokens.refresh_token,
        tokens.expires_at,
        tokens.scope,
        tokens.resource_id,
    )


async def test_tokens_live_a_day_when_nothing_is_said():
    """Without `expires_in` an access token is taken to live 24 hours."""
    tokens = await app_that_hears({"access_token": "a"}).exchange(CODE)

    assert (NOW + 86400) * 1000 == tokens.expires_at


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            refusal(401, {"error": "UnAuthorized!", "error_description": "Authorization code not found"}),
            "code was refused",
        ),
        (refusal(400, {"statusCode": 400, "message": "Invalid grant: code expired"}), "code was refused"),
        (
            refusal(401, {"error": "invalid_client", "error_description": "Client authentication failed"}),
            "client secret",
        ),
        (refusal(422, {"statusCode": 422, "message": ["client_secret must be a string"]}), "client secret"),
        (refusal(401, {"error": {"code": "INVALID", "message": "Invalid client credentials"}}), "client secret"),
    ],
)
async def test_exchange_tells_a_wrong_code_from_a_wrong_secret(answer, told):
    """Both end in WrongSecret, each in words of its own, in the error shapes of v2 and v3."""
    error = await error_of(app_that_hears(answer).exchange(CODE))

    assert (WrongSecret, "POST", "/oauth/token") == (type(error), error.method, error.path)
    assert told in error.message


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx2.ConnectError("Connection refused"), Unreachable),
        (httpx2.ReadTimeout("timed out"), Unreachable),
        (httpx2.RemoteProtocolError("peer closed connection"), Unreachable),
        (httpx2.InvalidURL("no host"), Unreachable),
        (refusal(503), RetryLater),
        (refusal(429), RateLimited),
        (refusal(200, html="<html>Welcome</html>"), Unreadable),
        (refusal(200, content=b'{"access_tok'), Unreadable),
        (refusal(200, {"expires_in": 5}), Unreadable),
        (refusal(200, {"access_token": 5}), Unreadable),
        (refusal(403, html="<html>error code: 1010</html>"), Blocked),
        (refusal(404, {"message": "Cannot POST /oauth/token"}), Unreadable),
        (refusal(401, {"message": "version header is invalid"}), VersionRefused),
    ],
)
async def test_exchange_blames_no_secret_for_other_faults(answer, kind):
    """A network fault, a web page or another server is no wrong secret."""
    error = await error_of(app_that_hears(answer).exchange(CODE))

    assert kind is type(error)


@pytest.mark.parametrize(
    ("answer", "doubtful"),
    [
        (httpx2.ConnectError("refused"), False),
        (httpx2.ConnectTimeout("timed out"), False),
        (httpx2.ReadTimeout(""), True),
        (httpx2.ReadError("reset"), True),
        (refusal(502), True),
        (refusal(200, content=b'{"access_tok'), True),
        (refusal(429), False),
    ],
)
async def test_a_lost_answer_is_in_doubt(answer, doubtful):
    """Only a refresh that may have reached HighLevel may have used up its token."""
    error = await error_of(app_that_hears(answer).refresh(TOKENS))

    assert (True, doubtful) == (error.passing or isinstance(error, RateLimited), error.in_doubt)


async def test_refresh_sends_the_form():
    """A refresh says which kind of token it wants."""
    requests: list[httpx2.Request] = []
    await app_that_hears(GRANTED, requests=requests).refresh(TOKENS)

    assert {
        "client_id": "65aa-app1",
        "client_secret": SECRET,
        "grant_type": "refresh_token",
        "refresh_token": REFRESH,
        "user_type": "Company",
    } == form_of(requests[0])


async def test_refresh_keeps_what_the_answer_leaves_out():
    """A short answer changes the tokens and nothing else."""
    answer = {"access_token": "a", "refresh_token": "r", "expires_in": 60}
    tokens = await app_that_hears(answer).refresh(TOKENS)

    assert ("a", "r", "contacts.readonly", "company1", "user1", "Company") == (
        tokens.access_token,
        tokens.refresh_token,
        tokens.scope,
        tokens.company_id,
        tokens.user_id,
        tokens.user_type,
    )


async def test_refresh_without_user_type():
    """A pair of unknown kind is refreshed as well."""
    requests: list[httpx2.Request] = []
    tokens = Tokens(access_token=ACCESS, refresh_token=REFRESH, expires_at=0)
    await app_that_hears(GRANTED, requests=requests).refresh(tokens)

    assert "user_type" not in form_of(requests[0])


async def test_refresh_needs_a_refresh_token():
    """Without a refresh token nothing is asked."""
    requests: list[httpx2.Request] = []
    app = app_that_hears(GRANTED, requests=requests)
    error = await error_of(app.refresh(Tokens(access_token="a", expires_at=0)))

    assert (Reconnect, []) == (type(error), requests)


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (refusal(401, {"error": "UnAuthorized!", "error_description": "Invalid refresh token"}), Reconnect, "used up"),
        (refusal(400, {"message": "Location is not active"}), Reconnect, "Location is not active"),
        (refusal(401, {"message": "Invalid client secret"}), WrongSecret, "client secret"),
        (refusal(404, {"message": "Cannot POST /oauth/token"}), Unreadable, "no HighLevel API"),
    ],
)
async def test_refresh_says_why_it_was_refused(answer, kind, told):
    """A dead refresh token, a paused location and a wrong secret are told apart."""
    error = await error_of(app_that_hears(answer).refresh(TOKENS))

    assert kind is type(error)
    assert told in error.message


async def test_location_token_is_asked_with_the_companys():
    """The company's token opens one location; the answer need not name it."""
    requests: list[httpx2.Request] = []
    answer = refusal(201, {"access_token": "a", "expires_in": 60, "scope": "contacts.readonly oauth.write"})
    tokens = await app_that_hears(answer, requests=requests).location_token(TOKENS, "location1")

    assert f"Bearer {ACCESS}" == requests[0].headers["Authorization"]
    assert ("/oauth/locationToken", "2021-07-28") == (requests[0].url.path, requests[0].headers["Version"])
    assert {"companyId": "company1", "locationId": "location1"} == form_of(requests[0])
    assert ("company1", "location1", "Location", None) == (
        tokens.company_id,
        tokens.location_id,
        tokens.user_type,
        tokens.refresh_token,
    )


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (refusal(401, {"message": "Invalid JWT"}), TokenRefused, "company's token was refused"),
        (refusal(401, {"message": "The token is not authorized for this scope."}), MissingScope, "oauth.write"),
        (refusal(401, {"message": "This authClass type is not allowed"}), Reconnect, "no company's token"),
        (refusal(403, {"message": "The token does not have access to this location."}), WrongLocation, "access"),
        (refusal(400, {"message": "Location is not active"}), Reconnect, "paused"),
        (refusal(404, {"error": {"code": "RESOURCE_NOT_FOUND", "message": "No location"}}), WrongLocation, "installed"),
        (refusal(422, {"message": ["locationId must be a string"]}), WrongLocation, "installed"),
        (refusal(404, {"message": "Cannot POST /oauth/locationToken"}), Unreadable, "no HighLevel API"),
        (refusal(500), RetryLater, "500"),
    ],
)
async def test_location_token_says_why_it_was_refused(answer, kind, told):
    """Each way a company may not open a location has its own error."""
    error = await error_of(app_that_hears(answer).location_token(TOKENS, "location1"))

    assert kind is type(error)
    assert told in error.message


@pytest.mark.parametrize("call", ["exchange", "refresh", "location_token"])
async def test_no_secret_is_shown(call):
    """Whatever HighLevel echoes, neither errors nor reprs show a secret."""
    echo = refusal(400, {"message": f"bad: {SECRET} {CODE} {REFRESH} {ACCESS}"})
    app = app_that_hears(echo)
    calls = {
        "exchange": lambda: app.exchange(CODE),
        "refresh": lambda: app.refresh(TOKENS),
        "location_token": lambda: app.location_token(TOKENS, "location1"),
    }
    sent = {"exchange": (SECRET, CODE), "refresh": (SECRET, REFRESH), "location_token": (ACCESS,)}[call]
    error = await error_of(calls[call]())
    shown = f"{error} {error!r} {error.args} {app} {TOKENS} {list(TOKENS.__rich_repr__())}"

    assert [] == [secret for secret in sent if secret in shown]
