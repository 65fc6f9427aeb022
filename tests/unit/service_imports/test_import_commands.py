"""The commands connect, connections, import, verify and failures, against a twin that listens on this machine."""

import json
import re
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
import typer
from typer.testing import CliRunner, Result

from invoco.cli import app
from invoco.cli import connect as connecting
from invoco.cli import progress as progressing
from invoco.cli.twin_process import RunningTwin, running_twin
from invoco.domain.errors import FixInput, MissingScope
from invoco.domain.imports import ImportRun, ImportStep
from invoco.highlevel.records import InstalledLocation
from invoco.service import callback as callbacks
from invoco.sync.imports import ImportOutcome
from invoco.sync.plan import ImportPlan


@pytest.fixture(scope="module")
def twin() -> Iterator[RunningTwin]:
    """A small account, in a process of its own: two busy threads of one process would wait for each other."""
    with running_twin(contacts=6, seed=1, limit="off") as running:
        yield running


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
def invoco(environment):
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


def test_no_browser_is_opened_when_none_is_wanted(browser, twin, capsys):
    """The address is printed."""
    sent = browser(twin.location_id)
    connecting._show("http://page.test", browser=False)

    assert ([], True) == (sent, "http://page.test" in capsys.readouterr().err)


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


async def test_one_of_several_locations_is_chosen_by_number(terminal):
    """As listed; a number that is not is asked for again."""
    terminal(3, 0, 2)
    installed = [InstalledLocation(id="a", name="First"), InstalledLocation(id="b")]

    assert await connecting._choose(installed) == "b"


def test_missing_scopes_end_the_command(environment, twin):
    """With the list."""
    order = {"location_id": twin.location_id, "scopes": ["contacts.readonly"]}
    token = httpx2.post(f"{twin.url}/_twin/private-tokens", json=order).json()["token"]
    outcome = invoke(environment, "connect", "--token", token, "--location", twin.location_id)

    assert isinstance(outcome.exception, MissingScope)


def test_connections_are_listed(invoco, twin):
    """As a table and as JSON."""
    assert re.search(rf"acme .* {twin.location_id}", invoco("connections", "list"))
    assert [each["name"] for each in json.loads(invoco("connections", "list", "--json"))] == ["acme"]


def test_an_empty_list_says_what_to_do(environment, tmp_path):
    """Nothing is connected in a fresh folder."""
    outcome = invoke(environment | {"INVOCO_DATA_FOLDER": str(tmp_path)}, "connections", "list")

    assert "Connect one with `invoco connect`" in outcome.stdout


def test_a_connection_is_shown(invoco, twin):
    """All but its credentials."""
    told = invoco("connections", "show", "acme")

    assert "contacts.readonly" in told
    assert twin.token not in told
    assert json.loads(invoco("connections", "show", "--json"))["base_url"] == twin.url


def test_a_dry_run_tells_the_cost(invoco):
    """A table, or JSON."""
    told = invoco("import", "--dry-run")
    planned = json.loads(invoco("import", "--dry-run", "--json"))

    assert "What the import costs" in told
    assert f"{planned['calls']} calls, " in told


def test_an_import_and_its_proof(invoco):
    """Progress in plain lines, a table, and no drift."""
    told = invoco("import")
    proof = invoco("verify")

    assert "What the import costs" in told
    assert re.search(r"contacts\s*│\s*6", told)
    assert "drift 0" in proof


def test_an_import_and_its_proof_for_machines(invoco):
    """Only JSON on standard output."""
    outcome = json.loads(invoco("import", "--json"))
    drift = json.loads(invoco("verify", "--json", "--skip", "notes"))

    assert (outcome["finished"], outcome["imported"]["contacts"], outcome["waiting_until"]) == (True, 6, None)
    assert (drift["drift"], "notes" in drift["kinds"]) == (0, False)


def test_a_kind_left_for_later_is_gone_on_with(invoco):
    """The next import takes up the same run, without counting the cost again."""
    unfinished = json.loads(invoco("import", "--skip", "notes", "--json"))
    told = invoco("import")

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


def test_records_that_could_not_be_read_are_listed(invoco, twin):
    """With the reason; the raw record for machines."""
    assert "Every record could be read." in invoco("failures", "list")

    httpx2.post(f"{twin.url}/_twin/faults", json={"name": "malformed", "path": "contacts"})
    told = invoco("import")
    httpx2.delete(f"{twin.url}/_twin/faults")
    (failure,) = json.loads(invoco("failures", "list", "acme", "--json"))

    assert "`invoco failures list`" in told
    assert failure["kind"] == "contacts"
    assert failure["raw"]["tags"] == {"not": "a list"}
    assert failure["id"] in invoco("failures", "list")


def test_a_waiting_import_says_when_it_goes_on(capsys):
    """In words, and for machines."""
    from invoco.cli.imports import _print_outcome

    outcome = ImportOutcome(
        run=ImportRun(id="r", location_id="x", started_at=1),
        steps={"notes": ImportStep(run_id="r", kind="notes", stored=3)},
        waiting_until=86_400_000,
    )
    _print_outcome(outcome, as_json=False)
    words = capsys.readouterr().out
    _print_outcome(outcome, as_json=True)
    machine = json.loads(capsys.readouterr().out)

    assert "run `invoco import` again after 1970-01-02T00:00:00.000Z to go on." in words
    assert machine["waiting_until"] == "1970-01-02T00:00:00.000Z"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 seconds"), (90, "90 seconds"), (600, "10 minutes"), (7200, "2 hours"), (345_600, "4 days")],
)
def test_durations_are_rounded(seconds, words):
    """To the largest unit that fits twice."""
    from invoco.cli.imports import _duration

    assert _duration(seconds) == words


def test_the_share_of_the_quota_is_told_when_there_is_one(capsys):
    """A server without limits has none."""
    from invoco.cli.imports import _print_plan

    for quota in (1000, None):
        _print_plan(ImportPlan(kinds=[], calls=10, daily_quota=quota, quota_share=0.01, seconds=1), as_json=False)
    lines = [line for line in capsys.readouterr().out.splitlines() if "calls" in line]

    assert lines == [
        "10 calls, 1.0% of one day's quota, about 1 seconds at the allowed rate.",
        "10 calls, about 1 seconds at the allowed rate.",
    ]


def test_lines_are_written_at_every_tenth(capsys):
    """And at the end; not after every page."""
    lines = progressing.Lines()
    for done in (0, 50, 60, 100, 950, 1000):
        lines.tell("custom_fields", done, 1000)
    lines.tell("tasks", 90, None)
    lines.tell("tasks", 95, 95)

    assert capsys.readouterr().err.splitlines() == [
        "custom fields: 100 of 1000",
        "custom fields: 950 of 1000",
        "custom fields: 1000 of 1000",
        "tasks: 95 of 95",
    ]


def test_bars_move_in_a_terminal(monkeypatch):
    """One per kind; what turned out empty is full."""
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: True, write=len, flush=lambda: None))
    with progressing.progress(quiet=False) as tell:
        tell("contacts", 1, 2)
        tell("contacts", 2, 2)
        tell("tasks", 0, 0)
        bars = tell.__self__._bars  # type: ignore[attr-defined]

    assert [(task.description, task.completed, task.total) for task in bars.tasks] == [
        ("contacts", 2, 2),
        ("tasks", 1, 1),
    ]
