"""Queues the events of every write of the books, in the transaction of that write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from invoco.domain.changes import Change
from invoco.domain.ports import Session
from invoco.sandbox.webhooks.events import events_of
from invoco.sandbox.webhooks.queue import DeliveryQueue
from invoco.store.session import StoreSession


class WebhookRecorder:
    """A recorder of the books (`service.books.Recorder`)."""

    def __init__(self, queue: DeliveryQueue, *, wake: Callable[[], None]) -> None:
        self._queue, self._wake = queue, wake

    async def record(self, session: Session, changes: Sequence[Change]) -> None:
        """Queue what is to be told of the changes and wake the sender, which waits for the transaction to end."""
        events = events_of(changes, thin=self._queue.settings.thin)
        if events:
            # The twin's books are always kept in the store's own database.
            await self._queue.put(cast("StoreSession", session).connection, events)
            self._wake()
