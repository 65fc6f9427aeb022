"""`invoco import`: the first, full load of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.kinds import kinds
from invoco.cli.output import AsJson, print_json, print_table, run
from invoco.cli.progress import progress

if TYPE_CHECKING:
    from invoco.bootstrap import Invoco
    from invoco.domain.connections import Connection
    from invoco.sync.imports import ImportOutcome
    from invoco.sync.plan import ImportPlan


def import_(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what it will cost, and import nothing.")] = False,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="Leave a kind for a later import: `--skip notes`.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Import a location; stopped at any moment, the same command goes on where it was."""
    if dry_run:
        _print_plan(run(_plan(name)), as_json=json)
    else:
        _print_outcome(run(_outcome(name, skip=skip or [], quiet=json)), as_json=json)


async def _plan(name: str | None) -> ImportPlan:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.imports.plan(await invoco.connections.chosen(name))


async def _outcome(name: str | None, *, skip: list[str], quiet: bool) -> ImportOutcome:
    from invoco.bootstrap import opened

    skipped = kinds(skip)
    async with opened() as invoco:
        connection = await invoco.connections.chosen(name)
        if not quiet:
            await _announce(invoco, connection)
        with progress(quiet=quiet) as tell:
            return await invoco.imports.run(connection, progress=tell, skip=skipped)


async def _announce(invoco: Invoco, connection: Connection) -> None:
    """What it will cost; an import under way is not counted again, for counting costs calls."""
    from invoco.highlevel.clock import iso

    run = await invoco.imports.unfinished(connection)
    if run is None:
        _print_plan(await invoco.imports.plan(connection), as_json=False)
    else:
        typer.echo(f"Going on with the import of {connection.name} that began at {iso(run.started_at)}.")


def _print_plan(plan: ImportPlan, *, as_json: bool) -> None:
    if as_json:
        print_json(plan)
        return
    rows = [
        (kind.kind.replace("_", " "), f"{'' if kind.exact else '≥ '}{kind.records}", kind.calls) for kind in plan.kinds
    ]
    print_table("What the import costs", ("kind", "records", "calls"), rows, empty="")
    typer.echo(f"{plan.calls} calls{_share(plan)}, about {_duration(plan.seconds)} at the allowed rate.")


def _share(plan: ImportPlan) -> str:
    return f", {plan.quota_share:.1%} of one day's quota" if plan.daily_quota else ""


def _duration(seconds: float) -> str:
    for length, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(1, round(seconds))} seconds"


def _print_outcome(outcome: ImportOutcome, *, as_json: bool) -> None:
    from invoco.highlevel.clock import iso

    until = iso(outcome.waiting_until) if outcome.waiting_until is not None else None
    if as_json:
        print_json(_as_json(outcome, until))
        return
    rows = [(kind.replace("_", " "), step.stored, step.set_aside) for kind, step in outcome.steps.items()]
    print_table("Imported", ("kind", "records", "set aside"), rows, empty="")
    if any(step.set_aside for step in outcome.steps.values()):
        typer.echo("What was set aside and why: `invoco failures list`.")
    if until is not None:
        typer.echo(
            "Today's quota for the import is used up. What was read is kept; "
            f"run `invoco import` again after {until} to go on."
        )


def _as_json(outcome: ImportOutcome, until: str | None) -> dict[str, object]:
    return {
        "location": outcome.run.location_id,
        "finished": outcome.run.finished_at is not None,
        "waiting_until": until,
        "imported": {kind: step.stored for kind, step in outcome.steps.items()},
        "seconds": {kind: round(step.seconds, 3) for kind, step in outcome.steps.items()},
        "set_aside": sum(step.set_aside for step in outcome.steps.values()),
    }
