"""Webhooks on their way into the inbox: looked at, sorted, and stored many at a time."""

from invoco.service.webhooks.inbox import WebhookInbox
from invoco.service.webhooks.keys import WebhookKeys, webhook_keys

__all__ = ["WebhookInbox", "WebhookKeys", "webhook_keys"]
