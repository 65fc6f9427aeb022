"""`invoco simulate`: the real engine against the twin, in a time of its own, with everything that can go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from invoco.cli.output import AsJson, print_json
from invoco.cli.progress import progress

if TYPE_CHECKING:
    from invoco.simulation.runner import Played, Result


def simulate(
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How many simulations.")] = 50,
    first: Annotated[int, typer.Option(min=0, help="The seed of the first.")] = 1,
    seed: Annotated[int | None, typer.Option(min=0, help="Play this one again, exactly as it was.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that play at the same time.")] = 2,
    sabotage: Annotated[
        str | None,
        typer.Option(
            metavar="PART",
            help="Break a part on purpose, to see it noticed: no-dedupe, no-reread, no-tombstones, cursor-first.",
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="With --seed: tell all that happened.")] = False,
    json: AsJson = False,
) -> None:
    """Let people, faults and crashes loose on a copy of Invoco and a twin; in the end both must be equal.

    Every seed is another story, which takes hours of its own time and a second of yours. The exit code is 1 when a copy
    was not equal to its source in the end; play its seed again to see why.
    """
    from invoco.simulation import runner
    from invoco.simulation.sabotage import sabotaged

    sabotaged(sabotage)
    if seed is not None:
        _tell_one(runner.replay(seed, sabotage=sabotage), verbose=verbose, as_json=json)
        return
    with progress(quiet=json) as tell:
        result = runner.simulate(
            range(first, first + seeds),
            progress=lambda done, total: tell("seeds", done, total),
            workers=workers,
            sabotage=sabotage,
        )
    _tell(result, as_json=json)


def _tell(result: Result, *, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        for failing in result.failing:
            _tell_failing(failing.seed, failing.differences)
        faults = ", ".join(f"{hits} {name}" for name, hits in result.faults.items()) or "none"
        typer.echo(
            f"{result.seeds} seeds, {result.diverged} diverged; {result.events} webhooks, {result.crashes} crashes,"
            f" faults: {faults}; {result.seconds:.0f} seconds"
        )
    if result.diverged:
        raise typer.Exit(1)


def _tell_one(played: Played, *, verbose: bool, as_json: bool) -> None:
    outcome = played.outcome
    if as_json:
        print_json({**_figures(played), "lines": played.lines} if verbose else _figures(played))
    else:
        for line in played.lines if verbose else ():
            typer.echo(line)
        _tell_failing(outcome.seed, outcome.differences)
        if not outcome.differences:
            typer.echo(f"seed {outcome.seed}: the copy equals the source")
    if outcome.differences:
        raise typer.Exit(1)


def _figures(played: Played) -> dict[str, object]:
    import msgspec

    return msgspec.structs.asdict(played.outcome)


def _tell_failing(seed: int, differences: tuple[str, ...]) -> None:
    for difference in differences:
        typer.echo(f"seed {seed}: {difference}")
