"""Where webhooks arrive: size, signature, answers."""

from collections import Counter

import pytest

from invoco.domain.errors import StoreBusy, StoreUnusable
from invoco.highlevel import signing
from invoco.routes.webhooks import webhook_route
from invoco.service.webhooks import WebhookKeys

NEWER, OLDER = signing.new_ed25519_key(), signing.new_rsa_key(bits=2048)
KEYS = WebhookKeys(ed25519=[NEWER.public_key()], rsa=[OLDER.public_key()])
BODY = b'{"type":"ContactCreate"}'
LIMIT = 1000
SIGNED = {signing.ED25519_HEADER: signing.sign_ed25519(BODY, NEWER)}
OLD_SIGNED = {signing.RSA_HEADER: signing.sign_rsa(BODY, OLDER)}


class Receiver:
    """Keeps what it is given, or fails."""

    def __init__(self):
        self.taken: list[bytes] = []
        self.counted: Counter[str] = Counter()
        self.failure: Exception | None = None

    async def take(self, body):
        """Keep it."""
        if self.failure is not None:
            raise self.failure
        self.taken.append(body)

    def count(self, name):
        """Count it."""
        self.counted[name] += 1


class Caller:
    """Calls the route as a server does."""

    def __init__(self, keys=KEYS):
        self.receiver = Receiver()
        self._route = webhook_route(self.receiver, keys=keys, body_limit=LIMIT)
        self.pieces_read = 0
        self.head, self.text = {}, ""

    async def call(self, *pieces, headers=SIGNED, method="POST", ends="http.request"):
        """The status of the answer to a body in these pieces; None without one."""
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": "/webhooks/highlevel", "headers": raw}
        messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces[:-1]]
        messages += [{"type": "http.request", "body": piece, "more_body": False} for piece in pieces[-1:]]
        if ends != "http.request":
            messages[-1] = {"type": ends}
        sent = []

        async def receive():
            self.pieces_read += 1
            return messages.pop(0)

        async def send(message):
            sent.append(message)

        await self._route(scope, receive, send)
        if not sent:
            return None
        self.head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        self.text = sent[1]["body"].decode()
        return sent[0]["status"]


@pytest.fixture
def caller():
    """A route with a receiver that keeps everything."""
    return Caller()


async def test_a_good_webhook_is_taken(caller):
    """It is answered with 200 once it is safe."""
    assert 200 == await caller.call(BODY)
    assert [BODY] == caller.receiver.taken


@pytest.mark.parametrize("pieces", [(BODY[:3], BODY[3:]), (b"", BODY), (BODY, b"")])
async def test_a_body_in_pieces(caller, pieces):
    """The signature is over all of them."""
    assert 200 == await caller.call(*pieces)
    assert [BODY] == caller.receiver.taken


@pytest.mark.parametrize("name", ["x-ghl-signature", "X-GHL-SIGNATURE"])
async def test_headers_in_any_case(caller, name):
    """The names of headers have no case."""
    assert 200 == await caller.call(BODY, headers={name: SIGNED[signing.ED25519_HEADER]})


async def test_the_older_signature_alone(caller):
    """It is accepted while it is switched on."""
    assert 200 == await caller.call(BODY, headers=OLD_SIGNED)


async def test_the_older_signature_switched_off():
    """It is refused, and counted as what it is."""
    caller = Caller(WebhookKeys(ed25519=KEYS.ed25519, rsa=()))

    assert 401 == await caller.call(BODY, headers=OLD_SIGNED)
    assert {"refused: switched off": 1} == caller.receiver.counted


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "missing"),
        ({signing.ED25519_HEADER: "N/A"}, "missing"),
        ({signing.ED25519_HEADER: "N/A", signing.RSA_HEADER: "N/A"}, "missing"),
        ({signing.ED25519_HEADER: "not base64!"}, "malformed"),
        ({signing.ED25519_HEADER: "\xe9"}, "malformed"),
        ({signing.ED25519_HEADER: "AAAA"}, "forged"),
        ({signing.ED25519_HEADER: signing.sign_ed25519(b"another", NEWER)}, "forged"),
        ({signing.ED25519_HEADER: signing.sign_ed25519(BODY, signing.new_ed25519_key())}, "forged"),
        ({signing.RSA_HEADER: signing.sign_rsa(b"another", OLDER)}, "forged"),
        ({signing.ED25519_HEADER: "AAAA", **OLD_SIGNED}, "forged"),
    ],
)
async def test_bad_signatures(caller, headers, reason):
    """They are refused and counted, and nothing is kept (facts 8.4)."""
    assert 401 == await caller.call(BODY, headers=headers)
    assert ({f"refused: {reason}": 1}, []) == (caller.receiver.counted, caller.receiver.taken)


async def test_one_changed_byte(caller):
    """The signature is over the raw bytes: JSON that means the same is another body."""
    assert 401 == await caller.call(BODY.replace(b":", b": "))


async def test_the_announced_length_is_enough(caller):
    """A body that is too large is refused before any of it is read."""
    assert 413 == await caller.call(BODY, headers={**SIGNED, "Content-Length": str(LIMIT + 1)})
    assert (0, "close", {"too large": 1}) == (
        caller.pieces_read, caller.head["connection"], caller.receiver.counted
    )  # fmt: skip


async def test_reading_stops_at_the_limit(caller):
    """Of a body without a length no more is read than it takes to see that it is too large."""
    assert 413 == await caller.call(*[b"x" * 400] * 10)
    assert (3, []) == (caller.pieces_read, caller.receiver.taken)


async def test_a_body_at_the_limit(caller):
    """It is taken."""
    body = b"x" * LIMIT
    headers = {signing.ED25519_HEADER: signing.sign_ed25519(body, NEWER), "content-length": str(LIMIT)}

    assert 200 == await caller.call(body, headers=headers)


async def test_a_length_that_is_no_number(caller):
    """What counts is the body."""
    assert 200 == await caller.call(BODY, headers={**SIGNED, "content-length": "many"})


async def test_a_sender_that_leaves(caller):
    """Nobody is answered, and nothing is kept."""
    assert None is await caller.call(BODY, b"", ends="http.disconnect")
    assert [] == caller.receiver.taken


@pytest.mark.parametrize("failure", [StoreBusy(), StoreUnusable(), ZeroDivisionError()])
async def test_what_cannot_be_stored_is_asked_for_again(caller, failure):
    """429 is the one status that every retry policy of HighLevel's sends again (facts 8.5)."""
    caller.receiver.failure = failure

    assert 429 == await caller.call(BODY)
    assert "10" == caller.head["retry-after"]


async def test_a_store_that_fails_is_counted(caller):
    """So that diagnostics tell of it."""
    caller.receiver.failure = StoreBusy()
    await caller.call(BODY)

    assert {"not stored": 1} == caller.receiver.counted


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_look_with_a_browser(caller, method):
    """An operator is told what the address is for."""
    assert 200 == await caller.call(b"", method=method, headers={})
    assert "webhooks" in caller.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods(caller, method):
    """They are refused, with the ones that are not."""
    assert 405 == await caller.call(BODY, method=method)
    assert ("GET, HEAD, POST", []) == (caller.head["allow"], caller.receiver.taken)
