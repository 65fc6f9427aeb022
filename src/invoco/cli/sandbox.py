"""`invoco sandbox`: a local twin of HighLevel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from invoco.cli.output import AsJson, print_json, run

if TYPE_CHECKING:
    from invoco.sandbox import TwinSettings

_FAULT_HELP = (
    "Let something go wrong, always or in a share of the calls: 520=0.1. `invoco sandbox --faults` lists them."
)


def sandbox(
    *,
    contacts: Annotated[int, typer.Option(min=0, help="Contacts of the sample account.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same account.")] = 1,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8765,
    limit: Annotated[str | None, typer.Option(help="Rate limit: 100/10s (as HighLevel), sandbox, or off.")] = None,
    daily_limit: Annotated[int | None, typer.Option(min=1, help="Calls per day.")] = None,
    lag: Annotated[float, typer.Option(min=0, help="Seconds until a write can be found by a search.")] = 0.0,
    fault: Annotated[list[str] | None, typer.Option(metavar="NAME[=RATE]", help=_FAULT_HELP)] = None,
    faults: Annotated[bool, typer.Option("--faults", help="List the faults and stop.")] = False,
    not_found: Annotated[Literal[400, 404], typer.Option(help="Status for a record that does not exist.")] = 400,
    data: Annotated[Path | None, typer.Option(help="Keep the twin in this file; without it nothing is kept.")] = None,
    webhook_url: Annotated[str | None, typer.Option(help="Where to send webhooks.")] = None,
    json: AsJson = False,
) -> None:
    """Run a twin of HighLevel on this machine: sample data, OAuth, limits, webhooks, and every known quirk."""
    from invoco.sandbox import TwinSettings, read_fault, read_limits

    if faults:
        _list_faults(as_json=json)
        return
    settings = TwinSettings(
        contacts=contacts,
        seed=seed,
        data=data,
        limits=read_limits(limit, daily_limit),
        lag=lag,
        faults=tuple(read_fault(text) for text in fault or ()),
        not_found_status=not_found,
        webhook_url=webhook_url,
    )
    run(_serve(settings, host=host, port=port, as_json=json))


async def _serve(settings: TwinSettings, *, host: str, port: int, as_json: bool) -> None:
    import gc

    from invoco.sandbox import build_twin, serve

    async with build_twin(settings) as twin:
        keys = twin.accounts.keys()
        # What is loaded now stays for good; without this the collector walks through it for every page.
        gc.collect()
        gc.freeze()
        show = _print_machine if as_json else _print_panel
        await serve(twin.app, host=host, port=port, on_ready=lambda url: show(url, keys))


def _print_machine(url: str, keys: dict[str, Any]) -> None:
    """One line; `token` and `location_id` are those of the main location."""
    print_json({"url": url, "location_id": _location(keys)["id"], "token": _token(keys), **keys})


def _print_panel(url: str, keys: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    facts = {
        "Base URL": url,
        "Consent page": f"{url}/v2/oauth/chooselocation",
        "Client id": keys["client_id"],
        "Client secret": keys["client_secret"],
        "Private token": _token(keys),
        "Location": f"{_location(keys)['id']}  ({_location(keys)['name']})",
        "Control API": f"{url}/_twin/dump",
    }
    console = Console(soft_wrap=True)
    body = Text("\n".join(f"{name:<14} {value}" for name, value in facts.items()))
    console.print(Panel(body, title="A twin of HighLevel, with sample data", expand=False))
    console.print(_examples(url, keys), highlight=False, markup=False)
    console.print("Stop it with Ctrl-C.")


def _examples(url: str, keys: dict[str, Any]) -> str:
    location_id = _location(keys)["id"]
    headers = f"-H 'Authorization: Bearer {_token(keys)}' -H 'Version: 2021-07-28'"
    search = f'{{"locationId": "{location_id}", "pageLimit": 2}}'
    return (
        f"curl {headers} '{url}/contacts/?locationId={location_id}&limit=2'\n\n"
        f"curl {headers} -H 'Content-Type: application/json' -d '{search}' {url}/contacts/search\n"
    )


def _location(keys: dict[str, Any]) -> dict[str, Any]:
    location: dict[str, Any] = keys["locations"][0]
    return location


def _token(keys: dict[str, Any]) -> str:
    """The newest private token of the main location, if there is one."""
    mine = [token["token"] for token in keys["private_tokens"] if token["location_id"] == _location(keys)["id"]]
    return mine[-1] if mine else ""


def _list_faults(*, as_json: bool) -> None:
    from invoco.cli.output import print_table
    from invoco.sandbox.faults import FAULTS

    described = {name: fault.description for name, fault in FAULTS.items()}
    if as_json:
        print_json(described)
    else:
        print_table("Faults of the twin", ("name", "what a caller sees"), described.items(), empty="")
