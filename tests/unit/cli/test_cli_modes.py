"""`invoco connections modes` and `invoco worker`, run in this process."""

import asyncio
import json

import pytest
from typer.testing import CliRunner, Result

from invoco.cli import app
from invoco.domain.connections import Connection
from invoco.domain.errors import FixInput, Misconfigured
from invoco.store import schema
from invoco.store.database import Database


@pytest.fixture
def invoco(tmp_path):
    """Runs a command in a folder of its own, where one location is connected."""
    ours = {"INVOCO_DATA_FOLDER": str(tmp_path), "INVOCO_CONFIG": str(tmp_path / "none.toml"), "COLUMNS": "200"}
    asyncio.run(connect(f"sqlite:///{tmp_path / 'invoco.db'}"))

    def run(*arguments: str) -> Result:
        return CliRunner(env=ours).invoke(app, arguments)

    return run


async def connect(url):
    """Put a connection into a new database."""
    await schema.upgrade(url)
    database = await Database.open(url)
    async with database.transaction() as session:
        await session.connections.put(
            Connection(id="loc", name="acme", base_url="http://twin.test", access="token", connected_at=1)
        )
    await database.close()


def modes(outcome: Result):
    """What was printed for machines."""
    return json.loads(outcome.stdout)


def test_modes_are_shown(invoco):
    """Those that were never chosen, for people and machines."""
    told = invoco("connections", "modes").stdout

    assert all(words in told for words in ("every 5 min", "30 3 * * *", "UTC", "yes"))
    default = {"realtime": True, "poll_every": 300, "batch_at": "30 3 * * *", "timezone": "UTC"}
    assert default == modes(invoco("connections", "modes", "acme", "--json"))


def test_modes_are_chosen(invoco):
    """Each option changes one, and they stay."""
    options = ("--no-realtime", "--poll-every", "90s", "--batch", "0 2 * * SUN", "--timezone", "Europe/Berlin")
    chosen = modes(invoco("connections", "modes", "acme", *options, "--json"))

    expected = {"realtime": False, "poll_every": 90, "batch_at": "0 2 * * SUN", "timezone": "Europe/Berlin"}
    assert expected == chosen
    assert expected | {"realtime": True} == modes(invoco("connections", "modes", "acme", "--realtime", "--json"))


def test_modes_are_turned_off(invoco):
    """Nothing is left but what was not named."""
    told = invoco("connections", "modes", "acme", "--poll-every", "off", "--batch", "off").stdout
    left = modes(invoco("connections", "modes", "acme", "--json"))

    assert (True, None, None) == (left["realtime"], left["poll_every"], left["batch_at"])
    assert "min" not in told


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--batch", "at night"), "has not five fields"),
        (("--batch", "0 25 * * *"), "bad hour"),
        (("--timezone", "Berlin"), "no time zone 'Berlin'"),
        (("--poll-every", "1s"), "every 1 seconds"),
    ],
)
def test_unusable_modes(invoco, options, why):
    """They are refused in one sentence."""
    outcome = invoco("connections", "modes", "acme", *options)

    assert (True, True) == (isinstance(outcome.exception, FixInput), why in str(outcome.exception))


def test_poll_that_is_no_duration(invoco):
    """It is a wrong option."""
    outcome = invoco("connections", "modes", "acme", "--poll-every", "often")

    assert (2, True) == (outcome.exit_code, "'often' is no duration" in outcome.stderr)


def test_worker_on_sqlite(invoco):
    """One sentence says why not."""
    outcome = invoco("worker")

    assert isinstance(outcome.exception, Misconfigured)
    assert "Workers need PostgreSQL; on SQLite `invoco serve` does all the work itself." == str(outcome.exception)
