"""What must be true when a simulation has come to rest: the copy equals the source, and nothing is left undone."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from invoco.domain.connections import Connection
from invoco.domain.deletions import DeletionAction, DeletionPolicy, Tombstone
from invoco.domain.deliveries import DeliveryState
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.outbound import WriteState
from invoco.highlevel.records import Record
from invoco.service.books.desk import every
from invoco.simulation.hands import WATCHED
from invoco.store.database import Database
from invoco.store.session import StoreSession
from invoco.store.tables import history
from invoco.sync.agreement import TWO_WAY
from invoco.sync.drift import differing

_MOST = 1_000_000

Records = Mapping[str, Record]


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What the world knows of records that are no more."""

    ever: Mapping[RecordKind, set[str]]
    """Every id there ever was."""
    at_first: Mapping[RecordKind, set[str]]
    """Those that the first import brought."""


async def contacts_differ(twin: Database, mirror: Database, location_id: str, *, untold: set[str]) -> list[str]:
    """How the contacts that exist differ, but for the untold, of which no poll could know."""
    there, here = await _both(twin, mirror, location_id, RecordKind.CONTACT)
    return [
        f"after polling: {line}"
        for record_id in sorted(there.keys() - untold)
        for line in _unequal(RecordKind.CONTACT, record_id, here.get(record_id), there[record_id])
    ]


async def everything_differs(twin: Database, mirror: Database, connection: Connection, past: Past) -> list[str]:
    """How the copy differs from the source, and what was left undone, in one line each."""
    lines: list[str] = []
    for kind in RecordKind:
        there, here = await _both(twin, mirror, connection.id, kind)
        async with mirror.reading() as session:
            stones = await _stones(session, connection.id, kind)
            owners = await _stones(session, connection.id, RecordKind.CONTACT)
            known = past.at_first.get(kind, set()) | await _told_of(session, connection.id, kind)
            never_sent = await _made_here(session, connection.id, kind) - past.ever.get(kind, set())
        lines += _records_differ(kind, here, there, {**_of_left(here, owners), **stones})
        if kind in WATCHED:
            stones = {record_id: stone for record_id, stone in stones.items() if record_id not in never_sent}
            lines += _stones_differ(kind, connection, stones, alive=there.keys(), known=known, ever=past.ever[kind])
    async with mirror.reading() as session:
        return lines + await _undone(session, connection.id) + await _untrue(session, connection.id)


async def _both(twin: Database, mirror: Database, location_id: str, kind: RecordKind) -> tuple[Records, Records]:
    async with twin.reading() as session:
        there = {record.id: record for record in await every(session.shelf(kind), location_id)}
    async with mirror.reading() as session:
        here = {record.id: record for record in await every(session.shelf(kind), location_id)}
    return there, here


async def _stones(session: StoreSession, location_id: str, kind: RecordKind) -> dict[str, Tombstone]:
    stones = await session.tombstones.page(location_id, kind=kind, archived_only=False, limit=_MOST)
    return {stone.record_id: stone for stone in stones}


async def _told_of(session: StoreSession, location_id: str, kind: RecordKind) -> set[str]:
    """Records of which the history tells."""
    mine = (history.c.connection_id == location_id, history.c.kind == kind.value)
    return set(await session.connection.scalars(sa.select(history.c.record_id).where(*mine)))


async def _made_here(session: StoreSession, location_id: str, kind: RecordKind) -> set[str]:
    """The ids that records had which were made in Invoco."""
    columns = history.c
    made = (columns.connection_id == location_id, columns.kind == kind.value, columns.actor.startswith("page:"))
    return set(await session.connection.scalars(sa.select(columns.record_id).where(*made, columns.action == "create")))


def _of_left(here: Records, owners: Mapping[str, Tombstone]) -> dict[str, Tombstone]:
    """What belongs to contacts that were left here is left with them."""
    owned = {record_id: str(getattr(record, "contact_id", None)) for record_id, record in here.items()}
    return {record_id: owners[owner] for record_id, owner in owned.items() if owner in owners}


def _records_differ(kind: RecordKind, here: Records, there: Records, stones: Mapping[str, Tombstone]) -> Iterator[str]:
    for record_id in sorted(here.keys() | there.keys()):
        stone = stones.get(record_id)
        if record_id in there:
            yield from _unequal(kind, record_id, here.get(record_id), there[record_id])
        elif stone is None or stone.action is not DeletionAction.LEAVE:
            yield f"{kind.value} {record_id} is here although it is gone"


def _unequal(kind: RecordKind, record_id: str, here: Record | None, there: Record) -> Iterator[str]:
    if here is None:
        yield f"{kind.value} {record_id} is missing"
    elif names := differing(here, there):
        ours, theirs = here.to_wire(), there.to_wire()
        told = "; ".join(f"{name} is {ours.get(name)!r}, should be {theirs.get(name)!r}" for name in names)
        yield f"{kind.value} {record_id} differs: {told}"


def _stones_differ(
    kind: RecordKind, connection: Connection, stones: Mapping[str, Tombstone], *, alive: Any, known: set[str],
    ever: set[str],
) -> Iterator[str]:  # fmt: skip
    gone = ever - set(alive)
    for record_id in sorted((known & gone) - stones.keys()):
        yield f"{kind.value} {record_id} is gone and has no tombstone"
    for record_id in sorted(stones.keys() - gone):
        yield f"{kind.value} {record_id} has a tombstone although it {'lives' if record_id in alive else 'never was'}"
    for record_id in sorted(known & gone & stones.keys()):
        keeps = _keeps(stones[record_id], connection.policy(kind))
        if (stones[record_id].archived is not None) != keeps:
            yield f"{kind.value} {record_id} {'is not' if keeps else 'is'} archived"


def _keeps(stone: Tombstone, policy: DeletionPolicy) -> bool:
    """Whether the record must be there still, though hidden."""
    deletes = stone.action is DeletionAction.DELETE
    return stone.action is DeletionAction.ARCHIVE or (deletes and policy.after_days > 0)


async def _undone(session: StoreSession, location_id: str) -> list[str]:
    counts = {
        "webhooks wait": (await session.inbox.counts()).get(DeliveryState.WAITING, 0),
        "rereads wait": await session.rereads.count(location_id),
        "records are provisional": await session.provisional.count(location_id),
        "deletions are held": len(await session.tombstones.held(location_id)),
        "writes wait": (await session.outbox.counts(location_id)).get(WriteState.WAITING, 0),
        "records are not agreed on": await _parted(session, location_id),
    }
    given_up = [
        f"{each.subject} {each.subject_id} was given up: {each.reason}"
        for each in await session.rereads.failed(location_id)
    ]
    failed = [
        f"the write {each.operation} of {each.record_id} failed: {each.reason}"
        for each in await session.outbox.failed(location_id)
    ]
    return [*given_up, *failed] + [f"{count} {what}" for what, count in counts.items() if count]


async def _parted(session: StoreSession, location_id: str) -> int:
    """Records that are not the same on both sides, but for those that are gone there and were left here."""
    parted = 0
    for kind in TWO_WAY:
        bases = await session.bases.page(location_id, kind, limit=_MOST)
        left = await session.tombstones.get_many(location_id, kind, [base.record_id for base in bases])
        parted += len(bases) - len(left)
    return parted


async def _untrue(session: StoreSession, location_id: str) -> list[str]:
    """What the inbox and the history should not say."""
    deliveries = await session.inbox.newest(limit=_MOST)
    taken = Counter(_webhook_id(each.body) for each in deliveries if each.state is DeliveryState.DONE)
    twice = [f"webhook {webhook_id} was taken in {count} times" for webhook_id, count in taken.items() if count > 1]
    return twice + [line for kind in WATCHED for line in await _broken_history(session, location_id, kind)]


def _webhook_id(body: bytes) -> str:
    said: dict[str, Any] = msgspec.json.decode(body)
    return str(said.get("webhookId"))


async def _broken_history(session: StoreSession, location_id: str, kind: RecordKind) -> list[str]:
    """Each change of a record must begin where the one before it ended, and the last must end with what is here."""
    columns = history.c
    chosen = sa.select(columns.record_id, columns.action, columns.before, columns.after)
    mine = (columns.connection_id == location_id, columns.kind == kind.value)
    rows = await session.connection.execute(chosen.where(*mine).order_by(columns.position))
    past: defaultdict[str, list[tuple[str, Record | None, Record | None]]] = defaultdict(list)
    for row in rows:
        past[row.record_id].append((row.action, _read(kind, row.before), _read(kind, row.after)))
    here = await session.shelf(kind).get_many(location_id, list(past))
    return [
        line
        for record_id, changes in past.items()
        for line in _breaks(f"{kind.value} {record_id}", changes, here.get(record_id))
    ]


def _breaks(
    name: str, changes: Sequence[tuple[str, Record | None, Record | None]], here: Record | None
) -> Iterator[str]:
    for (_, _, after), (action, before, _) in itertools.pairwise(changes):
        if after != before:
            yield f"{name}: the history breaks before {action}"
    action, _, last = changes[-1]
    if last != here:
        yield f"{name}: the history ends with {action}, which is not what is here"


def _read(kind: RecordKind, text: str | None) -> Record | None:
    return None if text is None else RECORD_TYPES[kind].from_wire(msgspec.json.decode(text))
