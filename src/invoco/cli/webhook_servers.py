"""The two servers that `invoco bench ingest` compares, each a process of its own: `ceiling` and `whole`."""

from __future__ import annotations

import sys

import typer

from invoco.cli.door import leave
from invoco.cli.output import run


class Forgetful:
    """Takes every webhook whose signature is good, and keeps none."""

    async def take(self, body: bytes) -> None:
        """Forget it."""

    def count(self, name: str) -> None:
        """Forget it."""


async def ceiling() -> None:
    """The server, the route and the check of the signature; no store."""
    from invoco import settings
    from invoco.routes.serving import serve
    from invoco.routes.webhooks import webhook_route
    from invoco.service.webhooks import webhook_keys

    chosen = settings.load()
    keys = webhook_keys(ed25519=chosen.webhook_ed25519_keys, rsa=chosen.webhook_rsa_keys)
    await serve(webhook_route(Forgetful(), keys=keys), host="127.0.0.1", port=0, on_ready=typer.echo)


async def whole() -> None:
    """What `invoco serve` answers with, while no job runs."""
    from invoco.bootstrap import api, opened
    from invoco.routes.serving import serve

    async with opened() as invoco:
        await serve(api(invoco), host="127.0.0.1", port=0, on_ready=typer.echo)


if __name__ == "__main__":
    server = {"ceiling": ceiling, "whole": whole}[sys.argv[1]]
    sys.exit(leave(lambda: run(server()), sys.argv[1:]))
