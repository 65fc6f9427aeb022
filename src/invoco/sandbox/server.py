"""The twin as a server on this machine."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from invoco.routes import serving
from invoco.sandbox.fault_call import CUT


async def serve(app: FastAPI, *, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, or until the task is cancelled; port 0 takes a free one.

    Raises:
        PortTaken, Misconfigured: as `routes.serving.serve` says.
    """
    await serving.serve(app, host=host, port=port, on_ready=on_ready, protocol=_CuttableProtocol)


class _CuttableProtocol(HttpToolsProtocol):
    """Lets a fault drop the connection."""

    def on_message_begin(self) -> None:
        """Hand the call a way to do it."""
        super().on_message_begin()
        self.scope["extensions"] = {CUT: self.transport.abort}  # type: ignore[dict-item]  # a function, no mapping
