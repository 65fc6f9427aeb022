"""Which jobs share places: a slow one never keeps a quick one waiting."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from invoco.domain.schedules import Job

Key = tuple[Job, str]
"""A job and the location it is for: what runs at most once at a time."""


class Lane(StrEnum):
    """Jobs that share a number of places."""

    DRAIN = "drain"
    """Taking in what arrived: short, and waited for by people."""
    CONFIRM = "confirm"
    """Reading again: mostly waiting for the location's quota."""
    SCHEDULED = "scheduled"
    """Whatever runs by a schedule: long, and in no hurry."""


PLACES: Final = {Lane.DRAIN: 8, Lane.CONFIRM: 32, Lane.SCHEDULED: 8}
"""How many run at once in one process."""

_LANES: Final = {Job.DRAIN: Lane.DRAIN, Job.CONFIRM: Lane.CONFIRM}


def lane_of(job: Job) -> Lane:
    """The lane in which a job runs."""
    return _LANES.get(job, Lane.SCHEDULED)
