"""Taking in webhooks: what waits is folded per record, shown at once, and asked for to be sure; all in one transaction.

A webhook is a hint (facts 8.2): its order is not promised and its body leaves fields out. What it tells is shown as
provisional; only the reread that is asked for here decides what the record is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from invoco.domain.changes import Change
from invoco.domain.connections import Connection
from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.errors import MalformedRecord
from invoco.domain.event_types import EVENT_TYPES
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, Store
from invoco.domain.rereads import Cause, Reread, Subject, merged
from invoco.domain.sync_ports import Provisional
from invoco.highlevel.clock import Clock, instant, milliseconds
from invoco.highlevel.records import Record
from invoco.sync.events import SHOWN_AT_ONCE, Event, read_event, rereads_of, shown_record
from invoco.sync.noticed import FEW, Noticed, change_of

MOST = 500
"""Deliveries a transaction."""
_ANNOUNCED = (*SHOWN_AT_ONCE, RecordKind.TASK)


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """What one round did."""

    taken: int = 0
    shown: int = 0
    """Records that are shown as an event told them."""
    asked: int = 0
    of_app: tuple[Delivery, ...] = ()
    """Events of the app itself; they wait still, for handling them may take calls."""


async def drain(store: Store, *, connection: Connection, clock: Clock) -> Drained:
    """Take in what waits for a connection, `MOST` at a time; with fewer taken nothing is left."""
    async with store.transaction(durable=False) as session:  # the inbox is
        session.brief()
        deliveries = await session.inbox.waiting(connection.id, limit=MOST)
        session.brief(so=len(deliveries) <= FEW)
        of_app = tuple(delivery for delivery in deliveries if is_of_app(delivery))
        others = [delivery for delivery in deliveries if not is_of_app(delivery)]
        drained = await _Round(session, connection, now=milliseconds(clock)).take_in(others)
        return msgspec.structs.replace(drained, of_app=of_app)


def is_of_app(delivery: Delivery) -> bool:
    """Whether the delivery tells of the app itself: that it was installed, taken out, …"""
    known = EVENT_TYPES.get(delivery.type)
    return known is not None and known.of_app


class _Round:
    """The deliveries of one transaction."""

    def __init__(self, session: Session, connection: Connection, *, now: int) -> None:
        self._session, self._location_id, self._now = session, connection.id, now
        self._listens = connection.modes.realtime
        self._rejected: defaultdict[str, list[int]] = defaultdict(list)
        self._kept: list[int] = []
        self._marks: dict[tuple[RecordKind, str], Provisional] = {}

    async def take_in(self, deliveries: Sequence[Delivery]) -> Drained:
        events = self._read(deliveries)
        held = await self._held(events)
        shown = await self._show(events, held)
        asked = _folded(self._rereads(events, held))
        if asked:
            await self._session.rereads.ask(self._location_id, asked)
        await self._announce(events)
        await self._settle(events)
        return Drained(taken=len(deliveries), shown=shown, asked=len(asked))

    def _read(self, deliveries: Sequence[Delivery]) -> list[Event]:
        events = []
        for delivery in deliveries:
            try:
                event = read_event(delivery) if self._listens else None
            except MalformedRecord as error:
                self._rejected[error.message].append(delivery.position)
                continue
            if event is None:
                self._kept.append(delivery.position)
            else:
                events.append(event)
        return events

    async def _held(self, events: Sequence[Event]) -> dict[tuple[RecordKind, str], Record]:
        ids: defaultdict[RecordKind, set[str]] = defaultdict(set)
        for event in events:
            if event.kind in _ANNOUNCED:
                ids[event.kind].add(event.record_id)
        held: dict[tuple[RecordKind, str], Record] = {}
        for kind, record_ids in ids.items():
            found = await self._session.shelf(kind).get_many(self._location_id, sorted(record_ids))
            held.update(((kind, record_id), record) for record_id, record in found.items())
        return held

    async def _show(self, events: Sequence[Event], held: dict[tuple[RecordKind, str], Record]) -> int:
        shown = 0
        for kind in SHOWN_AT_ONCE:
            newest = _newest(event for event in events if event.kind is kind and not event.is_deletion)
            if newest:
                shown += await self._show_kind(kind, newest, held)
        return shown

    async def _show_kind(
        self, kind: RecordKind, events: dict[str, Event], held: dict[tuple[RecordKind, str], Record]
    ) -> int:
        ids = list(events)
        buried = await self._session.tombstones.get_many(self._location_id, kind, ids)
        marks = await self._session.provisional.get_many(self._location_id, kind, ids)
        self._marks.update(((kind, record_id), mark) for record_id, mark in marks.items())
        changes = [
            change
            for record_id, event in events.items()
            if record_id not in buried and event.at > _known_until(held.get((kind, record_id)), marks.get(record_id))
            if (change := self._change(kind, event, held.get((kind, record_id)))) is not None
        ]
        if changes:
            await self._session.shelf(kind).change(self._location_id, [(each.before, each.after) for each in changes])
            await self._session.journal.record(changes, send=False)
            await self._session.provisional.mark(self._location_id, [self._mark(each, events) for each in changes])
        return len(changes)

    def _change(self, kind: RecordKind, event: Event, before: Record | None) -> Change | None:
        after = self._as_told(event, before)
        if after is None or after == before:
            return None
        noticed = Noticed(cause=Cause.EVENT, at=self._now, event_id=event.delivery.webhook_id)
        action = "create" if before is None else "update"
        return change_of(self._location_id, kind, action, before, after, noticed=noticed)

    def _mark(self, change: Change, events: dict[str, Event]) -> Provisional:
        return Provisional(
            kind=change.kind,
            record_id=change.record_id,
            contact_id=change.contact_id,
            since=events[change.record_id].at,
            shown_at=self._now,
        )

    def _as_told(self, event: Event, before: Record | None) -> Record | None:
        """None when its fields cannot be read: the reread will tell."""
        try:
            return shown_record(event, before)
        except msgspec.ValidationError:
            return None

    def _rereads(self, events: Sequence[Event], held: dict[tuple[RecordKind, str], Record]) -> list[Reread]:
        return [
            self._at_least_as_held(asked, held)
            for event in events
            for asked in rereads_of(event, now=self._now, held=held.get((event.kind, event.record_id)))
        ]

    def _at_least_as_held(self, asked: Reread, held: dict[tuple[RecordKind, str], Record]) -> Reread:
        """A late event must not be settled by a row of the lagging search that is older than what is held."""
        if asked.subject is not Subject.CONTACT:
            return asked
        key = (RecordKind.CONTACT, asked.subject_id)
        return msgspec.structs.replace(asked, since=max(asked.since, _known_until(held.get(key), self._marks.get(key))))

    async def _announce(self, events: Sequence[Event]) -> None:
        told = [
            (event.kind, event.record_id, event.delivery.type, event.at) for event in events if event.kind in _ANNOUNCED
        ]
        if told:
            await self._session.runs.announce(self._location_id, told, at=self._now)

    async def _settle(self, events: Sequence[Event]) -> None:
        inbox = self._session.inbox
        if events:
            await inbox.settle([event.delivery.position for event in events], DeliveryState.DONE)
        if self._kept:
            await inbox.settle(self._kept, DeliveryState.KEPT)
        for reason, positions in self._rejected.items():
            await inbox.settle(positions, DeliveryState.REJECTED, reason=reason)


def _newest(events: Iterable[Event]) -> dict[str, Event]:
    """Per record the event that happened last."""
    newest: dict[str, Event] = {}
    for event in events:
        known = newest.get(event.record_id)
        if known is None or event.at >= known.at:
            newest[event.record_id] = event
    return newest


def _known_until(record: Record | None, mark: Provisional | None) -> int:
    """The instant up to which what is held is known to tell everything."""
    if mark is not None:
        return mark.since
    told = getattr(record, "date_updated", None)
    try:
        return instant(told) if told else 0
    except ValueError:
        return 0


def _folded(asked: Iterable[Reread]) -> list[Reread]:
    folded: dict[tuple[str, str], Reread] = {}
    for reread in asked:
        key = (reread.subject, reread.subject_id)
        folded[key] = merged(folded.get(key), reread)
    return list(folded.values())
