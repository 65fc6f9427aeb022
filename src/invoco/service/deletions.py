"""Sudden masses of deletions, which wait until an operator has decided."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.deletions import DeletionAction, DeletionPolicy, HeldDeletions, HeldState
from invoco.domain.errors import FixInput
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, Store
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.schedules import Job
from invoco.domain.sync_ports import Jobs
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Record
from invoco.service.agreements import Agreements
from invoco.sync.deletions import bury
from invoco.sync.noticed import Noticed
from invoco.sync.outcomes import APPROVED
from invoco.sync.two_sided import two_sided

_READ_AGAIN = {RecordKind.CONTACT: Subject.CONTACT, RecordKind.APPOINTMENT: Subject.APPOINTMENT}
"""Kinds that are read by id: each record is read once more before it is buried."""
_LEFT = DeletionPolicy(action=DeletionAction.LEAVE)


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What became of held deletions."""

    held: HeldDeletions
    connection: Connection
    again: bool = False
    """It had been decided so before, and nothing was done now."""


class DeletionService:
    """Shows held deletions and carries out what an operator decides about them."""

    def __init__(self, store: Store, *, jobs: Jobs, clock: Clock, agreements: Agreements | None = None) -> None:
        self._store, self._jobs, self._clock = store, jobs, clock
        self._agreements = agreements or Agreements(store, clock=clock)

    async def held(self, connection: Connection | None = None, *, waiting_only: bool = True) -> list[HeldDeletions]:
        """Those of one connection, or of all; newest first."""
        async with self._store.reading() as session:
            return await session.tombstones.held(
                None if connection is None else connection.id, waiting_only=waiting_only
            )

    async def approve(self, held_id: str) -> Decision:
        """Let these records go as the connection's policy says; those that can be are read once more before.

        Raises:
            FixInput: nothing has this id, or it was rejected.
        """
        decision = await self._decide(held_id, HeldState.APPROVED)
        if not decision.again:
            await self._jobs.wake(Job.CONFIRM, decision.connection.id)
        return decision

    async def reject(self, held_id: str) -> Decision:
        """Let these records stay although HighLevel has them no longer; nobody asks again.

        Raises:
            FixInput: nothing has this id, or it was approved.
        """
        return await self._decide(held_id, HeldState.REJECTED)

    async def _decide(self, held_id: str, state: HeldState) -> Decision:
        async with self._store.transaction() as session:
            held = await _find(session, held_id)
            connection = await session.connections.get(held.location_id)
            if connection is None:
                raise FixInput("The connection of these deletions is gone.", cure="Nothing needs to be decided.")
            if held.state is not HeldState.WAITING:
                _check_same(held, state)
                return Decision(held=held, connection=connection, again=True)
            now = milliseconds(self._clock)
            await self._carry_out(session, connection, held, state, now=now)
            decided = replace(held, state=state, decided_at=now)
            await session.tombstones.hold(decided)
        return Decision(held=decided, connection=connection)

    async def _carry_out(
        self, session: Session, connection: Connection, held: HeldDeletions, state: HeldState, *, now: int
    ) -> None:
        subject = _READ_AGAIN.get(held.kind)
        if state is HeldState.APPROVED and subject is not None:
            await session.rereads.ask(connection.id, [_once_more(subject, id_, held, now) for id_ in held.record_ids])
            return
        if state is HeldState.REJECTED:
            connection = replace(connection, deletion={**connection.deletion, held.kind: _LEFT})
        theirs = two_sided(session, await self._agreements.within(session, connection), new_id=new_id)
        records = await _still_here(theirs, held)
        await bury(theirs, connection, held.kind, records, noticed=Noticed(cause=Cause.RETRY, at=now))


async def _find(session: Session, held_id: str) -> HeldDeletions:
    for held in await session.tombstones.held(waiting_only=False):
        if held.id == held_id:
            return held
    raise FixInput(f"No held deletions have the id {held_id}.", cure="See `invoco deletions list`.")


def _check_same(held: HeldDeletions, state: HeldState) -> None:
    if held.state is state:
        return
    cure = (
        "Records that are gone by now come back with `invoco archive restore`."
        if held.state is HeldState.APPROVED
        else "Records that were left can be deleted through Invoco's API."
    )
    raise FixInput(f"These deletions were {held.state.value} already.", cure=cure)


async def _still_here(session: Session, held: HeldDeletions) -> Sequence[Record]:
    """Those whose end nobody has dealt with meanwhile."""
    here = await session.shelf(held.kind).get_many(held.location_id, held.record_ids)
    stones = await session.tombstones.get_many(held.location_id, held.kind, list(here))
    return [record for record_id, record in here.items() if record_id not in stones]


def _once_more(subject: Subject, record_id: str, held: HeldDeletions, now: int) -> Reread:
    return Reread(
        subject=subject,
        subject_id=record_id,
        since=held.found_at,
        asked_at=now,
        due_at=now,
        urgency=Priority.RECONCILE,
        cause=Cause.RETRY,
        hint=APPROVED,
    )
