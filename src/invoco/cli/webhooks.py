"""`invoco webhooks`: what HighLevel sent, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.domain.deliveries import Delivery, DeliveryState
    from invoco.service.deliveries import InboxStatus

app = typer.Typer(help="See which webhooks arrived and what became of them.", no_args_is_help=True)


@app.command("list")
def list_(
    *,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="Only waiting, done, kept or rejected ones.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 50,
    json: AsJson = False,
) -> None:
    """List the webhooks that arrived last."""
    from invoco.highlevel.clock import iso

    deliveries = run(_newest(limit=limit, state=_state(state)))
    if json:
        print_json([_as_json(delivery) for delivery in deliveries])
        return
    rows = [
        (each.webhook_id, each.type, each.location_id, iso(each.received_at), each.copies, each.state.value,
         each.reason or "")
        for each in deliveries
    ]  # fmt: skip
    columns = ("id", "event", "location", "received at", "copies", "state", "reason")
    print_table("Webhooks", columns, rows, empty="None arrived. See `invoco webhooks status` for the address.")


@app.command("show")
def show(
    webhook_id: Annotated[str, typer.Argument(metavar="ID", help="As `invoco webhooks list` tells it.")],
    *,
    json: AsJson = False,
) -> None:
    """Show one webhook with its body."""
    from invoco.highlevel.clock import iso

    delivery = run(_found(webhook_id))
    if json:
        print_json({**_as_json(delivery), "body": delivery.body.decode(errors="replace")})
        return
    facts = [
        ("event", delivery.type),
        ("location", delivery.location_id),
        ("happened at", "" if delivery.at is None else iso(delivery.at)),
        ("received at", iso(delivery.received_at)),
        ("copies", str(delivery.copies)),
        ("state", delivery.state.value),
        ("reason", delivery.reason or ""),
        ("body", delivery.body.decode(errors="replace")),
    ]
    print_table(delivery.webhook_id, ("", ""), [(name, value) for name, value in facts if value], empty="")


@app.command("status")
def status(*, json: AsJson = False) -> None:
    """Tell where HighLevel must send webhooks, how many wait, and why some were refused."""
    found, address = run(_status())
    if json:
        print_json({"address": address, "states": found.states, "counters": found.counters})
        return
    typer.echo(f"Enter this address in HighLevel, with your own host name and https in front of it: {address}")
    print_table("Webhooks", ("state", "count"), found.states.items(), empty="")
    empty = "Nothing was refused in the last seven days."
    print_table("Of the last seven days", ("counted", "count"), found.counters.items(), empty=empty)


async def _newest(*, limit: int, state: DeliveryState | None) -> list[Delivery]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.deliveries.newest(limit=limit, state=state)


async def _found(webhook_id: str) -> Delivery:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.deliveries.find(webhook_id)


async def _status() -> tuple[InboxStatus, str]:
    from invoco.bootstrap import opened
    from invoco.routes.webhooks import WEBHOOK_PATH

    async with opened() as invoco:
        settings = invoco.settings
        return await invoco.deliveries.status(), f"http://{settings.host}:{settings.port}{WEBHOOK_PATH}"


def _state(name: str | None) -> DeliveryState | None:
    from invoco.domain.deliveries import DeliveryState

    try:
        return None if name is None else DeliveryState(name)
    except ValueError:
        known = ", ".join(DeliveryState)
        raise typer.BadParameter(f"{name!r} is no state; choose of {known}", param_hint="--state") from None


def _as_json(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.webhook_id,
        "type": delivery.type,
        "location": delivery.location_id,
        "at": delivery.at,
        "received_at": delivery.received_at,
        "copies": delivery.copies,
        "state": delivery.state,
        "reason": delivery.reason,
    }
