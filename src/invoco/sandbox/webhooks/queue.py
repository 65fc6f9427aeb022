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
from invoco.sandbox.webhooks.event_types import is_of_app, type_of
from invoco.sandbox.webhooks.events import Event, is_empty
from invoco.sandbox.webhooks.settings import WebhookSettings
from invoco.sandbox.webhooks.tables import State, deliveries


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

    async def put(self, connection: AsyncConnection, events: Sequence[Event]) -> list[str]:
        """Queue the events, one at least, within the caller's transaction; returns their webhook ids."""
        rows = [row for event in events for row in self._rows(event)]
        await connection.execute(sa.insert(deliveries), rows)
        return list(dict.fromkeys(row["webhook_id"] for row in rows))

    def _rows(self, event: Event) -> list[dict[str, Any]]:
        webhook_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        url = self.settings.url_of(event.name, of_app=is_of_app(event.name))
        chaos, share = self.settings.chaos, self._chance.random
        # Every share is drawn each time, so that switching one kind of chaos on does not move the others.
        dropped, doubled, reordered, delayed = (share() for _ in range(4))
        held = share() * chaos.reorder_seconds if reordered < chaos.reorder else 0.0
        held += chaos.delay_seconds if delayed < chaos.delay else 0.0
        row = {
            "webhook_id": webhook_id,
            "type": type_of(event.name),
            "location_id": event.location_id,
            "url": url,
            "body": self._body(event, webhook_id),
            "state": _first_state(url, dropped=dropped < chaos.drop),
            "attempts": 0,
            "created_at": event.at,
            "due_at": event.at + int(held * 1000),
        }
        return [row, row] if doubled < chaos.duplicate else [row]

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


async def due(connection: AsyncConnection, *, now: int, busy: Collection[int], limit: int) -> list[Delivery]:
    """The deliveries whose time has come, those due first first."""
    query = (
        sa.select(deliveries)
        .where(_waiting(busy), deliveries.c.due_at <= now)
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
    )
    return [_read(row) for row in (await connection.execute(query)).mappings()]


async def next_due(connection: AsyncConnection, *, busy: Collection[int]) -> int | None:
    """When the next delivery is due, milliseconds since 1970."""
    moment: int | None = await connection.scalar(sa.select(sa.func.min(deliveries.c.due_at)).where(_waiting(busy)))
    return moment


async def settle(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """Write down how tries ended; a delivery that was settled by hand meanwhile stays delivered."""
    for outcome in outcomes:
        await connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id == outcome.delivery_id, deliveries.c.state != State.DELIVERED)
            .values(
                state=outcome.state,
                attempts=outcome.attempts,
                due_at=outcome.due_at,
                last_attempt_at=outcome.at,
                last_status=outcome.status,
                last_error=outcome.error,
            )
        )


async def find(connection: AsyncConnection, delivery_id: int) -> Delivery | None:
    """The delivery with that id."""
    row = (await connection.execute(sa.select(deliveries).where(deliveries.c.id == delivery_id))).mappings().first()
    return None if row is None else _read(row)


async def newest(connection: AsyncConnection, *, limit: int, state: State | None) -> list[Delivery]:
    """The deliveries queued last, newest first."""
    query = sa.select(deliveries).order_by(deliveries.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    return [_read(row) for row in (await connection.execute(query)).mappings()]


async def forget(connection: AsyncConnection, *, before: int) -> None:
    """Remove what was queued before that moment and is not waiting any more."""
    old = sa.and_(deliveries.c.created_at < before, deliveries.c.state != State.WAITING)
    await connection.execute(sa.delete(deliveries).where(old))


def _waiting(busy: Collection[int]) -> sa.ColumnElement[bool]:
    return sa.and_(deliveries.c.state == State.WAITING, deliveries.c.id.not_in(list(busy)))


def _read(row: Any) -> Delivery:
    return Delivery(**{**row, "state": State(row["state"])})
