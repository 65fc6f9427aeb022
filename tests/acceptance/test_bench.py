"""The benchmarks run and measure something."""

import json

import pytest
from typer.testing import CliRunner

from invoco.cli import app, measuring
from invoco.cli.twin_process import running_twin
from invoco.domain.errors import SourceUnavailable


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Runs a benchmark with windows of one second instead of ten, and accounts as small as can be."""
    monkeypatch.setattr(measuring, "_SECONDS", 1.0)

    def run(*arguments):
        outcome = CliRunner(env={"INVOCO_DATA_FOLDER": str(tmp_path)}).invoke(app, ("bench", *arguments))
        assert outcome.exit_code == 0, outcome.output
        return outcome

    return run


def test_the_import_is_measured(bench):
    """Speed, memory and how much of the allowed rate was used; no call is refused."""
    sizes = ("--contacts", "500", "--baseline", "500", "--windows", "1")
    figures = json.loads(bench("import", *sizes, "--json").stdout)

    assert ("sqlite", 500, 500, 0) == tuple(
        figures[name] for name in ("database", "contacts", "baseline_contacts", "rate_limited")
    )
    assert figures["sustained_requests"] > 100
    assert all(figures[name] > 0 for name in ("contacts_per_second", "peak_rss_mb", "quota_efficiency"))


def test_starts_are_measured(bench):
    """Of the command line and of the API."""
    told = bench("start").stdout

    assert "help_seconds" in told
    assert "healthz_seconds" in told


def test_a_command_that_fails_ends_the_benchmark(tmp_path):
    """With what it was."""
    environment = measuring._environment(tmp_path, None, {"INVOCO_PORT": "none"})

    for run in (measuring._answer, measuring._watched):
        with pytest.raises(SourceUnavailable, match="ended with exit code 1"):
            run(["import"], environment)


def test_a_twin_that_does_not_start():
    """Its exit code is told; why stands above."""
    with (
        pytest.raises(SourceUnavailable, match=r"The twin did not start \(exit code 1\)"),
        running_twin(contacts=1, seed=1, limit="much"),
    ):
        pass
