"""`invoco connections`: which locations are connected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.domain.connections import Connection

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


@app.command("show")
def show(
    name: Annotated[str | None, typer.Argument(help="Its name or location id; needed when there are several.")] = None,
    *,
    json: AsJson = False,
) -> None:
    """Show one connection; its credentials are never shown."""
    connection = run(_chosen(name))
    if json:
        print_json(connection)
        return
    rows = [(fact, value) for fact, value in _facts(connection) if value]
    print_table(connection.name, ("", ""), rows, empty="")


def _facts(connection: Connection) -> list[tuple[str, str]]:
    from invoco.highlevel.clock import iso

    return [
        ("location", connection.id),
        ("company", connection.company_id or ""),
        ("base URL", connection.base_url),
        ("access", connection.access),
        ("client id", connection.client_id or ""),
        ("connected at", iso(connection.connected_at)),
        ("scopes", "\n".join(connection.scopes)),
    ]


async def _chosen(name: str | None) -> Connection:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.connections.chosen(name)
