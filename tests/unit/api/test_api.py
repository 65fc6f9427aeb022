"""Invoco's API: health, documentation, keys; HighLevel's behaviour is promised by the contract suite."""

import httpx2
import pytest

from invoco.api.app import build_api
from invoco.domain.errors import StoreBusy
from invoco.highlevel.operations import OPERATIONS
from invoco.service.books import Books
from invoco.service.journal import JournalRecorder
from invoco.service.keys import KeyService
from invoco.testing.clock import FakeClock


def client_of(store, ping):
    """A client of the API over that mirror."""
    clock = FakeClock()
    books = Books(store, clock=clock, recorder=JournalRecorder())
    app = build_api(books, KeyService(store, clock=clock), ping=ping)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://invoco.test")


@pytest.fixture
async def client(store):
    """A client of an API in good health."""
    async with client_of(store, store.ping) as client:
        yield client


async def test_health(client):
    """With a database that answers, Invoco is well."""
    answer = await client.get("/healthz")

    assert (200, "ok") == (answer.status_code, answer.json()["status"])


async def test_ill_health(store):
    """Without one it says why, with 503."""

    async def ping():
        raise StoreBusy

    async with client_of(store, ping) as client:
        answer = await client.get("/healthz")

    assert (503, StoreBusy().message) == (answer.status_code, answer.json()["reason"])


async def test_documentation_lists_every_contacts_operation(client):
    """The OpenAPI document names the 32 operations of the Contacts API, and whatever else is under /contacts."""
    paths = (await client.get("/openapi.json")).json()["paths"]
    named = {
        operation["operationId"] for path in paths.values() for operation in path.values() if "operationId" in operation
    }

    ours = {operation.id for operation in OPERATIONS.values() if operation.path.startswith("/contacts")}

    assert (True, set()) == (len(ours) >= 32, ours - named)


async def test_documentation_page_is_whole_without_a_network(client):
    """The page loads its script and style from Invoco."""
    page = (await client.get("/docs")).text

    assert "cdn" not in page
    assert (await client.get("/static-offline-docs/swagger-ui-bundle.js")).status_code == 200


@pytest.mark.parametrize("header", [None, "Bearer invoco_unknown", "Basic abc", "Bearer "])
async def test_strangers_are_refused(client, header):
    """Without a key that somebody made nothing is told."""
    headers = {"Version": "2021-07-28"} | ({"Authorization": header} if header else {})
    answer = await client.get("/contacts/", params={"locationId": "l1"}, headers=headers)

    assert answer.status_code == 401
