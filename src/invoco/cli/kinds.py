"""Kinds of records as they are named on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from invoco.domain.kinds import RecordKind


def kinds(names: Iterable[str]) -> frozenset[RecordKind]:
    """The kinds of those names.

    Raises:
        typer.BadParameter: one is not known; the message lists all.
    """
    from invoco.domain.kinds import RecordKind

    try:
        return frozenset(RecordKind(name.replace("-", "_")) for name in names)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; choose of {', '.join(RecordKind)}", param_hint="--skip") from None
