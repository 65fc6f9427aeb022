"""The path of the webhooks beside the API."""

from typing import Any

import pytest

from invoco.api.app import WithWebhooks
from invoco.routes.webhooks import WEBHOOK_PATH


def named(name, asked):
    """An application that notes what it was asked."""

    async def app(scope, receive, send):
        asked.append((name, scope["type"], scope.get("path")))

    return app


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("http", WEBHOOK_PATH, "webhooks"),
        ("http", f"{WEBHOOK_PATH}/", "api"),
        ("http", "/contacts/", "api"),
        ("websocket", WEBHOOK_PATH, "api"),
        ("lifespan", None, "api"),
    ],
)
async def test_one_path_is_taken_out(kind, path, expected):
    """Calls of that path alone pass the API by."""
    asked: list[Any] = []
    both = WithWebhooks(named("api", asked), named("webhooks", asked))
    scope: Any = {"type": kind} | ({"path": path} if path else {})
    nothing: Any = None
    await both(scope, nothing, nothing)

    assert [(expected, kind, path)] == asked
