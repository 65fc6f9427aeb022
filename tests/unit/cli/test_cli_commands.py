"""Commands that need no HighLevel, run in this process."""

import json

import pytest
from typer.testing import CliRunner, Result

from invoco import __version__, sandbox
from invoco.cli import app
from invoco.cli.reference import pages
from invoco.domain.errors import Misconfigured
from invoco.sandbox.faults import FAULTS
from invoco.store.revisions import HEAD

URL = "http://127.0.0.1:8765"


@pytest.fixture
def invoco(tmp_path):
    """Runs a command in a folder of its own."""
    ours = {"INVOCO_DATA_FOLDER": str(tmp_path), "INVOCO_CONFIG": str(tmp_path / "none.toml"), "COLUMNS": "200"}

    def run(*arguments: str) -> Result:
        return CliRunner(env=ours).invoke(app, arguments)

    return run


@pytest.fixture
def served(monkeypatch):
    """A twin that is announced, and stopped before anybody calls."""
    twins = []

    async def serve(application, *, host, port, on_ready):
        twins.append((application, host, port))
        on_ready(URL)

    monkeypatch.setattr(sandbox, "serve", serve)
    return twins


def test_version(invoco):
    """The one of the package."""
    assert f"invoco {__version__}\n" == invoco("--version").stdout


def test_the_database_is_brought_up_to_date(invoco, tmp_path):
    """Where it is and what it is at."""
    told = json.loads(invoco("db", "upgrade", "--json").stdout)

    assert {"database": f"sqlite:///{tmp_path / 'invoco.db'}", "revision": HEAD} == told
    assert f"invoco.db is at revision {HEAD}." in invoco("db", "upgrade").stdout


def test_the_reference_is_written(invoco, tmp_path):
    """One page per subject, into a folder that need not be there yet."""
    folder = tmp_path / "docs" / "reference"
    told = invoco("docs", "write", str(folder)).stdout

    assert pages() == {file.name: file.read_text() for file in folder.iterdir()}
    assert f"{folder / 'commands.md'} written." in told.replace("\n", "")


def test_all_faults_are_listed(invoco):
    """With what a caller sees."""
    described = {name: fault.description for name, fault in FAULTS.items()}
    told = invoco("sandbox", "--faults").stdout

    assert described == json.loads(invoco("sandbox", "--faults", "--json").stdout)
    assert all(name in told for name in FAULTS)


def test_a_twin_says_where_it_is(invoco, served):
    """For people: how to reach it and what to try first."""
    told = invoco("sandbox", "--contacts", "1").stdout

    assert [("127.0.0.1", 8765)] == [asked[1:] for asked in served]
    assert all(word in told for word in (URL, "Client secret", "Private token", f"{URL}/_twin/dump", f"{URL}/contacts"))


def test_a_twin_says_for_machines_where_it_is(invoco, served):
    """One line of JSON with every key that a program needs."""
    told = json.loads(invoco("sandbox", "--contacts", "1", "--port", "9", "--json").stdout)

    assert (URL, told["locations"][0]["id"], told["private_tokens"][0]["token"]) == (
        told["url"],
        told["location_id"],
        told["token"],
    )
    assert 9 == served[0][2]


@pytest.mark.parametrize("option", [("--limit", "much"), ("--fault", "520=often"), ("--fault", "typo")])
def test_a_twin_with_a_wrong_option(invoco, served, option):
    """It is refused before anything is served."""
    outcome = invoco("sandbox", "--contacts", "0", *option)

    assert (True, []) == (isinstance(outcome.exception, Misconfigured), served)
