"""A HighLevel that answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from invoco.highlevel import HighLevel, PrivateToken, Reconnect
from invoco.testing.clock import FakeClock

Answer = dict[str, Any] | tuple[Any, ...] | Exception | Callable[[httpx2.Request], httpx2.Response]
"""A JSON object for 200, `(status, body)` or `(status, body, headers)`, something to raise, or a function."""


class Script:
    """Gives answers in order; the last one is repeated."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.answers: list[Answer] = []
        self.clock = FakeClock()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, dict):
            return httpx2.Response(200, json=answer)
        if isinstance(answer, tuple):
            return _response(*answer)
        return answer(request)

    @property
    def calls(self) -> list[str]:
        """Method and path of every request."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    @property
    def bodies(self) -> list[Any]:
        """The JSON body of every request that had one."""
        return [json.loads(request.content) for request in self.requests if request.content]

    @property
    def tokens(self) -> list[str]:
        """The token of every request."""
        return [request.headers["Authorization"].removeprefix("Bearer ") for request in self.requests]


def _response(status: int, body: Any = "", headers: dict[str, str] | None = None) -> httpx2.Response:
    if isinstance(body, str | bytes):
        return httpx2.Response(status, content=body, headers=headers)
    return httpx2.Response(status, json=body, headers=headers)


class RenewableToken:
    """Credentials whose token can be renewed a number of times."""

    app_id = "app"

    def __init__(self, renewals: int) -> None:
        self.refused: list[str] = []
        self._renewals = renewals

    async def token(self) -> str:
        return f"token-{len(self.refused)}"

    async def renewed(self, refused: str) -> str:
        if len(self.refused) == self._renewals:
            raise Reconnect("The refresh token is used up", method="POST", path="/oauth/token", status=400)
        self.refused.append(refused)
        return await self.token()


@pytest.fixture
def script() -> Script:
    """What HighLevel answers in this test."""
    return Script()


@pytest.fixture
def renewable() -> type[RenewableToken]:
    """Makes credentials that can be renewed."""
    return RenewableToken


@pytest.fixture
async def connect(script: Script) -> AsyncIterator[Callable[..., HighLevel]]:
    """Makes a client that talks to the script: its arguments are the answers, its keywords those of `HighLevel`."""
    clients: list[HighLevel] = []

    def connected(*answers: Answer, **keywords: Any) -> HighLevel:
        script.answers = list(answers)
        arguments: dict[str, Any] = {
            "credentials": PrivateToken("pit-0123-secret"),
            "location_id": "loc",
            "base_url": "https://hl.test",
            "transport": httpx2.MockTransport(script),
            "clock": script.clock,
        }
        clients.append(HighLevel(**{**arguments, **keywords}))
        return clients[-1]

    yield connected
    for client in clients:
        await client.aclose()


@pytest.fixture
def unused_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
