"""`invoco connections show` and `deletion`: how a connection stands, and what happens to what is gone in HighLevel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from invoco.cli.durations import shown
from invoco.cli.kinds import OfKind, chosen_kind
from invoco.cli.output import AsJson, print_json, print_table, run

if TYPE_CHECKING:
    from invoco.domain.connections import Connection
    from invoco.domain.deletions import DeletionAction
    from invoco.domain.kinds import RecordKind
    from invoco.service.connection_settings import Figures

_Name = Annotated[str | None, typer.Argument(help="Its name or location id; needed when there are several.")]


def show(name: _Name = None, *, json: AsJson = False) -> None:
    """Show one connection, its settings and how its copy stands; its credentials are never shown."""
    connection, figures = run(_shown(name))
    if json:
        print_json(_as_json(connection, figures))
        return
    print_table(connection.name, ("", ""), [(fact, value) for fact, value in _facts(connection) if value], empty="")
    print_table("Its copy", ("", ""), _figures(figures), empty="")


def deletion(
    name: _Name = None,
    *,
    kind: OfKind = None,
    policy: Annotated[
        str | None,
        typer.Option(metavar="POLICY", help="leave, archive or delete: what happens to what is gone in HighLevel."),
    ] = None,
    after_days: Annotated[
        int | None, typer.Option(min=0, help="With --policy delete: for so many days it is archived first.")
    ] = None,
    mass_share: Annotated[
        float | None, typer.Option(min=0, max=1, help="Hold deletions of more than this share of a kind, …")
    ] = None,
    mass_least: Annotated[int | None, typer.Option(min=0, help="… and of more than so many within an hour.")] = None,
    json: AsJson = False,
) -> None:
    """Say what happens here to records that are gone in HighLevel; without options show what is set."""
    chosen = _policy(chosen_kind(kind), policy, after_days)
    connection = run(_deletion(name, chosen, share=mass_share, least=mass_least))
    if json:
        print_json(_deletion_json(connection))
        return
    _print_deletion(connection)


async def _shown(name: str | None) -> tuple[Connection, Figures]:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        connection = await invoco.connections.chosen(name)
        return connection, await invoco.connection_settings.figures(connection)


async def _deletion(
    name: str | None,
    chosen: tuple[RecordKind, DeletionAction, int] | None,
    *,
    share: float | None,
    least: int | None,
) -> Connection:
    from invoco.bootstrap import opened

    async with opened() as invoco:
        connection = await invoco.connections.chosen(name)
        settings = invoco.connection_settings
        if chosen is not None:
            kind, action, days = chosen
            connection = await settings.set_policy(connection, kind, action=action, after_days=days)
        if share is not None or least is not None:
            connection = await settings.set_mass(connection, share=share, least=least)
        return connection


def _policy(
    kind: RecordKind | None, name: str | None, after_days: int | None
) -> tuple[RecordKind, DeletionAction, int] | None:
    from invoco.domain.deletions import DeletionAction

    if kind is None and name is None and after_days is None:
        return None
    if kind is None or name is None:
        raise typer.BadParameter("a policy is set with --kind and --policy together")
    try:
        return kind, DeletionAction(name), after_days or 0
    except ValueError:
        known = ", ".join(DeletionAction)
        raise typer.BadParameter(f"{name!r} is no policy; choose of {known}", param_hint="--policy") from None


def _as_json(connection: Connection, figures: Figures) -> dict[str, Any]:
    import msgspec

    return {**msgspec.to_builtins(connection), "figures": figures}


def _deletion_json(connection: Connection) -> dict[str, object]:
    from invoco.domain.kinds import RecordKind

    return {
        "location": connection.id,
        "deletion": {kind.value: connection.policy(kind) for kind in RecordKind},
        "mass_deletion": connection.mass_deletion,
    }


def _print_deletion(connection: Connection) -> None:
    from invoco.domain.kinds import RecordKind

    rows = [(kind.value.replace("_", " "), _told(connection, kind)) for kind in RecordKind]
    print_table(f"What is gone in HighLevel ({connection.name})", ("kind", "here"), rows, empty="")
    typer.echo(_mass(connection))


def _told(connection: Connection, kind: RecordKind) -> str:
    policy = connection.policy(kind)
    days = f", archived for {policy.after_days} days first" if policy.after_days else ""
    return f"{policy.action.value}{days}"


def _mass(connection: Connection) -> str:
    mass = connection.mass_deletion
    return f"More than {mass.least} within an hour, if more than {mass.share:.1%} of a kind, wait for approval."


def _facts(connection: Connection) -> list[tuple[str, str]]:
    from invoco.highlevel.clock import iso

    return [
        ("state", connection.state.value),
        ("why", connection.state_reason or ""),
        ("location", connection.id),
        ("company", connection.company_id or ""),
        ("base URL", connection.base_url),
        ("access", connection.access),
        ("client id", connection.client_id or ""),
        ("connected at", iso(connection.connected_at)),
        ("modes", _modes(connection)),
        ("deletions", "\n".join(f"{kind.value}: {_told(connection, kind)}" for kind in connection.deletion)),
        ("mass deletions", _mass(connection)),
        ("scopes", "\n".join(connection.scopes)),
    ]


def _modes(connection: Connection) -> str:
    modes = connection.modes
    told = [
        "webhooks" if modes.realtime else "",
        f"a poll every {shown(modes.poll_every)}" if modes.poll_every else "",
        f"a comparison of everything at `{modes.batch_at}` ({modes.timezone})" if modes.batch_at else "",
    ]
    return ", ".join(mode for mode in told if mode) or "none"


def _figures(figures: Figures) -> list[tuple[str, str]]:
    from invoco.highlevel.clock import iso

    records = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in figures.records.items() if count)
    age = "never" if figures.drift_age is None else f"{shown(figures.drift_age)} ago"
    return [
        ("records", records or "none yet: run `invoco import`"),
        ("webhooks waiting", str(figures.waiting)),
        ("to be read again", str(figures.rereads)),
        ("not confirmed yet", str(figures.provisional)),
        ("failures", str(figures.failures)),
        ("held deletions", str(figures.held)),
        ("compared as a whole", age),
        *((f"{run.job.value} of {iso(run.started_at)}", _run(run)) for run in figures.runs),
    ]


def _run(run: Any) -> str:
    state = "" if run.finished_at is not None else ", not finished"
    return (
        f"{run.compared} compared, {run.created} created, {run.updated} updated, {run.deleted} deleted,"
        f" {run.doubtful} read again, {run.held} held{state}"
    )
