"""The network between the twin and the engine: both ways in one process, with the delays and losses of a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

import httpx2
from starlette.types import ASGIApp, Message, Scope

from invoco.sandbox.fault_call import CUT
from invoco.simulation.owned import Killed, Program

_ENGINE_WAITS, _TWIN_WAITS = 30.0, 10.0
"""Seconds after which the caller gives up."""
Note = Callable[[str], None]
"""Told in one line what passed a door."""


class Cut(Exception):
    """The server dropped the connection."""


async def called(app: ASGIApp, request: httpx2.Request) -> httpx2.Response:
    """What an application answers.

    Raises:
        Cut: it dropped the connection.
    """
    return await _Exchange(request).through(app)


class _Exchange:
    """One request and its answer, as an ASGI server handles them."""

    def __init__(self, request: httpx2.Request) -> None:
        self._request = request
        self._cut = asyncio.Event()
        self._status, self._body = 500, b""
        self._headers: list[tuple[bytes, bytes]] = []

    async def through(self, app: ASGIApp) -> httpx2.Response:
        """The answer."""
        self._sent = [await self._request.aread()]
        await app(self._scope(), self._receive, self._send)
        if self._cut.is_set():
            raise Cut
        return httpx2.Response(self._status, headers=self._headers, content=self._body, request=self._request)

    def _scope(self) -> Scope:
        url = self._request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self._request.method,
            "headers": [(name.lower(), value) for name, value in self._request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 1),
            "root_path": "",
            "extensions": {CUT: self._cut.set},
        }

    async def _receive(self) -> Message:
        if self._sent:
            return {"type": "http.request", "body": self._sent.pop(), "more_body": False}
        await self._cut.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], list(message.get("headers", ()))
        else:
            self._body += message.get("body", b"")


class TwinDoor(httpx2.AsyncBaseTransport):
    """The engine's way to the twin."""

    def __init__(self, twin: ASGIApp, *, dice: Random, note: Note) -> None:
        self._twin, self._dice, self._note = twin, dice, note
        self.delay = 0.2
        """Seconds that a call takes on its way there, and again on its way back, at most."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The twin's answer, late; or what is left of a call when there is none."""
        called = f"{request.method} {request.url.raw_path.decode()}"
        try:
            async with asyncio.timeout(_ENGINE_WAITS):
                answer = await self._passed(request)
        except TimeoutError:
            self._note(f"> {called}: no answer")
            raise httpx2.ReadTimeout("No answer", request=request) from None
        except Cut:
            self._note(f"> {called}: cut")
            raise httpx2.ReadError("The connection was cut", request=request) from None
        self._note(f"> {called}: {answer.status_code}")
        return answer

    async def _passed(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(self._dice.random() * self.delay)
        answer = await called(self._twin, request)
        await asyncio.sleep(self._dice.random() * self.delay)
        return answer


class HookDoor(httpx2.AsyncBaseTransport):
    """The twin's way to the engine, which may be down or die on the way."""

    def __init__(self, *, dice: Random, note: Note) -> None:
        self._dice, self._note = dice, note
        self.program: Program | None = None
        """The engine; None while it is down."""
        self.hook: ASGIApp | None = None
        self.delay = 0.1
        self.lost_answers = 0.0
        """Share of the answers that are lost on their way back."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The engine's answer, late; or none."""
        try:
            async with asyncio.timeout(_TWIN_WAITS):
                answer = await self._passed(request)
        except TimeoutError:
            raise httpx2.ReadTimeout("No answer", request=request) from None
        self._note(f"< webhook: {answer.status_code}")
        return answer

    async def _passed(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(self._dice.random() * self.delay)
        program, hook = self.program, self.hook
        if program is None or hook is None:
            raise httpx2.ConnectError("Nobody listens", request=request)
        answering = program.begin(called(hook, request))
        await asyncio.wait([answering])
        if answering.cancelled() or isinstance(answering.exception(), Killed):
            raise httpx2.ReadError("The server died", request=request)
        answer = answering.result()
        await asyncio.sleep(self._dice.random() * self.delay)
        if self._dice.random() < self.lost_answers:
            raise httpx2.ReadError("The answer is lost", request=request)
        return answer
