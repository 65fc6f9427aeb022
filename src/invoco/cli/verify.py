"""`invoco verify`: the proof that the copy equals the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.kinds import kinds
from invoco.cli.output import AsJson, print_json, print_table, run
from invoco.cli.progress import progress

if TYPE_CHECKING:
    from invoco.sync.drift import Drift, KindDrift


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
        print_json({"drift": drift.drift, "kinds": {kind.kind: _as_json(kind) for kind in drift.kinds}})
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


def _as_json(kind: KindDrift) -> dict[str, object]:
    return {
        "compared": kind.compared,
        "missing_here": kind.missing_here,
        "missing_there": kind.missing_there,
        "different": kind.different,
        "unreadable": kind.unreadable,
        "first": list(kind.first),
    }


def _print(drift: Drift) -> None:
    columns = ("kind", "compared", "missing here", "missing there", "different", "unreadable")
    counts = ("compared", "missing_here", "missing_there", "different", "unreadable")
    rows = [(kind.kind.replace("_", " "), *(getattr(kind, count) for count in counts)) for kind in drift.kinds]
    print_table("Verified", columns, rows, empty="")
    for kind in drift.kinds:
        for difference in kind.first:
            fields = f": {', '.join(difference.fields)}" if difference.fields else ""
            typer.echo(f"{kind.kind} {difference.id} {difference.problem}{fields}")
    typer.echo(f"drift {drift.drift}")
