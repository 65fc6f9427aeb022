"""What `invoco bench latency` measures: how soon a change made in HighLevel is told by Invoco's API, and confirmed.

Twin, `invoco serve` and load are processes of their own; what the load does uses none of the quota of Invoco's app.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec

from invoco.cli.demo.changes import percentile
from invoco.cli.latency_load import Change, Load
from invoco.cli.output import run
from invoco.cli.serve_process import Home, furnished, running_serve
from invoco.cli.twin_process import RunningTwin, running_twin
from invoco.domain.kinds import RecordKind

Say = Callable[[str], None]

_LIMIT: Final = "100/10s"
_UNREAD: Final = frozenset({RecordKind.NOTE})
"""Reading them takes a call for each contact."""
_LOOK_AT_EVERY: Final = 10
_WARM_UP: Final = 100
"""Changes before the measured ones."""


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """What one load showed."""

    visible: list[float]
    """Milliseconds from a change until Invoco's API told it, of those that were looked for there."""
    confirmed: list[float]
    """The same until it was confirmed."""
    confirmed_after: float
    """Seconds from the last change until all were confirmed."""


def latency(*, rate: float, seconds: float, burst_seconds: float, say: Say) -> dict[str, Any]:
    """Make changes at a steady rate, first without limits, then within HighLevel's.

    Args:
        rate: changes a second, each of another contact.
        seconds: for which changes are made without limits.
        burst_seconds: for which they are made within limits.
        say: is told how it goes.
    """
    calm, burst = int(rate * seconds), int(rate * burst_seconds)
    contacts = calm + burst + 2 * _WARM_UP
    with tempfile.TemporaryDirectory() as folder, running_twin(contacts=contacts, seed=1, limit="off") as twin:
        say(f"Importing {contacts} contacts …")
        home = run(furnished(Path(folder), twin, skip=_UNREAD))
        ids = run(_contact_ids(home))
        say(f"{calm} changes in {seconds:.0f} s, without limits …")
        unlimited = _phase(twin, home, ids, calm, rate)
        _limit(twin, _LIMIT)
        say(f"{burst} changes in {burst_seconds:.0f} s, within {_LIMIT} …")
        limited = _phase(twin, home, ids, burst, rate)
        refused = twin.figures()["rate_limited"]
        _limit(twin, "off")
        say("Reading the source again to compare …")
        drift = run(_drift(home))
    return {
        **_figures(unlimited, limited),
        "rate_limited": refused,
        "drift": drift,
        "rate": rate,
        "changes": calm + burst,
    }


def _figures(unlimited: Phase, limited: Phase) -> dict[str, Any]:
    def told(times: Sequence[float], share: float) -> float:
        return round(percentile(times, share), 1)

    return {
        "p50_ms": told(unlimited.confirmed, 0.5),
        "p99_ms": told(unlimited.confirmed, 0.99),
        "visible_p50_ms": told(unlimited.visible, 0.5),
        "visible_p99_ms": told(unlimited.visible, 0.99),
        "burst_p50_ms": told(limited.visible, 0.5),
        "burst_p99_ms": told(limited.visible, 0.99),
        "burst_confirmed_p50_ms": told(limited.confirmed, 0.5),
        "burst_confirmed_p99_ms": told(limited.confirmed, 0.99),
        "confirmed_after_s": round(limited.confirmed_after, 1),
    }


def _phase(twin: RunningTwin, home: Home, ids: Iterator[str], count: int, rate: float) -> Phase:
    with running_serve(home, twin) as serve:
        warm_up = Load(twin, home, url=serve.url, rate=rate)
        run(warm_up.run(list(itertools.islice(ids, _WARM_UP)), look_at_every=_LOOK_AT_EVERY))
        load = Load(twin, home, url=serve.url, rate=rate)
        confirmed_after = run(load.run(list(itertools.islice(ids, count)), look_at_every=_LOOK_AT_EVERY))
    return _phase_of(load.changes, confirmed_after)


def _phase_of(changes: Sequence[Change], confirmed_after: float) -> Phase:
    return Phase(
        visible=[1000 * (each.visible_at - each.made_at) for each in changes if each.visible_at is not None],
        confirmed=[1000 * (each.confirmed_at - each.made_at) for each in changes if each.confirmed_at is not None],
        confirmed_after=confirmed_after,
    )


def _limit(twin: RunningTwin, limit: str) -> None:
    httpx2.post(f"{twin.url}/_twin/limits", json={"limit": limit}, timeout=30).raise_for_status()


async def _contact_ids(home: Home) -> Iterator[str]:
    """Of the mirror, in no particular order."""
    from invoco import settings
    from invoco.bootstrap import opened
    from invoco.service.books.desk import every

    async with opened(settings.load(**home.given)) as invoco, invoco.database.reading() as session:
        return iter([contact.id for contact in await every(session.contacts, home.connection.id)])


async def _drift(home: Home) -> int:
    from invoco import settings
    from invoco.bootstrap import opened

    async with opened(settings.load(**home.given)) as invoco:
        drift = await invoco.verification.verify(
            home.connection, progress=lambda _kind, _done, _total: None, skip=_UNREAD
        )
    return drift.drift
