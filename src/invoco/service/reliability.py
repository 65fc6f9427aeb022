"""How well webhooks did: what came, how late, how often, and what never came."""

from __future__ import annotations

import msgspec

from invoco.domain.connections import Connection
from invoco.domain.ports import Store
from invoco.domain.sync_ports import EventFigures
from invoco.highlevel.clock import Clock, milliseconds


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one connection."""

    location_id: str
    since: int
    until: int
    """What happened in [since, until) is counted; milliseconds since 1970."""
    types: tuple[EventFigures, ...]

    @property
    def received(self) -> int:
        """Different events of all types."""
        return sum(figures.received for figures in self.types)

    @property
    def duplicates(self) -> int:
        """Deliveries beyond the first of each."""
        return sum(figures.duplicates for figures in self.types)

    @property
    def missed(self) -> int:
        """Changes of which no webhook told; a poll or a reconcile found them."""
        return sum(figures.missed for figures in self.types)

    @property
    def loss(self) -> float:
        """The share of events that never came, in percent."""
        return loss(received=self.received, missed=self.missed)


class ReliabilityService:
    """Tells how far webhooks can be relied on."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def of(self, connection: Connection, *, seconds: float) -> Reliability:
        """The figures of the last so many seconds."""
        until = milliseconds(self._clock) + 1
        since = until - int(seconds * 1000)
        async with self._store.reading() as session:
            types = await session.inbox.figures(connection.id, since=since, until=until)
        ordered = sorted(types, key=lambda figures: figures.type)
        return Reliability(location_id=connection.id, since=since, until=until, types=tuple(ordered))


def loss(*, received: int, missed: int) -> float:
    """The share of events that never came, in percent."""
    return 100 * missed / (received + missed) if missed else 0.0
