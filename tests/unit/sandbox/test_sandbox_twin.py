"""A whole twin: opened, seeded, reset, and taken up again from its file."""

import pytest
import pytest_asyncio

from invoco.domain.errors import Misconfigured, StoreUnusable
from invoco.sandbox import FaultSwitch, Limit, Limits, TwinSettings, build_twin
from invoco.sandbox.webhooks import load_keys
from invoco.testing.clock import FakeClock

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = 1_750_000_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened():
    """A small twin, where something goes wrong from the start, and what was told while it was made."""
    told: list[tuple[int, int]] = []
    settings = TwinSettings(
        contacts=2, lag=3.0, limits=Limits(Limit(burst=7)), faults=(FaultSwitch("520", path="nowhere"),),
        webhook_url="https://receiver.example.com/hook",
    )  # fmt: skip
    clock = FakeClock(NOW, auto=False)
    async with build_twin(settings, clock=clock, on_progress=lambda *step: told.append(step)) as twin:
        yield twin, told


@pytest.fixture
def twin(opened):
    """The twin."""
    return opened[0]


def here(twin):
    """The main location."""
    return twin.accounts.keys()["locations"][0]["id"]


async def test_settings_are_in_force(twin):
    """From the first call on."""
    assert (3.0, 7, {"520": 0}, "https://receiver.example.com/hook") == (
        twin.index.lag,
        twin.limiter.limits.app.burst,
        twin.switchboard.hits(),
        twin.subscription.url,
    )


async def test_the_sample_account_has_its_size(twin):
    """That of the main location."""
    assert 2 == (await twin.state())["records"][here(twin)]["contacts"]


async def test_events_name_the_app(twin):
    """That of the account."""
    keys = twin.accounts.keys()

    assert (keys["app_id"], keys["version_id"]) == (twin.subscription.app_id, twin.subscription.version_id)


async def test_reset_makes_everything_as_it_was(twin):
    """Clock, faults, limits, lag, account, subscription and figures."""
    before, keys = await twin.state(), twin.accounts.keys()
    twin.clock.advance(60)
    twin.clock.freeze()
    twin.switchboard.clear()
    twin.switchboard.on(FaultSwitch("429"))
    twin.limiter.limits, twin.index.lag, twin.subscription.url = Limits(), 0.0, None
    await twin.accounts.new_private_token(None, None)
    await twin.seed(contacts=1, seed=2)
    await twin.reset()

    assert (before, keys) == (await twin.state(), twin.accounts.keys())
    assert "https://receiver.example.com/hook" == twin.subscription.url


async def test_another_seed_is_another_account(twin):
    """With the size that was asked for, and nothing left of the one before."""
    first = here(twin)
    await twin.seed(contacts=1, seed=2)
    records = (await twin.state())["records"]
    await twin.reset()

    assert (True, [1, 1]) == (first not in records, [counts["contacts"] for counts in records.values()])


async def test_a_kept_twin_is_taken_up(tmp_path):
    """Its account, tokens, records and signing keys are those of the run before, its settings are new."""
    file, keys = tmp_path / "twin.db", load_keys(tmp_path, rsa_bits=2048)  # those of 4096 bits take seconds
    async with build_twin(TwinSettings(contacts=2, data=file), clock=FakeClock(NOW, auto=False)) as first:
        token = await first.accounts.new_private_token(None, None)
        kept = first.accounts.keys(), (await first.state())["records"], keys.public_pems()
    later = TwinSettings(contacts=9, seed=7, data=file, lag=1.0)
    async with build_twin(later, clock=FakeClock(NOW + 60, auto=False)) as second:
        found = second.accounts.keys(), (await second.state())["records"], second.keys.public_pems()

        assert kept == found
        assert token in [known["token"] for known in found[0]["private_tokens"]]
        assert (found[0]["app_id"], 1.0) == (second.subscription.app_id, second.index.lag)


async def test_progress_is_told(opened):
    """While the account is made: so many contacts of so many."""
    assert (4, 4) == opened[1][-1]


async def test_a_file_that_is_no_database(tmp_path):
    """It is named."""
    (tmp_path / "twin.db").write_text("no database " * 100)
    with pytest.raises(StoreUnusable, match=r"twin\.db"):
        async with build_twin(TwinSettings(data=tmp_path / "twin.db")):
            pass


async def test_a_fault_that_is_none():
    """It is refused before anything is served."""
    with pytest.raises(Misconfigured, match="There is no fault 'typo'"):
        async with build_twin(TwinSettings(contacts=0, faults=(FaultSwitch("typo"),))):
            pass
