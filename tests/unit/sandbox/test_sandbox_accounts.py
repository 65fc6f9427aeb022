"""The sample account: its app, its locations and its private tokens."""

import random

import pytest

from invoco.domain.errors import FixInput
from invoco.sandbox.accounts import SCOPES, Accounts
from invoco.sandbox.registry import App, Place, PrivateToken
from invoco.sandbox.sample import account

NOW_MS = 1_750_000_000_000
WEEK = 7 * 86_400
SAMPLE = account(1, now_ms=NOW_MS)
HERE, THERE = (location.id for location in SAMPLE.locations)


@pytest.fixture
async def accounts(registry, clock) -> Accounts:
    """The account of the first seed."""
    accounts = Accounts(registry, clock=clock, randomness=random.Random(1))
    await accounts.open(SAMPLE, redirect_uris=("https://app.example.com/callback",))
    return accounts


def tokens(accounts):
    """The private tokens that work."""
    return [token["token"] for token in accounts.keys()["private_tokens"]]


async def test_nothing_is_open_at_first(registry, clock):
    """Until an account was made."""
    assert Accounts(registry, clock=clock, randomness=random.Random(1)).opened is False


async def test_an_account_is_opened(accounts, registry):
    """One app, both locations, one private token."""
    assert (True, 1, 2, 1) == (accounts.opened, *(len(registry.all(kind)) for kind in (App, Place, PrivateToken)))


async def test_keys_name_everything_that_a_program_needs(accounts):
    """The app, the locations in their order, the token of the main one."""
    keys = accounts.keys()

    assert (SAMPLE.client_id, SAMPLE.client_secret, list(SCOPES)) == (
        keys["client_id"],
        keys["client_secret"],
        keys["scopes"],
    )
    assert [(HERE, True), (THERE, True)] == [(place["id"], place["active"]) for place in keys["locations"]]
    assert [(SAMPLE.private_token, HERE)] == [
        (token["token"], token["location_id"]) for token in keys["private_tokens"]
    ]


async def test_places_have_an_address(accounts):
    """As the consent page shows it."""
    assert "1 Harbour Plaza, New York, NY, 10004" == accounts.place(HERE).address


async def test_private_tokens_cannot_mint_location_tokens(accounts):
    """They have every scope but the two of OAuth (facts 2.5)."""
    [token] = accounts.keys()["private_tokens"]

    assert {"oauth.readonly", "oauth.write"} == set(SCOPES) - set(token["scopes"])


@pytest.mark.parametrize("location_id", [THERE, None], ids=["location", "agency"])
async def test_a_new_private_token(accounts, registry, location_id):
    """Of a location or of the agency, with all scopes."""
    text = await accounts.new_private_token(location_id, None)
    token = registry.find(PrivateToken, text)

    assert (True, location_id) == (text.startswith("pit-"), token.location_id)
    assert set(SCOPES) - {"oauth.readonly", "oauth.write"} == set(token.scopes)


async def test_a_new_private_token_with_some_scopes(accounts, registry):
    """No others."""
    text = await accounts.new_private_token(HERE, ("contacts.readonly",))

    assert ("contacts.readonly",) == registry.find(PrivateToken, text).scopes


async def test_a_new_private_token_of_no_location(accounts):
    """An unknown location is told with the cure."""
    with pytest.raises(FixInput, match="There is no location 'nowhere'"):
        await accounts.new_private_token("nowhere", None)


async def test_rotation_leaves_a_week(accounts, clock):
    """Both tokens work for seven days, then the new one alone (facts 2.5)."""
    new = await accounts.rotate(SAMPLE.private_token, now=False)
    clock.advance(WEEK - 0.001)
    before = tokens(accounts)
    clock.advance(0.001)

    assert [[SAMPLE.private_token, new], [new]] == [before, tokens(accounts)]


async def test_rotation_at_once(accounts):
    """A token that leaked dies immediately."""
    new = await accounts.rotate(SAMPLE.private_token, now=True)

    assert [new] == tokens(accounts)


async def test_a_rotated_token_keeps_what_it_may(accounts, registry):
    """Location and scopes stay."""
    old = registry.find(PrivateToken, SAMPLE.private_token)
    new = registry.find(PrivateToken, await accounts.rotate(SAMPLE.private_token, now=False))

    assert (old.location_id, old.scopes, None) == (new.location_id, new.scopes, new.until)


async def test_rotation_of_nothing(accounts):
    """An unknown token is told."""
    with pytest.raises(FixInput, match="There is no such private token"):
        await accounts.rotate("pit-unknown", now=False)


async def test_the_scopes_of_the_app_can_be_changed(accounts):
    """What it may ask for from now on."""
    await accounts.set_scopes(("contacts.readonly",))

    assert ("contacts.readonly",) == accounts.app().scopes


async def test_a_location_can_be_paused_and_resumed(accounts):
    """Back and forth."""
    await accounts.set_active(HERE, active=False)
    paused = accounts.place(HERE).active
    await accounts.set_active(HERE, active=True)

    assert (False, True) == (paused, accounts.place(HERE).active)
