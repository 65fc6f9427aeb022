"""An application as a server on this machine: listen, say so, stop at a signal."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from invoco.domain.errors import Misconfigured, PortTaken

_STOPPING_SECONDS = 1
"""How long calls under way may take to end."""
_KEEP_ALIVE_SECONDS = 75
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def serve(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    protocol: type[asyncio.Protocol] = HttpToolsProtocol,
) -> None:
    """Serve until SIGINT or SIGTERM, or until the task is cancelled; port 0 takes a free one.

    `on_ready` is given the address once calls are accepted.

    Raises:
        PortTaken: another program listens there.
        Misconfigured: the address is not one of this machine.
    """
    listener = _listener(host, port)
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOPPING_SECONDS,
    )
    server = _Server(config, on_ready=lambda: on_ready(_url(listener)))
    try:
        await server.serve(sockets=[listener])
    except asyncio.CancelledError:
        server.should_exit = True
        await server.shutdown(sockets=[listener])
        raise
    finally:
        listener.close()


class _Server(uvicorn.Server):
    """Says when it is ready, and ends quietly on a signal."""

    def __init__(self, config: uvicorn.Config, *, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets=sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal without raising it again: what was opened around the server must be closed still."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"Another program listens on port {port} of {host}.") from error
        raise Misconfigured(
            f"Nothing can listen on port {port} of {host}: {error.strerror}.", cure="Choose another --host or --port."
        ) from error


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"
