"""What the sender of webhooks is told to do; changed while it runs."""

from __future__ import annotations

from random import Random

import msgspec


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Which answers are tried again, how often and when (facts 8.5)."""

    retries: int
    """Tries after the first."""
    only_status: int | None
    """The one status that is tried again; None: every one that is no success, and no answer at all."""
    first_wait: float
    """Seconds before the first retry."""
    growth: float
    """By what the wait is multiplied from one retry to the next."""
    longest_wait: float
    """Seconds that no wait exceeds, before jitter."""
    jitter: float
    """The largest share that is added to a wait by chance."""

    def wait(self, tries: int, status: int | None, chance: Random) -> float | None:
        """Seconds until the next try after so many; None when there is none."""
        if tries > self.retries or (self.only_status is not None and status != self.only_status):
            return None
        wait = min(self.first_wait * self.growth ** (tries - 1), self.longest_wait)
        return wait * (1 + self.jitter * chance.random())


NEW_POLICY = RetryPolicy(
    retries=12, only_status=None, first_wait=2.0, growth=2.0, longest_wait=600.0, jitter=0.5
)  # fmt: skip
"""Since about April 2026; HighLevel does not publish the intervals."""
OLD_POLICY = RetryPolicy(
    retries=6, only_status=429, first_wait=600.0, growth=1.0, longest_wait=600.0, jitter=0.2
)  # fmt: skip
"""Until about April 2026: after 429 alone, six tries, ten minutes apart."""
POLICIES = {"new": NEW_POLICY, "old": OLD_POLICY}


class Chaos(msgspec.Struct, frozen=True, kw_only=True):
    """What goes wrong with deliveries on purpose; every rate is a share from 0 to 1."""

    drop: float = 0.0
    """Never delivered."""
    duplicate: float = 0.0
    """Delivered twice under one `webhookId`."""
    reorder: float = 0.0
    """Held back by up to `reorder_seconds`, so that later events overtake."""
    reorder_seconds: float = 5.0
    delay: float = 0.0
    """Held back by `delay_seconds`."""
    delay_seconds: float = 60.0
    forge: float = 0.0
    """Followed by one of somebody else's making: a lying body under a wrong signature, tried once."""


class WebhookSettings(msgspec.Struct, kw_only=True):
    """The subscription of the app (facts 8.5), and how deliveries go. Assign to it at any time."""

    app_id: str
    version_id: str
    url: str | None = None
    """Where events go that have no URL of their own; None: events are only kept."""
    urls: dict[str, str] = {}
    """By event name, where it goes instead."""
    thin: bool = True
    """Leave `contactId` and `body` out of TaskCreate, as HighLevel really does (facts 8.2)."""
    policy: RetryPolicy = NEW_POLICY
    chaos: Chaos = Chaos()

    def url_of(self, event: str, *, of_app: bool) -> str | None:
        """Where an event goes; events of the app itself go to the default URL only (facts 2.8)."""
        return self.url if of_app else self.urls.get(event, self.url)
