"""A small web server on this machine that waits for the browser to come back from the consent page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from invoco.domain.errors import FixInput, PortTaken

_PATIENCE = 600.0
"""Seconds that a person has at the consent page; a code lives no longer."""
_LONGEST_REQUEST = 16_384
_PAGE = (
    b"<!doctype html><meta charset=utf-8><title>Invoco</title>"
    b"<p style='font:1.2rem system-ui;margin:4rem'>Thank you. Go back to Invoco; this window can be closed."
)


def is_loopback(redirect_uri: str) -> bool:
    """Whether the browser can come back to this machine without help (HighLevel's portal wants https: facts 2.1)."""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}


class Callback:
    """Waits for one answer of the consent page."""

    def __init__(self, *, path: str) -> None:
        self.url = ""
        """The redirect URI; known once it listens."""
        self._path = path
        self._answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answer(self, *, patience: float = _PATIENCE) -> str:
        """The address the browser was sent to.

        Raises:
            FixInput: nobody came within that many seconds.
        """
        try:
            return await asyncio.wait_for(self._answer, patience)
        except TimeoutError:
            raise FixInput(
                "Nobody answered the consent page in time.", cure="Run `invoco connect` again and open the address."
            ) from None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request of the browser."""
        try:
            target = await _target(reader)
            is_answer = urlsplit(target).path == self._path and bool(urlsplit(target).query)
            writer.write(_response(found=is_answer))
            await writer.drain()
            if is_answer and not self._answer.done():
                self._answer.set_result(target)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # no browser of ours; the one that matters is still to come
        finally:
            writer.close()


@asynccontextmanager
async def callback(redirect_uri: str | None = None) -> AsyncIterator[Callback]:
    """Listen at a loopback redirect URI, or on a free port of 127.0.0.1.

    Raises:
        PortTaken: another program listens there.
    """
    parts = urlsplit(redirect_uri or "http://127.0.0.1:0/callback")
    waiting = Callback(path=parts.path or "/")
    host = parts.hostname or "127.0.0.1"
    try:
        server = await asyncio.start_server(waiting.serve, host, parts.port or 0, limit=_LONGEST_REQUEST)
    except OSError as error:
        cure = "Choose a free port in --redirect-uri, or leave it out."
        raise PortTaken(f"Nothing can listen on port {parts.port} of {host}.", cure=cure) from error
    async with server:
        port = server.sockets[0].getsockname()[1]
        waiting.url = redirect_uri if redirect_uri and parts.port else f"http://{host}:{port}{parts.path or '/'}"
        yield waiting


async def _target(reader: asyncio.StreamReader) -> str:
    """The path and query of a GET request; the rest of the request is read and left alone."""
    head = await reader.readuntil(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
    return target if method == "GET" else "/"


def _response(*, found: bool) -> bytes:
    status, page = (b"200 OK", _PAGE) if found else (b"404 Not Found", b"")
    head = b"HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % (status, len(page)) + page
