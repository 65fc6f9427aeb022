"""`invoco failures`: what could not be read, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.kinds import OfKind, chosen_kind
from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.domain.kinds import RecordKind
    from invoco.service.failures import Failure, Retried

app = typer.Typer(help="See what could not be read and why, and try it again.", no_args_is_help=True)

_Id = Annotated[str | None, typer.Argument(metavar="ID", help="As `invoco failures list` tells it.")]
_Connection = Annotated[
    str | None, typer.Option("--connection", metavar="NAME", help="The connection; needed when there are several.")
]
_All = Annotated[bool, typer.Option("--all", help="Everything on the list; with --kind everything of that kind.")]


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    json: AsJson = False,
) -> None:
    """List what could not be read; the next read that succeeds takes it off the list."""
    from invoco.highlevel.clock import iso

    failures = run(_failures(name))
    if json:
        print_json([_as_json(failure) for failure in failures])
        return
    rows = [(each.kind.value, each.id, each.reason, each.attempts, iso(each.at), each.cure) for each in failures]
    columns = ("kind", "id", "reason", "attempts", "at", "advice")
    print_table("Set aside", columns, rows, empty="Every record could be read.")


@app.command("show")
def show(
    record_id: Annotated[str, typer.Argument(metavar="ID", help="As `invoco failures list` tells it.")],
    *,
    kind: OfKind = None,
    connection: _Connection = None,
    json: AsJson = False,
) -> None:
    """Show what is wrong with a record, and what HighLevel sent."""
    found = run(_found(record_id, kind=chosen_kind(kind), name=connection))
    if json:
        print_json([_as_json(failure) for failure in found])
        return
    for failure in found:
        print_table(f"{failure.kind.value} {failure.id}", ("", ""), _facts(failure), empty="")


@app.command("retry")
def retry(
    record_id: _Id = None,
    *,
    everything: _All = False,
    kind: OfKind = None,
    connection: _Connection = None,
    json: AsJson = False,
) -> None:
    """Read it again, now that what was wrong has been mended."""
    _check_choice(record_id, everything=everything)
    retried = run(_retried(record_id, kind=chosen_kind(kind), name=connection))
    if json:
        print_json({
            "asked": [_as_json(failure) for failure in retried.asked],
            "waiting": [_as_json(failure) for failure in retried.waiting],
        })  # fmt: skip
        return
    typer.echo(f"{len(retried.asked)} will be read again, within seconds while `invoco serve` runs.")
    if retried.waiting:
        typer.echo(f"{len(retried.waiting)} cannot be read alone: the next reconcile or `invoco import` reads them.")


@app.command("drop")
def drop(
    record_id: _Id = None,
    *,
    everything: _All = False,
    kind: OfKind = None,
    connection: _Connection = None,
    json: AsJson = False,
) -> None:
    """Take it off the list without reading it."""
    _check_choice(record_id, everything=everything)
    dropped = run(_dropped(record_id, kind=chosen_kind(kind), name=connection))
    if json:
        print_json([_as_json(failure) for failure in dropped])
    else:
        typer.echo(f"{len(dropped)} forgotten.")


def _check_choice(record_id: str | None, *, everything: bool) -> None:
    if (record_id is None) != everything:
        raise typer.BadParameter("name one ID, or give --all")


def _as_json(failure: Failure) -> dict[str, object]:
    import msgspec

    return {
        "kind": failure.kind,
        "id": failure.id,
        "problem": failure.problem,
        "reason": failure.reason,
        "advice": failure.cure,
        "at": failure.at,
        "attempts": failure.attempts,
        "raw": None if failure.raw is None else msgspec.Raw(failure.raw),
    }


def _facts(failure: Failure) -> list[tuple[str, str]]:
    from invoco.highlevel.clock import iso

    facts = [
        ("problem", failure.problem.value.replace("_", " ")),
        ("reason", failure.reason),
        ("advice", failure.cure),
        ("at", iso(failure.at)),
        ("attempts", str(failure.attempts)),
        ("sent by HighLevel", (failure.raw or b"").decode()),
    ]
    return [(name, value) for name, value in facts if value]


async def _failures(name: str | None) -> list[Failure]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.failures.all(await invoco.connections.chosen(name))


async def _found(record_id: str, *, kind: RecordKind | None, name: str | None) -> list[Failure]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.failures.find(await invoco.connections.chosen(name), record_id, kind=kind)


async def _retried(record_id: str | None, *, kind: RecordKind | None, name: str | None) -> Retried:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.failures.retry(await invoco.connections.chosen(name), record_id, kind=kind)


async def _dropped(record_id: str | None, *, kind: RecordKind | None, name: str | None) -> list[Failure]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.failures.drop(await invoco.connections.chosen(name), record_id, kind=kind)
