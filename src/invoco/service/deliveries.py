"""A look into the inbox of webhooks."""

from __future__ import annotations

import msgspec

from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.errors import FixInput
from invoco.domain.ports import Store
from invoco.highlevel.clock import Clock, milliseconds

_DAY = 86_400_000
_DAYS = 7
_PREFIX = "webhooks."


class InboxStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the inbox stands."""

    states: dict[str, int]
    """How many deliveries there are in each state."""
    counters: dict[str, int]
    """Of the last seven days: why calls were refused, how many were old, …"""


class DeliveryService:
    """Shows what webhooks arrived and what became of them."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def newest(self, *, limit: int, state: DeliveryState | None = None) -> list[Delivery]:
        """Those that arrived last, newest first."""
        async with self._store.reading() as session:
            return await session.inbox.newest(limit=limit, state=state)

    async def find(self, webhook_id: str) -> Delivery:
        """The delivery of that id.

        Raises:
            FixInput: there is none.
        """
        async with self._store.reading() as session:
            found = await session.inbox.find(webhook_id)
        if found is None:
            raise FixInput(f"No delivery has the id {webhook_id}.", cure="See `invoco webhooks list`.")
        return found

    async def status(self) -> InboxStatus:
        """Counts by state, and the counters of what was refused."""
        today = milliseconds(self._clock) // _DAY
        async with self._store.reading() as session:
            counts = await session.inbox.counts()
            counters = await session.runs.counters(since_day=today - _DAYS + 1)
        return InboxStatus(
            states={state.value: counts.get(state.value, 0) for state in DeliveryState},
            counters={
                name.removeprefix(_PREFIX): value
                for name, value in sorted(counters.items())
                if name.startswith(_PREFIX)
            },
        )
