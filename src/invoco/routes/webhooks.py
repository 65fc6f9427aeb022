"""`POST /webhooks/highlevel`: HighLevel's events, taken in without the layers of FastAPI (facts 8.4, 8.5)."""

from __future__ import annotations

from typing import Final, Protocol

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from invoco.domain.errors import InvocoError
from invoco.highlevel.signing import ED25519_HEADER, RSA_HEADER, SignatureRefused, verify
from invoco.service.webhooks import WebhookKeys

WEBHOOK_PATH: Final = "/webhooks/highlevel"
BODY_LIMIT: Final = 1_048_576
"""Bytes."""
_SIGNATURES: Final = {ED25519_HEADER.lower().encode(): ED25519_HEADER, RSA_HEADER.lower().encode(): RSA_HEADER}

_log = structlog.get_logger(__name__)


class Receiver(Protocol):
    """Where webhooks go whose signature is good."""

    async def take(self, body: bytes) -> None:
        """Keep it; it is safe when this returns.

        Raises:
            InvocoError: it is not kept, and must be sent again.
        """

    def count(self, name: str) -> None:
        """Count something for the diagnostics."""


def webhook_route(receiver: Receiver, *, keys: WebhookKeys, body_limit: int = BODY_LIMIT) -> ASGIApp:
    """An ASGI application that takes in webhooks at whatever path it is mounted.

    It answers 200 once the webhook is safe, 401 when its signature is not HighLevel's, 413 when its body is larger
    than `body_limit` bytes, and 429 when it could not be kept: the one status that every retry policy of HighLevel's
    sends again. A webhook of no use is kept too and answered with 200, for sending it again would help nobody.
    """
    return _WebhookRoute(receiver, keys=keys, body_limit=body_limit)


class _Answer:
    """An answer that is always the same."""

    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        head = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), **(headers or {})}
        raw = [(name.encode(), value.encode()) for name, value in head.items()]
        self._start: Message = {"type": "http.response.start", "status": status, "headers": raw}
        self._body: Message = {"type": "http.response.body", "body": body}

    async def send(self, send: Send) -> None:
        """Send it."""
        await send(self._start)
        await send(self._body)


_TAKEN: Final = _Answer(200, "Taken in.\n")
_SHOWN: Final = _Answer(200, "Here Invoco takes in HighLevel's webhooks. Name this address in the app's settings.\n")
_REFUSED: Final = _Answer(401, "The signature is not HighLevel's.\n")
_NOT_ALLOWED: Final = _Answer(405, "Webhooks are sent with POST.\n", {"allow": "GET, HEAD, POST"})
_TOO_LARGE: Final = _Answer(413, "The body is too large.\n", {"connection": "close"})
_LATER: Final = _Answer(429, "It cannot be stored now; send it again.\n", {"retry-after": "10"})


class _Unread(Exception):
    """The body was not read to its end; `answer` is None when nobody waits for one."""

    def __init__(self, answer: _Answer | None) -> None:
        self.answer = answer
        super().__init__()


class _WebhookRoute:
    def __init__(self, receiver: Receiver, *, keys: WebhookKeys, body_limit: int) -> None:
        self._receiver, self._keys, self._body_limit = receiver, keys, body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope, receive)
        if answer is not None:
            await answer.send(send)

    async def _answer(self, scope: Scope, receive: Receive) -> _Answer | None:
        method = scope["method"]
        if method != "POST":
            return _SHOWN if method in {"GET", "HEAD"} else _NOT_ALLOWED
        try:
            body = await self._body(scope, receive)
        except _Unread as unread:
            return unread.answer
        return await self._taken(body) if self._is_signed(body, scope) else _REFUSED

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        if _announced_length(scope) > self._body_limit:
            raise self._too_large()
        body, more = await _piece(receive)
        while more and len(body) <= self._body_limit:
            piece, more = await _piece(receive)
            body += piece
        if len(body) > self._body_limit:
            raise self._too_large()
        return body

    def _too_large(self) -> _Unread:
        self._receiver.count("too large")
        return _Unread(_TOO_LARGE)

    def _is_signed(self, body: bytes, scope: Scope) -> bool:
        signatures = {
            _SIGNATURES[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _SIGNATURES
        }
        try:
            verify(body, signatures, ed25519_keys=self._keys.ed25519, rsa_keys=self._keys.rsa)
        except SignatureRefused as error:
            self._receiver.count(f"refused: {error.reason}")
            return False
        return True

    async def _taken(self, body: bytes) -> _Answer:
        try:
            await self._receiver.take(body)
        except InvocoError:
            self._receiver.count("not stored")
            return _LATER
        except Exception:  # noqa: BLE001 - whatever it was, HighLevel shall send it again
            _log.exception("a webhook could not be taken in")
            return _LATER
        return _TAKEN


def _announced_length(scope: Scope) -> int:
    text = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(text) if text.isdigit() else 0


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    """The next bytes of the body, and whether more follow."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _Unread(None)
    return message.get("body", b""), message.get("more_body", False)
