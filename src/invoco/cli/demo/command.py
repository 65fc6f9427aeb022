"""The course of the demo: connect, import, prove, edit and watch, prove again, serve."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from invoco.cli.output import AsJson, run

if TYPE_CHECKING:
    from invoco.bootstrap import Invoco
    from invoco.cli.demo.live import Served
    from invoco.cli.demo.telling import Arrival
    from invoco.cli.twin_process import RunningTwin
    from invoco.domain.connections import Connection


def demo(
    *,
    contacts: Annotated[int, typer.Option(min=1, help="How many contacts the sample account has.")] = 500,
    seed: Annotated[int, typer.Option(help="The same seed gives the same account.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of Invoco's API; 0 takes a free one.")] = 8080,
    check: Annotated[bool, typer.Option("--check", help="Stop after the proof instead of serving the API.")] = False,
    json: AsJson = False,
) -> None:
    """Start the twin, connect over OAuth, import everything, edit on both sides, prove them equal, and serve it."""
    from invoco.cli.demo.telling import LIMIT, say
    from invoco.cli.twin_process import running_twin

    say(f"Starting a twin of HighLevel with {contacts} contacts …", quiet=json)
    with running_twin(contacts=contacts, seed=seed, limit=LIMIT) as twin, tempfile.TemporaryDirectory() as folder:
        drift = run(_show(twin, Path(folder), port=0 if check else port, check=check, as_json=json))
    if drift:
        raise typer.Exit(1)


async def _show(twin: RunningTwin, folder: Path, *, port: int, check: bool, as_json: bool) -> int:
    from invoco.bootstrap import opened
    from invoco.cli.demo.account import connected, settings_of
    from invoco.cli.demo.live import served
    from invoco.cli.demo.telling import print_arrival, say

    async with opened(settings_of(twin, folder)) as invoco:
        started = time.monotonic()
        connection = await connected(invoco, twin)
        say(f"Connected {connection.name} over OAuth ({len(connection.scopes)} scopes).", quiet=as_json)
        arrival = await _arrived(invoco, connection, twin, started=started, quiet=as_json)
        if not as_json:
            print_arrival(arrival)
        async with served(invoco, connection, twin, port=port) as api:
            return await _until_stopped(
                api, _live(invoco, connection, twin, api, arrival, check=check, as_json=as_json)
            )


async def _arrived(
    invoco: Invoco, connection: Connection, twin: RunningTwin, *, started: float, quiet: bool
) -> Arrival:
    from invoco.cli.demo.telling import Arrival, say
    from invoco.cli.progress import progress

    say("Importing …", quiet=quiet)
    with progress(quiet=quiet) as tell:
        outcome = await invoco.imports.run(connection, progress=tell)
    say("Reading the source again to compare …", quiet=quiet)
    with progress(quiet=quiet) as tell:
        drift = await invoco.verification.verify(connection, progress=tell)
    return Arrival(outcome=outcome, drift=drift, figures=twin.figures(), seconds=time.monotonic() - started)


async def _until_stopped(api: Served, work: Coroutine[Any, Any, int]) -> int:
    """What the work returns; when the API is stopped before, what is under way no longer matters."""
    working = asyncio.create_task(work)
    await asyncio.wait([working, api.ended], return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return 0
    return await working


async def _live(
    invoco: Invoco,
    connection: Connection,
    twin: RunningTwin,
    api: Served,
    arrival: Arrival,
    *,
    check: bool,
    as_json: bool,
) -> int:
    """Edit, watch and prove again; then leave the API to whoever wants to look around. Returns the drift."""
    from invoco.cli.demo.live import change_and_watch, confirmed, some_contact, verified
    from invoco.cli.demo.telling import invite, print_events, print_for_machines, print_way_out, say
    from invoco.cli.demo.way_out import edit_both

    say("Editing in the twin, and watching each change arrive by webhook …", quiet=as_json)
    events = await change_and_watch(invoco, connection, twin, api)
    say("Editing in Invoco and in the twin at once …", quiet=as_json)
    outbound = await edit_both(invoco, connection, twin, api)
    await confirmed(invoco, connection)
    say("Reading the source once more to compare …", quiet=as_json)
    drift = await verified(invoco, connection)
    if as_json:
        print_for_machines(arrival, events, outbound, drift, twin.figures())
    else:
        print_events(events)
        print_way_out(outbound, drift)
    if not check:
        invite(twin, api, await some_contact(invoco, connection))
        await api.ended
    return arrival.drift.drift + drift.drift
