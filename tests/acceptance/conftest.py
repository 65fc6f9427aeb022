"""Real processes: the twin, and Invoco's command line in a folder of its own."""

import json
import os
import subprocess
import sys

import httpx2
import pytest

from invoco.cli.twin_process import running_twin

CONTACTS = 60


class CommandLine:
    """Runs `invoco` as a user would, away from the user's own settings."""

    def __init__(self, folder, **variables):
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INVOCO_")}
        ours = {"INVOCO_DATA_FOLDER": str(folder / "data"), "INVOCO_CONFIG": str(folder / "invoco.toml")}
        self.environment = kept | ours | variables

    def __call__(self, *arguments, **variables):
        """The finished process."""
        return subprocess.run(
            [sys.executable, "-m", "invoco", *arguments],
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def answer(self, *arguments, **variables):
        """The JSON answer of a command that must succeed."""
        done = self(*arguments, "--json", **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def twin():
    """A twin without limits."""
    with running_twin(contacts=CONTACTS, seed=1, limit="off") as running:
        yield running


@pytest.fixture
def control(twin):
    """Calls the twin's control API; whatever went wrong on purpose is mended afterwards."""

    def call(path, /, **body):
        httpx2.post(f"{twin.url}/_twin/{path}", json=body).raise_for_status()

    yield call
    httpx2.delete(f"{twin.url}/_twin/faults").raise_for_status()


@pytest.fixture
def alone(tmp_path):
    """The command line, pointed to nothing."""
    return CommandLine(tmp_path)


@pytest.fixture
def invoco(tmp_path, twin):
    """The command line, pointed to the twin."""
    return CommandLine(tmp_path, INVOCO_BASE_URL=twin.url)


@pytest.fixture
def connected(invoco, twin):
    """The command line with the twin's location connected."""
    invoco.answer("connect", "acme", "--token", twin.token, "--location", twin.location_id)
    return invoco
