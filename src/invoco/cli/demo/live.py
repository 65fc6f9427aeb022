"""The second half of the demo: Invoco serves, takes in webhooks, and stays equal while somebody edits in HighLevel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from invoco.cli.demo.account import subscribe
from invoco.cli.demo.changes import Observer, Seen, percentile

if TYPE_CHECKING:
    from invoco.bootstrap import Invoco
    from invoco.cli.twin_process import RunningTwin
    from invoco.domain.connections import Connection
    from invoco.sync.drift import Drift

_CONFIRMED_WITHIN = 200.0
"""Seconds; a task that a search must find is looked for for so long."""
_LOOK_AGAIN = 0.1


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """Invoco's API while it is served."""

    url: str
    key: str
    ended: asyncio.Task[None]
    """Done when somebody stopped it."""


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """What the changes came to."""

    received: int
    """Webhooks that arrived."""
    applied: int
    """Those of them that were taken in."""
    seen: tuple[Seen, ...]
    confirmed_after: float
    """Seconds from the last change until nothing was left to be read again."""

    def times(self, *, grace: bool = False) -> list[float]:
        """Milliseconds until each change was seen; those of contacts that went, which have a grace, are apart."""
        return [
            each.milliseconds for each in self.seen if ((each.kind, each.action) == ("contacts", "delete")) is grace
        ]

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "received": self.received,
            "applied": self.applied,
            "p50_ms": round(percentile(self.times(), 0.5), 1),
            "p99_ms": round(percentile(self.times(), 0.99), 1),
            "contact_deletion_p50_ms": round(percentile(self.times(grace=True), 0.5), 1),
            "confirmed_after_s": round(self.confirmed_after, 2),
        }


@asynccontextmanager
async def served(invoco: Invoco, connection: Connection, twin: RunningTwin, *, port: int) -> AsyncIterator[Served]:
    """Invoco's API with all its jobs, and the twin's webhooks pointed to it; another port where that one is taken."""
    from invoco.bootstrap import running
    from invoco.domain.errors import PortTaken

    made = await invoco.keys.add("demo", location_id=connection.id, read_only=False)
    async with running(invoco):
        try:
            url, ended = await _listening(invoco, port=port)
        except PortTaken:
            url, ended = await _listening(invoco, port=0)
        try:
            await asyncio.to_thread(subscribe, twin, f"{url}/webhooks/highlevel")
            yield Served(url=url, key=made.secret, ended=ended)
        finally:
            ended.cancel()
            await asyncio.gather(ended, return_exceptions=True)


async def _listening(invoco: Invoco, *, port: int) -> tuple[str, asyncio.Task[None]]:
    """The address, once calls are accepted, and the server's task.

    Raises:
        PortTaken: another program listens there.
    """
    from invoco.bootstrap import api
    from invoco.routes.serving import serve

    addresses: list[str] = []
    listens = asyncio.Event()

    def ready(url: str) -> None:
        addresses.append(url)
        listens.set()

    server = asyncio.create_task(serve(api(invoco), host="127.0.0.1", port=port, on_ready=ready))
    server.add_done_callback(lambda _: listens.set())
    await listens.wait()
    if not addresses:
        await server
    return addresses[0], server


async def change_and_watch(invoco: Invoco, connection: Connection, twin: RunningTwin, api: Served) -> Events:
    """Edit in the twin, see every edit arrive, and wait until all is confirmed.

    Raises:
        Unseen: a change was not seen in time.
    """
    async with Observer(twin, url=api.url, key=api.key) as observer:
        await observer.make_all()
    confirmed_after = await confirmed(invoco, connection)
    states = (await invoco.deliveries.status()).states
    return Events(
        received=sum(states.values()),
        applied=states["done"],
        seen=tuple(observer.seen),
        confirmed_after=confirmed_after,
    )


async def confirmed(invoco: Invoco, connection: Connection) -> float:
    """Wait until nothing is left to be read again, if that is in time; tells how many seconds it took."""
    began = time.monotonic()
    while (took := time.monotonic() - began) < _CONFIRMED_WITHIN:
        if await _is_confirmed(invoco, connection):
            break
        await asyncio.sleep(_LOOK_AGAIN)
    return took


async def _is_confirmed(invoco: Invoco, connection: Connection) -> bool:
    figures = await invoco.connection_settings.figures(connection)
    return not (figures.waiting or figures.rereads or figures.provisional)


async def verified(invoco: Invoco, connection: Connection) -> Drift:
    """The proof, once more."""
    return await invoco.verification.verify(connection, progress=lambda _kind, _done, _total: None)


async def some_contact(invoco: Invoco, connection: Connection) -> str:
    """The id of a contact of the mirror."""
    async with invoco.database.reading() as session:
        (contact,) = await session.contacts.page(connection.id, limit=1)
    return contact.id
