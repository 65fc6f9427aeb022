"""What a mapping would do to some records, before it is switched on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Record
from invoco.mapping.mapping import Mapping, Outcome
from invoco.mapping.plans import changed_fields
from invoco.mapping.problems import FieldProblem


class FieldChange(msgspec.Struct, frozen=True):
    """One field of one record, before and after."""

    field: str
    before: Any
    after: Any


class PreviewRow(msgspec.Struct, frozen=True):
    """One record, and what becomes of it."""

    id: str
    changes: tuple[FieldChange, ...] = ()
    filtered: bool = False
    skipped: bool = False
    problems: tuple[FieldProblem, ...] = ()


class Preview(msgspec.Struct, frozen=True):
    """All records with their counts. A failing record may be changed too."""

    rows: tuple[PreviewRow, ...]
    changed: int
    unchanged: int
    filtered: int
    failing: int


def preview(mapping: Mapping, old_mapping: Mapping | None, kind: RecordKind, records: Iterable[Record]) -> Preview:
    """How HighLevel's records would come in, beside how they come in now.

    Before is what the old mapping makes of a record, or without one the record as it is.
    """
    rows = tuple(_row(mapping, old_mapping, kind, record) for record in records)
    return Preview(
        rows,
        changed=sum(bool(row.changes) for row in rows),
        unchanged=sum(not row.changes and not row.filtered and not row.skipped for row in rows),
        filtered=sum(row.filtered for row in rows),
        failing=sum(bool(row.problems) for row in rows),
    )


def _row(mapping: Mapping, old: Mapping | None, kind: RecordKind, record: Record) -> PreviewRow:
    now = mapping.inward(kind, record, None)
    before = _before(old, kind, record)
    changes = changed_fields(before, now.record) if now.record is not None else {}
    told = tuple(FieldChange(name, *pair) for name, pair in changes.items())
    skipped = now.record is None and not now.filtered
    return PreviewRow(record.id, told, filtered=now.filtered, skipped=skipped, problems=now.problems)


def _before(old: Mapping | None, kind: RecordKind, record: Record) -> Record:
    outcome = old.inward(kind, record, None) if old else Outcome(record)
    return outcome.record or type(record)(id=record.id)
