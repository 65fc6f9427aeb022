"""`invoco archive`: records that are gone in HighLevel and kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.kinds import OfKind, chosen_kind
from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.highlevel.records import Record
    from invoco.service.archive import Archived

app = typer.Typer(help="See and bring back what was deleted in HighLevel.", no_args_is_help=True)

_Id = Annotated[str, typer.Argument(metavar="ID", help="The record's id.")]
_TITLES = ("name", "title", "first_name", "body", "email", "phone")


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    kind: OfKind = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 100,
    json: AsJson = False,
) -> None:
    """List what is archived."""
    from invoco.highlevel.clock import iso

    found = run(_page(name, kind=kind, limit=limit))
    if json:
        print_json([_as_json(each) for each in found])
        return
    rows = [
        (each.stone.kind.value, each.record.id, _title(each.record), iso(each.stone.gone_at), _end(each))
        for each in found
    ]
    print_table("Archive", ("kind", "id", "name", "gone at", "kept until"), rows, empty="Nothing is archived.")


@app.command("show")
def show(record_id: _Id, *, kind: OfKind = None, json: AsJson = False) -> None:
    """Show an archived record and what happened to it."""
    from invoco.highlevel.clock import iso

    found = run(_shown(record_id, kind=kind))
    if json:
        print_json({**_as_json(found), "history": list(found.history)})
        return
    print_table(_title(found.record), ("field", "value"), sorted(found.record.to_wire().items()), empty="")
    rows = [(iso(each["at"]), each["action"], each["actor"]) for each in found.history]
    print_table("What happened", ("at", "action", "by"), rows, empty="Its history is not kept.")


@app.command("restore")
def restore(record_id: _Id, *, kind: OfKind = None, json: AsJson = False) -> None:
    """Let it be seen again, a contact with its tasks, notes and appointments; HighLevel is not changed."""
    back = run(_restored(record_id, kind=kind))
    if json:
        print_json([_as_json(each) for each in back])
        return
    rows = [(each.stone.kind.value, each.record.id, _title(each.record)) for each in back]
    print_table("Restored", ("kind", "id", "name"), rows, empty="")
    typer.echo("It is left here on purpose from now on: comparisons count it apart.")


async def _page(name: str | None, *, kind: str | None, limit: int) -> list[Archived]:
    from invoco.bootstrap import opened

    chosen = chosen_kind(kind)
    async with opened() as invoco:
        return await invoco.archive.page(await invoco.connections.chosen(name), kind=chosen, limit=limit)


async def _shown(record_id: str, *, kind: str | None) -> Archived:
    from invoco.bootstrap import opened

    chosen = chosen_kind(kind)
    async with opened() as invoco:
        return await invoco.archive.show(record_id, kind=chosen)


async def _restored(record_id: str, *, kind: str | None) -> list[Archived]:
    from invoco.bootstrap import opened

    chosen = chosen_kind(kind)
    async with opened() as invoco:
        return await invoco.archive.restore(record_id, kind=chosen)


def _as_json(archived: Archived) -> dict[str, object]:
    stone = archived.stone
    return {
        "id": stone.record_id,
        "kind": stone.kind,
        "location": archived.location_id,
        "contact_id": stone.contact_id,
        "action": stone.action,
        "gone_at": stone.gone_at,
        "purge_at": stone.purge_at,
        "record": archived.record.to_wire(),
    }


def _title(record: Record) -> str:
    """What a person would call it."""
    told = next((text for name in _TITLES if (text := getattr(record, name, None))), record.id)
    return str(told).partition("\n")[0][:60]


def _end(archived: Archived) -> str:
    from invoco.highlevel.clock import iso

    return "" if archived.stone.purge_at is None else iso(archived.stone.purge_at)
