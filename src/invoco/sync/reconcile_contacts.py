"""Contacts page by page against the mirror, both sides by when they were added: only one moment is remembered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, SourcePage
from invoco.domain.rereads import Subject
from invoco.sync.comparing import Dated, Found, believe, judge, missing, moment
from invoco.sync.reconcile_steps import Step, forget_mended, position_name

_KIND = RecordKind.CONTACT
_CHUNK = 1000
_MOST_DOUBTS = 1000
"""A run; with more rows than that that differ and are as old as what is held, the mirror is stale, and a call for each
would eat the day's quota."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far it has come: all contacts that were added before `low` were compared."""

    cursor: Any = None
    low: int = 0
    """When the last contact that was told was added."""
    tied: tuple[str, ...] = ()
    """The contacts of that very moment that were told, and those of the last page that could not be read."""
    told: int = 0
    done: bool = False


async def reconcile_contacts(step: Step, kind: RecordKind) -> None:
    """Compare all contacts, and look for those of the mirror that no page told of."""
    name = position_name(kind)
    place = msgspec.convert(await step.ledger.position(name) or {}, Place)
    while not place.done:
        read_at = step.ledger.now()
        page = await step.source.page(kind, place.cursor)
        differing = await step.ledger.differing(kind, page.records)
        look = partial(_look, step=step, place=place, page=page, differing=differing, read_at=read_at)
        place = await step.ledger.store(name, look)
        step.progress(kind, place.told, place.told if place.done else page.total)


async def _look(
    session: Session, *, step: Step, place: Place, page: SourcePage, differing: Sequence[Dated], read_at: int
) -> tuple[Found, Place]:
    found = await _believed(session, step, differing, read_at=read_at)
    found.compared, found.malformed = len(page.records), page.malformed
    following = _behind(place, page)
    told = {*place.tied, *_ids(page)}
    before = None if following.done else following.low
    absent = await _untold(session, step, after=place.low, before=before, told=told)
    found.compared += len(absent)
    wanted = await missing(session, step.ledger, _KIND, absent)
    found.rereads += [step.ledger.reread(Subject.CONTACT, contact_id, missed=True) for contact_id in wanted]
    if following.done:
        await forget_mended(session, step, _KIND)
    return found, following


async def _believed(session: Session, step: Step, differing: Sequence[Dated], *, read_at: int) -> Found:
    ledger = step.ledger
    judged = await judge(session, ledger, _KIND, differing)
    is_stale = ledger.run.doubtful >= _MOST_DOUBTS
    believed = judged.newer + [row for row, _ in judged.even] if is_stale else judged.newer
    changes = await believe(session, ledger, _KIND, believed, read_at=read_at)
    doubts = [] if is_stale else [reread for _, reread in judged.even]
    new = [change.record_id for change in changes if change.before is None]
    children = [reread for contact_id in new for reread in ledger.children_of(contact_id)]
    return Found(changes=changes, rereads=[*doubts, *judged.buried, *judged.older, *children])


def _behind(place: Place, page: SourcePage) -> Place:
    """The position behind the page; a moment that goes on with the next page is compared with it."""
    rows = page.records
    dated = [at for row in rows if (at := moment(row.date_added))]
    low = max(place.low, dated[-1]) if dated else place.low
    tied = [row.id for row in rows if moment(row.date_added) == low]
    tied += [row.record_id for row in page.malformed if row.record_id]
    if low == place.low:
        tied += place.tied
    return replace(
        place,
        cursor=page.cursor,
        low=low,
        tied=tuple(dict.fromkeys(tied)),
        told=place.told + len(rows) + len(page.malformed),
        done=page.cursor is None,
    )


def _ids(page: SourcePage) -> list[str]:
    return [row.id for row in page.records] + [row.record_id for row in page.malformed if row.record_id]


async def _untold(session: Session, step: Step, *, after: int, before: int | None, told: Collection[str]) -> list[str]:
    """The mirror's contacts of that time that nobody told of."""
    if before is not None and before <= after:
        return []
    untold: list[str] = []
    behind = (after, "")
    while here := await session.contacts.added(step.ledger.location_id, after=behind, before=before, limit=_CHUNK):
        untold += [contact_id for _, contact_id in here if contact_id not in told]
        behind = here[-1]
    return untold
