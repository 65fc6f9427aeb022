"""The twin as an application: HighLevel's routes, OAuth and the control API, behind limits and faults (facts 12)."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path

import httpx2
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from invoco.domain.changes import Change
from invoco.domain.ports import Session
from invoco.highlevel.clock import Clock, SystemClock
from invoco.routes import highlevel_routes, install_error_table
from invoco.sandbox import consent, control
from invoco.sandbox.accounts import Accounts
from invoco.sandbox.backstage import REMEMBERED, Backstage
from invoco.sandbox.clock import TwinClock
from invoco.sandbox.faults import Faults, Switchboard
from invoco.sandbox.gate import TwinGate
from invoco.sandbox.herald import Herald
from invoco.sandbox.index import Indexed, LaggingIndex
from invoco.sandbox.limits import Limiter, RateLimits
from invoco.sandbox.oauth import Authority
from invoco.sandbox.oauth_routes import install_oauth_errors, oauth_routes
from invoco.sandbox.pages import Pages
from invoco.sandbox.registry import Registry
from invoco.sandbox.request_log import Logged, RequestLog
from invoco.sandbox.sample import Progress
from invoco.sandbox.scenes import Scene
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
    settings: TwinSettings, *, clock: Clock | None = None, on_progress: Progress | None = None,
    keys: SigningKeys | None = None, transport: httpx2.AsyncBaseTransport | None = None,
    database: Database | None = None,
) -> AsyncIterator[Twin]:  # fmt: skip
    """A twin that is ready to serve; a file that already holds one is taken as it is.

    Args:
        settings: what was chosen.
        clock: where the time comes from.
        on_progress: told while the sample account is made.
        keys: sign the webhooks instead of those kept beside the file.
        transport: takes the webhooks instead of the network.
        database: an open one with the tables of `twin.METADATA` instead of the file; whoever opened it closes it.

    Raises:
        StoreUnusable, StoreTooNew, Misconfigured: the file or a setting cannot be used.
    """
    async with AsyncExitStack() as stack:
        if database is None:
            database = await _opened(settings, stack)
        if keys is None:
            keys = await asyncio.to_thread(load_keys, settings.data.parent) if settings.data else passing_keys()
        twin = _assembled(settings, TwinClock(clock or SystemClock()), database, keys, transport)
        await twin.open(on_progress)
        twin.app = app_of(twin)
        stack.push_async_callback(twin.webhooks.stop)
        await twin.webhooks.start()
        yield twin


async def _opened(settings: TwinSettings, stack: AsyncExitStack) -> Database:
    path = settings.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="invoco-"))) / "twin.db"
    database = await Database.open(f"sqlite:///{path}", durable=False)
    stack.push_async_callback(database.close)
    await create_all(database, *METADATA)
    return database


def _assembled(
    settings: TwinSettings, clock: TwinClock, database: Database, keys: SigningKeys,
    transport: httpx2.AsyncBaseTransport | None,
) -> Twin:  # fmt: skip
    registry = Registry(database)
    accounts = Accounts(registry, clock=clock, randomness=random.SystemRandom())
    index = LaggingIndex(database, clock=clock, lag=settings.lag)
    queue = DeliveryQueue(WebhookSettings(app_id="", version_id="", url=settings.webhook_url), seed=settings.seed)
    sender = WebhookSender(database, queue, clock=clock, keys=keys, seed=settings.seed, transport=transport)
    herald = Herald(sender, accounts, clock=clock)
    recorder = _Recorders(index, WebhookRecorder(queue, wake=sender.wake))
    told = Scene(database, clock=clock, index=index, recorder=recorder)
    untold = Scene(database, clock=clock, index=index, recorder=_Recorders(index))
    return Twin(
        settings=settings,
        clock=clock,
        database=database,
        registry=registry,
        accounts=accounts,
        authority=Authority(registry, clock=clock, randomness=random.SystemRandom(), installed=herald.installed),
        gate=TwinGate(registry, clock=clock),
        index=index,
        books=told.books,
        limiter=Limiter(settings.limits, clock=clock),
        switchboard=Switchboard(settings.faults, seed=settings.seed),
        log=RequestLog(),
        herald=herald,
        webhooks=sender,
        subscription=queue.settings,
        keys=keys,
        backstage=Backstage(database, told=told, untold=untold),
        pages=Pages(told=told, untold=untold, sender=sender),
    )


@cache
def passing_keys() -> SigningKeys:
    """The keys of all twins of this process that keep nothing; shorter than HighLevel's, so that they are soon made."""
    return new_keys(rsa_bits=2048)


class _Recorders:
    """Who is told of each change of the books: the index, and unless it is to stay unknown, the subscriber."""

    def __init__(self, index: LaggingIndex, webhooks: WebhookRecorder | None = None) -> None:
        self._index, self._webhooks = index, webhooks

    async def record(self, session: Session, changes: Sequence[Change]) -> None:
        """Queue what the index and the subscriber must learn; remember what went with a contact (facts 3.6, 8.3)."""
        kept = [change for change in changes if change.operation_id == "delete-contact" or change.action in REMEMBERED]
        await session.journal.record(kept, send=False)
        await self._index.note(session, changes)
        if self._webhooks is not None:
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
