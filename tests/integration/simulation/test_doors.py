"""The network between twin and engine."""

import asyncio
from random import Random

import httpx2
import pytest

from invoco.sandbox.fault_call import CUT
from invoco.simulation.doors import HookDoor, TwinDoor
from invoco.simulation.owned import Program

URL = "http://twin.test/contacts/?a=1"


def app_that(*, waits=0.0, cuts=False, status=200):
    """An application that echoes the body."""

    async def app(scope, receive, send):
        message = await receive()
        await asyncio.sleep(waits)
        if cuts:
            scope["extensions"][CUT]()
            assert (await receive())["type"] == "http.disconnect"
            return
        await send({"type": "http.response.start", "status": status, "headers": [(b"x-path", scope["raw_path"])]})
        await send({"type": "http.response.body", "body": message["body"], "more_body": True})
        await send({"type": "http.response.body", "body": scope["query_string"]})

    return app


async def asked(door):
    """The answer to a call through a door."""
    async with httpx2.AsyncClient(transport=door) as http:
        return await http.post(URL, content=b"body ")


def twin_door(app, told=None):
    """The engine's way to that application."""
    return TwinDoor(app, dice=Random(1), note=(lambda _line: None) if told is None else told.append)


def hook_door(app, *, program=None, **more):
    """The twin's way to an engine with that hook."""
    door = HookDoor(dice=Random(1), note=lambda _line: None)
    door.program, door.hook = program or Program(), app
    for name, value in more.items():
        setattr(door, name, value)
    return door


def test_a_call(timelessly):
    """Path, query and body arrive; so does the answer, and the door tells of it."""
    told: list[str] = []

    async def work():
        began = asyncio.get_running_loop().time()
        answer = await asked(twin_door(app_that(), told))
        return answer.headers["x-path"], answer.text, asyncio.get_running_loop().time() > began

    assert ("/contacts/", "body a=1", True) == timelessly(work())
    assert ["> POST /contacts/?a=1: 200"] == told


@pytest.mark.parametrize(
    ("app", "error", "end"),
    [(app_that(cuts=True), httpx2.ReadError, "cut"), (app_that(waits=31), httpx2.ReadTimeout, "no answer")],
)
def test_a_call_without_an_answer(timelessly, app, error, end):
    """The engine sees what it would see of a network."""
    told: list[str] = []

    async def work():
        with pytest.raises(error):
            await asked(twin_door(app, told))

    timelessly(work())

    assert [f"> POST /contacts/?a=1: {end}"] == told


def test_a_webhook(timelessly):
    """It is answered by the engine."""

    async def work():
        return (await asked(hook_door(app_that(status=202)))).status_code

    assert 202 == timelessly(work())


@pytest.mark.parametrize(
    ("door", "error"),
    [
        ({"app": None}, httpx2.ConnectError),
        ({"app": app_that(waits=11)}, httpx2.ReadTimeout),
        ({"app": app_that(), "lost_answers": 1.0}, httpx2.ReadError),
    ],
)
def test_a_webhook_without_an_answer(timelessly, door, error):
    """Nobody listens, the answer takes too long, or is lost."""

    async def work():
        with pytest.raises(error):
            await asked(hook_door(**door))

    timelessly(work())


@pytest.mark.parametrize("ends", ["killed", "cancelled"])
def test_the_engine_dies_while_it_answers(timelessly, ends):
    """The twin sees a broken connection, whichever task died first."""

    async def work():
        program = Program()

        async def app(_scope, _receive, _send):
            if ends == "killed":
                raise program.strike()
            await asyncio.sleep(5)

        async def kill():
            await asyncio.sleep(1)
            await program.end()

        killing = asyncio.create_task(kill())
        with pytest.raises(httpx2.ReadError):
            await asked(hook_door(app, program=program))
        await killing

    timelessly(work())
