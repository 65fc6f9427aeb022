"""Parts of the engine broken on purpose, from outside: a simulator that does not notice proves nothing."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Final, TypeVar
from unittest import mock

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.deletions import Tombstone
from invoco.domain.deliveries import Delivery
from invoco.domain.errors import Misconfigured
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, Source, Store
from invoco.highlevel.clock import Clock, milliseconds
from invoco.service import sync
from invoco.store.inbox import InboxShelf
from invoco.store.tombstones import TombstoneShelf
from invoco.sync.comparing import Found, Ledger
from invoco.sync.confirm import Confirmed

T = TypeVar("T")
_ALL = 1_000_000


@contextmanager
def _no_dedupe() -> Iterator[None]:
    """Every copy of a webhook counts as another one."""
    keep, numbers = InboxShelf.append, itertools.count()

    async def append(self: InboxShelf, deliveries: Sequence[Delivery]) -> None:
        await keep(self, [replace(each, webhook_id=f"{each.webhook_id}#{next(numbers)}") for each in deliveries])

    with mock.patch.object(InboxShelf, "append", append):
        yield


@contextmanager
def _no_reread() -> Iterator[None]:
    """What was to be read again is taken for read."""

    async def confirm(source: Source, store: Store, *, connection: Connection, clock: Clock, **more: Any) -> Confirmed:
        del source, more
        async with store.transaction() as session:
            due = await session.rereads.due(connection.id, now=milliseconds(clock), limit=_ALL)
            await session.rereads.settle(connection.id, due)
            for kind in RecordKind:
                await session.provisional.confirm(connection.id, kind, [each.subject_id for each in due])
        return Confirmed(read=len(due))

    with mock.patch.object(sync, "confirm", confirm):
        yield


@contextmanager
def _no_tombstones() -> Iterator[None]:
    """What is gone is forgotten at once."""

    async def put(self: TombstoneShelf, location_id: str, tombstones: Sequence[Tombstone]) -> None:
        del self, location_id, tombstones

    with mock.patch.object(TombstoneShelf, "put", put):
        yield


class _Undone(Exception):
    """Ends a transaction that is not to be kept."""


@contextmanager
def _cursor_first() -> Iterator[None]:
    """How far a comparison has come is kept before what it found there."""
    keep = Ledger.store

    async def store(self: Ledger, name: str, look: Callable[[Session], Awaitable[tuple[Found, T]]]) -> T:
        position = await _position_after(self._store, look)
        async with self._store.transaction() as session:
            await session.runs.move(self.location_id, name, msgspec.to_builtins(position))
        return await keep(self, name, look)

    with mock.patch.object(Ledger, "store", store):
        yield


async def _position_after(store: Store, look: Callable[[Session], Awaitable[tuple[Found, T]]]) -> T:
    """The position alone: what the look has written is undone."""
    positions: list[T] = []
    with suppress(_Undone):
        async with store.transaction() as session:
            positions.append((await look(session))[1])
            raise _Undone
    return positions[0]


SABOTAGES: Final[Mapping[str, Callable[[], AbstractContextManager[Any]]]] = {
    "no-dedupe": _no_dedupe,
    "no-reread": _no_reread,
    "no-tombstones": _no_tombstones,
    "cursor-first": _cursor_first,
}
"""By name, what breaks that part while it is open."""


def sabotaged(name: str | None) -> AbstractContextManager[Any]:
    """The engine with that part broken; None: whole.

    Raises:
        Misconfigured: nothing can be broken under this name.
    """
    if name is None:
        return nullcontext()
    if name not in SABOTAGES:
        raise Misconfigured(f"There is no sabotage {name!r}.", cure=f"Choose from: {', '.join(SABOTAGES)}.")
    return SABOTAGES[name]()
