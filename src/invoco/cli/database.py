"""`invoco db`: the database's schema."""

from __future__ import annotations

import typer

from invoco.cli.output import AsJson, print_json, run

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.command("upgrade")
def upgrade(*, json: AsJson = False) -> None:
    """Bring the database to this version; every start does it too."""
    from invoco import bootstrap, settings

    chosen = settings.load()
    revision = run(bootstrap.upgraded(chosen))
    where = settings.without_password(chosen.store_url)
    if json:
        print_json({"database": where, "revision": revision})
    else:
        typer.echo(f"{where} is at revision {revision}.")
