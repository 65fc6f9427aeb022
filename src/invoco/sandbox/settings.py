"""How a twin is set up, and the short texts that say so on a command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from invoco.domain.errors import Misconfigured

_UNLIMITED = 1_000_000_000
_BURST = re.compile(r"(\d+)/(\d+(?:\.\d+)?)s")


class Limit(msgspec.Struct, frozen=True):
    """How many calls are allowed (facts 7)."""

    burst: int = 100
    """Calls in one window."""
    seconds: float = 10.0
    """Length of a window."""
    daily: int = 200_000
    """Calls between two midnights, UTC."""


class Limits(msgspec.Struct, frozen=True):
    """The limit of apps, and that of private integration tokens where it is another."""

    app: Limit = Limit()
    private: Limit | None = None
    """Shared by all private tokens of a location, as in a sandbox agency (facts 2.5); None: as for apps."""


SANDBOX_AGENCY = Limits(private=Limit(burst=25, daily=10_000))
"""What HighLevel allows private integrations of a sandbox agency."""


class FaultSwitch(msgspec.Struct, frozen=True):
    """One fault that is switched on."""

    name: str
    rate: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """Share of the calls that it hits."""
    path: str | None = None
    """A regular expression of the paths it hits; None: all that the fault is made for."""
    times: int | None = None
    """Hits after which it switches itself off; None: never."""
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    """How long a slow answer takes."""


NotFoundStatus = Literal[400, 404]
"""What HighLevel was seen to answer for a record that does not exist (facts 6.2)."""


class TwinSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be chosen when a twin is started."""

    contacts: int = 1000
    """Size of the sample account; the other records grow with it."""
    seed: int = 1
    """The same seed gives the same account and the same faults."""
    data: Path | None = None
    """File of the twin's books; None: a temporary one that is removed at the end."""
    limits: Limits = Limits()
    lag: float = 0.0
    """Seconds until a write can be found by a search."""
    faults: tuple[FaultSwitch, ...] = ()
    not_found_status: NotFoundStatus = 400
    """Of the answer for a record that does not exist."""
    webhook_url: str | None = None
    """Where events are sent; None: nowhere, they are only kept."""
    redirect_uris: tuple[str, ...] = ()
    """Of the app; loopback addresses are always allowed, and any https address when none is registered."""


def read_limits(limit: str | None, daily: int | None) -> Limits:
    """The limits that `--limit` and `--daily-limit` name: `100/10s`, `sandbox`, `off`, or nothing.

    Raises:
        Misconfigured: the text is none of these.
    """
    if limit == "off":
        return Limits(Limit(burst=_UNLIMITED, daily=daily or _UNLIMITED))
    if limit == "sandbox":
        return SANDBOX_AGENCY if daily is None else Limits(private=Limit(burst=25, daily=daily))
    burst, seconds = _burst(limit) if limit else (Limit().burst, Limit().seconds)
    return Limits(Limit(burst=burst, seconds=seconds, daily=daily or Limit().daily))


def _burst(text: str) -> tuple[int, float]:
    found = _BURST.fullmatch(text.strip())
    if found is None or int(found[1]) < 1 or float(found[2]) <= 0:
        raise Misconfigured(f"The limit {text!r} cannot be read.", cure="Write it like 100/10s, or use sandbox or off.")
    return int(found[1]), float(found[2])


def read_fault(text: str) -> FaultSwitch:
    """The switch that `--fault NAME` or `--fault NAME=RATE` names; the name itself is checked by the switchboard.

    Raises:
        Misconfigured: the rate is no number from 0 to 1.
    """
    name, given, rate = text.partition("=")
    try:
        share = float(rate) if given else 1.0
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise Misconfigured(f"The rate of the fault {text!r} cannot be read.", cure="Write it like 520=0.1.")
    return FaultSwitch(name, rate=share)
