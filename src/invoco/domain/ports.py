"""Ports: what the rooms below the store and the gateway need of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import Any, Protocol, Self, TypeVar

import msgspec

from invoco.domain.changes import Change
from invoco.domain.connections import ApiKey, Connection, SetAside
from invoco.domain.imports import Allowance, ImportRun, ImportStep, Outlook
from invoco.domain.kinds import RecordKind
from invoco.domain.search import ContactSearch, TaskSearch
from invoco.highlevel.records import Appointment, Contact, Note, Record, Task

R = TypeVar("R", bound=Record)


class Shelf(Protocol[R]):
    """All records of one kind; every call names the location."""

    async def get(self, location_id: str, record_id: str) -> R | None:
        """The record, or None."""

    async def get_many(self, location_id: str, record_ids: Sequence[str]) -> dict[str, R]:
        """Those that exist, by id."""

    async def put(self, location_id: str, records: Sequence[R]) -> None:
        """Store the records, replacing those with the same id."""

    async def delete(self, location_id: str, record_ids: Sequence[str]) -> None:
        """Remove the records; unknown ids are no error."""

    async def count(self, location_id: str) -> int:
        """How many records the location has."""

    async def page(self, location_id: str, *, after: str | None = None, limit: int = 500) -> list[R]:
        """The next records by ascending id, after that id."""


class ContactPage(msgspec.Struct, frozen=True):
    """One page of a search; `cursors[i]` is the `searchAfter` of `contacts[i]`."""

    contacts: list[Contact]
    cursors: list[tuple[Any, ...]]
    total: int


class ContactFinder(Protocol):
    """Search over contacts; the twin's lags behind the shelf."""

    async def search(self, search: ContactSearch) -> ContactPage:
        """One page of the search (facts 4)."""


class ContactShelf(Shelf[Contact], ContactFinder, Protocol):
    """Contacts, and the ways to find them."""

    async def with_email(self, location_id: str, email: str, *, additional: bool = True) -> list[Contact]:
        """Contacts with that e-mail, case-insensitively, oldest first; additional e-mails match too if asked."""

    async def with_phone(self, location_id: str, phone: str, *, additional: bool = True) -> list[Contact]:
        """Contacts with that E.164 phone, oldest first."""

    async def of_business(
        self, location_id: str, business_id: str, *, limit: int, skip: int, query: str | None = None
    ) -> tuple[list[Contact], int]:
        """The contacts of a business and how many there are."""

    async def newest(
        self, location_id: str, *, limit: int, after: tuple[int, str] | None = None, query: str | None = None
    ) -> tuple[list[Contact], int]:
        """Newest first after (dateAdded in ms, id), and how many there are in all (GET /contacts/, facts 3.2)."""


class ChildShelf(Shelf[R], Protocol):
    """Records that belong to a contact."""

    async def of_contact(self, location_id: str, contact_id: str) -> list[R]:
        """All records of the contact, oldest first."""

    async def delete_of_contacts(self, location_id: str, contact_ids: Sequence[str]) -> None:
        """Remove what belongs to these contacts."""


class TaskFinder(Protocol):
    """Search over tasks; the twin's lags behind the shelf."""

    async def search(self, search: TaskSearch) -> list[Task]:
        """One page of tasks, oldest first (facts 9)."""


class TaskShelf(ChildShelf[Task], TaskFinder, Protocol):
    """Tasks of a location."""


class AppointmentShelf(ChildShelf[Appointment], Protocol):
    """Appointments of a location."""

    async def between(
        self, location_id: str, *, start: int, end: int, calendar_id: str | None = None,
        user_id: str | None = None, group_id: str | None = None,
    ) -> list[Appointment]:  # fmt: skip
        """Appointments that start within [start, end] (milliseconds), of one calendar, user or group."""


class ConnectionShelf(Protocol):
    """The connections."""

    async def get(self, name_or_id: str) -> Connection | None:
        """The connection with that name or location id."""

    async def all(self) -> list[Connection]:
        """Every connection, by name."""

    async def put(self, connection: Connection) -> None:
        """Store it, replacing the one with the same id."""


class KeyShelf(Protocol):
    """The keys of Invoco's API."""

    async def by_hash(self, hash_: str) -> ApiKey | None:
        """The key with that hash."""

    async def all(self) -> list[ApiKey]:
        """Every key, by name."""

    async def put(self, key: ApiKey) -> None:
        """Store it, replacing the one with the same name."""

    async def delete(self, name: str) -> bool:
        """Remove it; False when there was none."""


class ImportShelf(Protocol):
    """Runs of imports and how far they came."""

    async def latest(self, location_id: str) -> ImportRun | None:
        """The run that was started last."""

    async def put(self, run: ImportRun) -> None:
        """Store the run."""

    async def steps(self, run_id: str) -> dict[str, ImportStep]:
        """The saved steps by kind."""

    async def put_step(self, step: ImportStep) -> None:
        """Save how far a step has come."""

    async def set_aside(self, records: Sequence[SetAside]) -> None:
        """Keep records that could not be read; one with the same kind and id is replaced."""

    async def aside(self, location_id: str) -> list[SetAside]:
        """The records set aside, newest first."""

    async def clear_aside(self, location_id: str, kind: str, record_ids: Sequence[str]) -> None:
        """Forget those that could be read after all."""


class JournalShelf(Protocol):
    """History and outbox."""

    async def record(self, changes: Sequence[Change], *, send: bool) -> None:
        """Append each change to the history, and to the outbox if it is to be sent to HighLevel."""

    async def history(self, location_id: str, record_id: str) -> list[Mapping[str, Any]]:
        """What happened to a record, oldest first: at, actor, action, operation, before, after."""

    async def outbox(self, location_id: str) -> list[Mapping[str, Any]]:
        """Writes still to be sent, oldest first: id, at, operation, path, body, contact."""


class Session(Protocol):
    """One transaction over all shelves."""

    @property
    def contacts(self) -> ContactShelf: ...
    @property
    def tasks(self) -> TaskShelf: ...
    @property
    def notes(self) -> ChildShelf[Note]: ...
    @property
    def appointments(self) -> AppointmentShelf: ...
    @property
    def connections(self) -> ConnectionShelf: ...
    @property
    def keys(self) -> KeyShelf: ...
    @property
    def imports(self) -> ImportShelf: ...
    @property
    def journal(self) -> JournalShelf: ...
    def shelf(self, kind: RecordKind) -> Shelf[Any]:
        """The shelf of that kind; definitions (tags, users, …) are reached only here."""


class Store(Protocol):
    """Where the mirror is kept."""

    def transaction(self) -> AbstractAsyncContextManager[Session]:
        """A writing transaction: all or nothing; one writer at a time on SQLite."""

    def reading(self) -> AbstractAsyncContextManager[Session]:
        """A reading transaction: one consistent state, never blocked by a writer."""


class LoadingStore(Store, Protocol):
    """A store that can be filled."""

    def loading_contacts(self) -> AbstractAsyncContextManager[None]:
        """While it is open, a first load of contacts is quicker and looking contacts up is slower."""


Rows = tuple[list[Any], list[SetAside]]
"""Records of the kind that was asked for, and what could not be read."""


class SourcePage:
    """One page of HighLevel's."""

    def __init__(self, *, read: Callable[[], Rows], cursor: Any, total: int | None = None) -> None:
        """`read` turns the rows into records when they are first asked for: the next page is on its way by then."""
        self._read = read
        self.cursor = cursor
        """What reads the next page, as JSON; None after the last."""
        self.total = total

    @classmethod
    def of(
        cls, records: Sequence[Any], malformed: Sequence[SetAside] = (), *, cursor: Any = None, total: int | None = None
    ) -> Self:
        """A page whose rows have been read."""
        return cls(read=lambda: (list(records), list(malformed)), cursor=cursor, total=total)

    @cached_property
    def _rows(self) -> Rows:
        return self._read()

    @property
    def records(self) -> list[Any]:
        """Records of the kind that was asked for."""
        return self._rows[0]

    @property
    def malformed(self) -> list[SetAside]:
        """Rows that could not be read."""
        return self._rows[1]


class Source(Protocol):
    """A location as HighLevel tells it, read by one connection."""

    @property
    def allowance(self) -> Allowance:
        """How many calls HighLevel grants this connection, as it last said."""

    async def page(self, kind: RecordKind, cursor: Any) -> SourcePage:
        """One page of a kind; a cursor of None reads the first.

        Raises:
            TryAgain, Reconnect: as `domain.errors` says.
        """

    def notes_of(self, contact_ids: Sequence[str]) -> AsyncGenerator[tuple[str, SourcePage], None]:
        """The notes of each contact, read a few at a time; a contact that is gone yields an empty page."""

    async def outlook(self, kind: RecordKind) -> Outlook:
        """What reading all records of a kind will cost, as one cheap call tells."""

    async def reread(self, record: Record) -> Record | None:
        """The record as a read by its id tells it now, free of the index's lag (facts 4.4); None when it is gone."""


class Secrets(Protocol):
    """Texts that are kept encrypted: client secrets and private integration tokens."""

    async def get(self, name: str) -> str | None:
        """The text of that name, or None."""

    async def put(self, name: str, value: str) -> None:
        """Keep it, replacing the one of that name."""

    async def delete(self, name: str) -> None:
        """Forget it; an unknown name is no error."""
