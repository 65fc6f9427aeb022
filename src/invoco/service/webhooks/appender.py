"""Group commit: one transaction stores everything that waits, and then everybody is told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.errors import InvocoError
from invoco.domain.ports import Store
from invoco.highlevel.clock import Clock

_MOST: Final = 500
"""Deliveries in one transaction."""
_SMALL: Final = 16
"""So many are a small matter (`Session.brief`)."""
_FEW: Final = 3
_LOOK_EVERY: Final = 0.001
_MOST_LOOKS: Final = 8
"""Under load a transaction waits for so many milliseconds while more keep coming: it costs much, each row little."""

OnStored = Callable[[frozenset[str]], Awaitable[None]]
"""Told of the locations for which something waits now."""

_Waiting = tuple[Delivery, "asyncio.Future[None]"]
_log = structlog.get_logger(__name__)


class Appender:
    """Stores deliveries; while one transaction is under way, the next ones gather."""

    def __init__(self, store: Store, *, clock: Clock, on_stored: OnStored) -> None:
        self._store, self._clock, self._on_stored = store, clock, on_stored
        self._waiting: deque[_Waiting] = deque()
        self._latest = 0
        """How many the latest transaction stored."""
        self._unannounced: set[str] = set()
        self._storing: asyncio.Task[None] | None = None
        self._announcing: asyncio.Task[None] | None = None

    async def append(self, delivery: Delivery) -> None:
        """Store it; it is safe when this returns.

        Raises:
            StoreBusy, StoreUnusable: it is not stored.
        """
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, stored))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        await stored

    async def close(self) -> None:
        """Wait until everything is stored and told."""
        while task := self._storing or self._announcing:
            await task

    async def _store_all(self) -> None:
        try:
            while self._waiting:
                if self._latest > _FEW:
                    await self._gathered()
                batch = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
                self._latest = len(batch)
                await self._store_each(batch)
        finally:
            self._storing = None

    async def _gathered(self) -> None:
        """Wait while more keep coming, for a short while."""
        for _ in range(_MOST_LOOKS):
            before = len(self._waiting)
            await self._clock.sleep(_LOOK_EVERY)
            if len(self._waiting) == before:
                return

    async def _store_each(self, batch: list[_Waiting]) -> None:
        """Store the batch; should one delivery be the cause of a failure, the others do not suffer for it."""
        try:
            await self._commit([delivery for delivery, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it was
            await self._failed(batch, error)
            return
        _tell(batch, None)
        self._announce({delivery.location_id for delivery, _ in batch if delivery.state is DeliveryState.WAITING})

    async def _failed(self, batch: list[_Waiting], error: Exception) -> None:
        if len(batch) == 1 or isinstance(error, InvocoError):
            _log.warning("webhooks could not be stored", count=len(batch), reason=repr(error))
            _tell(batch, error)
            return
        for one in batch:
            await self._store_each([one])

    async def _commit(self, deliveries: list[Delivery]) -> None:
        async with self._store.appending() as session:
            if len(deliveries) <= _SMALL:
                session.brief()
            await session.inbox.append(deliveries)

    def _announce(self, locations: set[str]) -> None:
        self._unannounced |= locations
        if self._unannounced and self._announcing is None:
            self._announcing = asyncio.create_task(self._announce_all())

    async def _announce_all(self) -> None:
        """Beside the storing, which must not wait for it; what comes meanwhile is told together."""
        try:
            while self._unannounced:
                locations, self._unannounced = frozenset(self._unannounced), set()
                await self._on_stored(locations)
        except Exception as error:  # noqa: BLE001 - the rows are there; a sweep finds them
            _log.warning("nobody was woken for new webhooks", reason=repr(error))
        finally:
            self._announcing = None


def _tell(batch: list[_Waiting], error: Exception | None) -> None:
    for _, stored in batch:
        if stored.done():
            continue
        if error is None:
            stored.set_result(None)
        else:
            stored.set_exception(error)
