"""Fields that both sides changed, and that wait for somebody to choose."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from invoco.domain.changes import Change
from invoco.domain.connections import Connection
from invoco.domain.errors import FixInput
from invoco.domain.fields import fields_of, same, with_fields
from invoco.domain.kinds import RecordKind
from invoco.domain.normalise.names import joined
from invoco.domain.outbound import Base, Conflict, ConflictState
from invoco.domain.ports import Session, Store
from invoco.domain.schedules import Job
from invoco.domain.sync_ports import Jobs
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.records import Contact, Record
from invoco.service.agreements import Agreements
from invoco.service.history import Happening, last_change
from invoco.service.journal import JournalRecorder
from invoco.sync.agreement import Agreement
from invoco.sync.sending import UPDATES, order_of

OPERATOR: Final = "cli"
"""Who chooses here."""
_RECORD_IN_PATH: Final = {RecordKind.TASK: "taskId", RecordKind.NOTE: "id"}
_PARTS: Final = frozenset({"firstName", "lastName"})


class Take(StrEnum):
    """Whose value is taken; any other text is the value itself."""

    HIGHLEVEL = "highlevel"
    INVOCO = "invoco"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A conflict, and how Invoco's value came to be."""

    conflict: Conflict
    connection: Connection
    ours: Happening | None = None
    """The change that gave the field its value here."""


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a conflict."""

    conflict: Conflict
    connection: Connection
    is_sent: bool
    """Whether HighLevel will be told."""
    is_gone: bool = False
    """The record is here no longer, so that there was nothing to choose."""


class _Side(msgspec.Struct, frozen=True):
    """What is held of the record."""

    ours: Record
    base: Base | None
    theirs: Record
    """HighLevel's record as Invoco would have it."""


class ConflictService:
    """Shows conflicts and carries out what an operator chooses."""

    def __init__(self, store: Store, *, jobs: Jobs, agreements: Agreements, clock: Clock) -> None:
        self._store, self._jobs, self._agreements, self._clock = store, jobs, agreements, clock

    async def page(self, connection: Connection, *, is_open: bool = True, limit: int = 100) -> list[Conflict]:
        """The newest that wait, or that are settled."""
        async with self._store.reading() as session:
            return await session.conflicts.page(connection.id, is_open=is_open, limit=limit)

    async def show(self, conflict_id: str) -> Shown:
        """The conflict of that id, of whatever connection.

        Raises:
            FixInput: there is none.
        """
        async with self._store.reading() as session:
            conflict, connection = await _find(session, conflict_id)
            contact_id = conflict.contact_id or conflict.record_id
            ours = await last_change(
                session, connection.id, conflict.kind, conflict.record_id, contact_id=contact_id, field=conflict.field
            )
        return Shown(conflict=conflict, connection=connection, ours=ours)

    async def resolve(self, conflict_id: str, take: str) -> Resolved:
        """Take HighLevel's value, Invoco's, or the one that is given.

        Raises:
            FixInput: there is no such conflict, it is settled, or the value does not fit the field.
        """
        async with self._store.transaction() as session:
            conflict, connection = await _find(session, conflict_id)
            _check_open(conflict)
            agreement = await self._agreements.within(session, connection)
            choosing = _Choosing(session, conflict, agreement, now=milliseconds(self._clock))
            resolved = await choosing.take(take)
        if resolved.is_sent:
            await self._jobs.wake(Job.SEND, connection.id)
        return resolved


class _Choosing:
    """One conflict that is decided, inside one transaction."""

    def __init__(self, session: Session, conflict: Conflict, agreement: Agreement, *, now: int) -> None:
        self._session, self._conflict, self._now = session, conflict, now
        self._mapping, self._connection = agreement.mapping, agreement.connection

    async def take(self, take: str) -> Resolved:
        """Set the field if need be, and tell history and outbox."""
        side = await self._side()
        if side is None:
            return await self._settled(None, is_sent=False, is_gone=True)
        chosen = self._chosen(take, side)
        after = _with_value(side.ours, self._conflict.field, chosen, theirs=side.theirs)
        _check_fits(after, self._conflict.field)
        if take == Take.HIGHLEVEL:
            await self._set(side, after)
            await self._agree(side, after)
            is_sent = False
        else:
            await self._set(side, after, send=True)
            is_sent = True
        return await self._settled(chosen, is_sent=is_sent)

    async def _side(self) -> _Side | None:
        kind, record_id = self._conflict.kind, self._conflict.record_id
        ours = await self._session.shelf(kind).get(self._connection.id, record_id)
        if ours is None:
            return None
        base = (await self._session.bases.get_many(self._connection.id, kind, [record_id])).get(record_id)
        told = ours if base is None or base.theirs is None else base.theirs
        theirs = self._mapping.inward(kind, told, ours)
        return _Side(ours, base, ours if theirs is None else theirs)

    def _chosen(self, take: str, side: _Side) -> Any:
        field = self._conflict.field
        if take == Take.HIGHLEVEL:
            return fields_of(side.theirs).get(field)
        if take == Take.INVOCO:
            return fields_of(side.ours).get(field)
        return _read(take, self._conflict)

    async def _set(self, side: _Side, after: Record, *, send: bool = False) -> None:
        kind = self._conflict.kind
        if after != side.ours:
            await self._session.shelf(kind).change(self._connection.id, [(side.ours, after)])
        if send:
            await JournalRecorder().record(self._session, [self._change(side, after, send=True)])
        elif after != side.ours:
            await self._session.journal.record([self._change(side, after, send=False)], send=False)

    async def _agree(self, side: _Side, after: Record) -> None:
        """Where nothing else is left to send, both sides are the same again."""
        if side.base is not None and side.base.theirs == after:
            await self._session.bases.remove(self._connection.id, self._conflict.kind, [after.id])

    def _change(self, side: _Side, after: Record, *, send: bool) -> Change:
        conflict, field = self._conflict, self._conflict.field
        contact_id = conflict.contact_id or conflict.record_id
        told = {field: fields_of(after).get(field)}
        record_in_path = _RECORD_IN_PATH.get(conflict.kind)
        return Change(
            kind=conflict.kind,
            action="update",
            location_id=self._connection.id,
            record_id=conflict.record_id,
            contact_id=contact_id,
            operation_id=UPDATES[conflict.kind] if send else "",
            path={"contactId": contact_id} | ({record_in_path: conflict.record_id} if record_in_path else {}),
            body=order_of(conflict.kind, side.theirs, told).fields if send else None,
            before=side.ours,
            after=after,
            at=self._now,
            actor=OPERATOR,
        )

    async def _settled(self, chosen: Any, *, is_sent: bool, is_gone: bool = False) -> Resolved:
        settled = replace(
            self._conflict, state=ConflictState.SETTLED, chosen=chosen, settled_at=self._now, settled_by=OPERATOR
        )
        await self._session.conflicts.put([settled])
        return Resolved(conflict=settled, connection=self._connection, is_sent=is_sent, is_gone=is_gone)


async def _find(session: Session, conflict_id: str) -> tuple[Conflict, Connection]:
    for connection in await session.connections.all():
        conflict = await session.conflicts.find(connection.id, conflict_id)
        if conflict is not None:
            return conflict, connection
    raise FixInput(f"No conflict has the id {conflict_id}.", cure="See `invoco conflicts list`.")


def _check_open(conflict: Conflict) -> None:
    if conflict.state is not ConflictState.OPEN:
        raise FixInput(
            f"This conflict was settled already, by {conflict.settled_by or 'somebody'}.",
            cure="Change the field itself if the choice was wrong.",
        )


def _read(text: str, conflict: Conflict) -> Any:
    """The value that was typed: as it stands where the field holds texts, else as JSON; an empty one clears."""
    if not text:
        return None
    known = [value for value in (conflict.theirs, conflict.ours, conflict.base) if value is not None]
    if not known or any(isinstance(value, str) for value in known):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        example = msgspec.json.encode(known[0]).decode()
        raise FixInput(f"{text!r} cannot be a value of {conflict.field}.", cure=f"Write it like {example}.") from None


def _check_fits(record: Record, field: str) -> None:
    try:
        msgspec.json.decode(msgspec.json.encode(record), type=type(record))
    except msgspec.ValidationError as error:
        raise FixInput(f"This cannot be a value of {field}: {error}", cure="Choose a value like the two.") from None


def _with_value(record: Record, field: str, value: Any, *, theirs: Record) -> Record:
    """The record with the field set; a contact's whole name follows its parts."""
    if same(field, fields_of(record).get(field), value):
        return record
    changed = with_fields(record, {field: value})
    if not isinstance(changed, Contact) or not isinstance(theirs, Contact) or field not in _PARTS:
        return changed
    if (changed.first_name, changed.last_name) == (theirs.first_name, theirs.last_name):
        return replace(changed, name=theirs.name)
    return replace(changed, name=joined(changed.first_name, changed.last_name).name)
