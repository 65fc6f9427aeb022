"""The twin as a server: a fault can drop its connections."""

import asyncio
from contextlib import asynccontextmanager, suppress

import httpx2
import pytest

from invoco.sandbox import FaultSwitch, serve
from invoco.sandbox.faults import Faults, Switchboard


@asynccontextmanager
async def serving(app):
    """The address at which the application is served."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(app, host="127.0.0.1", port=0, on_ready=told.set_result))
    async with asyncio.timeout(10):
        yield await told
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(("name", "asked"), [("reset", 0), ("lost-answer", 1)])
async def test_a_dropped_connection(clock, program, name, asked):
    """The caller gets no answer, before or after everything was done; the next call is answered."""
    behind = program(name="Ada")
    app = Faults(behind, switchboard=Switchboard([FaultSwitch(name, times=1)]), clock=clock)
    async with serving(app) as url, httpx2.AsyncClient() as client:
        with pytest.raises(httpx2.TransportError):
            await client.get(url)
        done = len(behind.asked)
        answer = await client.get(url)

    assert (asked, {"name": "Ada"}) == (done, answer.json())
