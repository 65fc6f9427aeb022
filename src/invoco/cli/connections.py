"""`invoco connections`: which locations are connected, and how Invoco learns what changes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.domain.connections import Connection
    from invoco.domain.schedules import Modes
    from invoco.service.modes import Change

app = typer.Typer(help="See which locations are connected.", no_args_is_help=True)


@app.command("list")
def list_(*, json: AsJson = False) -> None:
    """List the connections."""
    connections = run(_all())
    if json:
        print_json(connections)
        return
    rows = [(each.name, each.id, each.access, each.base_url) for each in connections]
    empty = "No location is connected yet. Connect one with `invoco connect`."
    print_table("Connections", ("name", "location", "access", "base URL"), rows, empty=empty)


async def _all() -> list[Connection]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.connections.all()


@app.command("modes")
def modes(
    name: Annotated[str | None, typer.Argument(help="Its name or location id; needed when there are several.")] = None,
    *,
    realtime: Annotated[
        bool | None, typer.Option("--realtime/--no-realtime", help="Take in changes as webhooks tell them.")
    ] = None,
    poll_every: Annotated[
        str | None, typer.Option(metavar="TIME", help="Ask for changed contacts so often, as in 90s or 5m; or off.")
    ] = None,
    batch: Annotated[
        str | None, typer.Option(metavar="CRON", help="Compare everything then, as in '30 3 * * *'; or off.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Zone in which --batch is read, as in Europe/Berlin.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Choose how Invoco learns of changes: any combination; without options show what is chosen."""
    chosen = run(_modes(name, _change(realtime, poll_every, batch, timezone)))
    if json:
        print_json(chosen)
        return
    print_table("How changes are noticed", ("", ""), _told(chosen), empty="")


def _change(realtime: bool | None, poll_every: str | None, batch: str | None, timezone: str | None) -> Change:  # noqa: FBT001 - an option
    from invoco.cli.durations import seconds
    from invoco.service.modes import Change

    given: dict[str, Any] = {"realtime": realtime, "timezone": timezone}
    fields = {field: value for field, value in given.items() if value is not None}
    if poll_every is not None:
        fields["poll_every"] = None if poll_every == "off" else round(seconds(poll_every, option="--poll-every"))
    if batch is not None:
        fields["batch_at"] = None if batch == "off" else batch
    return Change(**fields)


async def _modes(name: str | None, change: Change) -> Modes:
    from invoco.bootstrap import opened
    from invoco.service.modes import Change

    async with opened() as invoco:
        connection = await invoco.connections.chosen(name)
        if change != Change():
            connection = await invoco.modes.change(connection, change)
        return connection.modes


def _told(modes: Modes) -> list[tuple[str, str]]:
    from invoco.cli.durations import shown

    return [
        ("by webhooks", "yes" if modes.realtime else "no"),
        ("by polls", f"every {shown(modes.poll_every)}" if modes.poll_every else "no"),
        ("by comparing everything", f"at {modes.batch_at} ({modes.timezone})" if modes.batch_at else "no"),
    ]
