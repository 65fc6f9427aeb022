"""How far a long command has come: bars in a terminal, plain lines elsewhere, nothing for machines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Tell = Callable[[str, int, int | None], None]
"""Kind, so many, of so many."""

_STEPS = 10


@contextmanager
def progress(*, quiet: bool) -> Iterator[Tell]:
    """Something to call after every page; it writes to standard error."""
    if quiet:
        yield lambda _kind, _done, _total: None
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield Bars(bars).tell
    else:
        yield Lines().tell


class Lines:
    """A line when a kind is done, and at every tenth of the way."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[int, bool]] = {}

    def tell(self, kind: str, done: int, total: int | None) -> None:
        """Write a line if there is something new to say."""
        tenth = done * _STEPS // total if total else 0
        news = (tenth, done == total)
        if news != self._told.get(kind, (0, False)):
            self._told[kind] = news
            typer.echo(f"{kind.replace('_', ' ')}: {done}" + (f" of {total}" if total else ""), err=True)


class Bars:
    """One bar per kind."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def tell(self, kind: str, done: int, total: int | None) -> None:
        """Move the bar of that kind; a kind that turned out empty is full."""
        if kind not in self._tasks:
            self._tasks[kind] = self._bars.add_task(kind.replace("_", " "), total=None)
        if total == 0:
            done = total = 1
        self._bars.update(self._tasks[kind], completed=done, total=total)


def _bars() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
