"""`invoco config`: what is set, and where it comes from."""

from __future__ import annotations

import typer

from invoco.cli.output import AsJson, print_json, print_table

app = typer.Typer(help="Show what is set.", no_args_is_help=True)


@app.command("show")
def show(*, json: AsJson = False) -> None:
    """Show every setting, its value and its variable; secrets are masked."""
    from invoco import settings

    shown = settings.shown(settings.load())
    if json:
        print_json({name: entry["value"] for name, entry in shown.items()})
        return
    rows = [(name, entry["value"], entry["variable"], entry["about"]) for name, entry in shown.items()]
    print_table(f"Settings ({settings.config_path()})", ("setting", "value", "variable", "meaning"), rows, empty="")
