"""`invoco verify`: the proof that the copy equals the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.kinds import kinds
from invoco.cli.output import AsJson, print_json, print_table, run
from invoco.cli.progress import progress

if TYPE_CHECKING:
    from invoco.sync.drift import Drift, KindDrift

_COUNTS = ("compared", "here", "there", "missing_here", "missing_there", "different", "unreadable", "left")
_SHOWN_DIGITS = 12


def verify(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Leave a kind out: `--skip notes` saves a call per contact."),
    ] = None,
    first: Annotated[int, typer.Option(min=0, help="How many differences of each kind to name.")] = 5,
    json: AsJson = False,
) -> None:
    """Read the source again and compare; the exit code is 0 without drift, 1 with."""
    _tell(run(_drift(name, skip=skip or [], first=first, quiet=json)), as_json=json)


def _tell(drift: Drift, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(drift))
    else:
        _print(drift)
    if drift.drift:
        raise typer.Exit(1)


async def _drift(name: str | None, *, skip: list[str], first: int, quiet: bool) -> Drift:
    from invoco.bootstrap import opened

    skipped = kinds(skip)
    async with opened() as invoco:
        connection = await invoco.connections.chosen(name)
        with progress(quiet=quiet) as tell:
            return await invoco.verification.verify(connection, progress=tell, skip=skipped, first=first)


def _as_json(drift: Drift) -> dict[str, object]:
    from invoco.highlevel.clock import iso

    return {
        "drift": drift.drift,
        "at": iso(drift.at),
        "seconds": round(drift.seconds, 3),
        "calls": drift.calls,
        "kinds": {kind.kind: _kind_json(kind) for kind in drift.kinds},
    }


def _kind_json(kind: KindDrift) -> dict[str, object]:
    counts = {name: getattr(kind, name) for name in _COUNTS}
    return {**counts, "here_hash": kind.here_hash, "there_hash": kind.there_hash, "first": list(kind.first)}


def _print(drift: Drift) -> None:
    from invoco.highlevel.clock import iso

    columns = ("kind", *(name.replace("_", " ") for name in _COUNTS), "content here", "content there")
    rows = [
        (kind.kind.replace("_", " "), *(getattr(kind, name) for name in _COUNTS), *_hashes(kind))
        for kind in drift.kinds
    ]
    print_table(f"Verified at {iso(drift.at)}", columns, rows, empty="")
    for kind in drift.kinds:
        for difference in kind.first:
            fields = f": {', '.join(difference.fields)}" if difference.fields else ""
            typer.echo(f"{kind.kind} {difference.id} {difference.problem}{fields}")
    typer.echo(f"drift {drift.drift} · {drift.seconds:.1f} seconds · {drift.calls} calls")


def _hashes(kind: KindDrift) -> tuple[str, str]:
    """Their first digits; `--json` tells all."""
    return kind.here_hash[:_SHOWN_DIGITS], kind.there_hash[:_SHOWN_DIGITS]
