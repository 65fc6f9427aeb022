"""The way of one webhook into the inbox."""

from __future__ import annotations

from typing import Final

from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.ports import Store
from invoco.highlevel.clock import Clock, milliseconds
from invoco.service.webhooks.appender import Appender, OnStored
from invoco.service.webhooks.counters import Counters
from invoco.service.webhooks.directory import Directory
from invoco.service.webhooks.envelope import Envelope, Place, placed, read

_OLD_MS: Final = 300_000
"""HighLevel's advice against replays; its own retries take longer, so an old event is only counted (facts 8.4)."""
_KEPT_OF_REJECTED: Final = 65_536
"""Bytes of a body that is of no use."""


async def _nobody(_locations: frozenset[str]) -> None:
    """Nothing is woken; a sweep finds what waits."""


class WebhookInbox:
    """Takes in webhooks whose signature is good."""

    def __init__(
        self, store: Store, *, clock: Clock, client_id: str | None = None, on_stored: OnStored = _nobody
    ) -> None:
        """Where webhooks go.

        Args:
            store: holds the inbox, and knows the connections.
            clock: tells when they arrive.
            client_id: of an app that is known before its first connection.
            on_stored: told after each commit for which locations something waits; the empty text stands for companies.
        """
        self._clock = clock
        self._directory = Directory(store, clock=clock, client_id=client_id)
        self._appender = Appender(store, clock=clock, on_stored=on_stored)
        self._counters = Counters(store, clock=clock)

    async def take(self, body: bytes) -> None:
        """Keep a webhook, waiting or rejected; it is safe when this returns.

        Raises:
            StoreBusy, StoreUnusable: it is not stored, and must be sent again.
        """
        received_at, envelope = milliseconds(self._clock), read(body)
        place = await self._place(envelope)
        if envelope.at is not None and received_at - envelope.at > _OLD_MS:
            self.count("old")
        await self._appender.append(_delivery(envelope, place, body, received_at=received_at))
        if place.refusal is not None:
            self.count("rejected")

    def count(self, name: str) -> None:
        """Count something for the diagnostics: `webhooks.<name>`."""
        self._counters.add(f"webhooks.{name}")

    async def close(self) -> None:
        """Store what is under way."""
        await self._appender.close()
        await self._directory.close()
        await self._counters.close()

    async def _place(self, envelope: Envelope) -> Place:
        """Where it belongs; the connections are looked up once more before anything is rejected for lack of one."""
        if envelope.problem is not None:
            return Place("", envelope.problem)
        place = placed(envelope, await self._directory.known())
        return place if place.refusal is None else placed(envelope, await self._directory.looked_up())


def _delivery(envelope: Envelope, place: Place, body: bytes, *, received_at: int) -> Delivery:
    rejected = place.refusal is not None
    return Delivery(
        webhook_id=envelope.webhook_id,
        type=envelope.type,
        location_id=place.location_id,
        at=envelope.at,
        received_at=received_at,
        body=body[:_KEPT_OF_REJECTED] if rejected else body,
        state=DeliveryState.REJECTED if rejected else DeliveryState.WAITING,
        reason=place.refusal,
    )
