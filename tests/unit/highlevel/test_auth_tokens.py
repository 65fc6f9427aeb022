"""Tokens kept fresh: renewed once, saved first, recovered when an answer is lost."""

import asyncio
import itertools
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from invoco.highlevel.auth import OAuthApp, OAuthTokens, PrivateToken, TokenKey, Tokens
from invoco.highlevel.errors import MissingScope, Reconnect, RetryLater, TokenRefused, Unreachable, WrongSecret
from invoco.highlevel.token_stores import MemoryTokenStore
from invoco.testing.clock import FakeClock

LOCATION, COMPANY = TokenKey("app", "location1"), TokenKey("app", "company1")
HOUR = 3600.0


class TokenServer:
    """Rotates refresh tokens as HighLevel does: good for one use, replayed for 30 seconds."""

    def __init__(self, clock):
        self.clock = clock
        self.numbers = itertools.count(1)
        self.used: dict[str, tuple[float, dict[str, Any]] | None] = {"refresh-0": None, "company-refresh-0": None}
        self.faults: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.company_tokens = {"company-access-0"}
        self.takes = 0.05

    async def __call__(self, request):
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.forms.append(form)
        fault = self.faults.pop(0) if self.faults else ""
        await self.clock.sleep(self.takes)
        if fault == "refused connection":
            raise httpx2.ConnectError("refused")
        if fault == "overloaded before":
            return httpx2.Response(503)
        if fault == "limited":
            return httpx2.Response(429)
        if fault == "wrong secret":
            return httpx2.Response(401, json={"message": "Invalid client secret"})
        answer = self.location(request) if "locationId" in form else self.refresh(form["refresh_token"])
        if fault == "lost":
            raise httpx2.ReadError("reset")
        if fault == "cut off":
            return httpx2.Response(200, content=answer.content[:20], headers={"Content-Type": "application/json"})
        if fault == "overloaded after":
            return httpx2.Response(502, html="<html>Bad gateway</html>")
        return answer

    def refresh(self, token):
        used = self.used.get(token, (0.0, {}))
        if used is None:
            number = next(self.numbers)
            prefix = "company-" if token.startswith("company") else ""
            pair = {"access_token": f"{prefix}access-{number}", "refresh_token": f"{prefix}refresh-{number}"}
            self.used[pair["refresh_token"]] = None
            self.company_tokens.add(pair["access_token"])
            used = self.used[token] = (self.clock.now(), {**pair, "expires_in": 86399})
        if self.clock.now() - used[0] > 30:
            return httpx2.Response(401, json={"error_description": "Invalid refresh token"})
        return httpx2.Response(200, json=used[1])

    def location(self, request):
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.company_tokens:
            return httpx2.Response(401, json={"message": "Invalid JWT"})
        number = next(self.numbers)
        self.used[f"refresh-{number}"] = None
        pair = {"access_token": f"minted-{number}", "refresh_token": f"refresh-{number}", "expires_in": 86399}
        return httpx2.Response(201, json=pair)

    @property
    def refreshes(self):
        return [form["refresh_token"] for form in self.forms if "refresh_token" in form]


class CountingStore(MemoryTokenStore):
    """Remembers what was saved, and fails on demand."""

    def __init__(self):
        super().__init__()
        self.saved: list[str] = []
        self.full = False

    async def save(self, key, tokens):
        if self.full:
            raise OSError(28, "No space left on device")
        await super().save(key, tokens)
        self.saved.append(tokens.access_token)


async def until(condition):
    """Let others run until the condition holds."""
    while not condition():  # noqa: ASYNC110 - the parts under test tell nobody when they are there
        await asyncio.sleep(0)


@pytest.fixture
def clock():
    """Time that tests move."""
    return FakeClock()


@pytest.fixture
def server(clock):
    """HighLevel's token endpoint."""
    return TokenServer(clock)


@pytest.fixture
def store():
    """Where tokens are kept."""
    return CountingStore()


@pytest.fixture
def app(clock, server):
    """An app of that endpoint."""
    return OAuthApp(
        client_id="app-1",
        client_secret="client-secret-1",
        redirect_uri="https://invoco.test/callback",
        scopes=("contacts.readonly",),
        base_url="https://hl.test",
        transport=httpx2.MockTransport(server),
        clock=clock,
    )


@pytest.fixture
def credentials(app, store):
    """The tokens of one location."""
    return OAuthTokens(app, store=store, resource_id="location1", company_id="company1")


@pytest.fixture
def keep(clock, store):
    """Stores a pair that ends in so many hours."""

    async def keep_pair(*, hours=0.0, number=0, key=LOCATION, refresh=True):
        prefix = "company-" if key == COMPANY else ""
        tokens = Tokens(
            access_token=f"{prefix}access-{number}",
            refresh_token=f"{prefix}refresh-{number}" if refresh else None,
            expires_at=int((clock.now() + hours * HOUR) * 1000),
            company_id="company1",
        )
        await store.save(key, tokens)
        store.saved.clear()

    return keep_pair


async def test_token_is_used_while_it_lasts(credentials, keep, server):
    """A token that lasts is taken from the store, and HighLevel is not asked."""
    await keep(hours=20)

    assert ("access-0", "access-0", []) == (await credentials.token(), await credentials.token(), server.forms)


async def test_token_is_renewed_before_it_ends(credentials, keep, store, clock):
    """Five minutes before its end a token is renewed, and the new pair saved."""
    await keep(hours=1)
    await credentials.token()
    clock.advance(HOUR - 299)

    assert ("access-1", ["access-1"]) == (await credentials.token(), store.saved)


async def test_new_pair_is_saved_before_it_is_used(credentials, keep, store, server):
    """A pair that cannot be saved is not used; the next caller saves it without asking HighLevel again."""
    await keep()
    store.full = True
    with pytest.raises(OSError, match="No space"):
        await credentials.token()
    store.full = False

    assert ("access-1", ["access-1"]) == (await credentials.token(), store.saved)
    assert ["refresh-0"] == server.refreshes


async def test_many_coroutines_renew_once(credentials, keep, server):
    """A hundred callers with an expired token cause one refresh."""
    await keep()
    tokens = await asyncio.gather(*(credentials.token() for _ in range(100)))

    assert ({"access-1"}, ["refresh-0"]) == (set(tokens), server.refreshes)


async def test_many_clients_renew_once(app, store, keep, server):
    """Credentials of their own that share a store cause one refresh too."""
    await keep()
    clients = [OAuthTokens(app, store=store, resource_id="location1") for _ in range(10)]
    tokens = await asyncio.gather(*(client.token() for client in clients))

    assert ({"access-1"}, ["refresh-0"]) == (set(tokens), server.refreshes)


async def test_a_cancelled_caller_does_not_lose_the_pair(credentials, keep, store, server):
    """The refresh goes on when the caller who began it gives up."""
    await keep()
    first = asyncio.create_task(credentials.token())
    await until(lambda: server.forms)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)

    assert ("access-1", ["refresh-0"]) == (await credentials.token(), server.refreshes)
    assert first.cancelled()


async def test_nobody_left_to_hear_of_a_failure(credentials, keep, server, recwarn):
    """A refresh that fails after its only caller gave up fails in silence."""
    await keep()
    server.faults = ["refused connection"]
    only = asyncio.create_task(credentials.token())
    await until(lambda: server.forms)
    only.cancel()
    await asyncio.gather(only, return_exceptions=True)
    await until(lambda: len(asyncio.all_tasks()) == 1)

    assert [] == list(recwarn)


async def test_renewed_replaces_a_refused_token(credentials, keep, server):
    """After a 401 the pair is renewed although its time has not come."""
    await keep(hours=20)
    refused = await credentials.token()

    assert ("access-1", "access-1") == (await credentials.renewed(refused), await credentials.token())


async def test_renewed_asks_once_for_all_who_were_refused(credentials, keep, server):
    """Late callers with the refused token get the one that is new already."""
    await keep(hours=20)
    await asyncio.gather(*(credentials.renewed("access-0") for _ in range(20)))

    assert "access-1" == await credentials.renewed("access-0")
    assert ["refresh-0"] == server.refreshes


async def test_renewed_uses_what_another_process_saved(credentials, keep, server):
    """When the stored pair is another one, it is used and not renewed."""
    await keep(hours=20)
    await credentials.token()
    await keep(hours=20, number=7)

    assert ("access-7", []) == (await credentials.renewed("access-0"), server.forms)


async def test_a_short_lived_pair_of_another_process_is_used(credentials, keep, server):
    """A pair that somebody has just renewed is used even if it does not last long."""
    await keep(hours=20)
    await credentials.token()
    await keep(hours=0.01, number=7)

    assert ("access-7", []) == (await credentials.renewed("access-0"), server.forms)


@pytest.mark.parametrize("fault", ["lost", "cut off", "overloaded before", "overloaded after"])
async def test_lost_answers_are_asked_for_again(credentials, keep, server, fault):
    """The same refresh is sent again within the 30 seconds in which HighLevel replays it."""
    await keep()
    server.faults = [fault] * 4

    assert "access-1" == await credentials.token()
    assert ["refresh-0"] * 5 == server.refreshes


async def test_lost_answers_are_asked_for_no_longer_than_they_are_replayed(credentials, keep, server, clock):
    """After 30 seconds the last fault is told."""
    await keep()
    server.faults = ["lost"] * 100
    began = clock.now()
    with pytest.raises(Unreachable):
        await credentials.token()

    assert 15 < clock.now() - began < 30


async def test_a_connection_refused_after_a_lost_answer_does_not_give_up(credentials, keep, server):
    """Once an answer is lost, later faults that did no harm do not end the attempts."""
    await keep()
    server.faults = ["lost", "refused connection"]

    assert "access-1" == await credentials.token()


@pytest.mark.parametrize(("fault", "kind"), [("refused connection", Unreachable), ("limited", RetryLater)])
async def test_faults_that_lost_nothing_are_told_at_once(credentials, keep, server, fault, kind):
    """A refresh that HighLevel did not get, or did not do, has no answer to recover."""
    await keep()
    server.faults = [fault]
    with pytest.raises(kind):
        await credentials.token()

    assert 1 == len(server.forms)


async def test_a_token_that_still_works_bridges_a_fault(credentials, keep, server):
    """While the old token lasts, a failed renewal is no failure, and is not tried with every call."""
    await keep(hours=0.05)
    server.faults = ["refused connection"]

    assert ["access-0"] * 3 == [await credentials.token() for _ in range(3)]
    assert 1 == len(server.forms)


async def test_a_bridged_renewal_is_tried_again(credentials, keep, server, clock):
    """Half a minute later the renewal has its next chance."""
    await keep(hours=0.05)
    server.faults = ["refused connection"]
    await credentials.token()
    clock.advance(31)

    assert "access-1" == await credentials.token()


async def test_refresh_is_recovered_after_a_crash(app, keep, store, server):
    """A process that died after the refresh and before the save leaves the old pair; its successor gets the new one."""
    await keep()
    await app.refresh(await store.load(LOCATION))
    successor = OAuthTokens(app, store=store, resource_id="location1")

    assert "access-1" == await successor.token()


async def test_a_crash_too_long_ago_needs_a_new_consent(app, keep, store, clock):
    """After the 30 seconds the refresh token is used up, and the error says so."""
    await keep()
    await app.refresh(await store.load(LOCATION))
    clock.advance(31)
    successor = OAuthTokens(app, store=store, resource_id="location1")
    with pytest.raises(Reconnect, match="The refresh token was refused; it is used up or too old") as caught:
        await successor.token()

    assert "invoco connect" in caught.value.cure


async def test_nothing_stored_means_connect(credentials, server):
    """Without a stored pair, of location or company, somebody must connect."""
    with pytest.raises(Reconnect, match="No tokens are stored"):
        await credentials.token()

    assert [] == server.forms


async def test_location_token_is_made_from_the_companys(credentials, keep, store, server):
    """A location that has no pair yet gets one with its company's token, and keeps it."""
    await keep(hours=20, key=COMPANY)

    assert "minted-1" == await credentials.token()
    assert ("minted-1", "location1", "company1") == (
        (pair := await store.load(LOCATION)).access_token,
        pair.location_id,
        pair.company_id,
    )


async def test_dead_location_pair_is_replaced_with_the_companys(app, store, keep):
    """When a location's refresh token is refused, the company named in the pair opens the location again."""
    await keep(number=99)
    await keep(hours=20, key=COMPANY)
    credentials = OAuthTokens(app, store=store, resource_id="location1")

    assert "minted-1" == await credentials.token()


async def test_location_pair_without_refresh_token_is_minted_again(credentials, keep, server):
    """Location tokens may come without a refresh token."""
    await keep(refresh=False)
    await keep(hours=20, key=COMPANY)

    assert ("minted-1", []) == (await credentials.token(), server.refreshes)


async def test_expired_company_token_is_renewed_first(credentials, keep, store):
    """Company and location pairs are both renewed and kept apart."""
    await keep(key=COMPANY)

    assert ("minted-2", ["company-access-1", "minted-2"]) == (await credentials.token(), store.saved)


async def test_refused_company_token_is_renewed_once(credentials, keep, server):
    """A company token that is refused before its time is renewed as well."""
    await keep(hours=20, key=COMPANY)
    server.company_tokens.clear()

    assert "minted-2" == await credentials.token()


async def test_company_token_that_stays_refused_is_told(credentials, keep, server, monkeypatch):
    """One renewal of the company's token is enough to know."""
    await keep(hours=20, key=COMPANY)
    monkeypatch.setattr(server, "location", lambda _: httpx2.Response(401, json={"message": "Invalid JWT"}))
    with pytest.raises(TokenRefused, match="company"):
        await credentials.token()

    assert ["company-refresh-0"] == server.refreshes


async def test_missing_scope_of_the_company_is_told(credentials, keep, server, monkeypatch):
    """A company whose app lacks `oauth.write` cannot open locations."""
    refusal = {"message": "The token is not authorized for this scope."}
    await keep(hours=20, key=COMPANY)
    monkeypatch.setattr(server, "location", lambda _: httpx2.Response(401, json=refusal))
    with pytest.raises(MissingScope):
        await credentials.token()


async def test_dead_pair_without_a_company_pair_is_told(credentials, keep):
    """Without the company's pair the refusal of the location's own is what counts."""
    await keep(number=99)
    with pytest.raises(Reconnect, match="refresh token was refused"):
        await credentials.token()


async def test_dead_company_pair_is_told(app, store, keep):
    """A company's pair has nobody to fall back on."""
    await keep(number=99, key=COMPANY)
    with pytest.raises(Reconnect, match="refresh token was refused"):
        await OAuthTokens(app, store=store, resource_id="company1").token()


async def test_wrong_secret_is_told_although_there_is_a_company(credentials, keep, server):
    """A wrong client secret is not papered over."""
    await keep()
    await keep(hours=20, key=COMPANY)
    server.faults = ["wrong secret"]
    with pytest.raises(WrongSecret):
        await credentials.token()


async def test_oauth_tokens_show_no_secret(credentials, keep):
    """The credentials name the app and the location."""
    await keep(hours=20)
    await credentials.token()

    assert "OAuthTokens(app_id='app', resource_id='location1')" == repr(credentials)


async def test_private_token_is_used_as_it_is():
    """A private integration token is sent unchanged, its app is known by a fingerprint."""
    token = PrivateToken("pit-1234")

    assert "pit-1234" == await token.token()
    assert (token.app_id, "1234") == (PrivateToken("pit-1234").app_id, "pit-1234"[4:])
    assert PrivateToken("pit-5678").app_id != token.app_id


async def test_private_token_cannot_be_renewed():
    """A refused private integration token must be replaced by somebody."""
    with pytest.raises(Reconnect, match="The private integration token is no longer valid"):
        await PrivateToken("pit-1234").renewed("pit-1234")


def test_private_token_shows_no_secret():
    """Neither repr nor app id hold the token."""
    token = PrivateToken("pit-1234")

    assert "1234" not in f"{token!r}".replace(token.app_id, "")
    assert token.app_id.startswith("pit-")
