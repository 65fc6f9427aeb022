"""Tasks are ended."""

import asyncio
from contextlib import suppress

from invoco.jobs import ending


async def test_task_that_survives_a_cancellation(monkeypatch):
    """It is cancelled again, and a task that fails meanwhile has ended too."""
    monkeypatch.setattr(ending, "_PATIENCE_SECONDS", 0.001)

    async def stubborn():
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    async def fragile():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as cause:
            raise OSError from cause

    tasks = [asyncio.create_task(work()) for work in (stubborn, fragile)]
    await asyncio.sleep(0)
    await ending.end(tasks)

    assert (True, "OSError()") == (tasks[0].cancelled(), repr(tasks[1].exception()))


async def test_nothing_to_end():
    """It is done at once."""
    await ending.end([])
