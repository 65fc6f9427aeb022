"""The command line: each command parses, calls a service and prints.

Rooms below are imported inside the commands, so that `invoco --help` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from invoco.cli import (
    archive,
    bench,
    config,
    conflict_rules,
    conflicts,
    connect,
    connection_settings,
    connections,
    database,
    deletions,
    demo,
    door,
    failures,
    findings,
    history,
    imports,
    keys,
    mapping,
    outbox,
    reference,
    reliability,
    sandbox,
    serve,
    simulate,
    verify,
    webhooks,
    worker,
)

app = typer.Typer(
    name="invoco",
    help="Keep your contacts equal to HighLevel.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(*, wanted: bool) -> None:
    if wanted:
        from invoco import __version__

        typer.echo(f"invoco {__version__}")
        raise typer.Exit


@app.callback()
def _invoco(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=lambda wanted: _version(wanted=wanted), is_eager=True, help="Print it."),
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the traceback of an error.")] = False,
) -> None:
    del version, verbose


app.command("demo")(demo.demo)
app.command("connect")(connect.connect)
app.command("import")(imports.import_)
app.command("verify")(verify.verify)
app.command("serve")(serve.serve)
app.command("simulate")(simulate.simulate)
app.command("worker")(worker.worker)
app.command("sandbox")(sandbox.sandbox)
app.command("reliability")(reliability.reliability)
app.command("history")(history.history)
app.command("why")(history.why)
connections.app.command("show")(connection_settings.show)
connections.app.command("deletion")(connection_settings.deletion)
connections.app.command("conflicts")(conflict_rules.conflicts)
app.add_typer(connections.app, name="connections")
app.add_typer(keys.app, name="keys")
app.add_typer(mapping.app, name="mapping")
app.add_typer(failures.app, name="failures")
app.add_typer(outbox.app, name="outbox")
app.add_typer(findings.app, name="findings")
app.add_typer(conflicts.app, name="conflicts")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(deletions.app, name="deletions")
app.add_typer(archive.app, name="archive")
app.add_typer(database.app, name="db")
app.add_typer(config.app, name="config")
app.add_typer(bench.app, name="bench")
app.add_typer(reference.app, name="docs")


def main() -> None:
    """Run the command line of this process and end it."""
    sys.exit(door.leave(app, sys.argv[1:]))
