"""The commands connect, connections, import, verify and failures, as a person at a terminal meets them."""

import json
import re
import sys
import threading
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
import typer
from typer.testing import CliRunner, Result

from invoco.cli import app
from invoco.cli import connect as connecting
from invoco.domain.errors import FixInput, MissingScope
from invoco.service import callback as callbacks


@pytest.fixture(scope="module")
def environment(twin, tmp_path_factory) -> dict[str, str]:
    """Settings that point to the twin, and to a folder in which its location is connected."""
    folder = tmp_path_factory.mktemp("commands")
    variables = {
        "INVOCO_BASE_URL": twin.url,
        "INVOCO_DATA_FOLDER": str(folder),
        "INVOCO_CONFIG": str(folder / "none.toml"),
        "INVOCO_APPOINTMENTS_DAYS_BACK": "30",
        "INVOCO_APPOINTMENTS_DAYS_AHEAD": "30",
        "COLUMNS": "200",
    }
    connected = invoke(variables, "connect", "acme", "--token", twin.token, "--location", twin.location_id)
    assert connected.exit_code == 0
    return variables


def invoke(environment: dict[str, str], *arguments: str, **options: Any) -> Result:
    """The outcome of a command."""
    return CliRunner(env=environment).invoke(app, arguments, **options)


@pytest.fixture
def printed(environment):
    """Runs a command that must succeed; what it printed."""

    def run(*arguments: str) -> str:
        outcome = invoke(environment, *arguments)
        assert outcome.exit_code == 0, outcome.output
        return outcome.stdout

    return run


@pytest.fixture
def terminal(monkeypatch):
    """Somebody sits at the terminal and types these answers, which are asked for in this order."""

    def sit(*answers: Any) -> list[str]:
        asked: list[str] = []
        left = iter(answers)

        def prompt(text: str, **_: Any) -> Any:
            asked.append(text)
            return next(left)

        monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
        monkeypatch.setattr(typer, "prompt", prompt)
        return asked

    return sit


@pytest.fixture
def browser(monkeypatch, twin):
    """A browser whose user chooses a location; it goes back to where it is sent. The pages it was sent to are kept."""

    def choose(choice: str) -> list[str]:
        sent: list[str] = []

        def consent(url: str) -> None:
            answer = httpx2.post(url, data={"location_id": choice})
            sent.append(answer.headers["Location"])
            if callbacks.is_loopback(sent[-1]):
                httpx2.get(sent[-1])

        opened = "webbrowser.open"
        monkeypatch.setattr(opened, lambda url: threading.Thread(target=consent, args=[url]).start())
        return sent

    return choose


def test_connecting_tells_what_comes_next(environment, twin):
    """One sentence, and the next command."""
    told = invoke(environment, "connect", "acme", "--token", twin.token, "--location", twin.location_id).stdout

    assert f"Connected acme (location {twin.location_id}, 10 scopes)." in told
    assert "Next: `invoco import acme`." in told
    assert twin.token not in told


def test_connecting_for_machines(environment, twin):
    """The connection as JSON, without its credentials."""
    told = invoke(
        environment, "connect", "acme", "--token", twin.token, "--location", twin.location_id, "--json"
    ).stdout

    assert json.loads(told)["id"] == twin.location_id
    assert twin.token not in told


def test_connecting_over_the_consent_page(environment, twin, browser):
    """The browser comes back to this machine by itself."""
    browser(twin.location_id)
    app_options = ("--client-id", twin.client_id, "--client-secret", twin.client_secret)
    outcome = invoke(environment, "connect", "acme", *app_options, "--json")

    assert json.loads(outcome.stdout)["access"] == "oauth"
    assert "/v2/oauth/chooselocation?" in outcome.stderr


def test_connecting_with_a_pasted_address(environment, twin, terminal, monkeypatch):
    """A redirect address elsewhere is pasted by hand."""
    pages: list[str] = []
    monkeypatch.setattr(connecting, "_show", lambda url, **_: pages.append(url))
    terminal()

    def paste(*_: Any, **__: Any) -> str:
        location: str = httpx2.post(pages[0], data={"location_id": twin.location_id}).headers["Location"]
        return location

    monkeypatch.setattr(typer, "prompt", paste)
    variables = {"INVOCO_CLIENT_ID": twin.client_id, "INVOCO_CLIENT_SECRET": twin.client_secret}
    outcome = invoke(environment | variables, "connect", "--redirect-uri", "https://example.com/back", "--json")

    assert json.loads(outcome.stdout)["id"] == twin.location_id


def test_the_terminal_is_asked_for_what_is_missing(environment, twin, terminal, monkeypatch):
    """Token and location, the token unseen."""
    asked = terminal(twin.token, twin.location_id)
    monkeypatch.setattr(typer, "echo", lambda *_, **__: None)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    connecting.connect(json=True)

    assert asked == ["Private integration token", "Location id"]


def test_nobody_is_asked_without_a_terminal(environment):
    """The error names the options."""
    outcome = invoke(environment, "connect")

    assert isinstance(outcome.exception, FixInput)
    assert "--token" in outcome.exception.cure


def test_missing_scopes_end_the_command(environment, twin):
    """With the list."""
    order = {"location_id": twin.location_id, "scopes": ["contacts.readonly"]}
    token = httpx2.post(f"{twin.url}/_twin/private-tokens", json=order).json()["token"]
    outcome = invoke(environment, "connect", "--token", token, "--location", twin.location_id)

    assert isinstance(outcome.exception, MissingScope)


def test_connections_are_listed(printed, twin):
    """As a table and as JSON."""
    assert re.search(rf"acme .* {twin.location_id}", printed("connections", "list"))
    assert [each["name"] for each in json.loads(printed("connections", "list", "--json"))] == ["acme"]


def test_an_empty_list_says_what_to_do(environment, tmp_path):
    """Nothing is connected in a fresh folder."""
    outcome = invoke(environment | {"INVOCO_DATA_FOLDER": str(tmp_path)}, "connections", "list")

    assert "Connect one with `invoco connect`" in outcome.stdout


def test_a_connection_is_shown(printed, twin):
    """All but its credentials."""
    told = printed("connections", "show", "acme")

    assert "contacts.readonly" in told
    assert twin.token not in told
    assert json.loads(printed("connections", "show", "--json"))["base_url"] == twin.url


def test_a_dry_run_tells_the_cost(printed):
    """A table, or JSON."""
    told = printed("import", "--dry-run")
    planned = json.loads(printed("import", "--dry-run", "--json"))

    assert "What the import costs" in told
    assert f"{planned['calls']} calls, " in told


def test_an_import_and_its_proof(printed):
    """Progress in plain lines, a table, and no drift."""
    told = printed("import")
    proof = printed("verify")

    assert "What the import costs" in told
    assert re.search(r"contacts\s*│\s*60", told)
    assert "drift 0" in proof


def test_an_import_and_its_proof_for_machines(printed):
    """Only JSON on standard output."""
    outcome = json.loads(printed("import", "--json"))
    drift = json.loads(printed("verify", "--json", "--skip", "notes"))

    assert (outcome["finished"], outcome["imported"]["contacts"], outcome["waiting_until"]) == (True, 60, None)
    assert (drift["drift"], "notes" in drift["kinds"]) == (0, False)


def test_a_kind_left_for_later_is_gone_on_with(printed):
    """The next import takes up the same run, without counting the cost again."""
    unfinished = json.loads(printed("import", "--skip", "notes", "--json"))
    told = printed("import")

    assert (unfinished["finished"], "notes" in unfinished["imported"]) == (False, False)
    assert "Going on with the import of acme" in told
    assert "costs" not in told


def test_drift_is_an_exit_code(environment, twin, tmp_path):
    """1 when the copy differs, with the differences named."""
    variables = environment | {"INVOCO_DATA_FOLDER": str(tmp_path)}
    invoke(variables, "connect", "--token", twin.token, "--location", twin.location_id)
    outcome = invoke(variables, "verify", "--skip", "notes", "--first", "1")

    assert outcome.exit_code == 1
    assert re.search(r"contacts \w+ missing here", outcome.stdout)


def test_an_unknown_kind_is_a_usage_error(environment):
    """All kinds are listed."""
    outcome = invoke(environment, "verify", "--skip", "nothing")

    assert outcome.exit_code == 2
    assert "custom_fields" in outcome.stderr


def test_records_that_could_not_be_read_are_listed(printed, control):
    """With the reason; the raw record for machines."""
    assert "Every record could be read." in printed("failures", "list")

    control("faults", name="malformed", path="contacts")
    told = printed("import")
    (failure,) = json.loads(printed("failures", "list", "acme", "--json"))

    assert "`invoco failures list`" in told
    assert failure["kind"] == "contacts"
    assert failure["raw"]["tags"] == {"not": "a list"}
    assert failure["id"] in printed("failures", "list")


def test_a_key_is_made_shown_once_listed_and_revoked(printed, twin):
    """The list tells its end, never the whole."""
    assert "Make one with `invoco keys add NAME`" in printed("keys", "list")

    secret = json.loads(printed("keys", "add", "reader", "--read-only", "--json"))["key"]
    told = printed("keys", "add", "writer")
    listed = {key["name"]: key for key in json.loads(printed("keys", "list", "--json"))}
    table = printed("keys", "list")

    assert f"Key writer for location {twin.location_id}:" in told
    assert {"reader": "read", "writer": "read and write"} == {name: key["access"] for name, key in listed.items()}
    assert (secret.endswith(listed["reader"]["hint"]), "never") == (True, listed["reader"]["last_used"])
    assert secret not in table
    assert {"revoked": "reader"} == json.loads(printed("keys", "revoke", "reader", "--json"))
    assert "Key writer no longer opens anything." in printed("keys", "revoke", "writer")
