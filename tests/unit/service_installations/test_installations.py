"""What follows when an app is installed or taken out."""

import json
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from invoco.domain.connections import Connection, ConnectionState
from invoco.domain.deliveries import Delivery
from invoco.domain.errors import NoSuchRecord, Reconnect, SourceUnavailable, WrongLocation
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import SourcePage
from invoco.highlevel.clock import iso
from invoco.highlevel.records import InstalledLocation, Location
from invoco.highlevel.token_stores import MemoryTokenStore
from invoco.highlevel.tokens import TokenKey, Tokens
from invoco.service.installations import NOT_INSTALLED, UNINSTALLED, WAITS_FOR_CONSENT, InstallationService
from invoco.testing.clock import FakeClock

THEN, NOW = 1_749_000_000_000, 1_750_000_000_000
CONNECTED, DISCONNECTED = ConnectionState.CONNECTED, ConnectionState.DISCONNECTED


class FakeGateway:
    """HighLevel with a company in which an app is installed."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.installed = {}
        """When the app was installed, by location."""
        self.failure = None
        self.asked = []

    @asynccontextmanager
    async def source(self, connection):
        """A location, whose tokens are made out of its company's."""
        self.asked.append(connection.id)
        if self.failure is not None:
            raise self.failure
        await self.tokens.save(TokenKey(connection.app_id, connection.id), pair("contacts.readonly locations.readonly"))
        yield FakeSource(connection)

    async def installed_with(self, connection):
        """The company's locations."""
        self.asked.append(connection.company_id)
        if self.failure is not None:
            raise self.failure
        return [InstalledLocation(id=each, installed_at=at and iso(at)) for each, at in self.installed.items()]


class FakeSource:
    """A location that tells its name."""

    def __init__(self, connection):
        self._connection = connection

    async def page(self, kind, cursor):
        """Its only page."""
        assert (RecordKind.LOCATION, None) == (kind, cursor)
        return SourcePage.of([Location(id=self._connection.id, name="Praxis Süd", company_id="k1")])


def pair(scope=""):
    """A pair of tokens."""
    return Tokens(access_token="a", expires_at=NOW, scope=scope)


def connection(location_id="l1", **changes):
    """A location of the company, connected with the app."""
    fields = {
        "id": location_id, "name": location_id, "base_url": "https://x", "company_id": "k1", "access": "oauth",
        "client_id": "a1-x", "connected_at": THEN,
    } | changes  # fmt: skip
    return Connection(**fields)


class Desk:
    """The service and everything around it."""

    def __init__(self, store):
        self.store, self.tokens, self.clock = store, MemoryTokenStore(), FakeClock()
        self.gateway = cast("Any", FakeGateway(self.tokens))
        self.told: list[str] = []
        self.service = InstallationService(
            store, tokens=self.tokens, gateway=self.gateway, clock=self.clock, on_connected=self._tell
        )

    async def _tell(self, connection):
        self.told.append(connection.id)

    async def put(self, *connections):
        """Have these connections."""
        async with self.store.transaction() as session:
            for each in connections:
                await session.connections.put(each)

    async def have_tokens(self, *owners):
        """Have pairs of these locations and companies."""
        for owner in owners:
            await self.tokens.save(TokenKey("a1", owner), pair())

    async def owners(self, *asked):
        """Of which of them a pair is kept."""
        return [owner for owner in asked if await self.tokens.load(TokenKey("a1", owner))]

    async def event(self, type_, *, at=NOW, received_at=NOW, app_id="a1", **fields):
        """Handle an event of the app."""
        body = {"type": type_, "appId": app_id, **fields}
        delivery = Delivery(
            webhook_id="w", type=type_, location_id="", at=at, received_at=received_at, body=json.dumps(body).encode()
        )
        await self.service.handle(delivery)

    async def find(self, location_id="l1"):
        """The connection of that location."""
        async with self.store.reading() as session:
            return await session.connections.get(location_id)

    async def state(self, location_id="l1"):
        """Its state and the reason."""
        found = await self.find(location_id)
        return found.state, found.state_reason


@pytest.fixture
async def desk(store):
    """One connected location of a company, with the tokens of both."""
    desk = Desk(store)
    await desk.put(connection())
    await desk.have_tokens("l1", "k1")
    return desk


async def test_uninstalled_from_a_location(desk):
    """The connection says so; its tokens are forgotten, those of the company are not."""
    await desk.event("UNINSTALL", locationId="l1")

    assert (DISCONNECTED, UNINSTALLED) == await desk.state()
    assert ["k1"] == await desk.owners("l1", "k1")


async def test_uninstalled_from_a_company(desk):
    """All its locations are hit, and no other; all its tokens are forgotten."""
    await desk.put(connection("l2"), connection("l3", company_id="k2"))
    await desk.have_tokens("l2", "l3")
    await desk.event("UNINSTALL", companyId="k1")

    assert [DISCONNECTED, DISCONNECTED, CONNECTED] == [(await desk.state(each))[0] for each in ("l1", "l2", "l3")]
    assert ["l3"] == await desk.owners("l1", "l2", "l3", "k1")


async def test_uninstalling_twice(desk):
    """Handling an event again does nothing more."""
    await desk.event("UNINSTALL", locationId="l1")
    await desk.event("UNINSTALL", locationId="l1")

    assert (DISCONNECTED, UNINSTALLED) == await desk.state()


@pytest.mark.parametrize("changes", [{"client_id": None, "access": "token"}, {"client_id": "a2-x"}])
async def test_another_way_in(desk, changes):
    """A private integration token and another app do not depend on this app."""
    await desk.put(connection(**changes))
    await desk.event("UNINSTALL", locationId="l1")

    assert (CONNECTED, None) == await desk.state()


@pytest.mark.parametrize("times", [{"at": THEN - 1}, {"at": None, "received_at": THEN - 1}])
async def test_an_uninstall_that_comes_late(desk, times):
    """It says nothing about what was connected since."""
    await desk.event("UNINSTALL", locationId="l1", **times)

    assert (CONNECTED, None) == await desk.state()


async def test_an_uninstall_of_a_stranger(desk):
    """Nothing is known of that location."""
    await desk.event("UNINSTALL", locationId="l9")

    assert (CONNECTED, None) == await desk.state()


@pytest.mark.parametrize("type_", ["INSTALL", "UPDATE"])
async def test_installed_again(desk, type_):
    """With tokens at hand the connection is back, and somebody is told."""
    await desk.put(connection(state=DISCONNECTED, state_reason=UNINSTALLED))
    await desk.event(type_, locationId="l1", companyId="k1")

    assert ((CONNECTED, None), ["l1"]) == (await desk.state(), desk.told)


async def test_installed_again_without_tokens(desk):
    """Nothing could be read: somebody must consent."""
    await desk.event("UNINSTALL", companyId="k1")
    await desk.event("INSTALL", locationId="l1", companyId="k1")

    assert ((DISCONNECTED, WAITS_FOR_CONSENT), []) == (await desk.state(), desk.told)


async def test_installed_in_a_location_alone(desk):
    """Where no company is known the location's own tokens count."""
    await desk.put(connection(company_id=None, state=DISCONNECTED))
    await desk.event("INSTALL", locationId="l1")

    assert (CONNECTED, None) == await desk.state()


async def test_events_out_of_order(desk):
    """An uninstall from before the install comes after it, and is of no account."""
    await desk.event("INSTALL", locationId="l1", companyId="k1", at=NOW)
    await desk.event("UNINSTALL", locationId="l1", at=NOW - 1)

    assert ((CONNECTED, None), []) == (await desk.state(), desk.told)


async def test_installed_in_another_location(desk):
    """It is connected with tokens out of its company's, and named like the location; somebody is told."""
    await desk.event("INSTALL", locationId="l2", companyId="k1")
    made = await desk.find("l2")

    assert ("praxis-sud", CONNECTED, "k1", "a1-x", "https://x", NOW) == (
        made.name, made.state, made.company_id, made.client_id, made.base_url, made.connected_at
    )  # fmt: skip
    assert (("contacts.readonly", "locations.readonly"), ["l2"]) == (made.scopes, desk.told)


async def test_installing_twice(desk):
    """The second event changes nothing."""
    await desk.event("INSTALL", locationId="l2", companyId="k1")
    await desk.event("INSTALL", locationId="l2", companyId="k1")

    assert (["l2"], ["l2"]) == (desk.told, desk.gateway.asked)


async def test_two_at_the_same_time(desk):
    """Whoever comes second keeps what the first has made."""
    looked = desk.service._look

    async def look_and_lose(unnamed):
        location = await looked(unnamed)
        await desk.put(connection("l2", name="first"))
        return location

    desk.service._look = look_and_lose
    await desk.event("INSTALL", locationId="l2", companyId="k1")

    assert ("first", []) == ((await desk.find("l2")).name, desk.told)


async def test_locations_that_were_not_chosen(desk):
    """Those that were there when the first one was connected are left alone."""
    await desk.event("INSTALL", locationId="l2", companyId="k1", at=THEN - 1)

    assert None is await desk.find("l2")


@pytest.mark.parametrize(
    "fields", [{"locationId": "l2", "companyId": "k2"}, {"locationId": "l2"}, {"companyId": "k1"}, {}]
)
async def test_installs_that_wait_for_consent(desk, fields):
    """Without tokens of the company, or without a location, there is nothing to do yet (facts 2.3)."""
    await desk.event("INSTALL", **fields)

    assert (None, []) == (await desk.find("l2"), desk.gateway.asked)


@pytest.mark.parametrize("failure", [WrongLocation(), Reconnect(), NoSuchRecord()])
async def test_an_install_that_cannot_be_used(desk, failure):
    """It is noted; trying again would help nobody."""
    desk.gateway.failure = failure
    await desk.event("INSTALL", locationId="l2", companyId="k1")

    assert None is await desk.find("l2")


async def test_an_install_while_highlevel_is_away(desk):
    """The event must be handled again."""
    desk.gateway.failure = SourceUnavailable()
    with pytest.raises(SourceUnavailable):
        await desk.event("INSTALL", locationId="l2", companyId="k1")


@pytest.mark.parametrize("type_", ["PLAN_CHANGE", "AppPaymentStatus"])
async def test_other_events_of_the_app(desk, type_):
    """They change nothing."""
    before = await desk.find()
    await desk.event(type_, locationId="l1", companyId="k1")

    assert before == await desk.find()


async def test_reconciling_finds_nothing_new(desk):
    """What is as it was stays."""
    desk.gateway.installed = {"l1": THEN}
    before = await desk.find()
    await desk.service.reconcile()

    assert (before, []) == (await desk.find(), desk.told)


async def test_reconciling_finds_an_uninstall(desk):
    """The tokens stay, for it may be a mistake of HighLevel's."""
    await desk.service.reconcile()

    assert (DISCONNECTED, NOT_INSTALLED) == await desk.state()
    assert ["l1", "k1"] == await desk.owners("l1", "k1")


async def test_reconciling_finds_an_install(desk):
    """A new location is connected, one of before is not, nor one that does not say since when."""
    desk.gateway.installed = {"l1": THEN, "l2": NOW, "l3": THEN - 1, "l4": None}
    await desk.service.reconcile()

    assert [True, False, False] == [await desk.find(each) is not None for each in ("l2", "l3", "l4")]


@pytest.mark.parametrize(
    ("reason", "expected"), [(NOT_INSTALLED, CONNECTED), (WAITS_FOR_CONSENT, CONNECTED), ("refused", DISCONNECTED)]
)
async def test_reconciling_brings_back(desk, reason, expected):
    """What it had taken away itself comes back; credentials that are refused do not."""
    await desk.put(connection(state=DISCONNECTED, state_reason=reason))
    desk.gateway.installed = {"l1": THEN}
    await desk.service.reconcile()

    assert expected == (await desk.state())[0]


async def test_reconciling_now_and_then(desk):
    """However many connections of a company ask, HighLevel is asked once in ten minutes."""
    await desk.put(connection("l2"))
    desk.gateway.installed = {"l1": THEN, "l2": THEN}
    await desk.service.reconcile()
    await desk.service.reconcile()
    before = list(desk.gateway.asked)
    desk.clock.advance(600)
    await desk.service.reconcile()

    assert [["k1"], ["k1", "k1"]] == [before, desk.gateway.asked]


async def test_reconciling_without_tokens_of_a_company(desk):
    """Nobody else can be asked."""
    await desk.tokens.delete(TokenKey("a1", "k1"))
    await desk.put(connection("l2", client_id=None), connection("l3", company_id=None))
    await desk.service.reconcile()

    assert [] == desk.gateway.asked


async def test_reconciling_when_the_company_is_refused(desk):
    """Nothing is known, so nothing changes."""
    desk.gateway.failure = Reconnect()
    await desk.service.reconcile()

    assert (CONNECTED, None) == await desk.state()


async def test_reconciling_while_highlevel_is_away(desk):
    """It is asked again next time."""
    desk.gateway.failure = SourceUnavailable()
    with pytest.raises(SourceUnavailable):
        await desk.service.reconcile()
    desk.gateway.failure = None
    await desk.service.reconcile()

    assert (DISCONNECTED, NOT_INSTALLED) == await desk.state()
