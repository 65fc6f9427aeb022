"""Logs never hold a secret."""

import json
import logging

import pytest
import structlog

from invoco import logs


@pytest.fixture(autouse=True)
def restored():
    """Put the logging of the test run back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer marked.secret",
        "refresh_token=marked&x=1",
        '{"client_secret": "marked"}',
        "token pit-marked-0000-1111 used",
        "invoco_markedmarkedmarkedmarked",
    ],
)
def test_credentials_are_masked(text):
    """Whatever looks like a credential is replaced."""
    assert "marked" not in logs.masked(text)


def test_other_text_is_kept():
    """A text without credentials stays as it is."""
    assert logs.masked("contact abc imported") == "contact abc imported"


def test_machine_lines(capsys):
    """In JSON form each event is one object, with secrets masked in every value."""
    logs.configure(level="info", form="json")
    structlog.get_logger("invoco").info("token refreshed", header="Bearer marked")

    event = json.loads(capsys.readouterr().err)

    assert ("token refreshed", "info", "Bearer ••••••") == (event["event"], event["level"], event["header"])


def test_libraries_are_masked_too(capsys):
    """What a library logs passes the same mask."""
    logs.configure(level="info", form="text")
    logging.getLogger("httpx2").info("sent Bearer marked")

    assert "marked" not in capsys.readouterr().err


def test_level_is_obeyed(capsys):
    """An event below the level is not shown."""
    logs.configure(level="warning", form="text")
    structlog.get_logger("invoco").info("quiet")

    assert capsys.readouterr().err == ""
