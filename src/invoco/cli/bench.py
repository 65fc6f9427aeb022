"""`invoco bench`: how quick Invoco is on this machine."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from invoco.cli.output import AsJson, print_json, print_table

app = typer.Typer(help="Measure Invoco on this machine.", no_args_is_help=True)


@app.command("import")
def import_(
    *,
    contacts: Annotated[int, typer.Option(min=500, help="Contacts of the large account.")] = 200_000,
    baseline: Annotated[int, typer.Option(min=500, help="Contacts of the small one, to compare memory.")] = 20_000,
    windows: Annotated[int, typer.Option(min=1, help="Windows of 10 s that the sustained import lasts.")] = 5,
    database_url: Annotated[str | None, typer.Option(help="Measure on this empty PostgreSQL database instead.")] = None,
    json: AsJson = False,
) -> None:
    """Import contacts from a twin without limits, then sustain HighLevel's rate with limits on.

    Twin and importer are processes of their own. Contacts per second count the whole way: reading, decoding, storing.
    """
    from invoco.cli import measuring

    figures = measuring.whole_import(
        contacts=contacts, baseline=baseline, windows=windows, database_url=database_url, say=_say(quiet=json)
    )
    _print(figures, as_json=json)


@app.command("start")
def start(*, json: AsJson = False) -> None:
    """Measure how soon `invoco --help` answers and `invoco serve` is healthy."""
    from invoco.cli import measuring

    _print(measuring.starts(), as_json=json)


def _say(*, quiet: bool) -> Any:
    return lambda text: None if quiet else typer.echo(text, err=True)


def _print(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(figures)
    else:
        print_table("Measured", ("figure", "value"), figures.items(), empty="")
