"""How results are shown: a table for people, JSON for machines."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine, Iterable, Sequence
from typing import Annotated, Any, TypeVar

import typer

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run an asynchronous command on the quick event loop."""
    _collect_seldom()
    _take_turns_often()
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop

    return uvloop.run(work)


def _collect_seldom() -> None:
    """Records hold no cycles: looking for them after every 700 new objects halves the speed of reading JSON."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _take_turns_often() -> None:
    """The database's thread needs Python's lock once a row; by default it would wait 5 ms for it each time."""
    sys.setswitchinterval(0.0005)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    import msgspec

    typer.echo(msgspec.json.encode(value).decode())


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table, or a sentence that says what to do when there is nothing yet."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console.print(table if table.row_count else empty)
