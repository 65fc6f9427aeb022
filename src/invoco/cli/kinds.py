"""Kinds of records as they are named on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from invoco.domain.kinds import RecordKind

OfKind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only this kind: contacts, tasks, notes, …")]


def kinds(names: Iterable[str]) -> frozenset[RecordKind]:
    """The kinds of those names.

    Raises:
        typer.BadParameter: one is not known; the message lists all.
    """
    return frozenset(_kind(name, option="--skip") for name in names)


def chosen_kind(name: str | None) -> RecordKind | None:
    """The kind of that name; None stays None.

    Raises:
        typer.BadParameter: it is not known; the message lists all.
    """
    return None if name is None else _kind(name, option="--kind")


def _kind(name: str, *, option: str) -> RecordKind:
    from invoco.domain.kinds import RecordKind

    try:
        return RecordKind(name.replace("-", "_"))
    except ValueError:
        known = ", ".join(RecordKind)
        raise typer.BadParameter(f"{name!r} is no kind of records; choose of {known}", param_hint=option) from None
