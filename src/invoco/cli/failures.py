"""`invoco failures`: the records that could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.domain.connections import SetAside

app = typer.Typer(help="See which records could not be read, and why.", no_args_is_help=True)


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    json: AsJson = False,
) -> None:
    """List the records that were set aside; the next import that can read them takes them off the list."""
    from invoco.highlevel.clock import iso

    failures = run(_failures(name))
    if json:
        print_json([_as_json(failure) for failure in failures])
        return
    rows = [(each.kind, each.record_id or "", each.reason, iso(each.at)) for each in failures]
    print_table("Set aside", ("kind", "id", "reason", "at"), rows, empty="Every record could be read.")


def _as_json(failure: SetAside) -> dict[str, object]:
    import msgspec

    return {
        "kind": failure.kind,
        "id": failure.record_id,
        "reason": failure.reason,
        "at": failure.at,
        "raw": msgspec.Raw(failure.raw),
    }


async def _failures(name: str | None) -> list[SetAside]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.imports.failures(await invoco.connections.chosen(name))
