"""Keys open one location, are kept as hashes, and can be revoked."""

import pytest

from invoco.domain.errors import FixInput, Unauthorized
from invoco.service.keys import KeyService
from invoco.testing.clock import FakeClock

HOUR = 3600


@pytest.fixture
def clock():
    """A clock that stands still."""
    return FakeClock(auto=False)


@pytest.fixture
def keys(store, clock):
    """The service over it."""
    return KeyService(store, clock=clock)


async def test_key_opens_its_location(keys):
    """The bearer of a key may work in the location it was made for."""
    made = await keys.add("me", location_id="l1", read_only=False)
    access = await keys.access(made.secret)

    assert ("l1", "key", "api:me") == (access.location_id, access.channel, access.actor)
    assert {"contacts.readonly", "contacts.write"} <= access.scopes


async def test_reading_key_cannot_write(keys):
    """A key made for reading has no scope that writes."""
    made = await keys.add("me", location_id="l1", read_only=True)
    access = await keys.access(made.secret)

    assert {scope for scope in access.scopes if scope.endswith(".write")} == set()


async def test_secret_is_not_kept(keys):
    """What is kept of a key does not hold its secret."""
    made = await keys.add("me", location_id="l1", read_only=False)
    (kept,) = await keys.all()

    assert made.secret not in repr(kept)
    assert made.secret.endswith(kept.hint)


@pytest.mark.parametrize("name", ["", "a b", "-x", "ä", "x" * 64])
async def test_unfit_name(keys, name):
    """A name that could not be typed or shown is refused."""
    with pytest.raises(FixInput, match="cannot be used"):
        await keys.add(name, location_id="l1", read_only=False)


async def test_name_is_taken_once(keys):
    """Two keys of one name could not be told apart."""
    await keys.add("me", location_id="l1", read_only=False)

    with pytest.raises(FixInput, match="named me already"):
        await keys.add("me", location_id="l1", read_only=False)


async def test_revoked_key_is_useless(keys):
    """Revoking takes effect at once."""
    made = await keys.add("me", location_id="l1", read_only=False)
    await keys.revoke("me")

    with pytest.raises(Unauthorized):
        await keys.access(made.secret)


async def test_revoking_nothing(keys):
    """A name that no key has is told."""
    with pytest.raises(FixInput, match="no key named me"):
        await keys.revoke("me")


async def test_unknown_secret(keys):
    """A secret nobody made opens nothing."""
    with pytest.raises(Unauthorized):
        await keys.access("invoco_unknown")


async def test_use_is_noted_once_an_hour(keys, clock):
    """The last use is kept, without a write for every read."""
    made = await keys.add("me", location_id="l1", read_only=False)
    for _ in range(3):
        await keys.access(made.secret)
        clock.advance(HOUR / 2)
    (kept,) = await keys.all()

    assert kept.last_used_at == kept.created_at + HOUR * 1000
