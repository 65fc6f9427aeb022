"""`invoco demo`: a whole HighLevel account arrives in Invoco."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.bootstrap import Invoco
    from invoco.cli.twin_process import RunningTwin
    from invoco.domain.connections import Connection
    from invoco.settings import Settings
    from invoco.sync.drift import Drift
    from invoco.sync.imports import ImportOutcome

_LIMIT = "100/1s"
"""Ten times HighLevel's rate, so that the notes, which cost a call per contact, do not keep a spectator waiting."""
_COUNTED = ("contacts", "tasks", "notes", "appointments", "businesses", "tags")


def demo(
    *,
    contacts: Annotated[int, typer.Option(min=1, help="How many contacts the sample account has.")] = 500,
    seed: Annotated[int, typer.Option(help="The same seed gives the same account.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of Invoco's API; 0 takes a free one.")] = 8080,
    check: Annotated[bool, typer.Option("--check", help="Stop after the proof instead of serving the API.")] = False,
    json: AsJson = False,
) -> None:
    """Start the twin, connect over OAuth, import everything, prove it equal, and serve Invoco's API for a look."""
    from invoco.cli.twin_process import running_twin

    if not json:
        typer.echo(f"Starting a twin of HighLevel with {contacts} contacts …", err=True)
    with running_twin(contacts=contacts, seed=seed, limit=_LIMIT) as twin, tempfile.TemporaryDirectory() as folder:
        drift = run(_show(twin, Path(folder), port=port, check=check, as_json=json))
    if drift:
        raise typer.Exit(1)


async def _show(twin: RunningTwin, folder: Path, *, port: int, check: bool, as_json: bool) -> int:
    from invoco.bootstrap import opened

    async with opened(_settings(twin, folder)) as invoco:
        started = time.monotonic()
        connection = await _connected(invoco, twin)
        _say(f"Connected {connection.name} over OAuth ({len(connection.scopes)} scopes).", quiet=as_json)
        outcome, drift = await _imported_and_verified(invoco, connection, quiet=as_json)
        seconds = time.monotonic() - started
        _print(outcome, drift, twin, seconds=seconds, as_json=as_json)
        if not check:
            await _serve(invoco, connection, port=port)
        return drift.drift


def _settings(twin: RunningTwin, folder: Path) -> Settings:
    """Settings of the demo alone: what is set for the real Invoco must not leak into it."""
    from invoco.settings import load

    return load(data_folder=folder, base_url=twin.url, database_url=f"sqlite:///{folder / 'demo.db'}", secret_key=None)


async def _connected(invoco: Invoco, twin: RunningTwin) -> Connection:
    """The way a person connects, with the demo in the place of the browser."""
    from invoco.service.callback import callback

    async with callback(None) as waiting:
        authorisation = invoco.connections.authorise(
            base_url=twin.url, client_id=twin.client_id, client_secret=twin.client_secret, redirect_uri=waiting.url
        )
        await _consent(authorisation.url, twin.location_id)
        answer = await waiting.answer()
    return await invoco.connections.connect_with_oauth(authorisation, answer=answer, location_id=twin.location_id)


async def _consent(url: str, location_id: str) -> None:
    """Open the consent page, choose the location and follow the way back."""
    import httpx2

    async with httpx2.AsyncClient(follow_redirects=True) as browser:
        page = await browser.get(url)
        page.raise_for_status()
        granted = await browser.post(page.url, data={"location_id": location_id})
        granted.raise_for_status()


async def _imported_and_verified(invoco: Invoco, connection: Connection, *, quiet: bool) -> tuple[ImportOutcome, Drift]:
    from invoco.cli.progress import progress

    _say("Importing …", quiet=quiet)
    with progress(quiet=quiet) as tell:
        outcome = await invoco.imports.run(connection, progress=tell)
    _say("Reading the source again to compare …", quiet=quiet)
    with progress(quiet=quiet) as tell:
        drift = await invoco.verification.verify(connection, progress=tell)
    return outcome, drift


def _print(outcome: ImportOutcome, drift: Drift, twin: RunningTwin, *, seconds: float, as_json: bool) -> None:
    figures = twin.figures()
    imported = Counter({kind: step.stored for kind, step in outcome.steps.items()})
    if as_json:
        print_json(_as_json(imported, drift, figures, seconds))
        return
    compared = {kind.kind: kind.compared for kind in drift.kinds}
    rows = [(kind.replace("_", " "), count, compared.get(kind, 0)) for kind, count in imported.items()]
    print_table("What arrived", ("kind", "imported", "compared"), rows, empty="")
    typer.echo(
        f"drift {drift.drift} · {figures['requests']} requests · {figures['rate_limited']} rate limited"
        f" · {seconds:.1f} seconds (the twin's limit is {_LIMIT})"
    )


def _as_json(imported: Counter[str], drift: Drift, figures: dict[str, Any], seconds: float) -> dict[str, object]:
    return {
        "imported": {kind: imported[kind] for kind in _COUNTED},
        "drift": drift.drift,
        "requests": figures["requests"],
        "rate_limited": figures["rate_limited"],
        "seconds": round(seconds, 2),
    }


async def _serve(invoco: Invoco, connection: Connection, *, port: int) -> None:
    from invoco.bootstrap import api
    from invoco.domain.errors import PortTaken
    from invoco.routes.serving import serve

    made = await invoco.keys.add("demo", location_id=connection.id, read_only=False)

    def ready(url: str) -> None:
        typer.echo(f"\nInvoco's API answers at {url} (documentation at {url}/docs). A look at one contact:\n")
        typer.echo(
            f"  curl -H 'Authorization: Bearer {made.secret}' -H 'Version: 2021-07-28' \\\n"
            f"    '{url}/contacts/?locationId={connection.id}&limit=1'\n\nStop with Ctrl-C; nothing is left behind."
        )

    try:
        await serve(api(invoco), host="127.0.0.1", port=port, on_ready=ready)
    except PortTaken:
        await serve(api(invoco), host="127.0.0.1", port=0, on_ready=ready)


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        typer.echo(text, err=True)
