"""Received webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.sync_ports import EventFigures
from invoco.store.distinct import Condition, locations_in
from invoco.store.event_figures import EventTally
from invoco.store.rows import Row, optional, plain
from invoco.store.statements import append_rows, given, one_of_given
from invoco.store.sync_tables import SETTLED, WAITING, inbox, unannounced

MOST_AT_ONCE = 5_000
"""How many deliveries are removed in one transaction, so that no webhook waits long for it."""
_SEEN_AGAIN = "UPDATE SET copies = inbox.copies + excluded.copies"
_FIELDS = (
    inbox.c.webhook_id, inbox.c.type, inbox.c.connection_id.label("location_id"), inbox.c.at, inbox.c.received_at,
    inbox.c.body, inbox.c.state, inbox.c.reason, inbox.c.position, inbox.c.copies,
)  # fmt: skip

_WAITING_HERE = (
    sa.select(*_FIELDS)
    .where(inbox.c.connection_id == sa.bindparam("location_id"), WAITING)
    .order_by(inbox.c.position)
    .limit(sa.bindparam("most"))
)


class InboxShelf:
    """Received webhooks."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def append(self, deliveries: Sequence[Delivery]) -> None:
        """Keep them in order; one with a known webhook id only counts as a further copy."""
        first: dict[str, Delivery] = {}
        copies: dict[str, int] = {}
        for delivery in deliveries:
            webhook_id = plain(delivery.webhook_id)
            first.setdefault(webhook_id, delivery)
            copies[webhook_id] = copies.get(webhook_id, 0) + delivery.copies
        rows = [_row(webhook_id, delivery, copies[webhook_id]) for webhook_id, delivery in first.items()]
        await append_rows(self._connection, inbox, rows, key="webhook_id", otherwise=_SEEN_AGAIN)

    async def waiting(self, location_id: str, *, limit: int) -> list[Delivery]:
        """The oldest that wait, of one location."""
        return await self._read(_WAITING_HERE, {"location_id": location_id, "most": limit})

    async def waiting_locations(self) -> list[str]:
        """The locations with something waiting; the empty text stands for events of companies."""
        return await locations_in(self._connection, inbox, among=[WAITING])

    async def settle(self, positions: Sequence[int], state: DeliveryState, *, reason: str | None = None) -> None:
        """Write down what became of them."""
        if positions:
            outcome = {"given": given(self._connection, positions), "new_state": state.value, "why": reason}
            await self._connection.execute(_settlement(self._connection.dialect.name), outcome)

    async def find(self, webhook_id: str) -> Delivery | None:
        """The delivery of that id."""
        found = await self._read(sa.select(*_FIELDS).where(inbox.c.webhook_id == webhook_id))
        return found[0] if found else None

    async def newest(self, *, limit: int, state: DeliveryState | None = None) -> list[Delivery]:
        """Those that arrived last, newest first."""
        chosen = sa.select(*_FIELDS)
        if state is not None:
            chosen = chosen.where(*_in_state(state)).order_by(inbox.c.received_at.desc())
        return await self._read(chosen.order_by(inbox.c.position.desc()).limit(limit))

    async def counts(self) -> dict[str, int]:
        """How many there are, by state."""
        number = sa.func.count().label("number")
        counted = (sa.select(inbox.c.state, number).where(part).group_by(inbox.c.state) for part in (WAITING, SETTLED))
        return {row.state: row.number for row in await self._connection.execute(sa.union_all(*counted))}

    async def forget(self, *, before: int, keep_rejected: int) -> int:
        """Remove what arrived before that instant and does not wait, and all but so many rejected; tells how many.

        At most `MOST_AT_ONCE` of each at a time: there may be more until it tells 0.
        """
        settled = [state for state in DeliveryState if state is not DeliveryState.WAITING]
        position = sa.select(inbox.c.position)
        old = (position.where(*_in_state(state), inbox.c.received_at < before) for state in settled)
        newest_first = (inbox.c.received_at.desc(), inbox.c.position.desc())
        rejected = position.where(*_in_state(DeliveryState.REJECTED)).order_by(*newest_first)
        return sum([await self._remove(positions) for positions in (*old, rejected.offset(keep_rejected))])

    async def figures(self, location_id: str, *, since: int, until: int) -> list[EventFigures]:
        """Per type what happened (`at`) in [since, until); `missed` counts unannounced changes of that time."""
        tally = EventTally()
        for row in await self._connection.execute(_received(location_id, since=since, until=until)):
            tally.received(row.type, number=row.number, copies=int(row.copies), delay=row.delay)
        for row in await self._connection.execute(_missed(location_id, since=since, until=until)):
            tally.missed(row.event_type, row.number)
        return tally.figures()

    async def _remove(self, positions: sa.Select[Any]) -> int:
        chosen = positions.limit(MOST_AT_ONCE)
        removed = await self._connection.execute(sa.delete(inbox).where(inbox.c.position.in_(chosen)))
        return removed.rowcount

    async def _read(self, chosen: sa.Select[Any], parameters: dict[str, Any] | None = None) -> list[Delivery]:
        rows = (await self._connection.execute(chosen, parameters)).mappings()
        return [Delivery(**{**row, "state": DeliveryState(row["state"])}) for row in rows]


@cache
def _settlement(dialect_name: str) -> sa.Update:
    outcome: dict[str, Any] = {"state": sa.bindparam("new_state"), "reason": sa.bindparam("why")}
    return sa.update(inbox).where(one_of_given(dialect_name, inbox.c.position)).values(outcome)


def _row(webhook_id: str, delivery: Delivery, copies: int) -> Row:
    return (
        webhook_id, plain(delivery.location_id), plain(delivery.type), delivery.at, delivery.received_at,
        delivery.state.value, optional(delivery.reason), copies, delivery.body,
    )  # fmt: skip


def _in_state(state: DeliveryState) -> tuple[Condition, ...]:
    return inbox.c.state == state.value, WAITING if state is DeliveryState.WAITING else SETTLED


def _received(location_id: str, *, since: int, until: int) -> sa.Select[Any]:
    """How many events of each type were so late."""
    columns = inbox.c
    delay = (columns.received_at - columns.at).label("delay")
    figures = (sa.func.count().label("number"), sa.func.sum(columns.copies).label("copies"))
    happened = (columns.connection_id == location_id, columns.at >= since, columns.at < until)
    return sa.select(columns.type, delay, *figures).where(*happened).group_by(columns.type, delay)


def _missed(location_id: str, *, since: int, until: int) -> sa.Select[Any]:
    columns = unannounced.c
    missed = sa.select(columns.event_type, sa.func.count().label("number")).where(
        columns.connection_id == location_id,
        columns.changed_at >= since,
        columns.changed_at < until,
        columns.announced_at.is_(None),
    )
    return missed.group_by(columns.event_type)
