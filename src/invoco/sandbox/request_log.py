"""What was asked of the twin, for tests and for people who wonder."""

from __future__ import annotations

import re
from collections import Counter, deque

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from invoco.highlevel.clock import Clock, milliseconds

_KEPT = 10_000
_ID = re.compile(r"/[A-Za-z0-9-]{20,}")


class LoggedRequest(msgspec.Struct, frozen=True):
    """One request and how it ended; no token is kept."""

    at: int
    """Milliseconds since 1970."""
    method: str
    path: str
    query: str
    status: int
    """0 when the connection was dropped."""
    took: float
    """Milliseconds."""


class RequestLog:
    """The last requests, and counts of all."""

    def __init__(self) -> None:
        self.requests: deque[LoggedRequest] = deque(maxlen=_KEPT)
        self.by_path: Counter[str] = Counter()
        """By `METHOD /path`, ids replaced by `{id}`."""
        self.by_status: Counter[int] = Counter()

    def add(self, request: LoggedRequest) -> None:
        """Keep a request, forgetting the oldest when there are too many."""
        self.requests.append(request)
        self.by_path[f"{request.method} {_ID.sub('/{id}', request.path)}"] += 1
        self.by_status[request.status] += 1

    def clear(self) -> None:
        """Forget everything."""
        self.requests.clear()
        self.by_path.clear()
        self.by_status.clear()


class Logged:
    """The layer that writes the log."""

    def __init__(self, app: ASGIApp, *, log: RequestLog, clock: Clock) -> None:
        self._app, self._log, self._clock = app, log, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the call pass and note how it ended."""
        started, status = self._clock.now(), 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            self._log.add(
                LoggedRequest(
                    at=milliseconds(self._clock),
                    method=scope["method"],
                    path=scope["path"],
                    query=scope["query_string"].decode("latin-1"),
                    status=status,
                    took=round((self._clock.now() - started) * 1000, 3),
                )
            )
