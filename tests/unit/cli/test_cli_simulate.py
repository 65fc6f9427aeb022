"""`invoco simulate`: what it prints, and how it ends."""

import json

import pytest
import typer
from typer.testing import CliRunner

from invoco.cli.simulate import simulate
from invoco.simulation import runner
from invoco.simulation.play import Outcome
from invoco.simulation.runner import Failing, Played, Result

GOOD = Outcome(seed=3, events=7, crashes=1, faults={"520": 2}, print="abc")
BAD = Outcome(seed=4, differences=("contacts c is missing", "1 rereads wait"), faults={"520": 0}, print="def")


class Asked:
    """Stands where the runner stood."""

    def __init__(self):
        self.seeds, self.options = [], {}
        self.outcomes = {3: GOOD, 4: BAD}

    def simulate(self, seeds, *, progress, **options):
        self.seeds, self.options = list(seeds), options
        progress(len(self.seeds), len(self.seeds))
        return Result(
            seeds=2, diverged=1, failing=(Failing(seed=4, differences=BAD.differences),), events=7, crashes=1,
            faults={"520": 2}, seconds=1.5,
        )  # fmt: skip

    def replay(self, seed, **options):
        self.options = options
        return Played(outcome=self.outcomes[seed], lines=("0.0 edit_contact", "0.1 > GET /"))


@pytest.fixture
def asked(monkeypatch):
    """What was asked of the runner."""
    asked = Asked()
    monkeypatch.setattr(runner, "simulate", asked.simulate)
    monkeypatch.setattr(runner, "replay", asked.replay)
    return asked


def run(*arguments):
    """Exit code and lines of the command."""
    app = typer.Typer()
    app.command()(simulate)
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout.splitlines()


def test_many_seeds(asked):
    """What failed, then a sentence of figures; a seed that diverged is an exit code."""
    code, lines = run("--seeds", "2", "--first", "3", "--workers", "1")

    assert ([3, 4], {"workers": 1, "sabotage": None}, 1) == (asked.seeds, asked.options, code)
    assert [
        "seed 4: contacts c is missing",
        "seed 4: 1 rereads wait",
        "2 seeds, 1 diverged; 7 webhooks, 1 crashes, faults: 2 520; 2 seconds",
    ] == lines


def test_for_machines(asked):
    """One JSON document."""
    code, lines = run("--seeds", "2", "--json", "--sabotage", "no-dedupe")

    assert (1, "no-dedupe") == (code, asked.options["sabotage"])
    assert {
        "seeds": 2, "diverged": 1, "failing": [{"seed": 4, "differences": list(BAD.differences)}], "events": 7,
        "crashes": 1, "faults": {"520": 2}, "seconds": 1.5,
    } == json.loads("".join(lines))  # fmt: skip


def test_one_seed(asked):
    """It is said that all is well."""
    assert (0, ["seed 3: the copy equals the source"]) == run("--seed", "3")


def test_one_seed_that_diverged(asked):
    """How, and before it all that happened."""
    assert (
        1,
        ["0.0 edit_contact", "0.1 > GET /", "seed 4: contacts c is missing", "seed 4: 1 rereads wait"],
    ) == run("--seed", "4", "--verbose")


@pytest.mark.parametrize(("verbose", "lines"), [((), None), (("--verbose",), ["0.0 edit_contact", "0.1 > GET /"])])
def test_one_seed_for_machines(asked, verbose, lines):
    """Its outcome, and all that happened if it is asked for."""
    code, printed = run("--seed", "3", "--json", *verbose)
    told = json.loads("".join(printed))

    assert (0, "abc", lines) == (code, told["print"], told.get("lines"))


def test_an_unknown_sabotage(asked):
    """It is refused before anything is begun."""
    assert (1, []) == run("--sabotage", "typo")
    assert [] == asked.seeds
