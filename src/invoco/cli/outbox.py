"""`invoco outbox`: what is still to be sent to HighLevel, and what to do about what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json, print_table, run
from invoco.cli.values import counted, moment, of_record

if TYPE_CHECKING:
    from invoco.domain.outbound import Write, WriteState
    from invoco.service.outbox import DroppedWrites, Outgoing

app = typer.Typer(help="See what is still to be sent to HighLevel, and try again what failed.", no_args_is_help=True)

_Connection = Annotated[
    str | None, typer.Option("--connection", metavar="NAME", help="The connection; needed when there are several.")
]


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    state: Annotated[str | None, typer.Option(metavar="STATE", help="Only what is waiting, or what failed.")] = None,
    json: AsJson = False,
) -> None:
    """List what was changed here and is not in HighLevel yet: what failed first, then what waits, in order."""
    outgoing = run(_outgoing(name, _state(state)))
    if json:
        print_json({"counts": outgoing.counts, "writes": [_as_json(write) for write in outgoing.writes]})
        return
    rows = [
        (write.id, write.state.value, write.operation, of_record(write.kind, write.record_id), write.actor,
         moment(write.at), write.attempts, write.reason or "", write.cure or "")
        for write in outgoing.writes
    ]  # fmt: skip
    columns = ("id", "state", "what", "record", "who", "since", "attempts", "reason", "advice")
    print_table("To be sent to HighLevel", columns, rows, empty=_empty(state))
    there = {name: number for name, number in outgoing.counts.items() if name in {"waiting", "failed"}}
    if any(there.values()):
        typer.echo(f"In all: {counted(there)}.")


@app.command("retry")
def retry(
    write_id: Annotated[
        int | None, typer.Argument(metavar="ID", help="As `invoco outbox list` tells it; without one all that failed.")
    ] = None,
    *,
    connection: _Connection = None,
    json: AsJson = False,
) -> None:
    """Send it again, now that what was wrong has been mended; or now instead of later what only waits."""
    again = run(_retried(write_id, connection))
    if json:
        print_json([_as_json(write) for write in again])
    elif again:
        typer.echo(f"{len(again)} will be sent, within seconds while `invoco serve` runs.")
    else:
        typer.echo("Nothing has failed.")


@app.command("drop")
def drop(
    write_id: Annotated[int, typer.Argument(metavar="ID", help="As `invoco outbox list --state failed` tells it.")],
    *,
    connection: _Connection = None,
    json: AsJson = False,
) -> None:
    """Forget what failed, and let the record here be as HighLevel has it again."""
    dropped = run(_dropped(write_id, connection))
    if json:
        print_json({
            "dropped": [_as_json(write) for write in dropped.writes],
            "is_as_in_highlevel": dropped.given_way,
            "reason": dropped.reason,
        })  # fmt: skip
        return
    typer.echo(f"{len(dropped.writes)} forgotten.")
    record = of_record(dropped.writes[0].kind, dropped.writes[0].record_id)
    if dropped.given_way:
        typer.echo(f"Here, {record} is as HighLevel has it again.")
    else:
        typer.echo(f"Nothing was changed here. {dropped.reason}")


def _state(name: str | None) -> WriteState | None:
    from invoco.domain.outbound import WriteState

    if name is None:
        return None
    if name not in {WriteState.WAITING, WriteState.FAILED}:
        raise typer.BadParameter(f"{name!r} is no state; choose of waiting, failed", param_hint="--state")
    return WriteState(name)


def _empty(state: str | None) -> str:
    if state == "failed":
        return "Nothing has failed: HighLevel took everything that was sent."
    return "Nothing is to be sent: HighLevel has been told everything that was changed here."


def _as_json(write: Write) -> dict[str, object]:
    return {
        "id": write.id,
        "location": write.location_id,
        "state": write.state,
        "operation": write.operation,
        "kind": write.kind,
        "record_id": write.record_id,
        "contact_id": write.contact_id,
        "actor": write.actor,
        "at": write.at,
        "attempts": write.attempts,
        "due_at": write.due_at,
        "reason": write.reason,
        "advice": write.cure,
        "body": write.body,
    }


async def _outgoing(name: str | None, state: WriteState | None) -> Outgoing:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.outbox.all(await invoco.connections.chosen(name), state=state)


async def _retried(write_id: int | None, name: str | None) -> list[Write]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.outbox.retry(await invoco.connections.chosen(name), write_id)


async def _dropped(write_id: int, name: str | None) -> DroppedWrites:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.outbox.drop(await invoco.connections.chosen(name), write_id)
