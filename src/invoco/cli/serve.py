"""`invoco serve`: Invoco's API, the place where webhooks arrive, and the work that follows from them."""

from __future__ import annotations

from typing import Annotated

import typer

from invoco.cli.output import run


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Serve Invoco's API, which speaks HighLevel, take in webhooks, and keep the copy equal."""
    run(_serve({"host": host, "port": port}))


async def _serve(given: dict[str, object]) -> None:
    from invoco import settings
    from invoco.bootstrap import api, opened, running
    from invoco.routes.serving import serve as serve_app

    chosen = settings.load(**{name: value for name, value in given.items() if value is not None})
    async with opened(chosen) as invoco, running(invoco):
        if not await invoco.keys.all():
            typer.echo("No key opens the API yet: make one with `invoco keys add NAME`.", err=True)
        await serve_app(api(invoco), host=chosen.host, port=chosen.port, on_ready=_ready)


def _ready(url: str) -> None:
    typer.echo(f"Invoco answers at {url} (documentation at {url}/docs). Stop it with Ctrl-C.")
