"""What a write of Invoco's own means: from now on the record is not the same on both sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Base
from invoco.domain.ports import Session
from invoco.sync.agreement import TWO_WAY


async def part(session: Session, changes: Sequence[Change]) -> None:
    """Keep what both sides had agreed on, before it is no more what is here."""
    by_kind: defaultdict[tuple[str, RecordKind], list[Change]] = defaultdict(list)
    for change in changes:
        if change.kind in TWO_WAY:
            by_kind[change.location_id, change.kind].append(change)
    for (location_id, kind), own in by_kind.items():
        known = await session.bases.get_many(location_id, kind, [change.record_id for change in own])
        parted: dict[str, Base | None] = {}
        for change in own:
            base = parted.get(change.record_id, known.get(change.record_id))
            parted[change.record_id] = _parted(change, base)
        await _keep(session, location_id, kind, parted, known)


async def _keep(
    session: Session, location_id: str, kind: RecordKind, parted: dict[str, Base | None], known: dict[str, Base]
) -> None:
    kept = [base for record_id, base in parted.items() if base is not None and base != known.get(record_id)]
    if kept:
        await session.bases.put(location_id, kept)
    if forgotten := [record_id for record_id, base in parted.items() if base is None and record_id in known]:
        await session.bases.remove(location_id, kind, forgotten)


def _parted(change: Change, base: Base | None) -> Base | None:
    """The base after the change; None: HighLevel never had the record, and it is gone again."""
    was = base or Base(
        kind=change.kind, record_id=change.record_id, contact_id=change.contact_id, theirs=change.before
    )  # fmt: skip
    if change.after is not None:
        return was
    return None if was.theirs is None else replace(was, deleted=True)
