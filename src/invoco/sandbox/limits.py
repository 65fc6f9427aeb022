"""Rate limits per app and location: fixed windows, a daily quota, five headers on every answer (facts 7).

A plain ASGI layer, because every call passes here.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from invoco.highlevel.clock import Clock
from invoco.sandbox.settings import Limit, Limits

_DAY_SECONDS = 86_400
Headers = list[tuple[bytes, bytes]]


class Caller(msgspec.Struct, frozen=True):
    """Whose quota a call uses."""

    app_id: str
    resource_id: str
    private: bool
    """Whether it calls with a private integration token."""


class _Usage:
    """The calls of one caller in the running window and on the running day."""

    __slots__ = ("day", "in_window", "opened_at", "today")

    def __init__(self) -> None:
        self.opened_at, self.in_window, self.day, self.today = -1e18, 0, -1, 0


class Limiter:
    """Counts calls and says when there are too many."""

    def __init__(self, limits: Limits, *, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._usages: dict[tuple[str, str], _Usage] = {}
        self.refused = 0
        """Answers 429 so far."""

    def take(self, caller: Caller | None) -> tuple[bool, Headers]:
        """Count a call; whether it may go on, and the headers of its answer.

        A call whose caller is unknown is not counted. The window opens with the first call in it; the day begins at
        midnight, UTC; a call that is refused costs nothing.
        """
        limit = self._limit_of(caller)
        if caller is None:
            return True, _headers(limit, limit.burst, limit.daily)
        usage = self._usage_of(caller, limit)
        allowed = usage.in_window < limit.burst and usage.today < limit.daily
        if allowed:
            usage.in_window += 1
            usage.today += 1
        else:
            self.refused += 1
        return allowed, _headers(limit, limit.burst - usage.in_window, limit.daily - usage.today)

    def clear(self) -> None:
        """Forget all calls."""
        self._usages.clear()
        self.refused = 0

    def _limit_of(self, caller: Caller | None) -> Limit:
        return self.limits.private if caller and caller.private and self.limits.private else self.limits.app

    def _usage_of(self, caller: Caller, limit: Limit) -> _Usage:
        app_id = "" if caller.private and self.limits.private else caller.app_id
        usage = self._usages.setdefault((app_id, caller.resource_id), _Usage())
        now = self._clock.now()
        if now - usage.opened_at >= limit.seconds:
            usage.opened_at, usage.in_window = now, 0
        if int(now // _DAY_SECONDS) != usage.day:
            usage.day, usage.today = int(now // _DAY_SECONDS), 0
        return usage


class RateLimits:
    """The layer that asks the limiter before each call."""

    def __init__(self, app: ASGIApp, *, limiter: Limiter, caller_of: Callable[[str], Caller | None]) -> None:
        self._app, self._limiter, self._caller_of = app, limiter, caller_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the call pass, or answer 429."""
        allowed, headers = self._limiter.take(self._caller_of(bearer_of(scope)))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        if allowed:
            await self._app(scope, receive, send_with_headers)
        else:
            await refuse(send_with_headers)


def bearer_of(scope: Scope) -> str:
    """The token of the `Authorization` header, or nothing."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return str(value.decode("latin-1").partition(" ")[2].strip())
    return ""


def _headers(limit: Limit, left: int, left_today: int) -> Headers:
    return [
        (b"x-ratelimit-limit-daily", b"%d" % limit.daily),
        (b"x-ratelimit-daily-remaining", b"%d" % max(0, left_today)),
        (b"x-ratelimit-interval-milliseconds", b"%d" % (limit.seconds * 1000)),
        (b"x-ratelimit-max", b"%d" % limit.burst),
        (b"x-ratelimit-remaining", b"%d" % max(0, left)),
    ]


async def refuse(send: Send) -> None:
    """Answer 429; its body is not published, so it has the shape of other errors."""
    body = msgspec.json.encode(
        {"statusCode": 429, "message": "Too Many Requests", "error": "Too Many Requests", "traceId": str(uuid4())}
    )
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})
