"""Polling: contacts that changed lately, for connections without webhooks and for webhooks that never came.

Contacts are read by `dateUpdated`, from a while before the highest that was ever told: the index lags (facts 4.4), so
that a change may show up behind later ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, Source, SourcePage, Store
from invoco.domain.schedules import Job, Run
from invoco.highlevel.clock import Clock, milliseconds
from invoco.sync.comparing import Dated, Found, Ledger, believe, judge, moment

POSITION = "poll"
"""Under which name the position is kept."""
OVERLAP = 600_000
"""Milliseconds; how far the index may lag."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far the polls of a connection have come."""

    watermark: int
    """The highest `dateUpdated` that was told."""
    seen_at: int
    """When it was first told, by the clock of this machine."""
    covered_at: int | None = None
    """When the last poll began that read everything since then."""
    since: int | None = None
    """From when on the poll under way reads; None between two polls."""
    begun_at: int = 0
    """When the poll under way began."""
    moved_at: int = 0
    """When its last page was stored."""
    cursor: Any = None
    """Of its next page."""

    def beginning(self) -> int:
        """From when on the next poll reads.

        The overlap shrinks while polls find nothing newer: what the index owed by then has shown up, and a mass of
        contacts that changed last is not read again for ever.
        """
        elapsed = 0 if self.covered_at is None else self.covered_at - self.seen_at
        return self.watermark - max(0, OVERLAP - max(0, elapsed))


async def poll(source: Source, store: Store, *, connection: Connection, clock: Clock, run_id: str) -> Run:
    """Read the contacts that changed lately and apply what is newer than what is held; tells what was found.

    Stopped at any moment, the next poll goes on behind the last page that was stored.

    Raises:
        TryAgain, Reconnect: the source could not go on; what was stored is kept.
    """
    run = Run(id=run_id, location_id=connection.id, job=Job.POLL, started_at=milliseconds(clock))
    ledger = Ledger(store, connection=connection, clock=clock, run=run)
    position = await _begun(ledger, store)
    while position.since is not None:
        read_at = ledger.now()
        page = await source.changed_contacts(position.since, position.cursor)
        differing = await ledger.differing(RecordKind.CONTACT, page.records)
        look = partial(_look, ledger=ledger, position=position, page=page, differing=differing, read_at=read_at)
        position = await ledger.store(POSITION, look)
    return ledger.run


async def _begun(ledger: Ledger, store: Store) -> Position:
    """Where the poll that was stopped goes on, if that was lately, or where a new one begins."""
    kept, now = await ledger.position(POSITION), ledger.now()
    position = msgspec.convert(kept, Position) if kept else await _first(ledger, store)
    if position.since is not None and 0 <= now - position.moved_at < OVERLAP:
        return position
    return replace(position, since=position.beginning(), begun_at=now, moved_at=now, cursor=None)


async def _first(ledger: Ledger, store: Store) -> Position:
    """The import read everything that changed before it began."""
    async with store.reading() as session:
        imported = await session.imports.latest(ledger.location_id)
    now = ledger.now()
    return Position(watermark=now if imported is None else imported.started_at, seen_at=now)


async def _look(
    session: Session,
    *,
    ledger: Ledger,
    position: Position,
    page: SourcePage,
    differing: Sequence[Dated],
    read_at: int,
) -> tuple[Found, Position]:
    kind = RecordKind.CONTACT
    judged = await judge(session, ledger, kind, differing)
    changes = await believe(session, ledger, kind, judged.newer, read_at=read_at)
    following = [reread for change in changes for reread in ledger.children_of(change.record_id)]
    found = Found(
        compared=len(page.records),
        changes=changes,
        rereads=[*(reread for _, reread in judged.even), *judged.buried, *following],
        malformed=page.malformed,
        finished_at=ledger.now() if page.cursor is None else None,
    )
    return found, _moved(position, page, now=ledger.now())


def _moved(position: Position, page: SourcePage, *, now: int) -> Position:
    """A `dateUpdated` of the future moves the watermark no further than to the present."""
    highest = min(now, max((moment(contact.date_updated) for contact in page.records), default=0))
    if highest > position.watermark:
        position = replace(position, watermark=highest, seen_at=now, covered_at=None)
    if page.cursor is None:
        return replace(position, since=None, cursor=None, covered_at=position.begun_at)
    return replace(position, cursor=page.cursor, moved_at=now)
