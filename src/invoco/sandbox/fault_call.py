"""One call that a fault has hit, and what can be done to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from invoco.highlevel.clock import Clock
from invoco.sandbox.settings import FaultSwitch

JSON = "application/json; charset=utf-8"
CUT = "invoco.cut"
"""Key of the server's extension that drops the connection."""


class Answer(msgspec.Struct):
    """What the twin would have answered."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = []
    body: bytes = b""

    def content(self) -> dict[str, Any] | None:
        """The JSON object of a success; None for anything else, also for what another fault has spoiled."""
        if self.status >= 300:
            return None
        try:
            content = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None
        return content if isinstance(content, dict) else None


class Call:
    """A call on its way into the twin, in the hands of a fault."""

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        switch: FaultSwitch,
        clock: Clock,
        randomness: random.Random,
    ) -> None:
        self._app, self._scope, self._receive, self.send = app, scope, receive, send
        self.switch, self.clock, self.random = switch, clock, randomness

    async def forward(self) -> None:
        """Let it happen as if there were no fault."""
        await self._app(self._scope, self._receive, self.send)

    async def collected(self) -> Answer:
        """Let it happen, and hold the answer back."""
        answer = Answer(headers=[])

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message.get("headers", ()))
            else:
                answer.body += message.get("body", b"")

        await self._app(self._scope, self._receive, keep)
        return answer

    async def changed(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Let it happen, and change the JSON object of a success."""
        answer = await self.collected()
        content = answer.content()
        if content is not None:
            change(content)
            answer.body = msgspec.json.encode(content)
        await self.reply(answer)

    def query(self) -> dict[str, str]:
        """The query parameters."""
        return dict(parse_qsl(self._scope["query_string"].decode()))

    async def body(self) -> bytes:
        """The whole body; a later `forward` still sends it."""
        body, more = b"", True
        while more:
            message = await self._receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.replace_body(body)
        return body

    async def fields(self) -> dict[str, Any]:
        """The JSON object of the body; empty when there is none, which the twin will say itself."""
        try:
            return msgspec.json.decode(await self.body(), type=dict[str, Any])
        except msgspec.MsgspecError:
            return {}

    def replace_body(self, body: bytes) -> None:
        """Send another body on."""
        kept = [(name, value) for name, value in self._scope["headers"] if name != b"content-length"]
        self._scope = {**self._scope, "headers": [*kept, (b"content-length", b"%d" % len(body))]}
        receive, given = self._receive, [body]

        async def give() -> Message:
            return {"type": "http.request", "body": given.pop(), "more_body": False} if given else await receive()

        self._receive = give

    async def reply(self, answer: Answer) -> None:
        """Send an answer with the length that its body has."""
        kept = [(name, value) for name, value in answer.headers if name != b"content-length"]
        headers = [*kept, (b"content-length", b"%d" % len(answer.body))]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": answer.body})

    async def refuse(
        self, status: int, message: str | list[str], error: str, *, status_key: str = "statusCode"
    ) -> None:
        """Send an error in HighLevel's shape."""
        content = {status_key: status, "message": message, "error": error, "traceId": str(uuid4())}
        await self.write(status, msgspec.json.encode(content), JSON)

    async def write(self, status: int, body: bytes, content_type: str) -> None:
        """Send some other answer."""
        await self.reply(Answer(status, [(b"content-type", content_type.encode())], body))

    async def cut(self) -> None:
        """Drop the connection without an answer.

        Raises:
            ConnectionResetError: the call came in-process, where there is no connection to drop.
        """
        extensions: Mapping[str, Any] = self._scope.get("extensions") or {}
        if CUT not in extensions:
            raise ConnectionResetError("Connection reset by peer")
        extensions[CUT]()
        while (await self._receive())["type"] != "http.disconnect":
            pass
