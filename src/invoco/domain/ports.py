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
from invoco.domain.outbound_ports import (
    AliasShelf,
    BaseShelf,
    ConflictShelf,
    FindingShelf,
    MappingShelf,
    OutboxShelf,
)  # fmt: skip
from invoco.domain.search import ContactSearch, TaskSearch
from invoco.domain.sync_ports import InboxShelf, ProvisionalShelf, RereadShelf, RunShelf, TombstoneShelf
from invoco.highlevel.quota import Priority
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

    async def change(self, location_id: str, changes: Sequence[tuple[R | None, R]]) -> None:
        """As `put`, for records of which the caller knows what is stored now (None: nothing), which costs less."""

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

    async def texts(self, location_id: str, contact_ids: Sequence[str]) -> dict[str, str]:
        """Those that exist, by id, as the JSON text that msgspec encoded: an equal text spares decoding."""

    async def added(
        self, location_id: str, *, after: tuple[int, str], before: int | None, limit: int
    ) -> list[tuple[int, str]]:
        """(dateAdded in ms, id) of the contacts behind that pair and added before that instant, oldest first.

        A contact without a readable dateAdded has 0; `before` may be None for no end.
        """


class ChildShelf(Shelf[R], Protocol):
    """Records that belong to a contact."""

    async def of_contact(self, location_id: str, contact_id: str) -> list[R]:
        """All records of the contact, oldest first."""

    async def of_contacts(self, location_id: str, contact_ids: Sequence[str]) -> list[R]:
        """All records of these contacts."""

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
        """Append each change to the history, and to the outbox, due at once, if it is to be sent to HighLevel."""

    async def history(self, location_id: str, record_id: str) -> list[Mapping[str, Any]]:
        """What happened to a record, oldest first.

        Each row tells at, actor, action, operation, before, after, event_id, run_id and read_at.
        """

    async def of_run(self, location_id: str, run_id: str, *, after: int = 0, limit: int) -> list[Mapping[str, Any]]:
        """What a run changed behind that position, oldest first.

        Each row tells as in `history`, and position, kind, record_id and contact_id.
        """

    async def newest(
        self, location_id: str, kind: RecordKind, record_id: str, *, limit: int
    ) -> list[Mapping[str, Any]]:
        """What happened to a record last, newest first, told as in `of_run`."""

    async def of_contact(
        self, location_id: str, contact_id: str, *, before: int | None = None, limit: int
    ) -> list[Mapping[str, Any]]:
        """What happened to a contact and what is its own, newest first, before that position; told as in `of_run`."""

    async def outbox(self, location_id: str) -> list[Mapping[str, Any]]:
        """What waits to be sent, in the order in which it was asked for: id, at, operation, path, body, contact."""


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
    @property
    def inbox(self) -> InboxShelf: ...
    @property
    def rereads(self) -> RereadShelf: ...
    @property
    def provisional(self) -> ProvisionalShelf: ...
    @property
    def tombstones(self) -> TombstoneShelf: ...
    @property
    def runs(self) -> RunShelf: ...
    @property
    def bases(self) -> BaseShelf: ...
    @property
    def outbox(self) -> OutboxShelf: ...
    @property
    def aliases(self) -> AliasShelf: ...
    @property
    def findings(self) -> FindingShelf: ...
    @property
    def conflicts(self) -> ConflictShelf: ...
    @property
    def mappings(self) -> MappingShelf: ...
    def brief(self, *, so: bool = True) -> None:
        """Say that what follows in the transaction is small, or is not: for what is small nobody need step aside."""

    def shelf(self, kind: RecordKind) -> Shelf[Any]:
        """The shelf of that kind; definitions (tags, users, …) are reached only here."""


class Store(Protocol):
    """Where the mirror is kept."""

    def transaction(self, *, durable: bool = True) -> AbstractAsyncContextManager[Session]:
        """A writing transaction: all or nothing; one writer at a time on SQLite.

        Without `durable` it does not wait for the disk: when the machine (not the program) stops it may be lost, unless
        a durable one has followed. That is for work that is then done again, from what is durable.
        """

    def appending(self) -> AbstractAsyncContextManager[Session]:
        """A transaction that only appends to the inbox, and waits for no other writer where the database allows it."""

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

    @property
    def span(self) -> tuple[int, int]:
        """Between which instants (milliseconds, both included) appointments begin that `page` tells."""

    @property
    def calls(self) -> int:
        """How many calls were made over this connection since the program started, by whoever made them."""

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

    def at_priority(self, priority: Priority) -> Source:
        """The same location over the same connection, with calls of that urgency."""

    async def contact(self, contact_id: str) -> Contact | None:
        """The contact as a read by its id tells it; None when it is gone.

        Raises:
            MalformedRecord: it cannot be read.
        """

    async def appointment(self, appointment_id: str) -> Appointment | None:
        """The appointment as a read by its id tells it; None when it is gone.

        Raises:
            MalformedRecord: it cannot be read.
        """

    async def tasks_of(self, contact_id: str) -> SourcePage | None:
        """All tasks of a contact, told by no index; None when the contact is gone."""

    async def notes_of_one(self, contact_id: str) -> SourcePage | None:
        """All notes of a contact; None when the contact is gone."""

    async def find_task(self, task_id: str, *, title: str | None) -> Task | None:
        """A task whose contact is not known, looked for in the lagging search of the location (facts 9, i332)."""

    async def changed_contacts(self, since: int, cursor: Any) -> SourcePage:
        """Contacts whose `dateUpdated` (milliseconds) is not before `since`, oldest change first, out of the index."""


class Secrets(Protocol):
    """Texts that are kept encrypted: client secrets and private integration tokens."""

    async def get(self, name: str) -> str | None:
        """The text of that name, or None."""

    async def put(self, name: str, value: str) -> None:
        """Keep it, replacing the one of that name."""

    async def delete(self, name: str) -> None:
        """Forget it; an unknown name is no error."""
