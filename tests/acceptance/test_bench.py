"""The benchmarks run and measure something."""

import json

import pytest
from typer.testing import CliRunner

from invoco.cli import app, measuring, measuring_ingest
from invoco.cli.bench_places import own_environment
from invoco.cli.twin_process import running_twin
from invoco.cli.webhook_load import Order
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


@pytest.mark.parametrize(("option", "signature"), [((), "ed25519"), (("--older-signature",), "rsa")])
def test_webhooks_are_measured(bench, monkeypatch, option, signature):
    """Against the same server without a store; every webhook that was acknowledged is in the inbox, once."""
    monkeypatch.setattr(measuring_ingest, "_PREPARED_PER_SECOND", 1000)
    monkeypatch.setattr(measuring_ingest, "_TURNS", 2)
    figures = json.loads(bench("ingest", "--seconds", "1", "--connections", "4", *option, "--json").stdout)

    assert ("sqlite", signature, 4, 0, 0) == tuple(
        figures[name] for name in ("database", "signature", "connections", "lost", "double")
    )
    assert figures["acknowledged"] > 100
    assert all(figures[name] > 0 for name in ("webhooks_per_second", "ceiling_per_second", "ratio", "p50_ms", "p99_ms"))


def test_starts_are_measured(bench):
    """Of the command line and of the API."""
    told = bench("start").stdout

    assert "help_seconds" in told
    assert "healthz_seconds" in told


def test_a_command_that_fails_ends_the_benchmark(tmp_path):
    """With what it was."""
    environment = own_environment(tmp_path, None, {"INVOCO_PORT": "none"})

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


def test_a_server_that_does_not_start(tmp_path):
    """Its exit code is told too."""
    variables = own_environment(tmp_path, None, {"INVOCO_WEBHOOK_ED25519_KEYS": "nowhere.pem"})

    with (
        pytest.raises(SourceUnavailable, match=r"The server did not start \(exit code 1\)"),
        measuring_ingest._server("ceiling", variables),
    ):
        pass


def test_a_load_that_fails():
    """It is told as well."""
    order = Order(
        ceiling=1, whole=1, private_key="none", older=False, connections=1, seconds=0.1, turns=1, most_per_second=1
    )

    with pytest.raises(SourceUnavailable, match="The load ended with exit code 1"):
        measuring_ingest._load(order)
