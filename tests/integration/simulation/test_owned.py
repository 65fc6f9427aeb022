"""Programs that can be ended as by `kill -9`."""

import asyncio
from contextlib import suppress

import pytest

from invoco.simulation import owned
from invoco.simulation.owned import Killed, Program


def test_what_a_program_begins_ends_with_it(timelessly):
    """Its tasks, and the tasks of these."""
    ended = []

    async def child():
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append("child")

    async def parent():
        task = asyncio.create_task(child())
        try:
            await task
        finally:
            ended.append("parent")

    async def work():
        program = Program()
        program.begin(parent())
        await asyncio.sleep(1)
        await program.end()

    timelessly(work())

    assert {"child", "parent"} == set(ended)


def test_others_live_on(timelessly):
    """Tasks that the program did not begin."""

    async def work():
        other, program = asyncio.create_task(asyncio.sleep(5, "done")), Program()
        program.begin(asyncio.sleep(1000))
        await asyncio.sleep(1)
        await program.end()
        return await other

    assert "done" == timelessly(work())


def test_what_is_begun_in_ending_is_done(timelessly):
    """Giving a connection back is a task of its own, and must not be cancelled too."""
    given = []

    async def give_back():
        await asyncio.sleep(0)
        given.append(True)

    async def hold():
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.shield(asyncio.create_task(give_back()))

    async def work():
        program = Program()
        program.begin(hold())
        await asyncio.sleep(1)
        await program.end()

    timelessly(work())

    assert [True] == given


def test_a_struck_program_is_dead(timelessly):
    """Whoever awaits one of its tasks is told."""

    async def work():
        program = Program()

        async def die():
            raise program.strike()

        with pytest.raises(Killed):
            await program.begin(die())
        return program.ended.is_set()

    assert timelessly(work())


def test_a_program_that_does_not_end(timelessly, monkeypatch):
    """It is said, instead of waiting for ever."""
    monkeypatch.setattr(owned, "_TRIES", 2)

    async def stubborn():
        for _ in range(5):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(1000)

    async def work():
        program = Program()
        program.begin(stubborn())
        await asyncio.sleep(1)
        with pytest.raises(RuntimeError, match="Tasks do not end"):
            await program.end()

    timelessly(work())
