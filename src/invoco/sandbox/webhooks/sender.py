"""Sends what is queued: signed, a few at a time, tried again as the policy says (facts 8.4, 8.5)."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any, Final

import httpx2
import structlog

from invoco.domain.errors import BadRequest, InvocoError, NoSuchRecord
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.records import JsonObject
from invoco.sandbox.webhooks import queue as rows
from invoco.sandbox.webhooks.event_types import event_name
from invoco.sandbox.webhooks.events import Event
from invoco.sandbox.webhooks.keys import SigningKeys
from invoco.sandbox.webhooks.queue import Delivery, DeliveryQueue, Outcome
from invoco.sandbox.webhooks.tables import State
from invoco.store.database import Database

_AT_ONCE: Final = 8
_ANSWER_SECONDS: Final = 10.0
_SECONDS_AFTER_FAILURE: Final = 1.0
_KEPT_MS: Final = 30 * 24 * 3_600_000
"""HighLevel keeps its log for 30 days (facts 8.5)."""

_log = structlog.get_logger(__name__)


class WebhookSender:
    """The background task that empties the queue.

    It sleeps until the next delivery is due or `wake` is called. Each turn is one writing transaction, so a turn that
    a recorder has woken begins only when the recorder's transaction has ended.
    """

    def __init__(
        self, database: Database, queue: DeliveryQueue, *, clock: Clock, keys: SigningKeys, seed: int,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._database, self._queue, self._clock, self._keys, self._seed = database, queue, clock, keys, seed
        self._http = httpx2.AsyncClient(transport=transport, timeout=_ANSWER_SECONDS)
        self._woken = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._outcomes: list[Outcome] = []

    async def start(self) -> None:
        """Forget what is older than 30 days, and begin to send; what an earlier run left waiting is sent too."""
        async with self._database.transaction() as session:
            await rows.forget(session.connection, before=milliseconds(self._clock) - _KEPT_MS)
        self._running = asyncio.create_task(self._run(), name="webhook sender")

    async def stop(self) -> None:
        """End; a try that has no answer yet is given up and made again by the next run."""
        tasks = [*self._under_way.values(), *([self._running] if self._running else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running = None
        async with self._database.transaction() as session:
            await rows.settle(session.connection, self._outcomes)
        await self._http.aclose()

    def wake(self) -> None:
        """Look at the queue again: something was added, or the clock was moved."""
        self._woken.set()

    def reseed(self) -> None:
        """Let chance decide over what comes as it did from the start."""
        self._queue.reseed()

    async def emit(self, event: str, body: JsonObject) -> str:
        """Send any event of HighLevel's, by its name or its `type`; returns its webhook id.

        The envelope is added; what the body itself says of it wins, except the webhook id.

        Raises:
            BadRequest: there is no such event, or its location is no text.
        """
        location_id = body.get("locationId")
        if not isinstance(location_id, str | None):
            raise BadRequest("The locationId of an event is a text.", cure="Take one from `GET /_twin/account`.")
        fields = {key: value for key, value in body.items() if key != "webhookId"}
        made = Event(name=event_name(event), location_id=location_id, at=milliseconds(self._clock), fields=fields)
        async with self._database.transaction() as session:
            [webhook_id] = await self._queue.put(session.connection, [made])
        self.wake()
        return webhook_id

    async def deliveries(self, *, limit: int = 100, state: State | None = None) -> list[Delivery]:
        """The deliveries queued last, newest first."""
        async with self._database.reading() as session:
            return await rows.newest(session.connection, limit=limit, state=state)

    async def resend(self, delivery_id: int) -> Delivery:
        """Try a delivery whose last try failed once more, by hand (facts 8.5).

        A success ends its retries; a failure starts no new ones and leaves those that are planned.

        Raises:
            NoSuchRecord: there is no such delivery.
            BadRequest: its last try did not fail.
        """
        delivery = await self._find(delivery_id)
        if delivery.attempts == 0 or delivery.state is State.DELIVERED:
            raise BadRequest("Only a delivery whose latest attempt failed can be sent again.", cure="Choose another.")
        status, error = await self._post(delivery)
        outcome = Outcome(
            delivery_id=delivery_id,
            at=milliseconds(self._clock),
            state=State.DELIVERED if _succeeded(status) else delivery.state,
            status=status,
            error=error,
            due_at=delivery.due_at,
            attempts=delivery.attempts,
        )
        async with self._database.transaction() as session:
            await rows.settle(session.connection, [outcome])
        return await self._find(delivery_id)

    async def _find(self, delivery_id: int) -> Delivery:
        async with self._database.reading() as session:
            delivery = await rows.find(session.connection, delivery_id)
        if delivery is None:
            raise NoSuchRecord(f"No delivery has the id {delivery_id}.")
        return delivery

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                next_due = await self._turn()
            except InvocoError as error:
                _log.warning("webhooks must wait", reason=error.message)
                await self._clock.sleep(_SECONDS_AFTER_FAILURE)
            else:
                await self._rest(next_due)

    async def _turn(self) -> int | None:
        """Write down what has ended, begin what is due; returns when the next one is."""
        settled = self._outcomes[:]
        async with self._database.transaction() as session:
            session.brief()
            await rows.settle(session.connection, settled)
            busy = self._under_way.keys() - {outcome.delivery_id for outcome in settled}
            free, now = _AT_ONCE - len(busy), milliseconds(self._clock)
            waiting = await rows.soonest(session.connection, busy=busy, limit=free + 1)
        due = [delivery for delivery in waiting[:free] if delivery.due_at <= now]
        self._outcomes = self._outcomes[len(settled) :]
        for outcome in settled:
            del self._under_way[outcome.delivery_id]
        for delivery in due:
            self._under_way[delivery.id] = asyncio.create_task(self._try(delivery))
        # With no place free there is nothing to wait for but the end of a try, which wakes.
        return waiting[len(due)].due_at if len(due) < min(free, len(waiting)) else None

    async def _rest(self, next_due: int | None) -> None:
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._woken.wait())]
        if next_due is not None:
            waits.append(asyncio.create_task(self._sleep_until(next_due)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _sleep_until(self, moment: int) -> None:
        # A millisecond more, since the moment was cut to whole ones.
        await self._clock.sleep((moment - milliseconds(self._clock)) / 1000 + 0.001)

    async def _try(self, delivery: Delivery) -> None:
        status, error = await self._post(delivery)
        self._outcomes.append(self._judged(delivery, status, error))
        self.wake()

    def _judged(self, delivery: Delivery, status: int | None, error: str | None) -> Outcome:
        tries, now = delivery.attempts + 1, milliseconds(self._clock)
        state, due_at = State.DELIVERED, delivery.due_at
        if not _succeeded(status):
            # Chance of its own, so that waits do not depend on which delivery ends first.
            chance = Random(f"{self._seed}/{delivery.id}/{tries}")
            wait = None if delivery.forged else self._queue.settings.policy.wait(tries, status, chance)
            state = State.FAILED if wait is None else State.WAITING
            due_at = delivery.due_at if wait is None else now + int(wait * 1000)
        return Outcome(
            delivery_id=delivery.id, at=now, state=state, status=status, error=error, due_at=due_at, attempts=tries
        )

    async def _post(self, delivery: Delivery) -> tuple[int | None, str | None]:
        """The status of the answer, or the kind of error."""
        signed = b"another text" if delivery.forged else delivery.body
        signatures = await asyncio.to_thread(self._keys.headers, signed)
        headers = {"Content-Type": "application/json", "User-Agent": "HighLevel-twin", **signatures}
        try:
            async with self._http.stream("POST", delivery.url or "", content=delivery.body, headers=headers) as answer:
                return answer.status_code, None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return None, type(error).__name__


def _succeeded(status: int | None) -> bool:
    """Any 2xx (facts 8.5)."""
    return status is not None and 200 <= status < 300
