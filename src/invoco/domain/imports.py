"""The plan, the position and the figures of an import."""

from __future__ import annotations

from typing import Any

import msgspec


class ImportRun(msgspec.Struct, frozen=True, kw_only=True):
    """One import of one location; unfinished until `finished_at` is set."""

    id: str
    location_id: str
    started_at: int
    finished_at: int | None = None


class ImportStep(msgspec.Struct, frozen=True, kw_only=True):
    """How far an import has come with one kind of records; saved with every page."""

    run_id: str
    kind: str
    cursor: Any = None
    """JSON: whatever the source needs to read the next page; None before the first."""
    done: bool = False
    stored: int = 0
    set_aside: int = 0
    pages: int = 0
    total: int | None = None
    """As the source told it; it may change while the import runs."""
    seconds: float = 0.0
    """Time spent on it, over all processes that worked on the run."""


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls HighLevel grants an app in a location (facts 7)."""

    daily: int | None = 200_000
    """None when there is no limit."""
    burst: int | None = 100
    """None when there is no limit."""
    interval: float = 10.0
    """Seconds in which `burst` calls may be made."""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What reading all records of one kind will cost."""

    records: int
    calls: int
    exact: bool = True
    """False when HighLevel does not tell how many there are: `records` is then the least there can be."""
