"""What an import will cost, told before it starts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from invoco.domain.imports import Allowance, Outlook
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Source
from invoco.highlevel.operations import OPERATIONS

ORDER = (
    RecordKind.LOCATION,
    RecordKind.CUSTOM_FIELD,
    RecordKind.CUSTOM_VALUE,
    RecordKind.TAG,
    RecordKind.USER,
    RecordKind.CALENDAR,
    RecordKind.BUSINESS,
    RecordKind.CONTACT,
    RecordKind.TASK,
    RecordKind.APPOINTMENT,
    RecordKind.NOTE,
)
"""The steps of an import: what others refer to comes first, what costs a call per contact last."""

_READ_BY = {
    RecordKind.LOCATION: "get-location",
    RecordKind.CUSTOM_FIELD: "get-custom-fields",
    RecordKind.CUSTOM_VALUE: "get-custom-values",
    RecordKind.TAG: "get-location-tags",
    RecordKind.USER: "get-user-by-location",
    RecordKind.CALENDAR: "get-calendars",
    RecordKind.BUSINESS: "get-businesses-by-location",
    RecordKind.CONTACT: "search-contacts-advanced",
    RecordKind.TASK: "task-search",
    RecordKind.APPOINTMENT: "get-calendar-events",
    RecordKind.NOTE: "get-all-notes",
}

SCOPES: dict[RecordKind, str] = {kind: OPERATIONS[operation].scope or "" for kind, operation in _READ_BY.items()}
"""The scope that reading each kind needs."""

_DAY = 86_400


class KindPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind will cost."""

    kind: str
    records: int
    calls: int
    exact: bool
    """False when `records` is only the least there can be."""


class ImportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the whole import will cost."""

    kinds: Sequence[KindPlan]
    calls: int
    daily_quota: int | None
    """None when there is no limit."""
    quota_share: float
    """Calls as a share of one day's quota; above 1 it takes more than a day."""
    seconds: float
    """At full allowed speed; the waiting of notes for the next day's budget included."""


async def plan(source: Source, *, notes_share: float) -> ImportPlan:
    """Ask the source with one cheap call per kind.

    Raises:
        TryAgain, Reconnect: as `domain.errors` says.
    """
    kinds = [_kind_plan(kind, await source.outlook(kind)) for kind in ORDER if kind is not RecordKind.NOTE]
    contacts = next(kind.records for kind in kinds if kind.kind == RecordKind.CONTACT)
    notes = KindPlan(kind=RecordKind.NOTE, records=0, calls=contacts, exact=False)
    calls = sum(kind.calls for kind in kinds) + notes.calls
    allowance = source.allowance
    return ImportPlan(
        kinds=[*kinds, notes],
        calls=calls,
        daily_quota=allowance.daily,
        quota_share=calls / allowance.daily if allowance.daily else 0.0,
        seconds=_seconds(calls, notes_calls=notes.calls, allowance=allowance, notes_share=notes_share),
    )


def _kind_plan(kind: RecordKind, outlook: Outlook) -> KindPlan:
    return KindPlan(kind=kind, records=outlook.records, calls=outlook.calls, exact=outlook.exact)


def _seconds(calls: int, *, notes_calls: int, allowance: Allowance, notes_share: float) -> float:
    per_call = allowance.interval / allowance.burst if allowance.burst else 0.0
    budget = daily_notes(allowance, share=notes_share)
    nights = 0 if budget is None else max(0, math.ceil(notes_calls / budget) - 1)
    return nights * _DAY + (calls - nights * (budget or 0)) * per_call


def daily_notes(allowance: Allowance, *, share: float) -> int | None:
    """How many calls a day reading notes may use, at least one so that an import always ends; None for any number."""
    return None if allowance.daily is None else max(1, int(allowance.daily * share))
