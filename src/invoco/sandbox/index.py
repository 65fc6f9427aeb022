"""The search index: copies of contacts and tasks that are brought up to date later (facts 4.4).

What was written waits in a queue until the lag has passed; then the record is copied as it is at that moment. A lag
of 0 copies it in the transaction that writes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import ContactFinder, Session, TaskFinder
from invoco.highlevel.clock import Clock, milliseconds
from invoco.store import tables
from invoco.store.contacts import ContactShelf
from invoco.store.database import Database
from invoco.store.session import StoreSession
from invoco.store.statements import given, in_pieces, one_of_given
from invoco.store.tasks import TaskShelf

metadata = sa.MetaData()
contact_index = sa.Table(
    "twin_contact_index", metadata, *tables.contact_columns(), *tables.contact_indexes("twin_contact_index")
)
task_index = sa.Table("twin_task_index", metadata, *tables.task_columns(), *tables.child_constraints("twin_task_index"))
queue = sa.Table(
    "twin_index_queue",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("connection_id", sa.String, nullable=False),
    sa.Column("record_id", sa.String, nullable=False),
)
_COPIES = {RecordKind.CONTACT: (tables.contacts, contact_index), RecordKind.TASK: (tables.tasks, task_index)}
_HERE: sa.BindParameter[str] = sa.bindparam("location_id")
Place = tuple[RecordKind, str]
"""A kind of records and a location."""


class LaggingIndex:
    """What searches see."""

    def __init__(self, database: Database, *, clock: Clock, lag: float) -> None:
        self._database, self._clock = database, clock
        self.lag = lag
        """Seconds until a write can be found."""
        self._next_due: int | None = 0

    def contacts(self, session: Session) -> ContactFinder:
        """The search over contacts."""
        opened = _opened(session)
        return ContactShelf(opened.connection, table=contact_index, remember_totals=not opened.writes)

    def tasks(self, session: Session) -> TaskFinder:
        """The search over tasks."""
        return TaskShelf(_opened(session).connection, table=task_index)

    async def note(self, session: Session, changes: Sequence[Change]) -> None:
        """Take note of changes in their own transaction."""
        noted = [(change.kind, change.location_id, change.record_id) for change in changes if change.kind in _COPIES]
        if self.lag <= 0:
            await _copy(_opened(session).connection, noted)
        elif noted:
            await self._wait(_opened(session).connection, noted)

    async def apply_due(self) -> None:
        """Bring what is due up to date; costs nothing when nothing is."""
        if self._next_due is None or self._next_due > milliseconds(self._clock):
            return
        now = milliseconds(self._clock)
        async with self._database.transaction() as session:
            connection = session.connection
            due = sa.select(queue.c.kind, queue.c.connection_id, queue.c.record_id).where(queue.c.due_at <= now)
            rows = (await connection.execute(due)).all()
            await _copy(connection, [(RecordKind(kind), location_id, id_) for kind, location_id, id_ in rows])
            await connection.execute(sa.delete(queue).where(queue.c.due_at <= now))
            self._next_due = await connection.scalar(sa.select(sa.func.min(queue.c.due_at)))

    async def fill(self, session: Session) -> None:
        """Copy everything, and forget what waits."""
        connection = _opened(session).connection
        await connection.execute(sa.delete(queue))
        for source, copy in _COPIES.values():
            await connection.execute(sa.delete(copy))
            await connection.execute(sa.insert(copy).from_select(source.columns.keys(), sa.select(source)))
        self._next_due = None

    async def _wait(self, connection: AsyncConnection, noted: Iterable[tuple[RecordKind, str, str]]) -> None:
        due_at = milliseconds(self._clock) + round(self.lag * 1000)
        rows = [
            {"due_at": due_at, "kind": kind.value, "connection_id": location_id, "record_id": record_id}
            for kind, location_id, record_id in noted
        ]
        await connection.execute(sa.insert(queue), rows)
        self._next_due = due_at if self._next_due is None else min(self._next_due, due_at)


class Indexed:
    """The layer that brings the index up to date before a call."""

    def __init__(self, app: ASGIApp, *, index: LaggingIndex) -> None:
        self._app, self._index = app, index

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Apply what is due, then let the call pass."""
        await self._index.apply_due()
        await self._app(scope, receive, send)


def _opened(session: Session) -> StoreSession:
    """The session as the store made it: the twin's tables live beside those of the books."""
    return cast("StoreSession", session)


async def _copy(connection: AsyncConnection, noted: Iterable[tuple[RecordKind, str, str]]) -> None:
    places: defaultdict[Place, set[str]] = defaultdict(set)
    for kind, location_id, record_id in noted:
        places[kind, location_id].add(record_id)
    for (kind, location_id), record_ids in places.items():
        for piece in in_pieces(sorted(record_ids)):
            await _copy_piece(connection, kind, location_id, piece)


async def _copy_piece(connection: AsyncConnection, kind: RecordKind, location_id: str, ids: Sequence[str]) -> None:
    which = {"location_id": location_id, "given": given(connection, ids)}
    for step in _steps(connection.dialect.name, kind):
        await connection.execute(step, which)


@cache
def _steps(dialect_name: str, kind: RecordKind) -> tuple[sa.Executable, ...]:
    """What copies records, made once for all times: they are copied at every write."""
    source, copy = _COPIES[kind]
    as_it_is = sa.select(source).where(source.c.connection_id == _HERE, one_of_given(dialect_name, source.c.id))
    steps: list[sa.Executable] = [
        sa.delete(copy).where(copy.c.connection_id == _HERE, one_of_given(dialect_name, copy.c.id))
    ]
    if "position" in copy.c:
        # The place of a deleted record is given to another, which may be copied before the deletion is.
        taken = as_it_is.with_only_columns(source.c.position)
        steps.append(sa.delete(copy).where(copy.c.position.in_(taken)))
    steps.append(sa.insert(copy).from_select(source.columns.keys(), as_it_is))
    if kind is RecordKind.CONTACT:
        steps.append(_no_orphans(dialect_name))
    return tuple(steps)


def _no_orphans(dialect_name: str) -> sa.Delete:
    """The tasks of a deleted contact leave the index when the contact does."""
    contacts = tables.contacts.c
    alive = sa.select(contacts.id).where(contacts.connection_id == _HERE, one_of_given(dialect_name, contacts.id))
    theirs = one_of_given(dialect_name, task_index.c.contact_id)
    return sa.delete(task_index).where(
        task_index.c.connection_id == _HERE, theirs, task_index.c.contact_id.not_in(alive)
    )
