"""SQLite without threads: every statement is done at once, where it is awaited.

The driver gives each connection a thread of its own. Which of two threads is done first is chance, and a simulation
must not depend on chance; without threads it is also several times quicker.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import Engine

from invoco.simulation.timeless import TimelessLoop
from invoco.store.one_trip import OneTripConnection, T

_RETRY_SECONDS: Final = 0.01


class ThreadlessConnection(OneTripConnection):
    """The store's own connection, whose trips lead nowhere."""

    def __init__(self, path: str, *, timeout: float = 5.0, **more: Any) -> None:
        super().__init__(path, timeout=0.0, **more)
        self._patience = timeout
        self._tx = _Queue()  # type: ignore[assignment]  # all that the base class does with its own

    def __await__(self) -> Generator[Any, None, aiosqlite.Connection]:
        """Connect, without beginning the thread."""
        return self._connect().__await__()

    async def do(self, work: Callable[[], T], sql: str = "") -> T:
        """Do the work now, or in the loop's own time as soon as no other connection holds the database."""
        until = asyncio.get_running_loop().time() + self._patience
        while True:
            try:
                return await super().do(work, sql)
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or asyncio.get_running_loop().time() >= until:
                    raise
            await asyncio.sleep(_RETRY_SECONDS)

    async def _execute(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        return fn(*args, **more)


class _Queue:
    """Stands where the queue of a connection's thread stood."""

    def put_nowait(self, job: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        """Do it now."""
        future, work = job
        try:
            result = work()
        except Exception as error:
            if future is None:
                raise
            future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


@contextmanager
def threadless() -> Iterator[None]:
    """While it is open, connections made in a timeless loop have no threads."""
    event.listen(Engine, "do_connect", _chosen)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", _chosen)


def _chosen(_dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> None:
    if isinstance(asyncio.get_running_loop(), TimelessLoop):
        options["async_creator_fn"] = ThreadlessConnection
