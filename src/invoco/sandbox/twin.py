"""The parts of a twin, and what can be done to all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa
from fastapi import FastAPI

from invoco.highlevel.clock import milliseconds
from invoco.sandbox import index as indexes
from invoco.sandbox import registry as registries
from invoco.sandbox import webhooks
from invoco.sandbox.accounts import Accounts
from invoco.sandbox.backstage import Backstage
from invoco.sandbox.clock import TwinClock
from invoco.sandbox.faults import Switchboard
from invoco.sandbox.gate import TwinGate
from invoco.sandbox.herald import Herald
from invoco.sandbox.index import LaggingIndex
from invoco.sandbox.limits import Limiter
from invoco.sandbox.oauth import WHOLE_COMPANY, Authority
from invoco.sandbox.pages import Pages
from invoco.sandbox.registry import Registry
from invoco.sandbox.request_log import RequestLog
from invoco.sandbox.sample import Progress, seed_account
from invoco.sandbox.settings import TwinSettings
from invoco.sandbox.webhooks import SigningKeys, WebhookSender, WebhookSettings
from invoco.service.books import Books
from invoco.store.database import Database
from invoco.store.schema import metadata as store_metadata
from invoco.store.tables import RECORD_TABLES

METADATA = (store_metadata, registries.metadata, indexes.metadata, webhooks.metadata)
"""The tables of the books and those of the twin."""


@dataclass(kw_only=True, slots=True)
class Twin:
    """A HighLevel of one's own."""

    app: FastAPI = field(init=False, repr=False)
    """What serves it; made of the parts below."""
    settings: TwinSettings
    clock: TwinClock
    database: Database
    registry: Registry
    accounts: Accounts
    authority: Authority
    gate: TwinGate
    index: LaggingIndex
    books: Books
    limiter: Limiter
    switchboard: Switchboard
    log: RequestLog
    herald: Herald
    webhooks: WebhookSender
    subscription: WebhookSettings
    keys: SigningKeys
    backstage: Backstage
    pages: Pages

    async def open(self, on_progress: Progress | None = None) -> None:
        """Take up what the file holds; make the sample account when it holds none."""
        await self.registry.load()
        if self.accounts.opened:
            self._subscribe()
        else:
            await self.seed(contacts=self.settings.contacts, seed=self.settings.seed, on_progress=on_progress)

    async def seed(self, *, contacts: int, seed: int, on_progress: Progress | None = None) -> None:
        """Replace all records and credentials by the sample account of that size and seed."""
        await self._empty()
        account = await seed_account(
            self.database, clock=self.clock, contacts=contacts, seed=seed, on_progress=on_progress
        )
        await self.accounts.open(account, redirect_uris=self.settings.redirect_uris)
        async with self.database.transaction() as session:
            await self.index.fill(session)
        self._subscribe()

    async def uninstall(self, choice: str) -> None:
        """Take the app out of a location, or out of all with `company`."""
        location_id = None if choice == WHOLE_COMPANY else self.accounts.place(choice).location_id
        await self.authority.uninstall(self.accounts.app(), location_id)
        await self.herald.uninstalled(location_id)

    async def reset(self) -> None:
        """Make everything what it was when the twin was started with an empty file."""
        self.clock.reset()
        self.switchboard.clear()
        for switch in self.settings.faults:
            self.switchboard.on(switch)
        self.limiter.limits, self.index.lag = self.settings.limits, self.settings.lag
        self.limiter.clear()
        self._restore_subscription()
        self.webhooks.reseed()
        await self.seed(contacts=self.settings.contacts, seed=self.settings.seed)
        self.log.clear()

    async def state(self) -> dict[str, Any]:
        """Everything there is to know, for a look or for a test."""
        return {
            **self.figures(),
            "now": milliseconds(self.clock),
            "frozen": self.clock.frozen,
            "lag": self.index.lag,
            "limits": msgspec.to_builtins(self.limiter.limits),
            "records": await self._counts(),
        }

    def figures(self) -> dict[str, Any]:
        """What was counted since the start or the last reset."""
        return {
            "requests": sum(self.log.by_status.values()),
            "requests_by_path": dict(self.log.by_path.most_common()),
            "requests_by_status": {str(status): count for status, count in sorted(self.log.by_status.items())},
            "rate_limited": self.limiter.refused,
            "faults": self.switchboard.hits(),
        }

    async def _counts(self) -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        async with self.database.reading() as session:
            for kind, table in RECORD_TABLES.items():
                counted = sa.select(table.c.connection_id, sa.func.count()).group_by(table.c.connection_id)
                for location_id, count in (await session.connection.execute(counted)).all():
                    counts.setdefault(location_id, {})[kind.value] = count
        return counts

    def _restore_subscription(self) -> None:
        at_start = WebhookSettings(app_id="", version_id="", url=self.settings.webhook_url)
        for name in at_start.__struct_fields__:
            setattr(self.subscription, name, getattr(at_start, name))

    def _subscribe(self) -> None:
        app = self.accounts.app()
        self.subscription.app_id, self.subscription.version_id = app.app_id, app.version_id

    async def _empty(self) -> None:
        self.registry.clear()
        async with self.database.transaction() as session:
            for metadata in METADATA:
                for table in metadata.sorted_tables:
                    await session.connection.execute(sa.delete(table))
