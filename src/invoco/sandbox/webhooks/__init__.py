"""The twin's webhooks: from changes of records to signed deliveries."""

from __future__ import annotations

from invoco.sandbox.webhooks.event_types import EVENTS
from invoco.sandbox.webhooks.keys import SigningKeys, load_keys, new_keys
from invoco.sandbox.webhooks.queue import Delivery, DeliveryQueue
from invoco.sandbox.webhooks.recorder import WebhookRecorder
from invoco.sandbox.webhooks.sender import WebhookSender
from invoco.sandbox.webhooks.settings import NEW_POLICY, OLD_POLICY, POLICIES, Chaos, RetryPolicy, WebhookSettings
from invoco.sandbox.webhooks.tables import State, metadata

__all__ = [
    "EVENTS",
    "NEW_POLICY",
    "OLD_POLICY",
    "POLICIES",
    "Chaos",
    "Delivery",
    "DeliveryQueue",
    "RetryPolicy",
    "SigningKeys",
    "State",
    "WebhookRecorder",
    "WebhookSender",
    "WebhookSettings",
    "load_keys",
    "metadata",
    "new_keys",
]
