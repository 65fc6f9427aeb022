"""`invoco keys`: who may use Invoco's own API."""

from __future__ import annotations

from typing import Annotated

import typer

from invoco.cli.output import AsJson, print_json, print_table, run

app = typer.Typer(help="Make, list and revoke the keys of Invoco's API.", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A name to tell keys apart.")],
    *,
    connection: Annotated[
        str | None, typer.Option(help="The connection it opens; needed when there are several.")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Let it read, not write.")] = False,
    json: AsJson = False,
) -> None:
    """Make a key; it is shown this once."""
    made = run(_add(name, connection, read_only=read_only))
    if json:
        print_json({"name": made["name"], "location": made["location"], "key": made["key"]})
        return
    typer.echo(f"Key {name} for location {made['location']}:\n\n  {made['key']}\n\nKeep it now; it is not shown again.")


async def _add(name: str, connection: str | None, *, read_only: bool) -> dict[str, str]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        location = await invoco.connections.chosen(connection)
        made = await invoco.keys.add(name, location_id=location.id, read_only=read_only)
    return {"name": name, "location": location.id, "key": made.secret}


@app.command("list")
def list_(*, json: AsJson = False) -> None:
    """List the keys; their secrets are not kept."""
    keys = run(_all())
    if json:
        print_json(keys)
        return
    rows = [(key["name"], key["location"], key["access"], f"…{key['hint']}", key["last_used"]) for key in keys]
    empty = "There is no key yet. Make one with `invoco keys add NAME`."
    print_table("API keys", ("name", "location", "access", "ends with", "last used"), rows, empty=empty)


async def _all() -> list[dict[str, str]]:
    from invoco.bootstrap import opened
    from invoco.highlevel.clock import iso

    async with opened() as invoco:
        keys = await invoco.keys.all()
    return [
        {
            "name": key.name,
            "location": key.location_id,
            "access": "read and write" if any(scope.endswith(".write") for scope in key.scopes) else "read",
            "hint": key.hint,
            "last_used": iso(key.last_used_at) if key.last_used_at is not None else "never",
        }
        for key in keys
    ]


@app.command("revoke")
def revoke(name: Annotated[str, typer.Argument(help="The key's name.")], *, json: AsJson = False) -> None:
    """Make a key useless at once."""
    run(_revoke(name))
    if json:
        print_json({"revoked": name})
    else:
        typer.echo(f"Key {name} no longer opens anything.")


async def _revoke(name: str) -> None:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        await invoco.keys.revoke(name)
