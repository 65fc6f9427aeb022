"""Installing, taking out and installing again, with the twin as HighLevel and its webhooks on their way."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from invoco.domain.connections import ConnectionState
from invoco.domain.deliveries import DeliveryState
from invoco.domain.event_types import EVENT_TYPES
from invoco.gateway.gateway import HighLevelGateway
from invoco.highlevel.quota import Quotas
from invoco.highlevel.token_stores import MemoryTokenStore
from invoco.routes.webhooks import webhook_route
from invoco.sandbox import TwinSettings, build_twin, read_limits
from invoco.sandbox.webhooks import State, new_keys
from invoco.service.connections import ConnectionService
from invoco.service.gateway import MemorySecrets
from invoco.service.installations import UNINSTALLED, InstallationService
from invoco.service.webhooks import WebhookInbox, WebhookKeys

URL = "http://twin.test"
KEYS = new_keys(rsa_bits=2048)


class Late:
    """An application that is made later."""

    app: Any = None

    async def __call__(self, scope, receive, send):
        """Pass the call on."""
        await self.app(scope, receive, send)


@pytest.fixture
async def office(store):
    """A twin, and an Invoco to which it sends its webhooks."""
    late = Late()
    settings = TwinSettings(contacts=3, limits=read_limits("off", None), webhook_url="http://invoco.test/")
    transport = httpx2.ASGITransport(app=late)
    async with build_twin(settings, keys=KEYS, transport=transport) as twin:
        office = Office(twin, store)
        keys = WebhookKeys(ed25519=[KEYS.ed25519.public_key()], rsa=[KEYS.rsa.public_key()])
        late.app = webhook_route(office.inbox, keys=keys)
        yield office
        await office.inbox.close()


class Office:
    """The services that are needed, and what a user of HighLevel does."""

    def __init__(self, twin, store):
        self.twin, self.store = twin, store
        clock, tokens, secrets = twin.clock, MemoryTokenStore(), MemorySecrets()
        self._transport = httpx2.ASGITransport(app=twin.app)
        self.gateway = HighLevelGateway(
            tokens=tokens, secrets=secrets, quotas=Quotas(clock=clock), clock=clock, transport=self._transport
        )
        self._connections = ConnectionService(store, tokens=tokens, secrets=secrets, gateway=self.gateway, clock=clock)
        self.installations = InstallationService(
            store, tokens=tokens, gateway=self.gateway, clock=clock, on_connected=self._tell
        )
        self.told = []
        self.keys = twin.accounts.keys()
        self.inbox = WebhookInbox(store, clock=clock, client_id=self.keys["client_id"])
        self.here, self.elsewhere = (place["id"] for place in self.keys["locations"][:2])

    async def _tell(self, connection):
        self.told.append(connection.id)

    def authorise(self):
        """A sign-in that has begun."""
        return self._connections.authorise(
            base_url=URL, client_id=self.keys["client_id"], client_secret=self.keys["client_secret"],
            redirect_uri="http://127.0.0.1:1/callback",
        )  # fmt: skip

    async def consent(self, authorisation, choice):
        """The address to which the browser is sent when that is chosen."""
        page = urlsplit(authorisation.url)
        async with httpx2.AsyncClient(transport=self._transport, base_url=URL) as browser:
            answer = await browser.post(f"{page.path}?{page.query}", data={"location_id": choice})
        return answer.headers["Location"]

    async def connect(self, choice):
        """Connect the first location, by itself or through its company."""
        authorisation = self.authorise()
        answer = await self.consent(authorisation, choice)
        return await self._connections.connect_with_oauth(authorisation, answer=answer, location_id=self.here)

    async def handle_all(self):
        """Handle what has come, when the twin has nothing more to send; returns the types in their order."""
        async with asyncio.timeout(10):
            while await self.twin.webhooks.deliveries(state=State.WAITING, limit=1):
                pass
        async with self.store.transaction() as session:
            waiting = await session.inbox.waiting("", limit=100)
            await session.inbox.settle([each.position for each in waiting], DeliveryState.DONE)
        for delivery in waiting:
            await self.installations.handle(delivery)
        return [each.type for each in waiting]

    async def states(self):
        """The states of both locations."""
        async with self.store.reading() as session:
            found = [await session.connections.get(each) for each in (self.here, self.elsewhere)]
        return [each and (each.state, each.state_reason) for each in found]


CONNECTED = (ConnectionState.CONNECTED, None)
DISCONNECTED = (ConnectionState.DISCONNECTED, UNINSTALLED)


async def test_a_location(office):
    """Its webhooks are signed, taken in, and followed; the tokens are gone with the app, so it waits for consent."""
    await office.connect(office.here)
    installed = await office.handle_all()
    await office.twin.uninstall(office.here)
    uninstalled = await office.handle_all()

    assert ([["INSTALL"], ["UNINSTALL"]], [DISCONNECTED, None]) == ([installed, uninstalled], await office.states())


async def test_a_company(office):
    """The location that was not chosen stays out; installed anew it comes in with the company's tokens."""
    await office.connect("company")
    await office.handle_all()
    at_first = await office.states()
    await office.twin.uninstall(office.elsewhere)
    await office.consent(office.authorise(), office.elsewhere)
    await office.handle_all()

    assert ([CONNECTED, None], [CONNECTED, CONNECTED]) == (at_first, await office.states())
    assert [office.elsewhere] == office.told


async def test_reconciling(office):
    """Without any webhook it is found out where the app was taken out; the company's tokens are kept fresh for it."""
    await office.connect("company")
    await office.twin.authority.uninstall(office.twin.accounts.app(), office.here)
    await office.installations.reconcile()

    assert ConnectionState.DISCONNECTED == (await office.states())[0][0]


async def test_every_type_of_event(office):
    """Each of the 77 is accepted and kept, none is refused or rejected."""
    await office.connect(office.here)
    await office.handle_all()
    for event in EVENT_TYPES.values():
        await office.twin.webhooks.emit(event.name, {"locationId": office.here, "id": "x"})
    await office.handle_all()
    async with office.store.reading() as session:
        kept = await session.inbox.newest(limit=200)

    assert set(EVENT_TYPES) == {each.type for each in kept if each.state is not DeliveryState.REJECTED}
