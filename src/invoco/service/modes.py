"""How a connection learns of changes: by webhooks, by polls, by comparing everything, or by any of them."""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.errors import FixInput, NoSuchRecord
from invoco.domain.ports import Session, Store
from invoco.domain.schedules import Due, Job, Modes
from invoco.highlevel.clock import Clock, milliseconds
from invoco.service.scheduling import next_run, zone

SHORTEST_POLL: Final = 10
LONGEST_POLL: Final = 30 * 86_400
_CHOSEN: Final = (Job.POLL, Job.RECONCILE)
"""The jobs whose schedule follows from the modes."""


class Keep(Enum):
    """Leave the mode as it is; `None` turns it off."""

    AS_IS = "as is"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; the fields are those of `Modes`."""

    realtime: bool | Keep = Keep.AS_IS
    poll_every: int | Keep | None = Keep.AS_IS
    """Seconds."""
    batch_at: str | Keep | None = Keep.AS_IS
    timezone: str | Keep = Keep.AS_IS


class ModeService:
    """Changes the modes of connections."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def change(self, connection: Connection, change: Change) -> Connection:
        """Change the modes, and plan polls and comparisons anew; whoever runs jobs sees it within seconds.

        Raises:
            FixInput: an interval, a cron expression or a zone cannot be used.
            NoSuchRecord: the connection is gone.
        """
        now = milliseconds(self._clock)
        async with self._store.transaction() as session:
            current = await session.connections.get(connection.id)
            if current is None:
                raise NoSuchRecord(f"The connection {connection.name} is gone.")
            modes = changed(current.modes, change)
            plan = {job: next_run(modes, job, now) for job in _CHOSEN}
            if modes != current.modes:
                current = replace(current, modes=modes)
                await session.connections.put(current)
                await _follow(session, connection.id, plan)
        return current


def changed(modes: Modes, change: Change) -> Modes:
    """The modes after the change.

    Raises:
        FixInput: an interval or a zone cannot be used.
    """
    fields = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not Keep.AS_IS}
    after = replace(modes, **fields)
    if after.poll_every is not None and not SHORTEST_POLL <= after.poll_every <= LONGEST_POLL:
        raise FixInput(
            f"Polls every {after.poll_every} seconds are not possible.",
            cure=f"Choose from {SHORTEST_POLL} seconds to {LONGEST_POLL // 86_400} days.",
        )
    zone(after.timezone)
    return after


async def _follow(session: Session, location_id: str, plan: dict[Job, int | None]) -> None:
    schedule = await session.runs.schedule(location_id)
    for job, next_at in plan.items():
        due = schedule.get(job) or Due(location_id=location_id, job=job)
        await session.runs.put_due(replace(due, next_at=next_at))
