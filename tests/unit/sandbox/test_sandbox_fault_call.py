"""A call in the hands of a fault: its body, its answer, its connection."""

import random
from collections import deque

import msgspec
import pytest

from invoco.sandbox import FaultSwitch
from invoco.sandbox.fault_call import CUT, Answer, Call


class Wire:
    """What goes in and out of a call."""

    def __init__(self, *messages, **scope):
        self.scope = {"type": "http", "headers": [(b"content-length", b"9"), (b"version", b"v3")], **scope}
        self.coming = deque(messages)
        self.sent = []
        self.seen = None

    async def receive(self):
        """The next message."""
        return self.coming.popleft()

    async def send(self, message):
        """Keep what was sent."""
        self.sent.append(message)

    async def app(self, scope, receive, send):
        """Read everything there is; answer nothing."""
        self.seen = scope["headers"], [await receive() for _ in range(1 + len(self.coming))]


def piece(body, *, more=False):
    """A part of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


def call_over(wire, clock):
    """The call."""
    return Call(
        wire.app, wire.scope, wire.receive, wire.send,
        switch=FaultSwitch("slow"), clock=clock, randomness=random.Random(1),
    )  # fmt: skip


async def test_a_body_in_pieces_is_read_whole(clock):
    """However the server cuts it."""
    wire = Wire(piece(b'{"a"', more=True), piece(b": 1}"))

    assert b'{"a": 1}' == await call_over(wire, clock).body()


async def test_a_body_that_was_read_is_still_sent_on(clock):
    """In one piece, with its length; then whatever comes next."""
    wire = Wire(piece(b'{"a"', more=True), piece(b": 1}"), {"type": "http.disconnect"})
    call = call_over(wire, clock)
    await call.body()
    await call.forward()

    assert wire.seen == (
        [(b"version", b"v3"), (b"content-length", b"8")],
        [piece(b'{"a": 1}'), {"type": "http.disconnect"}],
    )


async def test_another_body_is_sent_on_instead(clock):
    """With the length of the new one."""
    wire = Wire(piece(b"old body"))
    call = call_over(wire, clock)
    await call.body()
    call.replace_body(b"new")
    await call.forward()

    assert ([(b"version", b"v3"), (b"content-length", b"3")], [piece(b"new")]) == wire.seen


@pytest.mark.parametrize(("body", "fields"), [(b'{"a": 1}', {"a": 1}), (b"[1]", {}), (b"", {}), (b"\xff", {})])
async def test_fields_of_a_body(clock, body, fields):
    """None when it is no object."""
    assert fields == await call_over(Wire(piece(body)), clock).fields()


@pytest.mark.parametrize(
    ("status", "body", "content"),
    [
        (200, b'{"a": 1}', {"a": 1}),
        (200, b"[1]", None),
        (200, b'{"a', None),
        (422, b'{"a": 1}', None),
        (301, b'{"a": 1}', None),
    ],
)
def test_content_of_an_answer(status, body, content):
    """The JSON object of a success, nothing else."""
    assert content == Answer(status, [], body).content()


async def test_a_connection_is_cut(clock):
    """By the server's own means; the call ends when the caller has noticed."""
    cuts = []
    wire = Wire(piece(b""), {"type": "http.disconnect"}, extensions={CUT: lambda: cuts.append(True)})
    await call_over(wire, clock).cut()

    assert ([True], [], []) == (cuts, list(wire.coming), wire.sent)


@pytest.mark.parametrize("scope", [{}, {"extensions": None}, {"extensions": {}}])
async def test_in_process_there_is_no_connection_to_cut(clock, scope):
    """The caller gets the error that a socket would give."""
    with pytest.raises(ConnectionResetError, match="Connection reset by peer"):
        await call_over(Wire(**scope), clock).cut()


async def test_a_refusal_has_a_trace_id(clock):
    """As every answer of HighLevel's."""
    wire = Wire()
    await call_over(wire, clock).refuse(401, "Invalid JWT", "Unauthorized")
    start, body = wire.sent

    assert 401 == start["status"]
    assert {"statusCode", "message", "error", "traceId"} == set(msgspec.json.decode(body["body"]))
