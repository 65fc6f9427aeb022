"""`invoco findings`: fields that are not in HighLevel as they were written here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json, print_table, run
from invoco.cli.values import counted, moment, of_record, told

if TYPE_CHECKING:
    from invoco.domain.outbound import Finding
    from invoco.service.findings import Found

app = typer.Typer(help="See which fields are not in HighLevel as they were written.", no_args_is_help=True)

_OF_ONE = "As `invoco findings list` tells it."


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    closed: Annotated[bool, typer.Option("--closed", help="Those that are closed instead.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many to show at most.")] = 100,
    json: AsJson = False,
) -> None:
    """List the findings, newest first: HighLevel was told, and has something else."""
    found = run(_page(name, is_open=not closed, limit=limit))
    if json:
        print_json({"open": found.counts, "findings": [_as_json(finding) for finding in found.findings]})
        return
    rows = [
        (each.id, each.deviation.value, of_record(each.kind, each.record_id), each.field, each.message,
         moment(each.found_at))
        for each in found.findings
    ]  # fmt: skip
    empty = "No finding was closed yet." if closed else "Every field is in HighLevel as it was written."
    print_table("Findings", ("id", "what", "record", "field", "message", "found at"), rows, empty=empty)
    if found.counts:
        typer.echo(f"Open: {counted(found.counts)}.")


@app.command("show")
def show(finding_id: Annotated[str, typer.Argument(metavar="ID", help=_OF_ONE)], *, json: AsJson = False) -> None:
    """Show what was written, what HighLevel has, and what to do."""
    finding = run(_shown(finding_id))
    if json:
        print_json(_as_json(finding))
        return
    from invoco.service.findings import ADVICE

    facts = [
        ("what", finding.message),
        ("advice", ADVICE[finding.deviation]),
        ("record", of_record(finding.kind, finding.record_id)),
        ("contact", finding.contact_id or ""),
        ("field", finding.field),
        ("written", told(finding.wished)),
        ("HighLevel has", told(finding.got)),
        ("found at", moment(finding.found_at)),
        ("closed at", moment(finding.closed_at)),
    ]
    print_table(f"{finding.deviation.value} {finding.id}", ("", ""), [fact for fact in facts if fact[1]], empty="")


@app.command("close")
def close(
    finding_id: Annotated[str | None, typer.Argument(metavar="ID", help=_OF_ONE)] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    connection: Annotated[
        str | None,
        typer.Option("--connection", metavar="NAME", help="With --all: the connection; needed when there are several."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Take it off the list: it is dealt with, or right as it is; no record is changed."""
    if (finding_id is None) != everything:
        raise typer.BadParameter("name one ID, or give --all")
    closed = run(_all_closed(connection) if finding_id is None else _closed(finding_id))
    if json:
        print_json({"closed": closed})
    else:
        typer.echo(f"{closed} closed." if closed else "None was open.")


def _as_json(finding: Finding) -> dict[str, object]:
    return {
        "id": finding.id,
        "location": finding.location_id,
        "deviation": finding.deviation,
        "kind": finding.kind,
        "record_id": finding.record_id,
        "contact_id": finding.contact_id,
        "field": finding.field,
        "wished": finding.wished,
        "got": finding.got,
        "message": finding.message,
        "found_at": finding.found_at,
        "closed_at": finding.closed_at,
    }


async def _page(name: str | None, *, is_open: bool, limit: int) -> Found:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.findings.page(await invoco.connections.chosen(name), is_open=is_open, limit=limit)


async def _shown(finding_id: str) -> Finding:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.findings.show(finding_id)


async def _closed(finding_id: str) -> int:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        await invoco.findings.close(finding_id)
        return 1


async def _all_closed(name: str | None) -> int:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.findings.close_all(await invoco.connections.chosen(name))
