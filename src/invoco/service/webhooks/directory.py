"""Which locations and apps are ours, remembered so that no webhook needs a query."""

from __future__ import annotations

import asyncio
from typing import Final

from invoco.domain.ports import Store
from invoco.highlevel.clock import Clock
from invoco.service.webhooks.envelope import Known

_PAUSE: Final = 1.0
"""Seconds between the beginnings of two looks."""
_GOOD_FOR: Final = 30.0


class Directory:
    """The connected locations and their apps; other processes may add some at any time."""

    def __init__(self, store: Store, *, clock: Clock, client_id: str | None) -> None:
        """`client_id` is that of an app that is known before its first connection."""
        self._store, self._clock = store, clock
        self._apps = frozenset({client_id.partition("-")[0]} if client_id else ())
        self._known = Known(frozenset(), frozenset())
        self._looked_at = float("-inf")
        self._look: asyncio.Task[Known] | None = None

    async def known(self) -> Known:
        """What was known within the last 30 seconds.

        Raises:
            StoreBusy, StoreUnusable: it could not be read.
        """
        if self._clock.now() - self._looked_at < _GOOD_FOR:
            return self._known
        return await self.looked_up()

    async def looked_up(self) -> Known:
        """What is known at some moment after this call; everybody who waits shares one look, one a second at most.

        Raises:
            StoreBusy, StoreUnusable: it could not be read.
        """
        if self._look is None:
            self._look = asyncio.create_task(self._looked())
        # One that is cancelled must not take the look away from the others.
        return await asyncio.shield(self._look)

    async def close(self) -> None:
        """Give up a look under way."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.gather(self._look, return_exceptions=True)

    async def _looked(self) -> Known:
        try:
            await self._clock.sleep(self._looked_at + _PAUSE - self._clock.now())
        finally:
            self._look = None  # who comes from now on may know of something newer
        now = self._clock.now()
        async with self._store.reading() as session:
            connections = await session.connections.all()
        apps = {connection.app_id for connection in connections if connection.app_id is not None}
        self._known = Known(frozenset(connection.id for connection in connections), self._apps | apps)
        self._looked_at = now
        return self._known
