"""Programs within one loop: each owns the tasks that it began, so that all of them can be ended as by `kill -9`."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine
from contextvars import Context, ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

_OWNER: ContextVar[Program | None] = ContextVar("owner", default=None)
_TRIES, _SECONDS = 50, 60.0


class Killed(BaseException):
    """The program was ended from outside; nobody in it may catch this and go on."""


class Program:
    """Whatever runs in it is of its tasks, and so is what these begin."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[Any], None] = {}  # without values: it keeps the order of beginning
        self.ended = asyncio.Event()
        """Set when it was struck; its tasks are there until `end`."""

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run it as a part of the program."""
        context = Context()
        context.run(_OWNER.set, self)
        return asyncio.get_running_loop().create_task(work, context=context)

    def own(self, task: asyncio.Task[Any]) -> None:
        """Know the task as one of the program's."""
        self._tasks[task] = None
        task.add_done_callback(self._over)

    def strike(self) -> Killed:
        """Let it be dead from now on; raise what is returned."""
        self.ended.set()
        return Killed()

    async def end(self) -> None:
        """Cancel every task until none is left."""
        self.ended.set()
        for _ in range(_TRIES):
            # What has not come to its first wait may be giving a connection back: it is let go on for a turn.
            begun = [task for task in self._tasks if not _is_new(task)]
            if not self._tasks:
                return
            for task in begun:
                task.cancel()
            # What these begin while they end is not cancelled either.
            await asyncio.wait(begun or list(self._tasks), timeout=_SECONDS if begun else 0.0)
        raise RuntimeError(f"Tasks do not end: {list(self._tasks)}")

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains


def _is_new(task: asyncio.Task[Any]) -> bool:
    work = task.get_coro()
    return inspect.iscoroutine(work) and inspect.getcoroutinestate(work) == inspect.CORO_CREATED


def owning(loop: asyncio.AbstractEventLoop, work: Any, context: Context | None = None) -> asyncio.Task[Any]:
    """A task factory: a task belongs to the program whose task began it."""
    task = asyncio.Task(work, loop=loop, context=context)
    owner = _OWNER.get() if context is None else context.get(_OWNER)
    if owner is not None:
        owner.own(task)
    return task
