"""The simulator: fifty stories end well, and none does when the engine is broken on purpose."""

import os
import signal
import subprocess
import sys
import time

import msgspec
import psutil
import pytest

from invoco.simulation import runner
from invoco.simulation.play import Outcome, play
from invoco.simulation.script import Script, Step, script_of
from invoco.simulation.templates import Template, make_templates

SEEDS = range(1, 51)
BLACKOUTS = range(60)
SIMULATE = (
    "import sys, typer; from invoco.cli import door, simulate; app = typer.Typer(); "
    "app.command()(simulate.simulate); sys.exit(door.leave(app, sys.argv[1:]))"
)


def silent(done: int, total: int) -> None:
    """Nobody watches."""


def test_fifty_seeds():
    """Every copy equals its source in the end, although much went wrong."""
    result = runner.simulate(SEEDS, progress=silent)

    assert ((50, 0), ()) == ((result.seeds, result.diverged), result.failing)
    assert (True, True, True) == (result.events > 500, result.crashes > 50, len(result.faults) > 8)


@pytest.mark.parametrize("sabotage", ["no-dedupe", "no-reread", "no-tombstones"])
def test_a_broken_engine_is_noticed(sabotage):
    """Some seeds diverge; played again, such a seed diverges in the same way."""
    result = runner.simulate(range(1, 9), progress=silent, sabotage=sabotage)
    failing = result.failing[0]
    again = runner.replay(failing.seed, sabotage=sabotage)

    assert result.diverged > 0
    assert failing.differences == again.outcome.differences[: len(failing.differences)]


@pytest.fixture(scope="module")
def templates(tmp_path_factory) -> list[Template]:
    """The accounts to begin with."""
    return make_templates(tmp_path_factory.mktemp("templates"))


def blackout(number: int) -> Script:
    """An hour without webhooks, after which the engine dies while it looks for what it missed."""
    ordinary = script_of(3, accounts=3)
    return msgspec.structs.replace(ordinary, steps=(Step("blackout", number, 60.0),))


def first_that_diverges(templates: list[Template], sabotage: str) -> Outcome | None:
    """The first of these stories that the sabotage spoils."""
    outcomes = (play(blackout(number), templates, sabotage=sabotage) for number in BLACKOUTS)
    return next((outcome for outcome in outcomes if outcome.differences), None)


def test_a_cursor_that_moves_first_is_noticed(templates):
    """A crash between the cursor and its page loses what the page told."""
    spoilt = first_that_diverges(templates, "cursor-first")

    assert spoilt is not None
    assert all(line.startswith("after polling: contacts ") for line in spoilt.differences)


def test_a_blackout_heals(templates):
    """Whenever the engine dies in looking for what it missed."""
    assert [()] * 20 == [play(blackout(number), templates).differences for number in BLACKOUTS[:20]]


def test_the_same_in_every_process():
    """A seed is the same story wherever it is played."""
    first, second = runner.replay(7), runner.replay(7)

    assert first == second
    assert len(first.lines) > 50


def test_an_interrupt_ends_all_processes():
    """Ctrl-C prints no traceback, and leaves nobody behind."""
    process = subprocess.Popen(
        [sys.executable, "-c", SIMULATE, "--seeds", "5000"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        text=True,
        start_new_session=True,
    )
    workers = wait_for_workers(process.pid)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    psutil.wait_procs(workers, timeout=10)

    assert (130, False) == (process.returncode, "Traceback" in told)
    assert [] == [worker for worker in workers if worker.is_running()]


def wait_for_workers(pid: int) -> list[psutil.Process]:
    """The processes that play, as soon as there are two."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        children = psutil.Process(pid).children(recursive=True)
        playing = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        if len(playing) == 2:
            return playing
        time.sleep(0.2)
    raise AssertionError("No workers were begun.")
