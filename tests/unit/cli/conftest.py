"""A data folder in which a location is connected, and the command line over it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from invoco.bootstrap import Invoco, opened
from invoco.cli import app
from invoco.domain.connections import Connection
from invoco.settings import load

HERE = "location-of-the-tests"


class Terminal:
    """Runs commands in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ours = {"INVOCO_DATA_FOLDER": str(folder), "INVOCO_CONFIG": str(folder / "none.toml"), "COLUMNS": "240"}
        self._runner = CliRunner(env=ours)

    def __call__(self, *arguments: str, input: str | None = None) -> Result:  # noqa: A002 - as the runner says it
        """The outcome of a command."""
        return self._runner.invoke(app, arguments, input=input)

    def says(self, *arguments: str) -> str:
        """What a command prints that must succeed."""
        outcome = self(*arguments)
        assert outcome.exit_code == 0, outcome.output
        return outcome.stdout

    def answers(self, *arguments: str) -> Any:
        """The JSON that it prints."""
        return json.loads(self.says(*arguments, "--json"))

    def prepare(self, work: Callable[[Invoco, Any], Awaitable[None]]) -> None:
        """Do something with the open store, inside one transaction, before commands are run."""

        async def open_and_work() -> None:
            async with opened(load(data_folder=self._folder)) as invoco, invoco.database.transaction() as session:
                await work(invoco, session)

        asyncio.run(open_and_work())


@pytest.fixture
def terminal(tmp_path) -> Terminal:
    """The command line with one location connected."""
    made = Terminal(tmp_path)

    async def connect(_invoco: Invoco, session: Any) -> None:
        await session.connections.put(
            Connection(
                id=HERE, name="acme", base_url="http://twin.test", access="token", connected_at=1,
                scopes=("contacts.readonly",),
            )
        )  # fmt: skip

    made.prepare(connect)
    return made
