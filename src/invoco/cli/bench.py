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


@app.command("ingest")
def ingest(
    *,
    seconds: Annotated[float, typer.Option(min=1, help="How long webhooks are sent to each of both servers.")] = 10.0,
    connections: Annotated[int, typer.Option(min=1, help="Connections that send one webhook after the other.")] = 64,
    older_signature: Annotated[bool, typer.Option(help="Send the older RSA signature only.")] = False,
    database_url: Annotated[str | None, typer.Option(help="Measure on this PostgreSQL server instead.")] = None,
    json: AsJson = False,
) -> None:
    """Send signed webhooks to Invoco and, in turn, to the same server without a store: the ceiling.

    Both servers and the sender are processes of their own. A webhook counts once it is answered, which Invoco does when
    it is safe; `lost` counts those that were answered and are not in the inbox, `double` those that are there twice.
    """
    from invoco.cli import measuring_ingest

    figures = measuring_ingest.ingest(
        seconds=seconds,
        connections=connections,
        older=older_signature,
        database_url=database_url,
        say=_say(quiet=json),
    )
    _print(figures, as_json=json)


@app.command("drain")
def drain(
    *,
    events: Annotated[int, typer.Option(min=500, help="Events that wait.")] = 50_000,
    burst: Annotated[int, typer.Option(min=1, help="Events of one contact in a row, on average; 1: each alone.")] = 5,
    mirrored: Annotated[int, typer.Option(min=500, help="Contacts that Invoco holds.")] = 10_000,
    baseline: Annotated[
        int | None, typer.Option(min=500, help="Measure with so many contacts before, and compare what an event costs.")
    ] = None,
    database_url: Annotated[str | None, typer.Option(help="Measure on this PostgreSQL server instead.")] = None,
    json: AsJson = False,
) -> None:
    """Take in waiting events, fold and show them, and confirm them by reading again from a HighLevel in this process.

    Events per second count from the first that is taken to the last contact that is confirmed.
    """
    from invoco.cli import measuring_drain

    load = measuring_drain.Load(events=events, burst=burst, mirrored=mirrored)
    figures = measuring_drain.drain(load=load, baseline=baseline, database_url=database_url, say=_say(quiet=json))
    _print(figures, as_json=json)


@app.command("latency")
def latency(
    *,
    rate: Annotated[float, typer.Option(min=1, help="Changes a second, each of another contact.")] = 50.0,
    seconds: Annotated[float, typer.Option(min=1, help="How long they are made without limits.")] = 20.0,
    burst_seconds: Annotated[float, typer.Option(min=1, help="How long within HighLevel's limits.")] = 60.0,
    json: AsJson = False,
) -> None:
    """Change contacts in a twin, and watch how soon Invoco's API tells each change, and when it is confirmed.

    Twin, `invoco serve` and load are processes of their own.
    """
    from invoco.cli import measuring_latency

    figures = measuring_latency.latency(rate=rate, seconds=seconds, burst_seconds=burst_seconds, say=_say(quiet=json))
    _print(figures, as_json=json)


@app.command("idle")
def idle(
    *,
    seconds: Annotated[float, typer.Option(min=1, help="How long to look.")] = 20.0,
    contacts: Annotated[int, typer.Option(min=1, help="Contacts that Invoco holds.")] = 1000,
    json: AsJson = False,
) -> None:
    """Measure what `invoco serve` costs while nothing happens: the share of one processor core."""
    from invoco.cli import measuring_idle

    _print(measuring_idle.idle(seconds=seconds, contacts=contacts, say=_say(quiet=json)), as_json=json)


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
