"""What the demo prints."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from invoco.cli.demo.changes import percentile
from invoco.cli.demo.way_out import told
from invoco.cli.output import print_json, print_table

if TYPE_CHECKING:
    from invoco.cli.demo.live import Events, Served
    from invoco.cli.demo.way_out import Outbound
    from invoco.cli.twin_process import RunningTwin
    from invoco.sync.drift import Drift
    from invoco.sync.imports import ImportOutcome

LIMIT = "100/1s"
"""Ten times HighLevel's rate, so that the notes, which cost a call per contact, do not keep a spectator waiting."""
_COUNTED = ("contacts", "tasks", "notes", "appointments", "businesses", "tags")


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """What the import and its first proof came to."""

    outcome: ImportOutcome
    drift: Drift
    figures: dict[str, Any]
    """Of the twin."""
    seconds: float


def say(text: str, *, quiet: bool) -> None:
    """Tell a spectator what goes on."""
    if not quiet:
        typer.echo(text, err=True)


def print_arrival(arrival: Arrival) -> None:
    """A table of what arrived."""
    compared = {kind.kind: kind.compared for kind in arrival.drift.kinds}
    stored = {kind: step.stored for kind, step in arrival.outcome.steps.items()}
    rows = [(kind.replace("_", " "), count, compared.get(kind, 0)) for kind, count in stored.items()]
    print_table("What arrived", ("kind", "imported", "compared"), rows, empty="")
    figures = arrival.figures
    typer.echo(
        f"drift {arrival.drift.drift} · {figures['requests']} requests · {figures['rate_limited']} rate limited"
        f" · {arrival.seconds:.1f} seconds (the twin's limit is {LIMIT})\n"
    )


def print_events(events: Events) -> None:
    """A table of how soon changes were seen."""
    times: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for each in events.seen:
        times[each.kind, each.action].append(each.milliseconds)
    rows = [
        (kind, action, len(found), f"{percentile(found, 0.5):.0f} ms", f"{max(found):.0f} ms")
        for (kind, action), found in sorted(times.items())
    ]
    columns = ("kind", "change in HighLevel", "times", "seen in Invoco after", "at the latest")
    print_table("Changes as they arrive", columns, rows, empty="")
    typer.echo(
        f"{events.received} webhooks received, {events.applied} applied"
        f" · all confirmed {events.confirmed_after:.1f} seconds after the last change\n"
    )


def print_way_out(outbound: Outbound, drift: Drift) -> None:
    """A table of what was written in Invoco, and the last proof."""
    print_table("Changes made in Invoco", ("what", "count"), told(outbound), empty="")
    typer.echo(f"drift {drift.drift} · all sent {outbound.seconds:.1f} seconds after the last change")


def print_for_machines(
    arrival: Arrival, events: Events, outbound: Outbound, drift: Drift, figures: dict[str, Any]
) -> None:
    """One JSON document; `drift` is that of both proofs together."""
    imported = Counter({kind: step.stored for kind, step in arrival.outcome.steps.items()})
    print_json({
        "imported": {kind: imported[kind] for kind in _COUNTED},
        "drift": arrival.drift.drift + drift.drift,
        "requests": figures["requests"],
        "rate_limited": figures["rate_limited"],
        "seconds": round(arrival.seconds, 2),
        "events": events.as_json(),
        "outbound": msgspec.to_builtins(outbound),
    })  # fmt: skip


def invite(twin: RunningTwin, api: Served, contact_id: str) -> None:
    """How to look around, and how to change something and see it arrive."""
    typer.echo(f"\nInvoco's API answers at {api.url} (documentation at {api.url}/docs). A look at one contact:\n")
    typer.echo(
        f"  curl -H 'Authorization: Bearer {api.key}' -H 'Version: 2021-07-28' {api.url}/contacts/{contact_id}\n"
    )
    typer.echo("Change it in the twin, whose webhooks arrive here, and look again:\n")
    typer.echo(
        f"  curl -X PUT -H 'Authorization: Bearer {twin.token}' -H 'Version: 2021-07-28' \\\n"
        f"    -H 'Content-Type: application/json' -d '{{\"city\": \"Elsewhere\"}}' {twin.url}/contacts/{contact_id}\n"
    )
    typer.echo("Stop with Ctrl-C; nothing is left behind.")
