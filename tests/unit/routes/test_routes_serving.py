"""An application as a server on this machine: it listens, says so, and stops."""

import asyncio
import signal
import socket
import threading
from contextlib import asynccontextmanager, suppress

import httpx2
import pytest
from fastapi import FastAPI

from invoco.domain.errors import Misconfigured, PortTaken
from invoco.routes.serving import serve

PATIENCE = 10


@pytest.fixture
def app() -> FastAPI:
    """It answers one question."""
    app = FastAPI()
    app.get("/")(lambda: {"well": True})
    return app


@asynccontextmanager
async def serving(app, *, host="127.0.0.1", port=0):
    """The task that serves, and the address it told."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(app, host=host, port=port, on_ready=told.set_result))
    async with asyncio.timeout(PATIENCE):
        yield task, await told
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def has(host):
    """Whether this machine has that address."""
    try:
        socket.create_server((host, 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "begin"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        pytest.param("::1", "http://[::1]:", marks=pytest.mark.skipif(not has("::1"), reason="no IPv6 here")),
    ],
)
async def test_calls_are_accepted_when_it_is_ready(app, host, begin):
    """Under the address that is told, with the port that was free; no header names the server."""
    async with serving(app, host=host) as (_, url), httpx2.AsyncClient() as client:
        answer = await client.get(url)

    assert ({"well": True}, True, False) == (answer.json(), url.startswith(begin), "server" in answer.headers)


async def test_a_cancelled_server_gives_its_port_back(app):
    """Another can listen there at once."""
    async with serving(app) as (task, url):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    port = httpx2.URL(url).port
    with socket.create_server(("127.0.0.1", port)) as listener:
        assert port == listener.getsockname()[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_quietly(app, number):
    """Nothing is raised, so that what is open around it is closed; the signals mean what they meant before."""
    before = signal.getsignal(number)
    async with serving(app) as (task, _):
        assert signal.getsignal(number) != before
        signal.raise_signal(number)
        await task

    assert before == signal.getsignal(number)


def test_in_another_thread_signals_are_left_alone(app):
    """Only the main thread may catch them."""
    before = signal.getsignal(signal.SIGINT)
    meanwhile = []

    async def look():
        async with serving(app):
            meanwhile.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=lambda: asyncio.run(look()))
    thread.start()
    thread.join(PATIENCE)

    assert [before] == meanwhile


async def test_a_taken_port_is_told(app):
    """By its number."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Another program listens on port {port} of 127.0.0.1"):
            await serve(app, host="127.0.0.1", port=port, on_ready=print)


async def test_an_address_of_another_machine_is_told(app):
    """With the options to change."""
    with pytest.raises(Misconfigured, match=r"Nothing can listen on port 0 of 192\.0\.2\.1") as refusal:
        await serve(app, host="192.0.2.1", port=0, on_ready=print)

    assert "Choose another --host or --port." == refusal.value.cure
