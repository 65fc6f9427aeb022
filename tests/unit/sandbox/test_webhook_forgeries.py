"""Forged webhooks: somebody else's lies, sent after the truth (facts 8.4)."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx2
import pytest

from invoco.highlevel import signing
from invoco.sandbox import TwinSettings, build_twin
from invoco.sandbox.webhooks import Chaos, State, new_keys
from invoco.sandbox.webhooks.event_types import end_of
from invoco.testing.clock import FakeClock

URL = "https://receiver.example.com/hook"
KEYS = new_keys(rsa_bits=1024)


class Receiver:
    """Keeps what it gets, and refuses what is not signed by the twin."""

    def __init__(self):
        self.true, self.forged = [], []

    async def __call__(self, scope, receive, send):
        body = (await receive())["body"]
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        signature = headers[signing.ED25519_HEADER.lower()]
        is_true = signing.sign_ed25519(body, KEYS.ed25519) == signature
        (self.true if is_true else self.forged).append(json.loads(body))
        await send({"type": "http.response.start", "status": 200 if is_true else 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def receiver():
    """The subscriber's server."""
    return Receiver()


@asynccontextmanager
async def chaotic_twin(receiver, chaos, *, url=URL):
    """A twin that sends there."""
    settings = TwinSettings(contacts=1, webhook_url=url)
    async with build_twin(
        settings, clock=FakeClock(), keys=KEYS, transport=httpx2.ASGITransport(receiver)
    ) as twin:  # fmt: skip
        twin.subscription.chaos = chaos
        yield twin


async def create(twin, count=1):
    """New contacts, and their events delivered as far as they ever will be."""
    here = twin.accounts.keys()["locations"][0]["id"]
    for number in range(count):
        fields = {"firstName": f"Ada {number}", "email": f"ada{number}@example.com"}
        await twin.books.contacts.create(here, fields, actor="test")
    async with asyncio.timeout(10):
        while await twin.webhooks.deliveries(state=State.WAITING, limit=1):
            pass
    return await twin.webhooks.deliveries(limit=1000)


async def test_a_forgery_lies(receiver):
    """It tells other texts of the same record at a later moment, under a signature that is not the twin's."""
    async with chaotic_twin(receiver, Chaos(forge=1.0)) as twin:
        await create(twin)
    [true], [forged] = receiver.true, receiver.forged

    assert (true["id"], f"{true['firstName']} (forged)") == (forged["id"], forged["firstName"])
    assert (True, True) == (forged["timestamp"] > true["timestamp"], forged["webhookId"] != true["webhookId"])


async def test_a_forgery_is_tried_once(receiver):
    """Whoever forges does not keep to HighLevel's retries."""
    async with chaotic_twin(receiver, Chaos(forge=1.0)) as twin:
        forged, true = await create(twin)

    assert (True, State.FAILED, 1, 401) == (forged.forged, forged.state, forged.attempts, forged.last_status)
    assert (False, State.DELIVERED) == (true.forged, true.state)


async def test_forgeries_tell_of_ends(receiver):
    """Half of them say that the record is gone."""
    async with chaotic_twin(receiver, Chaos(forge=1.0)) as twin:
        await create(twin, 12)

    assert {"ContactCreate", "ContactDelete"} == {event["type"] for event in receiver.forged}


async def test_forgeries_do_not_move_the_truth(receiver):
    """The same events come under the same ids, forged or not."""
    told = []
    for chaos in (Chaos(drop=0.3), Chaos(drop=0.3, forge=0.5)):
        async with chaotic_twin(receiver, chaos) as twin:
            told.append([(each.webhook_id, each.state) for each in await create(twin, 10) if not each.forged])

    assert told[0] == told[1]


async def test_nobody_forges_for_nobody(receiver):
    """Without a subscriber there is nowhere to send a lie."""
    async with chaotic_twin(receiver, Chaos(forge=1.0), url=None) as twin:
        deliveries = await create(twin)

    assert [(State.KEPT, False)] == [(each.state, each.forged) for each in deliveries]


async def test_old_forgeries_are_forgotten(receiver):
    """With the deliveries they belong to."""
    async with chaotic_twin(receiver, Chaos(forge=1.0)) as twin:
        await create(twin)
        await twin.webhooks.stop()
        twin.clock.advance(31 * 86_400)
        await twin.webhooks.start()

        assert [] == await twin.webhooks.deliveries()


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("ContactDndUpdate", "ContactDelete"),
        ("TaskComplete", "TaskDelete"),
        ("NoteDelete", "NoteDelete"),
        ("LocationUpdate", "LocationUpdate"),
    ],
)
def test_the_end_of_a_noun(name, end):
    """The event that tells of it, where there is one."""
    assert end == end_of(name)
