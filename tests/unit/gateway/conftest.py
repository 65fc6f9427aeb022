"""The gateway over answers that a test gives."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from invoco.domain.connections import Connection
from invoco.gateway.gateway import HighLevelGateway
from invoco.gateway.source import Reading
from invoco.highlevel.quota import Quotas
from invoco.highlevel.token_stores import MemoryTokenStore
from invoco.service.gateway import MemorySecrets, private_token_name
from invoco.testing.clock import FakeClock

HERE = "location-of-the-tests"
Answer = Any


class Scripted:
    """HighLevel as a test wants it: an answer, or a function of the call, per `METHOD /path`."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        """Each call with its query and its JSON body."""

    def on(self, call: str, answer: Answer | Callable[[dict[str, Any]], Answer]) -> None:
        """Answer that call: a JSON object, `(status, object)`, or a response."""
        self.answers[call] = answer

    def told(self, path: str) -> list[dict[str, Any]]:
        """What was sent to that path."""
        return [sent for call, sent in self.calls if path in call]

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        call = f"{request.method} {request.url.path}"
        body = request.content if "json" in request.headers.get("Content-Type", "") else b""
        sent = dict(request.url.params) | (json.loads(body) if body else {})
        self.calls.append((call, sent))
        answer = self.answers[call]
        if callable(answer):
            answer = answer(sent)
        if isinstance(answer, httpx2.Response):
            return answer
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        return httpx2.Response(status, json=content)


@pytest.fixture
def highlevel() -> Scripted:
    """HighLevel, which answers nothing yet."""
    return Scripted()


@pytest.fixture
def connection() -> Connection:
    """A location connected with a private integration token."""
    return Connection(id=HERE, name="here", base_url="http://highlevel.test", access="token", connected_at=1)


@pytest.fixture
async def gateway(highlevel) -> HighLevelGateway:
    """The gateway, with the token kept."""
    secrets, clock = MemorySecrets(), FakeClock()
    await secrets.put(private_token_name(HERE), "pit-of-the-tests")
    return HighLevelGateway(
        tokens=MemoryTokenStore(),
        secrets=secrets,
        quotas=Quotas(clock=clock),
        clock=clock,
        reading=Reading(page_size=500, days_back=100, days_ahead=50),
        transport=httpx2.MockTransport(highlevel.answer),
    )


@pytest.fixture
async def source(gateway, connection):
    """The location behind the port."""
    async with gateway.source(connection) as opened:
        yield opened
