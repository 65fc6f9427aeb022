"""When the jobs of a connection run."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Job(StrEnum):
    """What is done for a connection in the background; at most one of each at a time."""

    DRAIN = "drain"
    """Take in what waits in the inbox."""
    CONFIRM = "confirm"
    """Read again what is in doubt."""
    SEND = "send"
    """Bring to HighLevel what was changed here."""
    POLL = "poll"
    """Look for contacts that changed lately."""
    RECONCILE = "reconcile"
    """Compare everything, and mend."""
    RETENTION = "retention"
    """Remove what has been kept long enough."""
    REFRESH = "refresh"
    """Keep tokens alive, and see where the app is installed."""


class Modes(msgspec.Struct, frozen=True, kw_only=True):
    """How a connection learns of changes; any combination."""

    realtime: bool = True
    """By webhooks."""
    poll_every: int | None = 300
    """Seconds between two polls; None: never."""
    batch_at: str | None = "30 3 * * *"
    """A cron expression: when everything is compared; None: never."""
    timezone: str = "UTC"
    """IANA name of the zone in which `batch_at` is read."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """How a job of a connection stands."""

    location_id: str
    job: Job
    started_at: int | None = None
    finished_at: int | None = None
    next_at: int | None = None
    """When it is due by its schedule; None: it is only woken."""
    error: str | None = None
    """Why the last run failed."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One poll or reconcile."""

    id: str
    location_id: str
    job: Job
    started_at: int
    finished_at: int | None = None
    compared: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    doubtful: int = 0
    """Records that were asked to be read again."""
    held: int = 0
    """Deletions that wait for approval."""
