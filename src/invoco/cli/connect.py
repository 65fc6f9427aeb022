"""`invoco connect`: authorise Invoco for a location."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json, run

if TYPE_CHECKING:
    from invoco.bootstrap import Invoco
    from invoco.domain.connections import Connection
    from invoco.highlevel.records import InstalledLocation
    from invoco.service.connections import Authorisation


def connect(
    name: Annotated[str | None, typer.Argument(help="What to call it; by default after the location.")] = None,
    *,
    base_url: Annotated[str | None, typer.Option(help="Of HighLevel's API, or of a twin.")] = None,
    client_id: Annotated[str | None, typer.Option(help="Of the OAuth app.")] = None,
    client_secret: Annotated[str | None, typer.Option(help="Of the OAuth app; asked for when left out.")] = None,
    token: Annotated[str | None, typer.Option(help="A private integration token, instead of an OAuth app.")] = None,
    location: Annotated[str | None, typer.Option(help="The location's id; needed with a token.")] = None,
    redirect_uri: Annotated[
        str | None, typer.Option(help="As registered with the app; without one this machine listens on a free port.")
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, open nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Connect a location: authorise, try every scope that is needed, keep the credentials encrypted."""
    given = {"base_url": base_url, "client_id": client_id, "client_secret": client_secret, "token": token}
    chosen = {key: value for key, value in given.items() if value is not None}
    connecting = _connected(chosen, name=name, location=location, redirect_uri=redirect_uri, browser=not no_browser)
    _print(run(connecting), as_json=json)


def _print(connection: Connection, *, as_json: bool) -> None:
    if as_json:
        print_json(connection)
        return
    typer.echo(f"Connected {connection.name} (location {connection.id}, {len(connection.scopes)} scopes).")
    typer.echo(f"Next: `invoco import {connection.name}`.")


async def _connected(
    given: dict[str, str], *, name: str | None, location: str | None, redirect_uri: str | None, browser: bool
) -> Connection:
    from invoco import settings
    from invoco.bootstrap import opened

    chosen = settings.load(**given)
    client_id = None if "token" in given else chosen.client_id
    token = None if "client_id" in given else chosen.token
    async with opened(chosen) as invoco:
        if token is None and client_id is not None:
            secret = chosen.client_secret.get_secret_value() if chosen.client_secret else None
            app = {"base_url": chosen.base_url, "client_id": client_id}
            app["client_secret"] = secret or _asked("Client secret", "--client-secret, or set INVOCO_CLIENT_SECRET")
            return await _with_oauth(
                invoco, app, name=name, location=location, redirect_uri=redirect_uri, browser=browser
            )
        plain = token.get_secret_value() if token else None
        return await invoco.connections.connect_with_token(
            base_url=chosen.base_url,
            token=plain or _asked("Private integration token", "--token or --client-id, or set INVOCO_TOKEN"),
            location_id=location or _asked("Location id", "--location", hidden=False),
            name=name,
        )


async def _with_oauth(
    invoco: Invoco,
    app: dict[str, str],
    *,
    name: str | None,
    location: str | None,
    redirect_uri: str | None,
    browser: bool,
) -> Connection:
    authorisation, answer = await _consented(invoco, app, redirect_uri=redirect_uri, browser=browser)
    return await invoco.connections.connect_with_oauth(
        authorisation,
        answer=answer,
        location_id=location,
        name=name,
        choose=_choose if sys.stdin.isatty() else None,
    )


async def _consented(
    invoco: Invoco, app: dict[str, str], *, redirect_uri: str | None, browser: bool
) -> tuple[Authorisation, str]:
    """The answer of the consent page, caught on this machine or pasted."""
    from invoco.service.callback import callback, is_loopback

    if redirect_uri is not None and not is_loopback(redirect_uri):
        authorisation = invoco.connections.authorise(**app, redirect_uri=redirect_uri)
        _show(authorisation.url, browser=browser)
        pasted = await asyncio.to_thread(_pasted)
        return authorisation, pasted
    async with callback(redirect_uri) as waiting:
        authorisation = invoco.connections.authorise(**app, redirect_uri=waiting.url)
        _show(authorisation.url, browser=browser)
        return authorisation, await waiting.answer()


def _show(url: str, *, browser: bool) -> None:
    typer.echo(f"Grant Invoco access here:\n\n  {url}\n", err=True)
    if browser:
        import webbrowser

        webbrowser.open(url)


def _pasted() -> str:
    pasted: str = typer.prompt("Paste the address the browser was sent to, or its code", err=True)
    return pasted


def _asked(what: str, option: str, *, hidden: bool = True) -> str:
    """The answer of the person at the terminal.

    Raises:
        FixInput: nobody sits there.
    """
    from invoco.domain.errors import FixInput

    if not sys.stdin.isatty():
        raise FixInput(f"{what}: none was given.", cure=f"Give {option}.")
    answer: str = typer.prompt(what, hide_input=hidden, err=True)
    return answer


async def _choose(installed: Sequence[InstalledLocation]) -> str:
    for row, location in enumerate(installed, start=1):
        typer.echo(f"{row:>4}  {location.name or location.id}  {location.address or ''}", err=True)
    number = 0
    while not 1 <= number <= len(installed):
        number = await asyncio.to_thread(typer.prompt, "Which location", type=int, err=True)
    return installed[number - 1].id
