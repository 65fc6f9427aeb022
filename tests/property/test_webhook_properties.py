"""Whatever bytes arrive, the process stays healthy."""

from __future__ import annotations

import asyncio
import random
import string
from contextlib import asynccontextmanager

import hypothesis.strategies as st
import msgspec
from hypothesis import given, settings

from invoco.domain.connections import Connection
from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.highlevel import signing
from invoco.routes.webhooks import webhook_route
from invoco.service.webhooks import WebhookInbox, WebhookKeys
from invoco.service.webhooks.envelope import read
from invoco.testing.clock import FakeClock

KEY = signing.new_ed25519_key()
GOOD = {"type": "ContactUpdate", "locationId": "l1", "appId": "app1", "timestamp": "2025-06-15T15:06:40.000Z"}
BODIES, AT_ONCE = 10_000, 500
LIMIT = 4096

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
envelopes = st.fixed_dictionaries({}, optional=dict.fromkeys([*GOOD, "webhookId", "companyId", "id"], anything))


class Shelf:
    """A store that keeps deliveries in memory, and is every shelf itself."""

    def __init__(self) -> None:
        self.rows: list[Delivery] = []
        self.inbox = self.connections = self.runs = self

    @asynccontextmanager
    async def reading(self, **_how):
        """Open at all times."""
        yield self

    appending = transaction = reading

    def brief(self) -> None:
        """Nothing takes long here."""

    async def append(self, deliveries) -> None:
        """Keep them."""
        self.rows += deliveries

    async def all(self):
        """One connection."""
        return [Connection(id="l1", name="l1", base_url="", access="oauth", client_id="app1-x", connected_at=0)]

    async def count_up(self, name, *, by, day) -> None:
        """Nobody looks."""


async def status_of(route, body, signature) -> int:
    """What the route answers to a body."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    headers = [(b"x-ghl-signature", signature), (b"content-type", b"application/json")]
    await route({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive, send)
    status: int = sent[0]["status"]
    return status


def odd_value(chance: random.Random):
    """A value where another is expected."""
    text = "".join(chance.choices(string.printable + "é\x00\ud7ff😀", k=chance.randrange(20)))
    return chance.choice(
        [None, True, -1, 1e300, 10**30, text, "x" * 500, [], {}, [[1]], {"a": {"b": []}}, "l1", "app1"]
    )


def odd_body(chance: random.Random) -> bytes:
    """A webhook gone wrong in one of many ways."""
    event = dict(GOOD) | {"webhookId": str(chance.getrandbits(64)), "id": "c1", "email": "ada@example.com"}
    for _ in range(chance.randrange(4)):
        event[chance.choice([*event, "altId", "companyId", "properties"])] = odd_value(chance)
    body = msgspec.json.encode(event)
    cut = chance.randrange(len(body) + 1)
    noise = chance.randbytes(chance.randrange(1, 30))
    nested = b"[" * chance.randrange(1, 1500)
    return chance.choice([
        body, body, body[:cut], body[:cut] + noise + body[cut:], noise, nested, body[:-1] + b',"x":' + nested + b"}",
        body * chance.randrange(1, 30), b"", b"\xef\xbb\xbf" + body,
    ])  # fmt: skip


async def test_ten_thousand_odd_bodies():
    """Each is answered as it should be, each that was answered with 200 is kept, and a good webhook goes on to work."""
    shelf, chance = Shelf(), random.Random(1)
    inbox = WebhookInbox(shelf, clock=FakeClock())
    keys = WebhookKeys(ed25519=[KEY.public_key()], rsa=())
    route = webhook_route(inbox, keys=keys, body_limit=LIMIT)

    async def sent(body: bytes) -> tuple[int, bytes]:
        signature = signing.sign_ed25519(body, KEY).encode()
        if chance.random() < 0.2:
            signature = chance.choice([b"", b"N/A", chance.randbytes(20), signature[:-4], signature[::-1]])
        return await status_of(route, body, signature), body

    answers = []
    for _ in range(BODIES // AT_ONCE):
        answers += await asyncio.gather(*(sent(odd_body(chance)) for _ in range(AT_ONCE)))
    answers.append(await sent_well(route))
    await inbox.close()

    assert {200, 401, 413} == {status for status, _ in answers}
    assert [len(body) > LIMIT for _, body in answers] == [status == 413 for status, _ in answers]
    assert sorted(body for status, body in answers if status == 200) == sorted(row.body for row in shelf.rows)
    assert (200, DeliveryState.WAITING) == (answers[-1][0], shelf.rows[-1].state)
    assert_drainable(shelf.rows)


async def sent_well(route) -> tuple[int, bytes]:
    """The answer to a webhook without a fault."""
    body = msgspec.json.encode(GOOD | {"webhookId": "last", "id": "c1"})
    return await status_of(route, body, signing.sign_ed25519(body, KEY).encode()), body


def assert_drainable(rows):
    """Whatever waits is a JSON object that can be decoded, with a place and ids that a database can keep."""
    waiting = [row for row in rows if row.state is DeliveryState.WAITING]

    assert len(waiting) > 1000
    assert {"l1"} == {row.location_id for row in waiting}
    assert all(isinstance(msgspec.json.decode(row.body), dict) for row in waiting)
    assert all(row.type.isprintable() and row.webhook_id.isprintable() for row in rows)


@given(st.binary(max_size=300))
def test_any_bytes(body):
    """They are read without an error; what is no object is said to be of no use."""
    said = read(body)

    assert said.webhook_id
    assert said.type or said.problem


@settings(deadline=None)
@given(envelopes, st.booleans())
def test_any_envelope(fields, with_good_fields):
    """Whatever stands where a text should be, the envelope is read and fits a database."""
    said = read(msgspec.json.encode(GOOD | fields if with_good_fields else fields))
    texts = [said.webhook_id, said.type, said.location_id, said.company_id, said.app_id]

    assert all(text is None or (len(text) <= 100 and text.isprintable()) for text in texts)


@given(st.integers(0, 90), st.text(alphabet='[{"\\', max_size=200))
def test_nesting_is_counted_outside_of_texts(depth, text):
    """Brackets in a text do not count, however they are mixed with quotes and backslashes."""
    nested: object = text
    for _ in range(depth):
        nested = [nested]
    said = read(msgspec.json.encode(GOOD | {"x": nested, text: text}))

    assert (depth > 63) == (said.problem is not None)
