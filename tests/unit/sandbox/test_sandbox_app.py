"""The twin as an application: what is part of HighLevel's API and what is beside it."""

import pytest

from invoco.sandbox import FaultSwitch, Limit, Limits

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def tight(twin):
    """No call is allowed any more, and each would fail anyhow."""
    twin.limiter.limits = Limits(Limit(burst=0))
    twin.switchboard.on(FaultSwitch("520"))


@pytest.mark.parametrize("path", ["/_twin/clock", "/v2/oauth/chooselocation", "/oauth/chooselocation"])
async def test_what_is_beside_the_api_goes_on(face, tight, path):
    """It is neither limited nor counted nor hit by faults."""
    answer = await face.http.get(path, params=face.asked())

    assert (200, 0) == (answer.status_code, face.twin.figures()["requests"])
    assert "x-ratelimit-max" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/contacts/"), ("POST", "/oauth/token"), ("GET", "/nowhere"), ("GET", "/docs")]
)
async def test_everything_else_is_limited(face, tight, method, path):
    """Whoever is known has used up the quota; whoever is not meets the fault behind it."""
    known = await face.send(method, path)
    stranger = await face.http.request(method, path)

    assert [429, 520, 2] == [known.status_code, stranger.status_code, face.twin.figures()["requests"]]


async def test_the_limit_is_asked_before_faults_and_routes(face):
    """A refused call hits no fault."""
    await face.order("faults", name="520")
    await face.order("limits", limit="1/60s")
    statuses = [(await face.send("GET", "/contacts/")).status_code for _ in range(2)]

    assert ([520, 429], {"520": 1}) == (statuses, face.twin.switchboard.hits())


async def test_writes_reach_the_index_and_the_subscriber(face):
    """In one transaction with the write."""
    body = {"locationId": face.here, "firstName": "Ada", "email": "ada.of.app@example.com"}
    created = await face.send("POST", "/contacts/", json=body)
    search = {"locationId": face.here, "pageLimit": 1, "query": "ada.of.app@example.com"}
    found = await face.send("POST", "/contacts/search", json=search)
    [delivery] = (await face.look("dump", what="deliveries"))["deliveries"]

    assert (201, 1) == (created.status_code, found.json()["total"])
    assert ("ContactCreate", created.json()["contact"]["id"]) == (delivery["type"], delivery["body"]["id"])


async def test_errors_have_highlevels_shape(face):
    """An unknown path too."""
    answer = await face.send("GET", "/nowhere")

    assert 404 == answer.status_code
    assert {"message", "traceId"} <= set(answer.json())
