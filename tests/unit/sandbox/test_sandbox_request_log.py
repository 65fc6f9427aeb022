"""What was asked of the twin, and how it ended."""

import pytest

from invoco.sandbox.request_log import Logged, LoggedRequest, RequestLog

ID = "ocQHyuzHvysMo5N5VsXc"
UUID = "0a8c1b2d-3e4f-5a6b-7c8d-9e0f1a2b3c4d"


def request(path="/contacts/", *, status=200, at=1):
    """A logged request."""
    return LoggedRequest(at=at, method="GET", path=path, query="", status=status, took=0.5)


@pytest.fixture
def log() -> RequestLog:
    """Nothing was asked yet."""
    return RequestLog()


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/contacts/", "GET /contacts/"),
        (f"/contacts/{ID}", "GET /contacts/{id}"),
        (f"/contacts/{ID}/notes/{UUID}", "GET /contacts/{id}/notes/{id}"),
        ("/oauth/installedLocations", "GET /oauth/installedLocations"),
    ],
)
def test_ids_do_not_tell_paths_apart(log, path, shape):
    """Calls are counted by the operation they are for."""
    log.add(request(path))

    assert {shape: 1} == dict(log.by_path)


def test_statuses_are_counted(log):
    """Each by itself."""
    for status in (200, 200, 429, 0):
        log.add(request(status=status))

    assert {200: 2, 429: 1, 0: 1} == dict(log.by_status)


def test_the_oldest_requests_are_forgotten(log):
    """The counts are not."""
    for at in range(10_001):
        log.add(request(at=at))

    assert (10_000, 1, 10_001) == (len(log.requests), log.requests[0].at, log.by_status[200])


def test_clear_forgets_everything(log):
    """Requests and counts."""
    log.add(request())
    log.clear()

    assert ([], {}, {}) == (list(log.requests), dict(log.by_path), dict(log.by_status))


async def test_a_call_is_logged_with_its_answer(log, clock, program, calling):
    """When, what, how it ended; nothing of its headers."""
    async with calling(Logged(program(status=201), log=log, clock=clock)) as client:
        await client.post("/contacts/?a=1", headers={"Authorization": "Bearer secret"})

    assert [
        LoggedRequest(at=1_750_000_000_000, method="POST", path="/contacts/", query="a=1", status=201, took=0.0)
    ] == list(log.requests)


async def test_the_time_a_call_took_is_logged(log, clock, program, calling):
    """In milliseconds, by the twin's clock."""

    async def slow(scope, receive, send):
        clock.advance(0.25)
        await program()(scope, receive, send)

    async with calling(Logged(slow, log=log, clock=clock)) as client:
        await client.get("/")

    assert [250.0] == [logged.took for logged in log.requests]


async def test_a_dropped_connection_is_logged(log, clock, calling):
    """With the status 0; the error goes on its way."""

    async def dropped(_scope, _receive, _send):
        raise ConnectionResetError

    async with calling(Logged(dropped, log=log, clock=clock)) as client:
        with pytest.raises(ConnectionResetError):
            await client.get("/")

    assert {0: 1} == dict(log.by_status)
