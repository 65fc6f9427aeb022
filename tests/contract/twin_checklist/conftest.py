"""A twin whose clock only tests move, and for each test a location of its own in it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest_asyncio

from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.sandbox import Twin, TwinSettings, build_twin, read_limits
from invoco.sandbox.registry import Place
from invoco.testing.clock import FakeClock
from invoco.testing.promised_account import promised_account

CALLBACK = "https://app.example.com/callback"
BELONGING = (RecordKind.CONTACT, RecordKind.APPOINTMENT)
"""What a new location does not begin with."""


class Desk:
    """A location with its definitions and no contacts, a token for it, and the twin's control API."""

    def __init__(self, twin: Twin, http: httpx2.AsyncClient) -> None:
        self.twin, self._http = twin, http
        self.here, self.token = new_id(), ""

    async def opened(self, *, country: str = "US", **settings: Any) -> Self:
        """Make the location; `settings` are its own."""
        records = promised_account(self.here)
        [location] = records[RecordKind.LOCATION]
        location.country, location.settings = country, location.settings | settings  # type: ignore[attr-defined]
        async with self.twin.database.transaction() as session:
            for kind, known in records.items():
                if kind not in BELONGING:
                    await session.shelf(kind).put(self.here, known)
        company_id = self.twin.accounts.app().company_id
        await self.twin.registry.keep(Place(location_id=self.here, company_id=company_id, name=f"Here {self.here}"))
        self.token = await self.new_token()
        return self

    async def elsewhere(self, **settings: Any) -> "Desk":
        """Another location of the same twin."""
        return await Desk(self.twin, self._http).opened(**settings)

    async def with_grace(self) -> None:
        """Grace Hopper, who has an additional e-mail, an additional phone and an appointment."""
        async with self.twin.database.transaction() as session:
            for kind in BELONGING:
                await session.shelf(kind).put(self.here, promised_account(self.here)[kind])
            await self.twin.index.fill(session)

    async def send(
        self, method: str, path: str, body: Any = None, *, token: str | None = None,
        version: str | None = "2021-07-28", **more: Any,
    ) -> httpx2.Response:  # fmt: skip
        """The answer to a call; an empty token and no version leave out their headers."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}", "Version": version}
        if token == "":
            del headers["Authorization"]
        given = {"json": body} if body is not None else {}
        kept = {name: value for name, value in headers.items() if value is not None}
        return await self._http.request(method, path, headers=kept, **given, **more)

    async def told(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Status and message of the answer."""
        answer = await self.send(method, path, body, **more)
        return answer.status_code, answer.json().get("message")

    async def created(self, **fields: Any) -> Any:
        """A new contact, as its creation answers it."""
        answer = await self.send("POST", "/contacts/", {"locationId": self.here, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()["contact"]

    async def read(self, contact_id: str) -> Any:
        """The contact by its id."""
        answer = await self.send("GET", f"/contacts/{contact_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["contact"]

    async def search(self, *filters: Any, **body: Any) -> httpx2.Response:
        """The answer to a contact search."""
        asked = {"locationId": self.here, "pageLimit": 100, "filters": list(filters), **body}
        return await self.send("POST", "/contacts/search", asked)

    async def found(self, *filters: Any, **body: Any) -> list[str]:
        """The names of the contacts that a search finds, in their order."""
        answer = await self.search(*filters, **body)
        assert answer.status_code == 200, answer.text
        return [row["contactName"] for row in answer.json()["contacts"]]

    async def control(self, path: str, /, **order: Any) -> Any:
        """What the control API answers to an order."""
        answer = await self._http.post(f"/_twin/{path}", json=order)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refusal(self, path: str, /, **order: Any) -> tuple[int, str]:
        """Status and message of the control API, which refuses an order."""
        answer = await self._http.post(f"/_twin/{path}", json=order)
        return answer.status_code, answer.json()["message"]

    async def look(self, path: str, /, **query: Any) -> Any:
        """What the control API tells."""
        answer = await self._http.get(f"/_twin/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def advance(self, seconds: float) -> None:
        """Move the clock."""
        await self.control("clock", advance=seconds)

    async def fault(self, name: str, /, **switch: Any) -> None:
        """Switch a fault on."""
        await self.control("faults", name=name, **switch)

    async def new_token(self, *scopes: str) -> str:
        """A private token of the location, with all scopes or these."""
        text: str = (await self.control("private-tokens", location_id=self.here, scopes=scopes or None))["token"]
        return text

    async def deliveries(self) -> list[Any]:
        """The webhooks of this location, oldest first."""
        every = (await self.look("dump", what="deliveries", limit=10_000))["deliveries"]
        return [delivery for delivery in reversed(every) if delivery["location_id"] == self.here]

    async def events(self, *types: str) -> list[Any]:
        """The bodies of those webhooks, of some types or of all."""
        bodies = [delivery["body"] for delivery in await self.deliveries()]
        return [body for body in bodies if not types or body["type"] in types]

    async def code(self, choice: str | None = None, *scopes: str) -> str:
        """An authorization code: somebody has opened the consent page and chosen this location, or another choice."""
        keys = self.twin.accounts.keys()
        query = {"response_type": "code", "client_id": keys["client_id"], "redirect_uri": CALLBACK}
        query["scope"] = " ".join(scopes or keys["scopes"])
        form = {"location_id": choice or self.here}
        answer = await self._http.post("/v2/oauth/chooselocation", params=query, data=form)
        assert answer.status_code == 302, answer.text
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    async def exchange(self, **fields: Any) -> httpx2.Response:
        """The answer of the token endpoint; client id and secret are added."""
        keys = self.twin.accounts.keys()
        form = {"client_id": keys["client_id"], "client_secret": keys["client_secret"], **fields}
        return await self._http.post("/oauth/token", data=form)

    async def tokens(self, choice: str | None = None, *scopes: str) -> Any:
        """The token pair of an app that was just installed."""
        code = await self.code(choice, *scopes)
        answer = await self.exchange(grant_type="authorization_code", code=code)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refreshed(self, refresh_token: str) -> httpx2.Response:
        """The answer to a refresh."""
        return await self.exchange(grant_type="refresh_token", refresh_token=refresh_token)

    async def minted(self, company_token: str) -> httpx2.Response:
        """The answer to a company that wants a token of this location."""
        form = {"companyId": self.twin.accounts.app().company_id, "locationId": self.here}
        return await self.send("POST", "/oauth/locationToken", token=company_token, data=form)

    async def restore(self) -> None:
        """Switch off whatever a test has switched on."""
        self.twin.switchboard.clear()
        await self.control("lag", seconds=0)
        await self.control("limits", limit="off")
        await self.control("clock", frozen=False)
        await self.control("webhooks", url=None, urls={}, thin=True, policy="new", chaos={})


class Subscriber:
    """A web server that keeps what it gets and answers as told: 200 by default, not at all for 0."""

    def __init__(self, host: str) -> None:
        self.url = f"https://{host}"
        self.answers: list[int] = []
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self._arrived = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one webhook."""
        self.paths.append(scope["path"])
        self.bodies.append((await receive())["body"])
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        self._arrived.set()
        status = self.answers.pop(0) if self.answers else 200
        if not status:
            raise httpx2.ConnectError("gone")
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"thanks"})

    async def has(self, count: int) -> None:
        """Wait until so many webhooks have come."""
        async with asyncio.timeout(10):
            while len(self.bodies) < count:
                self._arrived.clear()
                await self._arrived.wait()

    def events(self) -> list[Any]:
        """What came, read."""
        return [json.loads(body) for body in self.bodies]


class Internet:
    """Where webhooks go: subscribers by host name. Nothing leaves the process."""

    def __init__(self) -> None:
        self.subscribers: dict[str, Subscriber] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand the call to its subscriber."""
        await self.subscribers[scope["server"][0]](scope, receive, send)

    def subscriber(self, host: str) -> Subscriber:
        """A new subscriber."""
        return self.subscribers.setdefault(host, Subscriber(host))


def twin_client(twin: Twin) -> httpx2.AsyncClient:
    """A client whose calls go to the twin without leaving the process."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=twin.app), base_url="http://127.0.0.1")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def twin() -> AsyncIterator[Twin]:
    """A small twin without limits, made once for all tests of a file; its time stands still until it is moved."""
    settings = TwinSettings(contacts=3, limits=read_limits("off", None))
    async with build_twin(settings, clock=FakeClock(auto=False)) as twin:
        yield twin


@pytest_asyncio.fixture(loop_scope="module")
async def desk(twin) -> AsyncIterator[Desk]:
    """A location of the test's own."""
    async with twin_client(twin) as http:
        desk = await Desk(twin, http).opened()
        yield desk
        await desk.restore()


@pytest_asyncio.fixture(loop_scope="module")
async def twin_of_404() -> AsyncIterator[Desk]:
    """A location of a twin that says 404 of a record that does not exist."""
    settings = TwinSettings(contacts=0, limits=read_limits("off", None), not_found_status=404)
    async with build_twin(settings) as twin, twin_client(twin) as http:
        yield await Desk(twin, http).opened()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def internet(twin) -> Internet:
    """What the twin's webhooks are sent over."""
    internet = Internet()
    twin.webhooks._http = httpx2.AsyncClient(transport=httpx2.ASGITransport(internet))
    return internet


@pytest_asyncio.fixture(loop_scope="module")
async def subscriber(desk, internet) -> Subscriber:
    """Who gets all webhooks of the twin from now on."""
    subscriber: Subscriber = internet.subscriber(f"{desk.here.lower()}.example.com")
    await desk.control("webhooks", url=f"{subscriber.url}/all")
    return subscriber
