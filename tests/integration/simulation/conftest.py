"""Templates made once, and a loop without time."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from invoco.simulation.owned import owning
from invoco.simulation.templates import Template, make_templates
from invoco.simulation.threadless import threadless
from invoco.simulation.timeless import TimelessLoop


@pytest.fixture(scope="session")
def templates(tmp_path_factory) -> list[Template]:
    """Every account to begin with."""
    folder: Path = tmp_path_factory.mktemp("templates")
    return make_templates(folder)


@pytest.fixture
def timelessly() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs something in a loop without time, threads or sockets."""

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        with threadless(), asyncio.Runner(loop_factory=TimelessLoop) as runner:
            runner.get_loop().set_task_factory(owning)
            return runner.run(work)

    return run
