"""`invoco deletions`: sudden masses of deletions, which wait for somebody to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.domain.deletions import HeldDeletions
    from invoco.service.deletions import Decision

app = typer.Typer(help="Decide about deletions that are too many at once to be believed.", no_args_is_help=True)

_Id = Annotated[str, typer.Argument(metavar="ID", help="As `invoco deletions list` tells it.")]


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="Only this connection.")] = None,
    *,
    decided: Annotated[bool, typer.Option("--all", help="Those that were decided about too.")] = False,
    json: AsJson = False,
) -> None:
    """List the deletions that wait for approval."""
    from invoco.highlevel.clock import iso

    held, names = run(_held(name, waiting_only=not decided))
    if json:
        print_json([_as_json(each) for each in held])
        return
    rows = [
        (each.id, names.get(each.location_id, each.location_id), each.kind.value.replace("_", " "), _how_many(each),
         iso(each.found_at), each.state.value)
        for each in held
    ]  # fmt: skip
    columns = ("id", "connection", "kind", "deletions", "found at", "state")
    print_table("Held deletions", columns, rows, empty="No deletions wait for approval.")


@app.command("approve")
def approve(held_id: _Id, *, json: AsJson = False) -> None:
    """Let these records go as the deletion policy says, after one more look at each."""
    decision = run(_decided(held_id, approved=True))
    if json:
        print_json(_as_json(decision.held))
        return
    if decision.again:
        typer.echo("They were approved already; nothing was done.")
        return
    action = decision.connection.policy(decision.held.kind).action.value
    typer.echo(
        f"Approved: {_counted(decision.held)}. What HighLevel really has no longer is dealt with by the policy"
        f" `{action}`, within minutes while `invoco serve` runs."
    )


@app.command("reject")
def reject(held_id: _Id, *, json: AsJson = False) -> None:
    """Let these records stay here although HighLevel has them no longer; they no longer count as drift."""
    decision = run(_decided(held_id, approved=False))
    if json:
        print_json(_as_json(decision.held))
    elif decision.again:
        typer.echo("They were rejected already; nothing was done.")
    else:
        typer.echo(f"Rejected: {_counted(decision.held)} stay as they are, and nobody asks again.")


async def _held(name: str | None, *, waiting_only: bool) -> tuple[list[HeldDeletions], dict[str, str]]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        connection = None if name is None else await invoco.connections.chosen(name)
        names = {each.id: each.name for each in await invoco.connections.all()}
        return await invoco.deletions.held(connection, waiting_only=waiting_only), names


async def _decided(held_id: str, *, approved: bool) -> Decision:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await (invoco.deletions.approve if approved else invoco.deletions.reject)(held_id)


def _as_json(held: HeldDeletions) -> dict[str, object]:
    return {
        "id": held.id,
        "location": held.location_id,
        "kind": held.kind,
        "deletions": len(held.record_ids),
        "records": held.records,
        "found_at": held.found_at,
        "state": held.state,
        "decided_at": held.decided_at,
        "record_ids": list(held.record_ids),
    }


def _how_many(held: HeldDeletions) -> str:
    return f"{len(held.record_ids)} of {held.records}"


def _counted(held: HeldDeletions) -> str:
    return f"{len(held.record_ids)} {held.kind.value.replace('_', ' ')}"
