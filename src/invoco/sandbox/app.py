"""The twin as an application: HighLevel's routes, OAuth and the control API, behind limits and faults (facts 12)."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session
from invoco.highlevel.clock import Clock, SystemClock
from invoco.routes import highlevel_routes, install_error_table
from invoco.sandbox import consent, control
from invoco.sandbox.accounts import Accounts
from invoco.sandbox.clock import TwinClock
from invoco.sandbox.faults import Faults, Switchboard
from invoco.sandbox.gate import TwinGate
from invoco.sandbox.herald import Herald
from invoco.sandbox.index import Indexed, LaggingIndex
from invoco.sandbox.limits import Limiter, RateLimits
from invoco.sandbox.oauth import Authority
from invoco.sandbox.oauth_routes import install_oauth_errors, oauth_routes
from invoco.sandbox.registry import Registry
from invoco.sandbox.request_log import Logged, RequestLog
from invoco.sandbox.sample import Progress
from invoco.sandbox.settings import TwinSettings
from invoco.sandbox.twin import METADATA, Twin
from invoco.sandbox.webhooks import (
    DeliveryQueue,
    SigningKeys,
    WebhookRecorder,
    WebhookSender,
    WebhookSettings,
    load_keys,
    new_keys,
)
from invoco.service.books import Books
from invoco.store.database import Database
from invoco.store.schema import create_all

_NOT_HIGHLEVEL = (control.PREFIX, *consent.PATHS)
"""What is no part of HighLevel's API: neither limited, nor counted, nor hit by faults."""


def app_of(twin: Twin) -> FastAPI:
    """The application that serves the twin."""
    app = FastAPI(title="Twin of HighLevel", summary="A local HighLevel with sample data.")
    app.include_router(oauth_routes(twin.authority, twin.registry, twin.gate))
    app.include_router(consent.consent_routes(twin.authority, twin.registry))
    not_found_status = twin.settings.not_found_status
    app.include_router(highlevel_routes(twin.books, twin.gate, not_found_status=not_found_status))
    app.mount(control.PREFIX, control.control_app(twin))
    install_error_table(app, not_found_status=not_found_status)
    install_oauth_errors(app)
    app.add_middleware(_Layers, twin=twin)
    return app


@asynccontextmanager
async def build_twin(
    settings: TwinSettings, *, clock: Clock | None = None, on_progress: Progress | None = None
) -> AsyncIterator[Twin]:
    """A twin that is ready to serve; a file that already holds one is taken as it is.

    Raises:
        StoreUnusable, StoreTooNew, Misconfigured: the file or a setting cannot be used.
    """
    async with AsyncExitStack() as stack:
        path = settings.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="invoco-"))) / "twin.db"
        database = await Database.open(f"sqlite:///{path}", durable=False)
        stack.push_async_callback(database.close)
        await create_all(database, *METADATA)
        keys = await asyncio.to_thread(load_keys, settings.data.parent) if settings.data else _passing_keys()
        twin = _assembled(settings, TwinClock(clock or SystemClock()), database, keys)
        await twin.open(on_progress)
        twin.app = app_of(twin)
        stack.push_async_callback(twin.webhooks.stop)
        await twin.webhooks.start()
        yield twin


def _assembled(settings: TwinSettings, clock: TwinClock, database: Database, keys: SigningKeys) -> Twin:
    registry = Registry(database)
    accounts = Accounts(registry, clock=clock, randomness=random.SystemRandom())
    index = LaggingIndex(database, clock=clock, lag=settings.lag)
    queue = DeliveryQueue(WebhookSettings(app_id="", version_id="", url=settings.webhook_url), seed=settings.seed)
    sender = WebhookSender(database, queue, clock=clock, keys=keys, seed=settings.seed)
    herald = Herald(sender, accounts, clock=clock)
    recorder = _IndexAndWebhooks(index, WebhookRecorder(queue, wake=sender.wake))
    return Twin(
        settings=settings,
        clock=clock,
        database=database,
        registry=registry,
        accounts=accounts,
        authority=Authority(registry, clock=clock, randomness=random.SystemRandom(), installed=herald.installed),
        gate=TwinGate(registry, clock=clock),
        index=index,
        books=Books(database, clock=clock, recorder=recorder, find_contacts=index.contacts, find_tasks=index.tasks),
        limiter=Limiter(settings.limits, clock=clock),
        switchboard=Switchboard(settings.faults, seed=settings.seed),
        log=RequestLog(),
        herald=herald,
        webhooks=sender,
        subscription=queue.settings,
        keys=keys,
    )


@cache
def _passing_keys() -> SigningKeys:
    """The keys of all twins of this process that keep nothing; shorter than HighLevel's, so that they are soon made."""
    return new_keys(rsa_bits=2048)


class _IndexAndWebhooks:
    """Who is told of each change of the books."""

    def __init__(self, index: LaggingIndex, webhooks: WebhookRecorder) -> None:
        self._index, self._webhooks = index, webhooks

    async def record(self, session: Session, changes: Sequence[Change]) -> None:
        """Queue what the index and the subscriber must learn; remember deleted contacts as such (facts 3.6)."""
        gone = [change for change in changes if change.kind is RecordKind.CONTACT and change.action == "delete"]
        await session.journal.record(gone, send=False)
        await self._index.note(session, changes)
        await self._webhooks.record(session, changes)


class _Layers:
    """Log, limits, faults and index around HighLevel's API; everything else passes straight through."""

    def __init__(self, app: ASGIApp, *, twin: Twin) -> None:
        self._app = app
        indexed = Indexed(app, index=twin.index)
        faulty = Faults(indexed, switchboard=twin.switchboard, clock=twin.clock)
        limited = RateLimits(faulty, limiter=twin.limiter, caller_of=twin.gate.caller)
        self._layered = Logged(limited, log=twin.log, clock=twin.clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by the path."""
        is_api = scope["type"] == "http" and not scope["path"].startswith(_NOT_HIGHLEVEL)
        await (self._layered if is_api else self._app)(scope, receive, send)
