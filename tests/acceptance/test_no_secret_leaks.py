"""No secret reaches a log, an answer, an error or the database in plain text."""

import json

import httpx2
import pytest

MARK = "MARKEDSECRET"


@pytest.fixture
def secrets(twin):
    """Every credential the location has."""
    account = httpx2.get(f"{twin.url}/_twin/account").json()
    return [twin.token, twin.client_secret, account["client_secret"]]


def searched(folder):
    """Everything Invoco wrote, as bytes, apart from the key file that is made to hold a key."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "secret.key")


@pytest.mark.parametrize("form", ["text", "json"])
def test_import_with_a_token(connected, secrets, form):
    """A whole import with all logs on shows no credential, and the database holds none in plain text."""
    variables = {"INVOCO_LOG_LEVEL": "debug", "INVOCO_LOG_FORMAT": form}
    commands = [
        ("connections", "list", "--json"),
        ("--verbose", "import"),
        ("import", "--json"),
        ("verify", "--skip", "notes"),
        ("config", "show"),
        ("config", "show", "--json"),
        ("keys", "list"),
        ("failures", "list"),
    ]
    shown = "".join(done.stdout + done.stderr for done in (connected(*command, **variables) for command in commands))

    assert not [secret for secret in secrets if secret in shown]
    assert not [secret for secret in secrets if secret.encode() in searched(connected.folder)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("connect", "acme", "--token", f"pit-{MARK}", "--location", "x" * 20),
        ("connect", "acme", "--token", f"pit-{MARK}", "--location", "x" * 20, "--base-url", "http://127.0.0.1:1"),
        (
            "connect",
            "acme",
            "--client-id",
            "a" * 24 + "-app",
            "--client-secret",
            MARK,
            "--redirect-uri",
            "https://x.test",
        ),
    ],
)
def test_failing_connect(invoco, arguments):
    """A connect that fails repeats no credential, not even in its traceback."""
    done = invoco("--verbose", *arguments, INVOCO_LOG_LEVEL="debug")

    assert done.returncode == 1
    assert MARK not in done.stdout + done.stderr
    assert MARK.encode() not in searched(invoco.folder)


def test_settings_from_variables(invoco):
    """Secrets set by variables are masked where settings are shown."""
    names = ("INVOCO_TOKEN", "INVOCO_CLIENT_SECRET", "INVOCO_SECRET_KEY")
    shown = invoco("config", "show", "--json", **dict.fromkeys(names, MARK * 2))

    assert "token" in json.loads(shown.stdout)
    assert MARK not in shown.stdout + shown.stderr


def test_api_answers(connected, twin, secrets):
    """A key of Invoco's API is kept as a hash only."""
    key = connected.answer("keys", "add", "me")["key"]

    assert key.encode() not in searched(connected.folder)
    assert key not in connected("keys", "list", "--json").stdout
    assert twin.token in secrets
