"""The queue of deliveries: put in with the write that caused them, taken out when due, remembered afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from random import Random
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.highlevel.clock import iso
from invoco.highlevel.records import JsonObject
from invoco.sandbox.webhooks.event_types import end_of, is_of_app, type_of
from invoco.sandbox.webhooks.events import Event, is_empty
from invoco.sandbox.webhooks.settings import WebhookSettings
from invoco.sandbox.webhooks.tables import State, deliveries, forgeries

_LIES_OF_AN_END = 0.5
_FORGED = sa.exists().where(forgeries.c.webhook_id == deliveries.c.webhook_id)
_SETTLEMENT = (
    sa.update(deliveries)
    .where(deliveries.c.id == sa.bindparam("of_delivery_id"), deliveries.c.state != State.DELIVERED)
    .values(
        state=sa.bindparam("of_state"),
        attempts=sa.bindparam("of_attempts"),
        due_at=sa.bindparam("of_due_at"),
        last_attempt_at=sa.bindparam("of_at"),
        last_status=sa.bindparam("of_status"),
        last_error=sa.bindparam("of_error"),
    )
)
_SELECTED = sa.select(deliveries, _FORGED.label("forged"))


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One body on its way to one URL."""

    id: int
    webhook_id: str
    """Also in the body; the same for both of a pair of duplicates, and in every retry."""
    type: str
    location_id: str | None
    url: str | None
    body: bytes
    """The raw bytes that are signed and sent."""
    state: State
    attempts: int
    """Tries that the retry policy counts; resending by hand is none of them."""
    created_at: int
    due_at: int
    """Milliseconds since 1970, as all moments here."""
    last_attempt_at: int | None
    last_status: int | None
    last_error: str | None
    """The kind of error, when there was no answer."""
    forged: bool = False
    """Whether it lies and is signed with the wrong key."""

    def summary(self) -> JsonObject:
        """The delivery as JSON, with the body read."""
        return {**msgspec.to_builtins(self), "body": msgspec.json.decode(self.body)}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one try ended, and when the next follows."""

    delivery_id: int
    at: int
    state: State
    status: int | None
    error: str | None
    due_at: int
    attempts: int


class DeliveryQueue:
    """Turns events into deliveries, with what chaos does to them decided by the seed alone."""

    def __init__(self, settings: WebhookSettings, *, seed: int) -> None:
        self.settings, self._seed = settings, seed
        self.reseed()

    def reseed(self) -> None:
        """Let the dice fall as they did from the start."""
        self._chance = Random(f"{self._seed}/webhooks")
        self._forger = Random(f"{self._seed}/forgeries")

    async def put(self, connection: AsyncConnection, events: Sequence[Event]) -> list[str]:
        """Queue the events, one at least, within the caller's transaction; returns their webhook ids."""
        rows = [row for event in events for row in self._rows(event)]
        forged = [row for event in events for row in self._forgeries(event)]
        await connection.execute(sa.insert(deliveries), rows + forged)
        if forged:
            await connection.execute(sa.insert(forgeries), [{"webhook_id": row["webhook_id"]} for row in forged])
        return list(dict.fromkeys(row["webhook_id"] for row in rows))

    def _rows(self, event: Event) -> list[dict[str, Any]]:
        webhook_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        url = self.settings.url_of(event.name, of_app=is_of_app(event.name))
        chaos, share = self.settings.chaos, self._chance.random
        # Every share is drawn each time, so that switching one kind of chaos on does not move the others.
        dropped, doubled, reordered, delayed = (share() for _ in range(4))
        held = share() * chaos.reorder_seconds if reordered < chaos.reorder else 0.0
        held += chaos.delay_seconds if delayed < chaos.delay else 0.0
        state = _first_state(url, dropped=dropped < chaos.drop)
        row = self._row(event, webhook_id, url=url, state=state, due_at=event.at + int(held * 1000))
        return [row, row] if doubled < chaos.duplicate else [row]

    def _forgeries(self, event: Event) -> list[dict[str, Any]]:
        """None, or one: an event of the same record, a moment later, with other texts; half of them tell of its end."""
        url = self.settings.url_of(event.name, of_app=is_of_app(event.name))
        if self._forger.random() >= self.settings.chaos.forge or url is None:
            return []
        webhook_id = str(uuid.UUID(int=self._forger.getrandbits(128), version=4))
        name = end_of(event.name) if self._forger.random() < _LIES_OF_AN_END else event.name
        lie = msgspec.structs.replace(event, name=name, at=event.at + 1, fields=_lying(event.fields))
        return [self._row(lie, webhook_id, url=url, state=State.WAITING, due_at=event.at)]

    def _row(self, event: Event, webhook_id: str, *, url: str | None, state: State, due_at: int) -> dict[str, Any]:
        return {
            "webhook_id": webhook_id,
            "type": type_of(event.name),
            "location_id": event.location_id,
            "url": url,
            "body": self._body(event, webhook_id),
            "state": state,
            "attempts": 0,
            "created_at": event.at,
            "due_at": due_at,
        }

    def _body(self, event: Event, webhook_id: str) -> bytes:
        """Flat: the envelope, then the fields of the record (facts 8.2)."""
        body = {
            "type": type_of(event.name),
            "locationId": event.location_id,
            "appId": self.settings.app_id,
            "versionId": self.settings.version_id,
            "timestamp": iso(event.at),
            "webhookId": webhook_id,
            **event.fields,
        }
        return msgspec.json.encode({key: value for key, value in body.items() if not is_empty(value)})


def _first_state(url: str | None, *, dropped: bool) -> State:
    if url is None:
        return State.KEPT
    return State.DROPPED if dropped else State.WAITING


def _lying(fields: JsonObject) -> JsonObject:
    """Every text but ids and instants is another."""
    return {name: _lie(name, value) for name, value in fields.items()}


def _lie(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _lying(value)
    true = not isinstance(value, str) or name.lower().endswith(("id", "dateadded", "dateupdated", "time"))
    return value if true else f"{value} (forged)"


def _settled(outcome: Outcome) -> dict[str, Any]:
    return {f"of_{name}": value for name, value in msgspec.structs.asdict(outcome).items()}


async def soonest(connection: AsyncConnection, *, busy: Collection[int], limit: int) -> list[Delivery]:
    """The deliveries that wait, those due first first, be it now or later."""
    query = _SELECTED.where(_waiting(busy)).order_by(deliveries.c.due_at, deliveries.c.id).limit(limit)
    return [_read(row) for row in (await connection.execute(query)).mappings()]


async def settle(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """Write down how tries ended; a delivery that was settled by hand meanwhile stays delivered."""
    if outcomes:
        await connection.execute(_SETTLEMENT, [_settled(outcome) for outcome in outcomes])


async def find(connection: AsyncConnection, delivery_id: int) -> Delivery | None:
    """The delivery with that id."""
    row = (await connection.execute(_SELECTED.where(deliveries.c.id == delivery_id))).mappings().first()
    return None if row is None else _read(row)


async def newest(connection: AsyncConnection, *, limit: int, state: State | None) -> list[Delivery]:
    """The deliveries queued last, newest first."""
    query = _SELECTED.order_by(deliveries.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    return [_read(row) for row in (await connection.execute(query)).mappings()]


async def forget(connection: AsyncConnection, *, before: int) -> None:
    """Remove what was queued before that moment and is not waiting any more."""
    old = sa.and_(deliveries.c.created_at < before, deliveries.c.state != State.WAITING)
    await connection.execute(sa.delete(deliveries).where(old))
    kept = sa.select(deliveries.c.webhook_id)
    await connection.execute(sa.delete(forgeries).where(forgeries.c.webhook_id.not_in(kept)))


def _waiting(busy: Collection[int]) -> sa.ColumnElement[bool]:
    return sa.and_(deliveries.c.state == State.WAITING, deliveries.c.id.not_in(list(busy)))


def _read(row: Any) -> Delivery:
    return Delivery(**{**row, "state": State(row["state"]), "forged": bool(row["forged"])})
