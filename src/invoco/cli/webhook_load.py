"""Sends signed webhooks as fast as they are answered: the other side of `invoco bench ingest`, a process of its own.

It is made to cost little itself: everything is signed beforehand, and answers are hardly read.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import statistics
import sys
import time
from array import array
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from invoco.highlevel import signing

LOCATION_ID: Final = "ingestbenchlocation1"
APP_ID: Final = "64f0c0ffee00000000000001"
_BODY_BYTES: Final = 937
"""As a ContactUpdate of HighLevel's with a few custom fields has."""
_PATIENCE: Final = 10.0
"""Seconds for which an answer is waited for at the end."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be measured."""

    ceiling: int
    """Port of the server that keeps nothing; both are on this machine and take turns."""
    whole: int
    """Port of the server that keeps everything: it is sent each webhook once."""
    private_key: str
    """PEM."""
    older: bool
    """Whether only the older RSA signature is sent, instead of the newer one beside an older one that nobody checks."""
    connections: int
    seconds: float
    """Of one turn."""
    turns: int
    most_per_second: int
    """So many webhooks are prepared for each second."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What one server did."""

    per_second: float
    """Answers in the median turn: what else the machine does hits some turns only."""
    acknowledged: list[int]
    """The numbers of the webhooks that were answered with 200, warming up included."""
    p50_ms: float
    p99_ms: float


def webhook_id(number: int) -> str:
    """The id of that webhook."""
    return f"00000000-0000-4000-8000-{number:012d}"


def body_of(number: int, *, at: str) -> bytes:
    """The body of that webhook."""
    event: dict[str, Any] = {
        "type": "ContactUpdate",
        "locationId": LOCATION_ID,
        "appId": APP_ID,
        "versionId": APP_ID,
        "timestamp": at,
        "webhookId": webhook_id(number),
        "id": f"benchcontact{number:08d}",
        "firstName": "Ada",
        "lastName": f"Lovelace {number}",
        "email": f"ada.{number}@example.com",
        "phone": "+12125550100",
        "tags": ["vip", "newsletter"],
        "customFields": [],
        "address1": "",
    }
    event["address1"] = "x" * (_BODY_BYTES - len(msgspec.json.encode(event)))
    return msgspec.json.encode(event)


class _Turn:
    """So many connections to one server, each of which sends again when it is answered."""

    def __init__(self, requests: Iterator[tuple[int, bytes]], *, seconds: float) -> None:
        self._requests, self._seconds = requests, seconds
        self._until = 0.0
        self.acknowledged: list[int] = []
        self.waits = array("d")
        """Seconds from each webhook to its answer."""

    async def run(self, port: int, connections: int) -> float:
        """Send for that long; returns the seconds it really took."""
        loop = asyncio.get_running_loop()
        started = time.perf_counter()
        self._until = started + self._seconds
        made = [await loop.create_connection(lambda: _Caller(self), "127.0.0.1", port) for _ in range(connections)]
        await asyncio.wait_for(asyncio.gather(*(caller.ended for _, caller in made)), self._seconds + _PATIENCE)
        taken = time.perf_counter() - started
        for transport, _ in made:
            transport.close()
        return taken

    def following(self) -> tuple[int, bytes] | None:
        """The next webhook to send; None when the time or the webhooks are over."""
        return next(self._requests, None) if time.perf_counter() < self._until else None

    def answered(self, number: int, seconds: float, *, good: bool) -> None:
        """Note an answer."""
        self.waits.append(seconds)
        if good:
            self.acknowledged.append(number)


class _Caller(asyncio.Protocol):
    """One connection that is kept alive."""

    def __init__(self, turn: _Turn) -> None:
        self._turn = turn
        self._answer = b""
        self._number, self._sent_at = 0, 0.0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write: Callable[[bytes], None] = transport.write  # type: ignore[attr-defined]
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not _is_whole(self._answer):
            return
        good = self._answer.startswith(b"HTTP/1.1 200")
        self._turn.answered(self._number, time.perf_counter() - self._sent_at, good=good)
        self._answer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._end()

    def _send(self) -> None:
        following = self._turn.following()
        if following is None:
            self._end()
            return
        self._number, request = following
        self._sent_at = time.perf_counter()
        self._write(request)

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    _, _, length = head.partition(b"content-length: ")
    return bool(end) and len(body) >= int(length.partition(b"\r\n")[0])


class _Side:
    """One of the servers, and what it did in all its turns."""

    def __init__(self, port: int, requests: Iterator[tuple[int, bytes]]) -> None:
        self._port, self._requests = port, requests
        self._waits = array("d")
        self._speeds: list[float] = []
        self._acknowledged: list[int] = []

    async def turn(self, connections: int, *, seconds: float, counts: bool) -> None:
        """Take a turn; one that only warms up does not count."""
        turn = _Turn(self._requests, seconds=seconds)
        taken = await turn.run(self._port, connections)
        self._acknowledged += turn.acknowledged
        if counts and turn.waits:
            self._waits += turn.waits
            self._speeds.append(len(turn.waits) / taken)

    def figures(self) -> Figures:
        """What it did."""
        ordered = sorted(self._waits)
        return Figures(
            per_second=statistics.median(self._speeds),
            acknowledged=self._acknowledged,
            p50_ms=1000 * ordered[len(ordered) // 2],
            p99_ms=1000 * ordered[len(ordered) * 99 // 100],
        )


async def measured(order: Order) -> dict[str, Figures]:
    """Let the servers take turns, after one to warm up."""
    requests = _prepared(order)
    # What keeps nothing may be sent the same again.
    sides = {"ceiling": _Side(order.ceiling, itertools.cycle(requests)), "whole": _Side(order.whole, iter(requests))}
    for number, side in itertools.product(range(order.turns + 1), sides.values()):
        await side.turn(order.connections, seconds=order.seconds, counts=number > 0)
    return {name: side.figures() for name, side in sides.items()}


def _prepared(order: Order) -> list[tuple[int, bytes]]:
    """The requests, signed; HighLevel sends both signatures (facts 8.4), and only the newer one is checked then."""
    count = int(order.most_per_second * order.seconds * (order.turns + 1))
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    unchecked = base64.b64encode(bytes(512)).decode()
    if order.older:
        rsa = signing.rsa_private_key(order.private_key)
        return [(n, _request(b, {signing.RSA_HEADER: signing.sign_rsa(b, rsa)})) for n, b in _bodies(count, at)]
    key = signing.ed25519_private_key(order.private_key)
    return [
        (n, _request(b, {signing.ED25519_HEADER: signing.sign_ed25519(b, key), signing.RSA_HEADER: unchecked}))
        for n, b in _bodies(count, at)
    ]


def _bodies(count: int, at: str) -> Iterator[tuple[int, bytes]]:
    return ((number, body_of(number, at=at)) for number in range(count))


def _request(body: bytes, signatures: dict[str, str]) -> bytes:
    headers = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body)), **signatures}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(["POST /webhooks/highlevel HTTP/1.1", *lines, "", ""]).encode() + body


if __name__ == "__main__":
    from invoco.cli.output import print_json, run

    print_json(run(measured(msgspec.convert(json.load(sys.stdin), Order))))
