"""Deliveries: queued with the write, signed, sent, tried again."""

import asyncio
import json
import re
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from invoco.domain.changes import Change
from invoco.domain.errors import BadRequest, NoSuchRecord, StoreBusy
from invoco.domain.kinds import RecordKind
from invoco.highlevel import signing
from invoco.highlevel.records import Contact
from invoco.sandbox.webhooks import (
    OLD_POLICY,
    Chaos,
    DeliveryQueue,
    State,
    WebhookRecorder,
    WebhookSender,
    WebhookSettings,
    metadata,
    new_keys,
)
from invoco.store.database import Database
from invoco.testing.clock import FakeClock

URL = "https://receiver.example.com/hook"
KEYS = new_keys(rsa_bits=1024)
DAY = 24 * 3600.0


class Receiver:
    """A small web server that keeps what it gets and answers as told; `None` breaks the connection."""

    def __init__(self):
        self.answers, self.bodies, self.headers = [], [], []
        self.open = asyncio.Event()
        self.open.set()
        self.arrived = asyncio.Event()
        self.now, self.most = 0, 0

    async def __call__(self, scope, receive, send):
        message = await receive()
        self.bodies.append(message["body"])
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        self.now += 1
        self.most = max(self.most, self.now)
        self.arrived.set()
        try:
            await self.open.wait()
        finally:
            self.now -= 1
        status = self.answers.pop(0) if self.answers else 200
        if status is None:
            raise httpx2.ConnectError("gone")
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    async def has(self, count):
        """Wait until so many requests have come."""
        while len(self.bodies) < count:
            self.arrived.clear()
            await self.arrived.wait()

    def events(self):
        """What came, read."""
        return [json.loads(body) for body in self.bodies]


class Office:
    """A database with queue, recorder and sender."""

    def __init__(self, database, clock, receiver, *, seed=1):
        self.database, self.clock = database, clock
        self.settings = WebhookSettings(app_id="app", version_id="version", url=URL)
        queue = DeliveryQueue(self.settings, seed=seed)
        self.sender = WebhookSender(
            database, queue, clock=clock, keys=KEYS, seed=seed, transport=httpx2.ASGITransport(receiver)
        )
        self.recorder = WebhookRecorder(queue, wake=self.sender.wake)

    async def write(self, *contact_ids, fails=False):
        """Create contacts in one transaction."""
        at = int(self.clock.now() * 1000)
        changes = [
            Change(
                kind=RecordKind.CONTACT, action="create", location_id="l1", record_id=contact_id,
                operation_id="create-contact", after=Contact(id=contact_id, email=""), at=at,
            )
            for contact_id in contact_ids
        ]  # fmt: skip
        async with self.database.transaction() as session:
            await self.recorder.record(session, changes)
            if fails:
                raise ZeroDivisionError

    async def settled(self):
        """The deliveries in their order, when none is waiting any more."""
        async with asyncio.timeout(10):
            while await self.sender.deliveries(state=State.WAITING, limit=1):
                pass
        return await self.deliveries()

    async def deliveries(self):
        """The deliveries in their order."""
        return (await self.sender.deliveries(limit=1000))[::-1]


@pytest.fixture
def receiver():
    """The subscriber's server."""
    return Receiver()


@pytest.fixture
async def office(database, receiver):
    """Not started, so that what is queued can be looked at."""
    office = Office(database, FakeClock(), receiver)
    yield office
    await office.sender.stop()


@pytest.fixture
async def sending(office):
    """Started."""
    await office.sender.start()
    return office


async def test_envelope(sending, receiver):
    """The body is flat: the envelope and the record's fields, empty ones left out (facts 8.2)."""
    await sending.write("c1")
    await sending.settled()
    [body] = receiver.events()

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body.pop("webhookId"))
    assert body == {
        "type": "ContactCreate", "locationId": "l1", "appId": "app", "versionId": "version",
        "timestamp": "2025-06-15T15:06:40.000Z", "id": "c1",
    }  # fmt: skip


async def test_signatures(sending, receiver):
    """Both signatures are over the raw bytes (facts 8.4)."""
    await sending.write("c1")
    await sending.settled()
    keys: dict[str, Any] = {"ed25519_keys": [KEYS.ed25519.public_key()], "rsa_keys": [KEYS.rsa.public_key()]}
    names = (signing.ED25519_HEADER.lower(), signing.RSA_HEADER.lower())

    assert [signing.Signature.ED25519, signing.Signature.RSA] == [
        signing.verify(receiver.bodies[0], {name: receiver.headers[0][name]}, **keys) for name in names
    ]


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_2xx_is_a_success(sending, receiver, status):
    """Any 2xx ends the delivery (facts 8.5)."""
    receiver.answers = [status]
    await sending.write("c1")
    [delivery] = await sending.settled()

    assert (State.DELIVERED, 1, status) == (delivery.state, delivery.attempts, delivery.last_status)


@pytest.mark.parametrize("status", [301, 404, 429, 500, None])
async def test_everything_else_is_tried_again(sending, receiver, status):
    """Another status, or no answer at all, is tried again after seconds (facts 8.5)."""
    receiver.answers = [status]
    await sending.write("c1")
    [delivery] = await sending.settled()

    assert (State.DELIVERED, 2) == (delivery.state, delivery.attempts)
    assert 2 <= sending.clock.now() - 1_750_000_000 <= 3.1


async def test_retries_are_the_same(sending, receiver):
    """A retry has the same body, webhook id included."""
    receiver.answers = [500, 500]
    await sending.write("c1")
    await sending.settled()

    assert [receiver.bodies[0]] * 3 == receiver.bodies


async def test_new_policy_gives_up_after_twelve_retries(sending, receiver):
    """After thirteen tries a delivery has failed."""
    receiver.answers = [500] * 20
    await sending.write("c1")
    [delivery] = await sending.settled()

    assert (State.FAILED, 13, 13) == (delivery.state, delivery.attempts, len(receiver.bodies))


async def test_old_policy_gives_up_at_once(sending, receiver):
    """Until April 2026 only 429 was tried again."""
    sending.settings.policy = OLD_POLICY
    receiver.answers = [500]
    await sending.write("c1")
    [delivery] = await sending.settled()

    assert (State.FAILED, 1) == (delivery.state, delivery.attempts)


async def test_old_policy_takes_about_an_hour(sending, receiver):
    """Six retries after 429, ten minutes apart, make 1 h to 1 h 12 min."""
    sending.settings.policy = OLD_POLICY
    receiver.answers = [429] * 9
    await sending.write("c1")
    [delivery] = await sending.settled()

    assert (State.FAILED, 7) == (delivery.state, delivery.attempts)
    assert 3600 <= sending.clock.now() - 1_750_000_000 <= 4330


async def test_a_broken_connection_is_named(sending, receiver):
    """Without an answer the kind of error is kept."""
    sending.settings.policy = OLD_POLICY
    receiver.answers = [None]
    await sending.write("c1")
    [delivery] = await sending.settled()

    assert (None, "ConnectError") == (delivery.last_status, delivery.last_error)


async def test_a_rolled_back_write_tells_nothing(sending, receiver):
    """Deliveries share the transaction of the write."""
    with pytest.raises(ZeroDivisionError):
        await sending.write("c1", fails=True)

    assert [] == await sending.deliveries()


async def test_changes_without_events_queue_nothing(office):
    """A write that tells nothing leaves the queue alone."""
    async with office.database.transaction() as session:
        await office.recorder.record(session, [])

    assert [] == await office.deliveries()


async def test_without_a_url_events_are_kept(sending, receiver):
    """Nobody is subscribed: the event is there to be looked at."""
    sending.settings.url = None
    await sending.write("c1")
    [delivery] = await sending.settled()

    assert (State.KEPT, []) == (delivery.state, receiver.bodies)


async def test_summary(office):
    """A delivery shows its body as JSON."""
    await office.write("c1")
    [delivery] = await office.deliveries()

    assert ("waiting", "c1") == (delivery.summary()["state"], delivery.summary()["body"]["id"])


async def test_what_waits_is_sent_at_start(office, receiver):
    """What an earlier run left is sent."""
    await office.write("c1", "c2")
    await office.sender.start()
    await office.settled()

    assert {"c1", "c2"} == {event["id"] for event in receiver.events()}


async def test_many_at_once_are_few_at_a_time(sending, receiver):
    """At most eight requests are under way."""
    receiver.open.clear()
    await sending.write(*(f"c{number}" for number in range(30)))
    await receiver.has(8)
    await sending.deliveries()
    receiver.open.set()
    await sending.settled()

    assert (8, 30) == (receiver.most, len(receiver.bodies))


async def test_stop_gives_up_what_has_no_answer(sending, receiver):
    """A try without an answer is made again by the next run."""
    receiver.open.clear()
    await sending.write("c1")
    await receiver.has(1)
    await sending.sender.stop()
    receiver.open.set()
    [delivery] = await sending.deliveries()

    assert (State.WAITING, 0) == (delivery.state, delivery.attempts)


async def test_old_deliveries_are_forgotten_at_start(office):
    """The log is kept for 30 days (facts 8.5)."""
    office.settings.url = None
    await office.write("c1")
    office.clock.advance(31 * DAY)
    await office.write("c2")
    await office.sender.start()

    assert ["c2"] == [delivery.summary()["body"]["id"] for delivery in await office.deliveries()]


async def test_busy_database_only_delays(database, receiver):
    """While another process writes, the sender waits and goes on."""

    class BusyOnce(Database):
        busy = 1

        @asynccontextmanager
        async def transaction(self, *, durable=True):
            if self.busy:
                self.busy -= 1
                raise StoreBusy
            async with super().transaction(durable=durable) as session:
                yield session

    busy = BusyOnce(database.engine)
    busy.busy = 0
    office = Office(busy, FakeClock(), receiver)
    await office.write("c1")
    await office.sender.start()
    busy.busy = 1
    await office.settled()
    await office.sender.stop()

    assert 1 == len(receiver.bodies)


async def test_a_moved_clock_is_noticed(database, receiver):
    """What is due after the clock was moved is sent when the sender is woken."""
    office = Office(database, FakeClock(auto=False), receiver)
    receiver.answers = [500]
    await office.sender.start()
    await office.write("c1")
    while not (await office.deliveries())[0].attempts:
        pass
    office.clock.advance(60)
    office.sender.wake()
    [delivery] = await office.settled()
    await office.sender.stop()

    assert 2 == delivery.attempts


async def test_emit(sending, receiver):
    """Any event can be sent; its body is put into the envelope."""
    webhook_id = await sending.sender.emit("OpportunityCreate", {"locationId": "l9", "id": "o1", "name": None})
    await sending.settled()
    [body] = receiver.events()

    assert ("OpportunityCreate", "l9", "o1", webhook_id) == (
        body["type"], body["locationId"], body["id"], body["webhookId"],
    )  # fmt: skip
    assert "name" not in body


async def test_emit_of_the_app(sending, receiver):
    """Events of the app carry their own type."""
    await sending.sender.emit("AppInstall", {"companyId": "k1"})
    await sending.settled()

    assert ["INSTALL"] == [event["type"] for event in receiver.events()]


async def test_what_the_body_says_of_the_envelope_wins(sending, receiver):
    """HighLevel's own mistakes can be sent, such as the channel in `type`; the webhook id stays ours."""
    await sending.sender.emit("ProviderOutboundMessage", {"type": "SMS", "webhookId": "mine"})
    await sending.settled()
    [body] = receiver.events()

    assert ("SMS", False) == (body["type"], body["webhookId"] == "mine")


async def test_emit_refuses_unknown_events(office):
    """An event that HighLevel does not have is refused."""
    with pytest.raises(BadRequest):
        await office.sender.emit("TaskUpdate", {})


async def test_resend_that_succeeds(sending, receiver):
    """A success by hand ends the delivery and counts as no try of the policy."""
    sending.settings.policy = OLD_POLICY
    receiver.answers = [500]
    await sending.write("c1")
    [failed] = await sending.settled()
    resent = await sending.sender.resend(failed.id)

    assert (State.DELIVERED, 1, 200) == (resent.state, resent.attempts, resent.last_status)


async def test_resend_that_fails(sending, receiver):
    """A failure by hand starts no new retries."""
    sending.settings.policy = OLD_POLICY
    receiver.answers = [500, 429]
    await sending.write("c1")
    [failed] = await sending.settled()
    resent = await sending.sender.resend(failed.id)

    assert (State.FAILED, 1, 429) == (resent.state, resent.attempts, resent.last_status)


async def test_resend_of_what_was_delivered(sending):
    """Only what failed last can be sent again."""
    await sending.write("c1")
    [delivered] = await sending.settled()
    with pytest.raises(BadRequest):
        await sending.sender.resend(delivered.id)


async def test_resend_of_nothing(office):
    """An unknown id is said to be unknown."""
    with pytest.raises(NoSuchRecord):
        await office.sender.resend(99)


async def test_drops(office):
    """A dropped event is remembered and never sent."""
    office.settings.chaos = Chaos(drop=1.0)
    await office.write("c1")

    assert [State.DROPPED] == [delivery.state for delivery in await office.deliveries()]


async def test_duplicates(sending, receiver):
    """A duplicate has the same bytes, webhook id included."""
    sending.settings.chaos = Chaos(duplicate=1.0)
    await sending.write("c1")
    await sending.settled()

    assert [receiver.bodies[0]] * 2 == receiver.bodies


async def test_delays(office):
    """A delayed event is due later."""
    office.settings.chaos = Chaos(delay=1.0, delay_seconds=90)
    await office.write("c1")
    [delivery] = await office.deliveries()

    assert 90_000 == delivery.due_at - delivery.created_at


async def test_reordering(sending, receiver):
    """Events that are held back are overtaken, and none is lost."""
    sending.settings.chaos = Chaos(reorder=0.5)
    ids = [f"c{number}" for number in range(20)]
    await sending.write(*ids)
    await sending.settled()
    came = [event["id"] for event in receiver.events()]

    assert (ids, False) == (sorted(came, key=lambda id_: int(id_[1:])), came == ids)


async def _chaos(database, receiver, *, seed, chaos):
    office = Office(database, FakeClock(), receiver, seed=seed)
    office.settings.chaos = chaos
    await office.write(*(f"c{number}" for number in range(40)))
    made = [(delivery.body, delivery.state) for delivery in await office.deliveries()]
    async with database.transaction() as session:
        await session.connection.execute(metadata.tables["webhook_deliveries"].delete())
    await office.sender.stop()
    return made


async def test_chaos_follows_the_seed(database, receiver):
    """The same seed drops, doubles and names the same events; another seed others."""
    chaos = Chaos(drop=0.3, duplicate=0.3, reorder=0.3)
    first, again, other = [await _chaos(database, receiver, seed=seed, chaos=chaos) for seed in (1, 1, 2)]

    assert (True, False) == (first == again, first == other)


async def test_one_kind_of_chaos_does_not_move_another(database, receiver):
    """Switching duplicates on drops the same events as before."""
    alone = await _chaos(database, receiver, seed=1, chaos=Chaos(drop=0.3))
    both = await _chaos(database, receiver, seed=1, chaos=Chaos(drop=0.3, duplicate=0.5))

    assert alone == list(dict.fromkeys(both))
