"""`invoco mapping`: rules for fields, tried before they are switched on, and taken back if need be."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.bootstrap import Invoco
    from invoco.domain.connections import Connection
    from invoco.domain.outbound import MappingVersion
    from invoco.service.mappings import Previewed, Shown, Switched

T = TypeVar("T")

app = typer.Typer(help="Say which fields flow otherwise between HighLevel and Invoco.", no_args_is_help=True)

_Connection = Annotated[
    str | None, typer.Option("--connection", metavar="NAME", help="The connection; needed when there are several.")
]
_File = Annotated[Path, typer.Argument(metavar="FILE", help="A mapping in TOML or JSON; - reads standard input.")]
_ROWS = 40
_WIDTH = 40


@app.command("show")
def show(
    version: Annotated[int | None, typer.Option(help="Print that version as TOML.")] = None,
    *,
    connection: _Connection = None,
    json: AsJson = False,
) -> None:
    """List the versions of the mapping; the live one is in force."""
    if version is not None:
        text = run(_with(connection, lambda invoco, chosen: invoco.mappings.text(chosen, version)))
        print_json({"version": version, "toml": text}) if json else typer.echo(text, nl=False)
        return
    shown = run(_with(connection, lambda invoco, chosen: invoco.mappings.show(chosen)))
    if json:
        print_json({"versions": [_version_json(each) for each in shown.versions], "unfinished": shown.unfinished})
    else:
        _print_versions(shown)


@app.command("edit")
def edit(file: _File, *, connection: _Connection = None, json: AsJson = False) -> None:
    """Keep a mapping as a draft; nothing flows otherwise until it is promoted."""
    text = _text_of(file)
    draft = _or_problems(lambda invoco, chosen: invoco.mappings.edit(chosen, text, by="cli"), connection, as_json=json)
    if json:
        print_json(_version_json(draft))
        return
    typer.echo(f"Version {draft.version} is a draft. See what it does with `invoco mapping preview`.")


@app.command("check")
def check(file: _File, *, connection: _Connection = None, json: AsJson = False) -> None:
    """Tell everything that is wrong with a mapping, with a cure for each; exit code 1 if anything is."""
    text = _text_of(file)
    problems = run(_with(connection, lambda invoco, chosen: invoco.mappings.check(chosen, text)))
    if problems:
        _leave_with(problems, as_json=json)
    elif json:
        print_json({"problems": []})
    else:
        typer.echo("Nothing is wrong with it. Keep it with `invoco mapping edit`.")


@app.command("preview")
def preview(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A mapping; without one the newest draft is tried.")
    ] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many records of each kind are looked at.")] = 100,
    connection: _Connection = None,
    json: AsJson = False,
) -> None:
    """Show what a mapping would make of the records that are here; nothing is changed."""
    text = None if file is None else _text_of(file)
    told = _or_problems(
        lambda invoco, chosen: invoco.mappings.preview(chosen, text, limit=limit), connection, as_json=json
    )
    if json:
        print_json(told)
    else:
        _print_preview(told)


@app.command("diff")
def diff(
    a: Annotated[int, typer.Argument(min=0, metavar="A", help="A version; 0 is no mapping.")],
    b: Annotated[int, typer.Argument(min=0, metavar="B", help="Another one.")],
    *,
    connection: _Connection = None,
    json: AsJson = False,
) -> None:
    """Tell what version B says otherwise than version A."""
    lines = run(_with(connection, lambda invoco, chosen: invoco.mappings.diff(chosen, a, b)))
    if json:
        print_json(lines)
        return
    typer.echo("\n".join(lines) or "They say the same.")


@app.command("promote")
def promote(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    version: Annotated[int | None, typer.Option(min=1, help="Which one; without it the newest draft.")] = None,
    canary: Annotated[
        int, typer.Option(min=1, help="Bring so many records of each kind over first, and stop if they surprise.")
    ] = 20,
    json: AsJson = False,
) -> None:
    """Let a mapping be in force, and bring what is here to it; HighLevel is not changed."""
    from invoco.cli.progress import progress

    with progress(quiet=json) as tell:
        switched = _or_problems(
            lambda invoco, chosen: invoco.mappings.promote(chosen, version, progress=tell, canary=canary),
            name,
            as_json=json,
        )
    _tell_switched(switched, as_json=json)


@app.command("rollback")
def rollback(
    name: Annotated[str | None, typer.Argument(help="The connection; needed when there are several.")] = None,
    *,
    json: AsJson = False,
) -> None:
    """Let the mapping before be in force again, and give back the values of before."""
    from invoco.cli.progress import progress

    with progress(quiet=json) as tell:
        switched = _or_problems(
            lambda invoco, chosen: invoco.mappings.rollback(chosen, progress=tell), name, as_json=json
        )
    _tell_switched(switched, as_json=json)


async def _with(name: str | None, work: Callable[[Invoco, Connection], Awaitable[T]]) -> T:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        return await work(invoco, await invoco.connections.chosen(name))


def _or_problems(work: Callable[[Invoco, Connection], Awaitable[T]], name: str | None, *, as_json: bool) -> T:
    """What comes of the work; problems of a mapping are told one by one."""
    from invoco.domain.errors import InvalidMapping

    try:
        return run(_with(name, work))
    except InvalidMapping as invalid:
        _leave_with(invalid.problems, as_json=as_json)


def _leave_with(problems: Iterable[object], *, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"problems": list(problems)})
    else:
        typer.echo("\n".join(map(str, problems)))
    raise typer.Exit(1)


def _text_of(file: Path) -> str:
    from invoco.domain.errors import FixInput

    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FixInput(f"{file} is not a text in UTF-8.", cure="Save it as UTF-8 in your editor.") from None
    except OSError as error:
        raise FixInput(f"{file} cannot be read: {error.strerror}.", cure="Check the name of the file.") from error


def _version_json(version: MappingVersion) -> dict[str, Any]:
    import msgspec

    return {**msgspec.to_builtins(version), "document": msgspec.json.decode(version.document)}


def _print_versions(shown: Shown) -> None:
    from invoco.highlevel.clock import iso

    rows = [
        (each.version, each.state.value, iso(each.made_at), each.made_by, _since(each.promoted_at))
        for each in shown.versions
    ]
    empty = "Every field flows as it is. Write a mapping and keep it with `invoco mapping edit FILE`."
    print_table("Mapping", ("version", "state", "made at", "by", "promoted at"), rows, empty=empty)
    if shown.unfinished is not None:
        again = "promote" if shown.unfinished else "rollback"
        typer.echo(f"Not all records are brought to it yet: run `invoco mapping {again}` to go on.")


def _since(at: int | None) -> str:
    from invoco.highlevel.clock import iso

    return "" if at is None else iso(at)


def _print_preview(told: Previewed) -> None:
    rows = [cells for row in told.rows for cells in _cells(row)]
    print_table("Preview", ("kind", "record", "field", "before", "after"), rows[:_ROWS], empty="Nothing changes.")
    if len(rows) > _ROWS:
        typer.echo(f"… and {len(rows) - _ROWS} more; --json tells all.")
    for line in (f"{row.id}: {problem}" for row in told.rows for problem in row.problems):
        typer.echo(line)
    seen = told.changed + told.unchanged + told.filtered
    typer.echo(
        f"{told.changed} changed, {told.unchanged} unchanged, {told.filtered} left out, {told.failing} failing,"
        f" of the first {seen}; there are {told.of}."
    )
    typer.echo(
        f"Promoting it makes no call to HighLevel. {told.calls} of these would be sent, one call each, when they are"
        " edited here next."
    )


def _cells(row: Any) -> Iterable[tuple[str, ...]]:
    about = (row.kind.value, f"{row.name} ({row.id})" if row.name else row.id)
    if row.left_out:
        yield (*about, "", "it is here", "left out")
    for change in row.changes:
        yield (*about, change.field, _value(change.before), _value(change.after))


def _value(value: Any) -> str:
    import msgspec

    text = "" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _tell_switched(switched: Switched, *, as_json: bool) -> None:
    if as_json:
        print_json(switched)
        return
    live = f"Version {switched.version}" if switched.version else "No mapping"
    typer.echo(
        f"{live} is live. {switched.changed} of {switched.looked_at} records changed, {switched.left_out} left out,"
        f" {switched.failing} failing."
    )
