"""How far a command has come: lines, bars, or nothing."""

import sys
from types import SimpleNamespace

from invoco.cli.progress import Lines, progress


def test_lines_are_written_at_every_tenth(capsys):
    """And at the end; not after every page."""
    lines = Lines()
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
    with progress(quiet=False) as tell:
        tell("contacts", 1, 2)
        tell("contacts", 2, 2)
        tell("tasks", 0, 0)
        bars = tell.__self__._bars  # type: ignore[attr-defined]

    assert [(task.description, task.completed, task.total) for task in bars.tasks] == [
        ("contacts", 2, 2),
        ("tasks", 1, 1),
    ]


def test_machines_are_told_nothing(capsys):
    """A quiet command writes no progress."""
    with progress(quiet=True) as tell:
        tell("contacts", 2, 2)

    assert capsys.readouterr().err == ""


def test_lines_are_written_where_there_is_no_terminal(capsys):
    """A log gets plain lines."""
    with progress(quiet=False) as tell:
        tell("contacts", 2, 2)

    assert capsys.readouterr().err == "contacts: 2 of 2\n"
