"""`invoco worker`: one of any number of processes that do the work in the background."""

from __future__ import annotations

import asyncio
import signal

import typer

from invoco.cli.output import run


def worker() -> None:
    """Do the work in the background, together with other workers, until it is stopped; needs PostgreSQL."""
    run(_work())


async def _work() -> None:
    from invoco.bootstrap import opened, working

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with opened() as invoco, working(invoco):
        typer.echo("This worker is ready. Stop it with Ctrl-C; what it is doing is finished first.")
        await stopped.wait()
