"""What a mapping would make of records that are mirrored, for people to read before they switch it on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.mapping import FieldChange
from invoco.mapping.plans import changed_fields
from invoco.sync.agreement import Mapper
from invoco.sync.mapped import in_words
from invoco.sync.remapping import Remapped
from invoco.sync.sending import wishes

_NAMES: Final = ("name", "title", "first_name", "email", "phone", "body")


class RowOfPreview(msgspec.Struct, frozen=True, kw_only=True):
    """One record, and what becomes of it."""

    kind: RecordKind
    id: str
    name: str
    changes: tuple[FieldChange, ...] = ()
    left_out: bool = False
    problems: tuple[str, ...] = ()


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """What a mapping would make of the first records of each kind; a failing record may be changed too."""

    rows: tuple[RowOfPreview, ...]
    """Only records of which something is to be said."""
    changed: int
    unchanged: int
    filtered: int
    failing: int
    calls: int
    """How many of the records HighLevel would be told about, one call each, when they are changed here next."""
    of: int
    """How many records there are."""


def previewed(found: Sequence[Remapped], new: Mapper, *, total: int) -> Previewed:
    """The records in words, and how many of each sort there are."""
    rows = [_row(each) for each in found]
    return Previewed(
        rows=tuple(row for row in rows if row.changes or row.left_out or row.problems),
        changed=sum(bool(row.changes) for row in rows),
        unchanged=sum(not row.changes and not row.left_out for row in rows),
        filtered=sum(row.left_out for row in rows),
        failing=sum(bool(row.problems) for row in rows),
        calls=sum(_is_told(each, new) for each in found),
        of=total,
    )


def _row(each: Remapped) -> RowOfPreview:
    theirs: Any = each.theirs
    before = each.before or type(theirs)(id=theirs.id)
    changes = {} if each.after is None else changed_fields(before, each.after)
    return RowOfPreview(
        kind=each.kind,
        id=theirs.id,
        name=next((told for name in _NAMES if (told := getattr(theirs, name, None))), ""),
        changes=tuple(FieldChange(name, *pair) for name, pair in changes.items()),
        left_out=each.after is None and (each.before is not None or each.filtered),
        problems=tuple(in_words(each.kind, problem) for problem in each.problems),
    )


def _is_told(each: Remapped, new: Mapper) -> bool:
    wished = None if each.after is None else new.outward(each.kind, each.after, each.theirs)
    return wished is not None and bool(wishes(each.theirs, wished))
