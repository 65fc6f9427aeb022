"""`invoco history` and `invoco why`: what happened to a contact, and why a field has its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json, print_table, run
from invoco.cli.values import moment, of_record, told

if TYPE_CHECKING:
    from invoco.service.history import ContactHistory, Happening, Why

_Contact = Annotated[str, typer.Argument(metavar="CONTACT", help="Its id, a former id, or its e-mail address.")]
_Connection = Annotated[
    str | None, typer.Option("--connection", metavar="NAME", help="The connection; needed when there are several.")
]


def history(
    contact: _Contact,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How much to show at most.")] = 50,
    connection: _Connection = None,
    json: AsJson = False,
) -> None:
    """Tell what happened to a contact, its tasks, notes and appointments, newest first."""
    found = run(_history(contact, limit, connection))
    if json:
        print_json(found)
        return
    rows = [
        (moment(each.at), _who(each), each.action, of_record(each.kind, each.record_id), _by(each), _changes(each))
        for each in found.happenings
    ]
    title = f"{found.name or 'Contact'} ({found.contact_id})"
    empty = f"Nothing has happened to {title} since it arrived here."
    print_table(title, ("when", "who", "what", "record", "by", "changed"), rows, empty=empty)
    if found.former_ids:
        typer.echo(f"Before HighLevel had it, its id here was {', '.join(found.former_ids)}.")


def why(
    contact: _Contact,
    field: Annotated[
        str,
        typer.Argument(
            metavar="FIELD", help="As HighLevel's API names it: firstName, phone, tags; a custom field by key or name."
        ),
    ],
    *,
    connection: _Connection = None,
    json: AsJson = False,
) -> None:
    """Tell why a field of a contact has its value: who set it, when, and by what event or run."""
    found = run(_why(contact, field, connection))
    if json:
        print_json(found)
        return
    print_table(f"{found.field} of {found.name or found.contact_id}", ("", ""), _facts(found), empty="")
    for finding in found.findings:
        typer.echo(f"Finding {finding.id}: {finding.message}")
    for conflict in found.conflicts:
        typer.echo(
            f"Conflict {conflict.id}: HighLevel has {told(conflict.theirs)}, Invoco {told(conflict.ours)}."
            " Choose with `invoco conflicts resolve`."
        )


def _facts(found: Why) -> list[tuple[str, str]]:
    now = [("value", told(found.value))]
    if found.happening is None:
        return [*now, ("since", "It has been so since the contact arrived here.")]
    change = found.happening
    facts = [
        *now,
        ("before", told(found.before)),
        ("when", moment(change.at)),
        ("who", _who(change)),
        ("what", change.action),
        ("event", change.event_id or ""),
        ("run", change.run_id or ""),
        ("read in HighLevel at", moment(change.read_at)),
    ]
    return [(name, value) for name, value in facts if value]


_WHO = {
    "event": "HighLevel (webhook)",
    "poll": "HighLevel (poll)",
    "reconcile": "HighLevel (comparison)",
    "retry": "HighLevel (read again)",
    "sent": "HighLevel (answer to what was sent)",
    "cli": "operator (cli)",
}


def _who(happening: Happening) -> str:
    return _WHO.get(happening.actor, happening.actor)


def _by(happening: Happening) -> str:
    told_by = [("event", happening.event_id), ("run", happening.run_id)]
    return "\n".join(f"{name} {id_}" for name, id_ in told_by if id_)


def _changes(happening: Happening) -> str:
    return "\n".join(f"{each.field}: {told(each.before)} → {told(each.after)}" for each in happening.changes)


async def _history(contact: str, limit: int, name: str | None) -> ContactHistory:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.history.of_contact(await invoco.connections.chosen(name), contact, limit=limit)


async def _why(contact: str, field: str, name: str | None) -> Why:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await invoco.history.why(await invoco.connections.chosen(name), contact, field)
