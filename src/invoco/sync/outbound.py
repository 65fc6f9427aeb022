"""Sending: what was changed here is brought to HighLevel, read back, and compared with what was wished.

The writes of the outbox say that something is to be sent; what is sent is the difference between HighLevel's last known
state and ours, so that an order that was sent and not remembered changes nothing when it is sent again. Per contact
everything goes in order, one call at a time; a few contacts go at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import msgspec
from msgspec.structs import replace

from invoco.domain.destination import Destination
from invoco.domain.errors import (
    InvalidFields,
    InvocoError,
    MissingScope,
    QuotaUsed,
    Reconnect,
    TryAgain,
)
from invoco.domain.ids import NewId
from invoco.domain.outbound import Write, WriteState
from invoco.domain.ports import Store
from invoco.highlevel.clock import Clock, milliseconds
from invoco.sync.agreement import Agreement
from invoco.sync.delivering import Delivering

_CONTACTS: Final = 20
"""Looked at in one round."""
_ABREAST: Final = 4
_FIRST_WAIT, _LONGEST_WAIT = 5_000, 600_000
_PATIENCE: Final = 10
"""Tries after which a write is given up that HighLevel refuses for another reason than its fields."""
_NO_SCOPE: Final = 3_600_000
"""Milliseconds until it is tried again whether a missing scope was granted."""
_DAY: Final = 86_400_000
ORDERS: Final = frozenset(
    {
        "add-contact-to-campaign", "remove-contact-from-campaign", "remove-contact-from-every-campaign",
        "add-contact-to-workflow", "delete-contact-from-workflow",
    }
)  # fmt: skip
"""Operations that change no record."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What one round did."""

    contacts: int = 0
    """Of which something was due; 0: nothing is."""
    sent: int = 0
    """Writes that HighLevel was told of."""
    needless: int = 0
    postponed: int = 0
    failed: int = 0
    findings: int = 0


async def send(destination: Destination, store: Store, *, agreement: Agreement, clock: Clock, new_id: NewId) -> Sent:
    """Send what is due, one round.

    Raises:
        Reconnect: the credentials are refused; everything waits on.
    """
    location_id = agreement.connection.id
    async with store.reading() as session:
        due = await session.outbox.waiting(location_id, now=milliseconds(clock), contacts=_CONTACTS)
    by_contact = [
        list(writes) for _, writes in groupby(sorted(due, key=lambda w: (w.contact_id, w.id)), lambda w: w.contact_id)
    ]
    gate = asyncio.Semaphore(_ABREAST)

    async def one(writes: list[Write]) -> Sent:
        async with gate:
            courier = _Courier(destination, store, agreement=agreement, clock=clock, new_id=new_id)
            return await courier.deliver(writes)

    rounds = await asyncio.gather(*(one(writes) for writes in by_contact), return_exceptions=True)
    for outcome in rounds:
        if isinstance(outcome, BaseException):
            raise outcome
    return _total([outcome for outcome in rounds if isinstance(outcome, Sent)])


def _total(rounds: Sequence[Sent]) -> Sent:
    return Sent(
        contacts=len(rounds),
        **{name: sum(getattr(each, name) for each in rounds) for name in Sent.__struct_fields__ if name != "contacts"},
    )


class _Courier:
    """Everything that waits of one contact."""

    def __init__(
        self, destination: Destination, store: Store, *, agreement: Agreement, clock: Clock, new_id: NewId
    ) -> None:
        self._destination, self._store, self._clock = destination, store, clock
        self._location_id = agreement.connection.id
        self._tried_before: set[int] = set()
        self._delivering = Delivering(destination, store, agreement=agreement, clock=clock, new_id=new_id)

    async def deliver(self, writes: list[Write]) -> Sent:
        """Send them in order; what cannot be sent now is postponed with all that stands behind it."""
        self._tried_before = {write.id for write in writes if write.tried_at is not None}
        left = await self._tried(writes)
        sent = Sent()
        while left:
            batch = _next_batch(left)
            try:
                outcome = await self._send(batch)
            except TryAgain as error:
                return replace(sent, postponed=await self._postpone(left, error))
            except MissingScope as error:
                return replace(sent, postponed=await self._postpone(left, error, wait=_NO_SCOPE))
            except Reconnect:
                raise
            except InvocoError as error:
                if left[0].attempts + 1 < _PATIENCE and not isinstance(error, InvalidFields):
                    return replace(sent, postponed=await self._postpone(left, error))
                outcome = await self._give_up(batch, error)
            sent = _total([sent, outcome])
            left = await self._left(left, batch)
        return sent

    async def _left(self, left: list[Write], batch: list[Write]) -> list[Write]:
        """What stands behind; read anew, since a record may have another id by now."""
        ids = {write.id for write in left} - {write.id for write in batch}
        contact_id = self._delivering.contact_id or left[0].contact_id
        async with self._store.reading() as session:
            waiting = await session.outbox.waiting_of(self._location_id, contact_id)
        return [write for write in waiting if write.id in ids]

    async def _send(self, batch: list[Write]) -> Sent:
        first = batch[0]
        if first.operation in ORDERS:
            await self._destination.order(first.operation, first.path, first.body)
            await self._settle(batch, WriteState.SENT)
            return Sent(sent=1)
        was_tried = any(write.id in self._tried_before for write in batch)
        delivered = await self._delivering.deliver(first.kind, first.record_id, batch, was_tried=was_tried)
        await self._settle(batch, delivered.state, reason=delivered.reason, cure=delivered.cure)
        return Sent(
            sent=len(batch) * (delivered.state is WriteState.SENT),
            needless=len(batch) * (delivered.state is WriteState.NEEDLESS),
            failed=len(batch) * (delivered.state is WriteState.FAILED),
            findings=delivered.findings,
        )

    async def _tried(self, writes: list[Write]) -> list[Write]:
        """From now on HighLevel may have them."""
        now = milliseconds(self._clock)
        fresh = [replace(write, tried_at=now) for write in writes if write.tried_at is None]
        if fresh:
            async with self._store.transaction() as session:
                await session.outbox.put(self._location_id, fresh)
        return writes

    async def _settle(
        self, batch: Sequence[Write], state: WriteState, *, reason: str | None = None, cure: str | None = None
    ) -> None:
        async with self._store.transaction() as session:
            await session.outbox.settle(
                self._location_id, [write.id for write in batch], state, at=milliseconds(self._clock), reason=reason,
                cure=cure,
            )  # fmt: skip

    async def _give_up(self, batch: list[Write], error: InvocoError) -> Sent:
        await self._settle(batch, WriteState.FAILED, reason=error.message, cure=error.cure)
        return Sent(failed=len(batch))

    async def _postpone(self, left: list[Write], error: InvocoError, *, wait: int | None = None) -> int:
        """Later, ever later; a dead line keeps the queue."""
        now = milliseconds(self._clock)
        first = left[0]
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(first.attempts, 10)) if wait is None else wait
        due_at = min(now + _LONGEST_WAIT, (now // _DAY + 1) * _DAY) if isinstance(error, QuotaUsed) else now + wait
        late = replace(
            first, attempts=first.attempts + 1, due_at=due_at, tried_at=first.tried_at or now, reason=error.message,
            cure=error.cure,
        )  # fmt: skip
        async with self._store.transaction() as session:
            await session.outbox.put(self._location_id, [late])
        return len(left)


def _next_batch(writes: list[Write]) -> list[Write]:
    """The first write, with all others of its record: they are one difference."""
    first = writes[0]
    if first.operation in ORDERS:
        return [first]
    return [
        write
        for write in writes
        if (write.kind, write.record_id) == (first.kind, first.record_id) and write.operation not in ORDERS
    ]
