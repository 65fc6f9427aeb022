"""The client for programs without an event loop: the same resources, plain calls, plain iterators."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from invoco.highlevel.client import HighLevel
from invoco.highlevel.resources.resource import Resource
from invoco.highlevel.wire import Wire

T = TypeVar("T")


class SyncHighLevel:
    """`HighLevel` whose methods return instead of being awaited.

    ```python
    with SyncHighLevel(credentials=PrivateToken("pit-…"), location_id="ve9EPM428h8vShlRW1KT") as hl:
        print(hl.contacts.get("ocQHyuzHvysMo5N5VsXc").email)
        for page in hl.contacts.pages():
            print(len(page))
    ```

    The calls run in an event loop on a thread of its own; several threads may use one client.
    """

    contacts: Any
    tasks: Any
    notes: Any
    appointments: Any
    businesses: Any
    locations: Any
    calendars: Any
    users: Any
    oauth: Any

    def __init__(self, **arguments: Any) -> None:
        """Takes what `HighLevel` takes."""
        self._client = HighLevel(**arguments)
        self._loop = _LoopThread()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return _plain(getattr(self._client, name), self._loop)

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._loop.run(self._client.aclose())
        self._loop.close()


class _LoopThread:
    """An event loop that runs on its own thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="invoco-highlevel", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for the coroutine; it is cancelled when the wait is interrupted."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()

    def close(self) -> None:
        """Let the thread end, then release the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Face:
    """A client or one of its parts, seen from outside the loop."""

    def __init__(self, subject: Any, loop: _LoopThread) -> None:
        self._subject, self._loop = subject, loop

    def __getattr__(self, name: str) -> Any:
        return _plain(getattr(self._subject, name), self._loop)


def _plain(value: Any, loop: _LoopThread) -> Any:
    """What a program without an event loop can use in place of the value."""
    if isinstance(value, HighLevel | Resource | Wire):
        return _Face(value, loop)
    if inspect.iscoroutine(value):
        return loop.run(value)
    if isinstance(value, AsyncIterator):
        return _iterated(value, loop)
    if inspect.ismethod(value):
        return lambda *arguments, **keywords: _plain(value(*arguments, **keywords), loop)
    return value


def _iterated(pages: Any, loop: _LoopThread) -> Iterator[Any]:
    try:
        while (page := loop.run(_following(pages))) is not None:
            yield page
    finally:
        loop.run(pages.aclose())


async def _following(pages: AsyncIterator[Any]) -> Any:
    return await anext(pages, None)
