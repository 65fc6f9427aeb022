"""`invoco reliability`: how well HighLevel's webhooks did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.durations import seconds
from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.service.reliability import Reliability


def reliability(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    since: Annotated[str, typer.Option(metavar="DURATION", help="How far back: 12h, 7d, 2w.")] = "7d",
    json: AsJson = False,
) -> None:
    """Tell for each type of event what came, how late, how often, and how much never came."""
    found = run(_reliability(name, length=seconds(since, option="--since")))
    if json:
        print_json(_as_json(found))
    else:
        _print(found, since)


async def _reliability(name: str | None, *, length: float) -> Reliability:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.reliability.of(await invoco.connections.chosen(name), seconds=length)


def _as_json(found: Reliability) -> dict[str, object]:
    from invoco.service.reliability import loss

    return {
        "location": found.location_id,
        "since": found.since,
        "until": found.until,
        "received": found.received,
        "duplicates": found.duplicates,
        "missed": found.missed,
        "loss_percent": round(found.loss, 3),
        "types": {
            each.type: {
                "received": each.received,
                "duplicates": each.duplicates,
                "delay_p50_ms": each.delay_p50,
                "delay_p99_ms": each.delay_p99,
                "missed": each.missed,
                "loss_percent": round(loss(received=each.received, missed=each.missed), 3),
            }
            for each in found.types
        },
    }


def _print(found: Reliability, since: str) -> None:
    from invoco.service.reliability import loss

    rows = [
        (each.type, each.received, each.duplicates, _delay(each.delay_p50), _delay(each.delay_p99), each.missed,
         f"{loss(received=each.received, missed=each.missed):.2f} %")
        for each in found.types
    ]  # fmt: skip
    columns = ("event", "received", "duplicates", "delay p50", "delay p99", "missed", "loss")
    print_table(f"Webhooks of the last {since}", columns, rows, empty="No event came and none was missed.")
    if rows:
        typer.echo(f"{found.received} received · {found.missed} missed · loss {found.loss:.2f} %")


def _delay(milliseconds: int | None) -> str:
    return "" if milliseconds is None else f"{milliseconds} ms"
