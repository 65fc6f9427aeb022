"""Webhook deliveries as they are kept in the inbox."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    """To be taken in by the job of its connection."""
    DONE = "done"
    """Taken in: its record is shown, and is or was read again."""
    KEPT = "kept"
    """Of a type that no job uses yet."""
    REJECTED = "rejected"
    """Signed, yet of no use: `reason` says why. HighLevel is not asked to send it again."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One received webhook."""

    webhook_id: str
    """HighLevel's; the hash of the body where it names none."""
    type: str
    """As the body says; empty when it says nothing readable."""
    location_id: str
    """Empty for an event of a company."""
    at: int | None
    """When it happened, as the body's timestamp says; milliseconds since 1970, as all instants here."""
    received_at: int
    body: bytes
    """Raw, as it was signed."""
    state: DeliveryState = DeliveryState.WAITING
    reason: str | None = None
    position: int = 0
    """Its place in the inbox; 0 before it is there."""
    copies: int = 1
    """How often it was delivered."""
