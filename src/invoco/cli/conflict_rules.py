"""`invoco connections conflicts`: who wins where both sides changed the same field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.domain.conflicts import ConflictRule
    from invoco.domain.connections import Connection

_MEANING = {
    "highlevel": "HighLevel's value is taken",
    "invoco": "Invoco's value is taken",
    "newest": "the value that was written later is taken",
    "longest": "the longer text is taken",
    "union": "lists are put together; otherwise the longer text is taken",
    "ask": "both stay until somebody chooses: see `invoco conflicts list`",
}
_DEFAULT = "default"


def conflicts(
    name: Annotated[str | None, typer.Argument(help="Its name or location id; needed when there are several.")] = None,
    *,
    default: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="For all other fields: highlevel, invoco, newest, longest, union or ask."),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=RULE",
            help="For one field, customFields for all custom fields; FIELD=default follows the default. Repeatable.",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Say who wins where both sides changed the same field; without options show what is set."""
    chosen = None if default is None else _rule(default, option="--default")
    connection = run(_conflicts(name, chosen, dict(_field_rule(each) for each in field or ())))
    if json:
        print_json({"location": connection.id, "conflicts": connection.conflicts})
        return
    rules = connection.conflicts
    rows = [
        *sorted((each, rule.value) for each, rule in rules.fields.items()),
        ("all other fields", rules.default.value),
    ]
    told = [(each, rule, _MEANING[rule]) for each, rule in rows]
    print_table(f"Where both sides changed a field ({connection.name})", ("field", "rule", "meaning"), told, empty="")


def _field_rule(text: str) -> tuple[str, ConflictRule | None]:
    field, _, rule = text.partition("=")
    if not field or not rule:
        raise typer.BadParameter(f"{text!r} is not FIELD=RULE, as phone=invoco", param_hint="--field")
    return field, None if rule == _DEFAULT else _rule(rule, option="--field")


def _rule(name: str, *, option: str) -> ConflictRule:
    from invoco.domain.conflicts import ConflictRule

    try:
        return ConflictRule(name)
    except ValueError:
        known = ", ".join(ConflictRule)
        raise typer.BadParameter(f"{name!r} is no rule; choose of {known}", param_hint=option) from None


async def _conflicts(
    name: str | None, default: ConflictRule | None, fields: dict[str, ConflictRule | None]
) -> Connection:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        connection = await invoco.connections.chosen(name)
        if default is not None or fields:
            connection = await invoco.connection_settings.set_conflicts(connection, default=default, fields=fields)
        return connection
