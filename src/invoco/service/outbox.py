"""What is still to be sent to HighLevel, and what an operator does about what was given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Write, WriteState
from invoco.domain.ports import Session, Store
from invoco.domain.schedules import Job
from invoco.domain.sync_ports import Jobs
from invoco.highlevel.clock import Clock, milliseconds
from invoco.service.agreements import Agreements
from invoco.sync.giving_way import give_way
from invoco.sync.outbound import ORDERS

OPERATOR: Final = "cli"
"""Who it was, for the history."""
DROPPED: Final = "dropped"
_CONTACTS: Final = 1_000
"""Of which what waits is shown; the counts tell of all."""
_EVER: Final = 2**62


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """What is not sent yet."""

    writes: tuple[Write, ...]
    """Given up ones first, newest first; then those that wait, in order, of 1000 contacts at most."""
    counts: dict[str, int]
    """All there are, by state."""


class DroppedWrites(msgspec.Struct, frozen=True, kw_only=True):
    """What was forgotten."""

    writes: tuple[Write, ...]
    given_way: bool
    """Whether the record is as HighLevel has it now."""
    reason: str | None = None
    """Why it is not."""


class OutboxService:
    """Shows what is to be sent, tries again what was given up, or forgets it."""

    def __init__(self, store: Store, *, jobs: Jobs, agreements: Agreements, clock: Clock) -> None:
        self._store, self._jobs, self._agreements, self._clock = store, jobs, agreements, clock

    async def all(self, connection: Connection, *, state: WriteState | None = None) -> Outgoing:
        """Everything that waits or was given up, or one of the two."""
        async with self._store.reading() as session:
            failed = [] if state is WriteState.WAITING else await session.outbox.failed(connection.id)
            waiting = [] if state is WriteState.FAILED else await _waiting(session, connection)
            return Outgoing(writes=(*failed, *waiting), counts=await session.outbox.counts(connection.id))

    async def retry(self, connection: Connection, write_id: int | None = None) -> list[Write]:
        """Send it now, or all that was given up without an id; tells what will be sent.

        Raises:
            FixInput: nothing with that id is to be sent.
        """
        now = milliseconds(self._clock)
        async with self._store.transaction() as session:
            again = [
                await _due(session, connection, write, now=now)
                for write in await _chosen(session, connection, write_id)
            ]
            await session.outbox.put(connection.id, again)
        if again:
            await self._jobs.wake(Job.SEND, connection.id)
        return again

    async def drop(self, connection: Connection, write_id: int) -> DroppedWrites:
        """Forget what was given up: the record is again as HighLevel has it, unless something newer of it waits.

        Raises:
            FixInput: nothing with that id was given up.
        """
        now = milliseconds(self._clock)
        async with self._store.transaction() as session:
            write = await _failed(session, connection, write_id)
            if write.operation in ORDERS:
                await _settle(session, connection, [write], at=now)
                return DroppedWrites(writes=(write,), given_way=False, reason="It changes no record.")
            named = await _named_now(session, connection, write)
            if await _is_waiting(session, connection, named):
                await _settle(session, connection, [write], at=now)
                return DroppedWrites(writes=(write,), given_way=False, reason="Something newer of the record waits.")
            dropped = await _with_others(session, connection, write)
            await _settle(session, connection, dropped, at=now)
            agreement = await self._agreements.within(session, connection)
            is_theirs = await give_way(session, agreement, named.kind, named.record_id, at=now, actor=OPERATOR)
        reason = None if is_theirs else "HighLevel does not have the record: it stays here alone."
        return DroppedWrites(writes=tuple(dropped), given_way=is_theirs, reason=reason)


async def _waiting(session: Session, connection: Connection) -> list[Write]:
    return await session.outbox.waiting(connection.id, now=_EVER, contacts=_CONTACTS)


async def _chosen(session: Session, connection: Connection, write_id: int | None) -> list[Write]:
    if write_id is None:
        return await session.outbox.failed(connection.id)
    write = await session.outbox.find(connection.id, write_id)
    if write is None or write.state not in {WriteState.WAITING, WriteState.FAILED}:
        raise FixInput(f"Nothing that is to be sent has the id {write_id}.", cure="See `invoco outbox list`.")
    if write.state is WriteState.FAILED:
        return [write]
    # What waits goes in order: the oldest of the contact decides when.
    waiting = await session.outbox.waiting_of(connection.id, write.contact_id)
    return waiting[:1]


async def _failed(session: Session, connection: Connection, write_id: int) -> Write:
    write = await session.outbox.find(connection.id, write_id)
    if write is not None and write.state is WriteState.WAITING:
        raise FixInput(
            f"The write {write_id} waits to be sent; only what failed can be dropped.",
            cure="Change the record here instead: what is the same on both sides is not sent.",
        )
    if write is None or write.state is not WriteState.FAILED:
        raise FixInput(f"Nothing that failed has the id {write_id}.", cure="See `invoco outbox list --state failed`.")
    return write


async def _due(session: Session, connection: Connection, write: Write, *, now: int) -> Write:
    """The write, waiting and due now; `tried_at` stays: HighLevel may have it."""
    named = await _named_now(session, connection, write)
    return replace(
        named, state=WriteState.WAITING, attempts=0, due_at=now, settled_at=None, reason=None, cure=None
    )  # fmt: skip


async def _named_now(session: Session, connection: Connection, write: Write) -> Write:
    """With the ids that its record and contact have by now."""
    names = dict(await session.aliases.resolve(connection.id, write.kind, [write.record_id]))
    names |= await session.aliases.resolve(connection.id, RecordKind.CONTACT, [write.contact_id])
    return _renamed(write, names) if names else write


def _renamed(write: Write, names: Mapping[str, str]) -> Write:
    return replace(
        write,
        record_id=names.get(write.record_id, write.record_id),
        contact_id=names.get(write.contact_id, write.contact_id),
        path={name: names.get(value, value) for name, value in write.path.items()},
    )


async def _is_waiting(session: Session, connection: Connection, write: Write) -> bool:
    waiting = await session.outbox.waiting_of(connection.id, write.contact_id)
    return any(_changes_same(each, write) for each in waiting)


async def _with_others(session: Session, connection: Connection, write: Write) -> list[Write]:
    """What else failed of the same record: it is about the same difference."""
    return [each for each in await session.outbox.failed(connection.id) if _changes_same(each, write)]


def _changes_same(one: Write, other: Write) -> bool:
    mine = (one.kind, one.record_id) == (other.kind, other.record_id)
    return mine and one.operation not in ORDERS


async def _settle(session: Session, connection: Connection, writes: Iterable[Write], *, at: int) -> None:
    ids: Sequence[int] = [write.id for write in writes]
    await session.outbox.settle(connection.id, ids, WriteState.NEEDLESS, at=at, reason=DROPPED)
