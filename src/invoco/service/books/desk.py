"""What every noun of the books works with: the store, the time, new ids, and who is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from invoco.domain.changes import Change
from invoco.domain.errors import NoSuchRecord
from invoco.domain.ids import NewId
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import ContactFinder, Session, Shelf, Store, TaskFinder
from invoco.highlevel.clock import Clock, iso, milliseconds
from invoco.highlevel.records import Contact, Record
from invoco.service.books.recorder import Recorder

R = TypeVar("R", bound=Record)

OnWritten = Callable[[str], Awaitable[None]]
"""Is told the location after a write was committed."""


async def nobody(_location_id: str) -> None:
    """Nobody needs to know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """One write under way: its transaction, its moment, and the changes it has made so far."""

    session: Session
    location_id: str
    actor: str
    at: int
    """Milliseconds since 1970."""
    new_id: NewId
    changes: list[Change] = field(default_factory=list)

    @property
    def moment(self) -> str:
        """The moment as HighLevel writes it."""
        return iso(self.at)

    def note(
        self, kind: RecordKind, action: str, operation_id: str, *, before: Any = None, after: Any = None,
        path: dict[str, str] | None = None, body: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Remember a change of one record, to be told when the write ends."""
        record = after or before
        change = Change(
            kind=kind, action=action, location_id=self.location_id, record_id=record.id, contact_id=contact_of(record),
            operation_id=operation_id, path=path or {}, body=body, before=before, after=after, at=self.at,
            actor=self.actor,
        )  # fmt: skip
        self.changes.append(change)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The parts that all books share."""

    store: Store
    clock: Clock
    recorder: Recorder
    new_id: NewId
    find_contacts: Callable[[Session], ContactFinder]
    find_tasks: Callable[[Session], TaskFinder]
    on_written: OnWritten = nobody

    @asynccontextmanager
    async def writing(self, location_id: str, *, actor: str) -> AsyncIterator[Writing]:
        """One transaction; the recorder is told of the changes before it commits."""
        async with self.store.transaction() as session:
            session.brief()
            at = milliseconds(self.clock)
            writing = Writing(session=session, location_id=location_id, actor=actor, at=at, new_id=self.new_id)
            yield writing
            if writing.changes:
                await self.recorder.record(session, writing.changes)
        if writing.changes:
            await self.on_written(location_id)


def contact_of(record: Record) -> str | None:
    """The id of the contact a record belongs to; a contact's own."""
    return record.id if isinstance(record, Contact) else getattr(record, "contact_id", None)


async def found(shelf: Shelf[R], location_id: str, record_id: str, *, noun: str) -> R:
    """The record.

    Raises:
        NoSuchRecord: the location has none with this id.
    """
    record = await shelf.get(location_id, record_id)
    if record is None:
        raise not_found(noun, record_id)
    return record


def not_found(noun: str, record_id: str) -> NoSuchRecord:
    """What is raised for an id that nothing has."""
    return NoSuchRecord(f"{noun} with id {record_id} not found")


async def every(shelf: Shelf[R], location_id: str) -> list[R]:
    """All records of a kind that a location has few of, by ascending id."""
    records: list[R] = []
    while page := await shelf.page(location_id, after=records[-1].id if records else None):
        records += page
    return records
