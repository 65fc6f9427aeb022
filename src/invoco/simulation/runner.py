"""Many seeds in several processes."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import msgspec

from invoco.simulation.play import Log, Outcome, play
from invoco.simulation.script import script_of
from invoco.simulation.templates import Template, make_templates

_WORKERS = 2
_FIRST_DIFFERENCES = 5
_WARM_UP = (1, 111)
"""Seeds that are played before any counts, so that what happens once in a process happens in none that counts."""

Progress = Callable[[int, int], None]
"""Told how many seeds of how many are over."""


class Failing(msgspec.Struct, frozen=True, kw_only=True):
    """A seed after which the copy was not as it must be."""

    seed: int
    differences: tuple[str, ...]
    """The first of them."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all seeds."""

    seeds: int
    diverged: int
    failing: tuple[Failing, ...]
    events: int
    crashes: int
    faults: dict[str, int]
    seconds: float


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One seed, and all that happened in it where somebody wants to know."""

    outcome: Outcome
    lines: tuple[str, ...] = ()


def simulate(
    seeds: Sequence[int], *, progress: Progress, workers: int = _WORKERS, sabotage: str | None = None
) -> Result:
    """Play all seeds; the engine may be broken on purpose."""
    began = time.monotonic()
    outcomes: list[Outcome] = []
    with _workers(min(workers, len(seeds)), sabotage) as pool:
        pending = [pool.submit(_play_one, seed) for seed in seeds]
        for done in as_completed(pending):
            outcomes.append(done.result().outcome)
            progress(len(outcomes), len(seeds))
    return _result(outcomes, seconds=time.monotonic() - began)


def replay(seed: int, *, sabotage: str | None = None) -> Played:
    """Play one seed, and tell all that happened."""
    with _workers(1, sabotage) as pool:
        done: Future[Played] = pool.submit(_play_one, seed, tells=True)
        return done.result()


def _result(outcomes: Sequence[Outcome], *, seconds: float) -> Result:
    faults: Counter[str] = Counter()
    for outcome in outcomes:
        faults.update({name: hits for name, hits in outcome.faults.items() if hits})
    failing = [
        Failing(seed=outcome.seed, differences=outcome.differences[:_FIRST_DIFFERENCES])
        for outcome in sorted(outcomes, key=lambda outcome: outcome.seed)
        if outcome.differences
    ]
    return Result(
        seeds=len(outcomes),
        diverged=len(failing),
        failing=tuple(failing),
        events=sum(outcome.events for outcome in outcomes),
        crashes=sum(outcome.crashes for outcome in outcomes),
        faults=dict(sorted(faults.items())),
        seconds=round(seconds, 1),
    )


@contextmanager
def _workers(count: int, sabotage: str | None) -> Iterator[ProcessPoolExecutor]:
    """Processes in which texts hash the same every time, so that a seed is the same in each of them."""
    with tempfile.TemporaryDirectory(prefix="invoco-simulation-") as folder:
        with mock.patch.dict(os.environ, {"PYTHONHASHSEED": "0"}):
            pool = ProcessPoolExecutor(
                count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(folder, sabotage),
            )
            # All of them are started while the variable is set.
            ready = [pool.submit(os.getpid) for _ in range(count)]
        try:
            for each in ready:
                each.result()
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise
        pool.shutdown()


_templates: list[Template] = []
_sabotage: list[str | None] = []


def _begin(folder: str, sabotage: str | None) -> None:
    """What a process does before its first seed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children itself
    logging.disable(logging.CRITICAL)
    mine = Path(folder) / str(os.getpid())
    mine.mkdir()
    _templates.extend(make_templates(mine))
    _sabotage.append(sabotage)
    for seed in _WARM_UP:
        play(script_of(seed, accounts=len(_templates)), _templates)
    gc.collect()
    gc.freeze()


def _play_one(seed: int, *, tells: bool = False) -> Played:
    log = Log()
    gc.disable()  # nothing lives longer than a seed, and looking for what died costs a tenth of the time
    outcome = play(script_of(seed, accounts=len(_templates)), _templates, log=log, sabotage=_sabotage[0])
    gc.enable()
    gc.collect()
    return Played(outcome=outcome, lines=tuple(log.lines) if tells else ())
