"""Who calls: what each token stands for, and whose quota it uses (facts 2.5, 6.2)."""

import msgspec
import pytest

from invoco.domain.access import Access
from invoco.routes.errors import Refused
from invoco.sandbox.gate import TwinGate
from invoco.sandbox.limits import Caller
from invoco.sandbox.registry import Grant, Holder, PrivateToken

NOW_MS = 1_750_000_000_000
HOLDER = Holder(client_id="a1b2-c3", scopes=("contacts.readonly",), company_id="k", location_id="l1", user_id="u")
GRANT = Grant(
    access_token="access", refresh_token="refresh", holder=HOLDER, access_until=NOW_MS + 1000, refresh_until=NOW_MS
)
PRIVATE = PrivateToken(token="pit-1", company_id="k", location_id="l1", scopes=("contacts.write",))


@pytest.fixture
async def gate(registry, clock) -> TwinGate:
    """It knows a pair and a private token."""
    await registry.keep(GRANT, PRIVATE)
    return TwinGate(registry, clock=clock)


async def test_a_pair_stands_for_its_holder(gate):
    """An app in a location, with the scopes that were granted."""
    assert await gate.access("access", None) == Access(
        location_id="l1",
        company_id="k",
        scopes=frozenset({"contacts.readonly"}),
        channel="oauth",
        app_id="a1b2",
        actor="app:a1b2",
    )


async def test_a_private_token_stands_for_its_location(gate):
    """No app is behind it."""
    assert await gate.access("pit-1", None) == Access(
        location_id="l1",
        company_id="k",
        scopes=frozenset({"contacts.write"}),
        channel="token",
        app_id="pit-1",
        actor="private integration",
    )


@pytest.mark.parametrize(
    ("bearer", "message"),
    [
        ("", "Invalid JWT"),
        ("unknown", "Invalid JWT"),
        ("refresh", "Invalid JWT"),
        ("pit-unknown", "Invalid Private Integration token"),
    ],
)
async def test_unknown_tokens_are_refused(gate, bearer, message):
    """Private ones in words of their own; a refresh token opens nothing."""
    with pytest.raises(Refused) as refusal:
        await gate.access(bearer, None)

    assert (401, message) == (refusal.value.status, refusal.value.message)


@pytest.mark.parametrize(("seconds", "opens"), [(0.999, True), (1, False)])
async def test_an_access_token_works_until_it_expires(gate, clock, seconds, opens):
    """To the moment."""
    clock.advance(seconds)

    assert opens is await opened(gate, "access")


@pytest.mark.parametrize(("seconds", "opens"), [(0.999, True), (1, False)])
async def test_a_rotated_token_works_until_its_last_moment(gate, registry, clock, seconds, opens):
    """To the moment."""
    await registry.keep(msgspec.structs.replace(PRIVATE, until=NOW_MS + 1000))
    clock.advance(seconds)

    assert opens is await opened(gate, "pit-1")


async def opened(gate, bearer):
    """Whether the token opens anything."""
    try:
        await gate.access(bearer, None)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    ("bearer", "caller"),
    [
        ("access", Caller("a1b2-c3", "l1", private=False)),
        ("pit-1", Caller("pit-1", "l1", private=True)),
        ("unknown", None),
        ("pit-unknown", None),
        ("", None),
    ],
)
async def test_whose_quota_a_token_uses(gate, bearer, caller):
    """That of the app or of the private token, in its location."""
    assert caller == gate.caller(bearer)


@pytest.mark.parametrize(
    ("entry", "bearer"),
    [
        (msgspec.structs.replace(GRANT, holder=msgspec.structs.replace(HOLDER, location_id=None)), "access"),
        (msgspec.structs.replace(PRIVATE, location_id=None), "pit-1"),
    ],
    ids=["pair", "private"],
)
async def test_an_agency_has_a_quota_of_its_own(gate, registry, entry, bearer):
    """It stands where a location stands otherwise."""
    await registry.keep(entry)
    caller = gate.caller(bearer)

    assert caller is not None
    assert "k" == caller.resource_id


async def test_an_expired_token_still_uses_its_quota(gate, clock):
    """Calls that fail count too (facts 7)."""
    clock.advance(86_400)

    assert Caller("a1b2-c3", "l1", private=False) == gate.caller("access")
