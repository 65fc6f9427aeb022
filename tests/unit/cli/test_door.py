"""Every error leaves through one door, in plain words."""

import errno
import json
import sys

import pytest

from invoco.cli import door
from invoco.domain.errors import StoreBusy


def raising(error):
    """Work that fails in this way."""

    def work():
        raise error

    return work


def test_work_that_succeeds():
    """Work without an error ends with 0."""
    assert door.leave(lambda: None, []) == 0


def test_our_error_in_two_lines(capsys):
    """An error of ours is told with its cure and without a traceback."""
    code = door.leave(raising(StoreBusy()), [])

    assert (1, f"Error: {StoreBusy().message}\n{StoreBusy.cure}\n") == (code, capsys.readouterr().err)


def test_error_for_machines(capsys):
    """With --json the error is one JSON object on standard error."""
    door.leave(raising(StoreBusy()), ["verify", "--json"])

    assert json.loads(capsys.readouterr().err) == {"error": StoreBusy().message, "cure": StoreBusy.cure}


def test_verbose_shows_the_traceback(capsys):
    """With --verbose the traceback follows."""
    door.leave(raising(StoreBusy()), ["--verbose", "verify"])

    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/invoco.db"), "The disk is full (/data/invoco.db)."),
        (PermissionError(errno.EACCES, "Permission denied", "/data"), "Access is denied (/data)."),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/data"), "No such file or directory (/data)."),
        (ExceptionGroup("", [ExceptionGroup("", [StoreBusy()])]), StoreBusy().message),
        (ZeroDivisionError("by zero"), "Something unexpected happened: ZeroDivisionError: by zero"),
    ],
)
def test_plain_words(error, words):
    """Errors of the system, groups and surprises are told in one sentence too."""
    assert door.in_plain_words(error)[0] == words


def test_a_reader_that_went_away_is_no_error(tmp_path, monkeypatch):
    """`invoco … | head` ends with 0, and what is still to be printed goes nowhere."""
    with (tmp_path / "pipe").open("w+") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        code = door.leave(raising(BrokenPipeError()), [])
        pipe.write("late")

    assert (0, "") == (code, (tmp_path / "pipe").read_text())


def test_stopping_is_no_error(capsys):
    """Ctrl-C says that what was finished is kept, and ends with 130."""
    assert door.leave(raising(KeyboardInterrupt()), []) == 130
    assert "kept" in capsys.readouterr().err
