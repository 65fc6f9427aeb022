"""A twin in this process, and the parts of one over a database of their own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
import pytest
import pytest_asyncio
import sqlalchemy as sa

from invoco.sandbox import Twin, TwinSettings, build_twin, read_limits, webhooks
from invoco.sandbox import registry as registries
from invoco.sandbox.registry import App, Code, Grant, Installation, Place, PrivateToken, Registry
from invoco.sandbox.twin import METADATA
from invoco.store.database import Database
from invoco.store.schema import create_all
from invoco.testing.clock import FakeClock

HERE = "http://127.0.0.1"
CALLBACK = "https://app.example.com/callback"
NOW = 1_750_000_000
"""Where the clock of the tests stands, in seconds."""
KINDS: tuple[Any, ...] = (App, Place, Code, Grant, PrivateToken, Installation)


@pytest.fixture(scope="session")
def empty_twin(tmp_path_factory, staged) -> Any:
    """A database with all tables of a twin and no rows, made once."""
    path: Path = tmp_path_factory.mktemp("twin") / "empty.sqlite3"

    async def make() -> None:
        database = await Database.open(f"sqlite:///{path}", durable=False)
        await create_all(database, *METADATA)
        await database.close()

    asyncio.run(make())
    return staged(path)


@pytest.fixture
async def database(empty_twin) -> AsyncIterator[Database]:
    """An empty database of a twin."""
    async with empty_twin.database() as database:
        yield database


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until it is moved."""
    return FakeClock(NOW, auto=False)


@pytest.fixture
async def registry(database) -> Registry:
    """A registry that knows nobody."""
    return Registry(database)


class Face:
    """A twin as programs and people meet it."""

    def __init__(self, twin: Twin, http: httpx2.AsyncClient) -> None:
        self.twin, self.http = twin, http
        self.keys: dict[str, Any] = twin.accounts.keys()
        self.here, self.elsewhere = (place["id"] for place in self.keys["locations"][:2])
        self.token: str = self.keys["private_tokens"][0]["token"]

    async def send(
        self, method: str, path: str, *, token: str | None = None, version: str | None = "2021-07-28", **more: Any
    ) -> httpx2.Response:
        """The answer to a program's call, by default with the private token of the main location."""
        headers = {"Authorization": f"Bearer {token or self.token}"} | ({"Version": version} if version else {})
        return await self.http.request(method, path, headers=headers, **more)

    async def order(self, path: str, /, **order: Any) -> Any:
        """What the control API answers to an order."""
        answer = await self.http.post(f"/_twin/{path}", json=order)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def look(self, path: str, /, **query: Any) -> Any:
        """What the control API tells."""
        answer = await self.http.get(f"/_twin/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def asked(self, **changed: str) -> dict[str, str]:
        """The query of the consent page."""
        query = {"response_type": "code", "client_id": self.keys["client_id"], "redirect_uri": CALLBACK}
        return query | changed

    async def code(self, choice: str | None = None, **changed: str) -> str:
        """An authorization code for the main location, another one, or `company`."""
        answer = await self.http.post(
            "/v2/oauth/chooselocation", params=self.asked(**changed), data={"location_id": choice or self.here}
        )
        assert answer.status_code == 302, answer.text
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    async def exchange(self, **fields: str) -> httpx2.Response:
        """The answer of the token endpoint."""
        client = {name: self.keys[name] for name in ("client_id", "client_secret")}
        return await self.http.post("/oauth/token", data=client | fields)

    async def pair(self, choice: str | None = None, **changed: str) -> Any:
        """The tokens of an app that was just installed."""
        answer = await self.exchange(grant_type="authorization_code", code=await self.code(choice, **changed))
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lasting_twin() -> AsyncIterator[Twin]:
    """A small twin without limits, made once; its time stands still until it is moved."""
    settings = TwinSettings(contacts=3, limits=read_limits("off", None))
    async with build_twin(settings, clock=FakeClock(NOW, auto=False)) as twin:
        yield twin


@pytest_asyncio.fixture(loop_scope="session")
async def twin(lasting_twin) -> AsyncIterator[Twin]:
    """That twin; what a test does to it, other than writing records, is undone."""
    known = _entries(lasting_twin.registry)
    subscription = msgspec.structs.asdict(lasting_twin.subscription)
    yield lasting_twin
    lasting_twin.clock.reset()
    lasting_twin.switchboard.clear()
    lasting_twin.limiter.limits, lasting_twin.index.lag = lasting_twin.settings.limits, 0.0
    lasting_twin.limiter.clear()
    lasting_twin.log.clear()
    for name, value in subscription.items():
        setattr(lasting_twin.subscription, name, value)
    if await lasting_twin.webhooks.deliveries(limit=1):
        async with lasting_twin.database.transaction() as session:
            for table in webhooks.metadata.sorted_tables:
                await session.connection.execute(sa.delete(table))
    if known != _entries(lasting_twin.registry):
        lasting_twin.registry.clear()
        async with lasting_twin.database.transaction() as session:
            await session.connection.execute(sa.delete(registries.entries))
        await lasting_twin.registry.keep(*known)


def _entries(registry: Registry) -> list[Any]:
    return [entry for kind in KINDS for entry in registry.all(kind)]


@pytest_asyncio.fixture(loop_scope="session")
async def face(twin) -> AsyncIterator[Face]:
    """The twin's address."""
    transport = httpx2.ASGITransport(app=twin.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=HERE) as http:
        yield Face(twin, http)


class Program:
    """A small ASGI application that keeps what it was asked and answers the same to everybody."""

    def __init__(self, status: int = 200, **content: Any) -> None:
        self.status, self.content = status, content
        self.asked: list[tuple[str, bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a call, its body in two pieces."""
        body = (await receive()).get("body", b"")
        self.asked.append((f"{scope['method']} {scope['path']}", body))
        answer = msgspec.json.encode(self.content)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer[:1], "more_body": True})
        await send({"type": "http.response.body", "body": answer[1:]})

    @property
    def bodies(self) -> list[Any]:
        """What it was sent, read."""
        return [msgspec.json.decode(body) for _, body in self.asked]


@pytest.fixture
def program() -> type[Program]:
    """Makes such applications."""
    return Program


@pytest.fixture
def calling():
    """Makes a client of an application."""

    def client(app: Any) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=HERE)

    return client
