"""Invoco's own HTTP API: HighLevel's routes over the mirror, webhooks, health, and a documentation page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp, Receive, Scope, Send

from invoco import __version__
from invoco.domain.errors import InvocoError
from invoco.routes import highlevel_routes, install_error_table
from invoco.routes.webhooks import WEBHOOK_PATH
from invoco.service.books import Books
from invoco.service.keys import KeyService

from .gate import KeyGate

_ABOUT = """\
The paths, bodies and answers of the HighLevel API over Invoco's mirror: a program written for HighLevel works here
when its base URL is changed. Reads never call HighLevel. Writes change the mirror at once and wait in the outbox.

Send a key made with `invoco keys add` as `Authorization: Bearer …`, and HighLevel's `Version` header.
"""


def build_api(books: Books, keys: KeyService, *, ping: Callable[[], Awaitable[None]]) -> FastAPI:
    """The API over these books.

    Args:
        books: The mirror, with a recorder that writes history and outbox.
        keys: Who may call.
        ping: Raises an InvocoError when the database cannot be used.
    """
    app = FastAPIOffline(title="Invoco", version=__version__, description=_ABOUT, redoc_url=None)

    async def healthz() -> JSONResponse:
        """Tell whether Invoco can work: 200 when the database answers, 503 otherwise."""
        try:
            await ping()
        except InvocoError as error:
            return JSONResponse({"status": "unwell", "version": __version__, "reason": error.message}, status_code=503)
        return JSONResponse({"status": "ok", "version": __version__})

    app.add_api_route("/healthz", healthz, methods=["GET"], tags=["health"], summary="Health", response_model=None)
    app.include_router(highlevel_routes(books, KeyGate(keys)))
    install_error_table(app)
    return app


class WithWebhooks:
    """The API, and beside it the one path of the webhooks, which spares itself all layers of the API."""

    def __init__(self, api: ASGIApp, webhooks: ASGIApp) -> None:
        self._api, self._webhooks = api, webhooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by the path."""
        is_webhook = scope["type"] == "http" and scope["path"] == WEBHOOK_PATH
        await (self._webhooks if is_webhook else self._api)(scope, receive, send)
