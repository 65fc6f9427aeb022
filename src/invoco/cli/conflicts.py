"""`invoco conflicts`: fields that both sides changed, and that wait for somebody to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json, print_table, run
from invoco.cli.values import moment, of_record, told

if TYPE_CHECKING:
    from invoco.domain.outbound import Conflict
    from invoco.service.conflicts import Resolved, Shown

app = typer.Typer(help="Choose between values where both sides changed the same field.", no_args_is_help=True)

_Id = Annotated[str, typer.Argument(metavar="ID", help="As `invoco conflicts list` tells it.")]


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    settled: Annotated[bool, typer.Option("--settled", help="Those that are decided instead.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many to show at most.")] = 100,
    json: AsJson = False,
) -> None:
    """List the fields that wait for a choice, newest first; both sides keep their value until then."""
    conflicts = run(_page(name, is_open=not settled, limit=limit))
    if json:
        print_json([_as_json(conflict) for conflict in conflicts])
        return
    last = "chosen" if settled else "found at"
    rows = [
        (each.id, of_record(each.kind, each.record_id), each.field, told(each.base), told(each.theirs),
         told(each.ours), told(each.chosen) if settled else moment(each.found_at))
        for each in conflicts
    ]  # fmt: skip
    empty = "No conflict is settled yet." if settled else "No field waits for a choice."
    print_table("Conflicts", ("id", "record", "field", "before", "HighLevel", "Invoco", last), rows, empty=empty)


@app.command("show")
def show(conflict_id: _Id, *, json: AsJson = False) -> None:
    """Show both values, the one before, and who changed the field when."""
    shown = run(_shown(conflict_id))
    if json:
        print_json({**_as_json(shown.conflict), "connection": shown.connection.name, "ours_by": shown.ours})
        return
    facts = [(name, value) for name, value in _facts(shown) if value]
    print_table(f"{shown.conflict.field} {shown.conflict.id}", ("", ""), facts, empty="")


@app.command("resolve")
def resolve(
    conflict_id: _Id,
    *,
    take: Annotated[
        str, typer.Option(metavar="VALUE", help="highlevel or invoco: that side's value; any other text: this value.")
    ],
    json: AsJson = False,
) -> None:
    """Choose the value that both sides have from now on."""
    resolved = run(_resolved(conflict_id, take))
    if json:
        print_json({**_as_json(resolved.conflict), "is_sent": resolved.is_sent, "is_gone": resolved.is_gone})
        return
    conflict = resolved.conflict
    if resolved.is_gone:
        typer.echo(f"The record is here no longer, so there was nothing to choose: {conflict.field} is settled.")
        return
    typer.echo(f"Settled: {conflict.field} is {told(conflict.chosen)}.")
    if resolved.is_sent:
        typer.echo("HighLevel is told within seconds while `invoco serve` runs; see `invoco outbox list`.")


def _facts(shown: Shown) -> list[tuple[str, str]]:
    conflict, mine = shown.conflict, shown.ours
    actor = conflict.ours_actor or (mine.actor if mine else "")
    mine_at = conflict.ours_at or (mine.at if mine else None)
    is_settled = conflict.settled_at is not None
    return [
        ("connection", shown.connection.name),
        ("record", of_record(conflict.kind, conflict.record_id)),
        ("contact", conflict.contact_id or ""),
        ("field", conflict.field),
        ("before", told(conflict.base)),
        ("HighLevel's value", told(conflict.theirs)),
        ("changed there at", moment(conflict.theirs_at)),
        ("Invoco's value", told(conflict.ours)),
        ("changed here at", moment(mine_at)),
        ("changed here by", actor),
        ("found at", moment(conflict.found_at)),
        ("state", conflict.state.value),
        ("chosen", told(conflict.chosen) if is_settled else ""),
        ("settled at", moment(conflict.settled_at)),
        ("settled by", conflict.settled_by or ""),
    ]


def _as_json(conflict: Conflict) -> dict[str, object]:
    return {
        "id": conflict.id,
        "location": conflict.location_id,
        "state": conflict.state,
        "kind": conflict.kind,
        "record_id": conflict.record_id,
        "contact_id": conflict.contact_id,
        "field": conflict.field,
        "base": conflict.base,
        "highlevel": conflict.theirs,
        "invoco": conflict.ours,
        "highlevel_at": conflict.theirs_at,
        "invoco_at": conflict.ours_at,
        "found_at": conflict.found_at,
        "chosen": conflict.chosen,
        "settled_at": conflict.settled_at,
        "settled_by": conflict.settled_by,
    }


async def _page(name: str | None, *, is_open: bool, limit: int) -> list[Conflict]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.conflicts.page(await invoco.connections.chosen(name), is_open=is_open, limit=limit)


async def _shown(conflict_id: str) -> Shown:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.conflicts.show(conflict_id)


async def _resolved(conflict_id: str, take: str) -> Resolved:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.conflicts.resolve(conflict_id, take)
