"""The benchmarks run and measure something."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from invoco.cli import app, measuring, measuring_drain, measuring_idle, measuring_ingest, measuring_latency
from invoco.cli.bench_places import own_environment
from invoco.cli.serve_process import Home, running_serve
from invoco.cli.twin_process import running_twin
from invoco.cli.webhook_load import Order
from invoco.domain.errors import Misconfigured, SourceUnavailable


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


def test_draining_is_measured(bench, monkeypatch):
    """Everything that waits is taken in and confirmed; a smaller mirror shows what the size costs."""
    monkeypatch.setattr(measuring_drain, "_FOLLOW_UPS_SECONDS", 0.1)
    sizes = ("--events", "600", "--mirrored", "600", "--baseline", "500")
    figures = json.loads(bench("drain", *sizes, "--json").stdout)

    assert ("sqlite", 600, 0) == tuple(figures[name] for name in ("database", "events", "unconfirmed"))
    speeds = ("events_per_second", "drained_per_second", "confirmed_per_second", "cost_growth")
    assert all(figures[name] > 0 for name in speeds)


def test_latency_is_measured(bench, monkeypatch):
    """From changes in a twin to Invoco's API, without limits and within them; nothing is refused, nothing differs."""
    monkeypatch.setattr(measuring_latency, "_WARM_UP", 5)
    monkeypatch.setattr(measuring_latency, "_LOOK_AT_EVERY", 2)
    figures = json.loads(bench("latency", "--rate", "10", "--seconds", "1", "--burst-seconds", "1", "--json").stdout)

    assert (20, 0, 0) == tuple(figures[name] for name in ("changes", "rate_limited", "drift"))
    assert all(figures[name] > 0 for name in ("p50_ms", "p99_ms", "visible_p50_ms", "visible_p99_ms", "burst_p99_ms"))


def test_idleness_is_measured(bench, monkeypatch):
    """What a server that does nothing costs."""
    monkeypatch.setattr(measuring_idle, "_SETTLING", 0.1)
    figures = json.loads(bench("idle", "--seconds", "1", "--contacts", "5", "--json").stdout)

    assert 5 == figures["contacts"]
    assert figures["cpu_percent"] >= 0


def test_a_process_that_is_gone_uses_nothing():
    """And where no system tells what processes use, the benchmark says so."""
    with pytest.raises(Misconfigured, match="Only Linux"):
        measuring_idle._cpu_seconds(2**30)


def test_a_served_invoco_that_does_not_start(tmp_path):
    """Its exit code is told too."""
    nothing: Any = None
    home = Home(given={"data_folder": tmp_path, "port": "none"}, connection=nothing, key="")

    with (
        pytest.raises(SourceUnavailable, match=r"`invoco serve` did not start \(exit code 1\)"),
        running_serve(home, nothing),
    ):
        pass


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
