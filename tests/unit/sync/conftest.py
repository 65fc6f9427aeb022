"""A source in memory over a real store in a file."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any, Self

import pytest

from invoco.domain.connections import SetAside
from invoco.domain.imports import Allowance, ImportRun, Outlook
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import SourcePage
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import (
    Appointment,
    Business,
    Calendar,
    Contact,
    CustomField,
    CustomValue,
    Location,
    Note,
    Record,
    Tag,
    Task,
    User,
)
from invoco.store.database import Database
from invoco.sync.comparing import moment
from invoco.sync.imports import ImportOutcome, run_import
from invoco.testing.clock import FakeClock

HERE = "location-of-the-tests"


class PlainSource:
    """A location in memory, read two records a page; a cursor is the number of records before.

    Its pages tell `records`, as an index does; reads by id and per contact tell `now` instead, where that says more.
    """

    def __init__(self) -> None:
        self.allowance = Allowance()
        self.records: dict[RecordKind, list[Any]] = {kind: [] for kind in RecordKind}
        self.malformed: dict[RecordKind, list[SetAside]] = {}
        self.now: dict[str, Record | None] = {}
        """What reads by id tell, where it is not what the pages tell."""
        self.reads: list[tuple[str, Any]] = []
        self.rereads: list[str] = []
        self.failures: dict[tuple[str, Any], Exception] = {}
        self.span = (0, 2_000_000_000_000)
        self.priority = Priority.IMPORT

    @property
    def calls(self) -> int:
        """One for each page and each record."""
        return len(self.reads) + len(self.rereads)

    def put(self, *records: Record) -> None:
        """Add records to the location, those with a known id in place of the old."""
        for record in records:
            kind = KINDS[type(record)]
            self.records[kind] = [other for other in self.records[kind] if other.id != record.id] + [record]

    def spoil(self, kind: RecordKind, record_id: str) -> None:
        """Let one row of that kind be unreadable."""
        self.malformed[kind] = [
            SetAside(
                location_id=HERE, kind=kind, record_id=record_id, reason="Expected `str`", raw=b"{}", run_id=None, at=1
            )
        ]

    def forget(self, kind: RecordKind, *record_ids: str) -> None:
        """Remove records from the location."""
        self.records[kind] = [record for record in self.records[kind] if record.id not in record_ids]

    async def page(self, kind: RecordKind, cursor: Any) -> SourcePage:
        """Two records."""
        self._read(kind, cursor)
        there = self.records[kind]
        if kind is RecordKind.CONTACT:
            there = sorted(there, key=lambda contact: moment(contact.date_added) or 2**63)  # without a date: last
        return self._two(kind, there, cursor)

    def _two(self, kind: RecordKind, there: Sequence[Any], cursor: Any) -> SourcePage:
        begin = cursor or 0
        following = begin + 2
        return SourcePage.of(
            there[begin:following],
            self.malformed.get(kind, []) if cursor is None else [],
            cursor=following if following < len(there) else None,
            total=len(there),
        )

    async def changed_contacts(self, since: int, cursor: Any) -> SourcePage:
        """Two contacts that changed since then."""
        self._read(RecordKind.CONTACT, (since, cursor))
        there = [contact for contact in self.records[RecordKind.CONTACT] if moment(contact.date_updated) >= since]
        return self._two(RecordKind.CONTACT, sorted(there, key=lambda contact: moment(contact.date_updated)), cursor)

    async def notes_of(self, contact_ids: Sequence[str]) -> AsyncGenerator[tuple[str, SourcePage], None]:
        """The notes of each contact."""
        for contact_id in contact_ids:
            self._read(RecordKind.NOTE, contact_id)
            notes = [note for note in self.records[RecordKind.NOTE] if getattr(note, "contact_id", "") == contact_id]
            unreadable = self.malformed.get(RecordKind.NOTE, []) if contact_id == "c1" else []
            yield contact_id, SourcePage.of(notes, unreadable)

    async def outlook(self, kind: RecordKind) -> Outlook:
        """So many records, two a call."""
        self._read(kind, "outlook")
        records = len(self.records[kind])
        return Outlook(records=records, calls=-(-records // 2), exact=kind is not RecordKind.TASK)

    async def reread(self, record: Record) -> Record | None:
        """What is there now."""
        self.rereads.append(record.id)
        return self._by_id(KINDS[type(record)], record.id)

    def at_priority(self, priority: Priority) -> Self:
        """The same source, told how urgent it is."""
        self.priority = priority
        return self

    async def contact(self, contact_id: str) -> Any:
        """What is there now."""
        self._read(RecordKind.CONTACT, contact_id)
        return self._by_id(RecordKind.CONTACT, contact_id)

    async def appointment(self, appointment_id: str) -> Any:
        """What is there now."""
        self._read(RecordKind.APPOINTMENT, appointment_id)
        return self._by_id(RecordKind.APPOINTMENT, appointment_id)

    async def tasks_of(self, contact_id: str) -> SourcePage | None:
        """The tasks that are there now."""
        return self._of_contact(RecordKind.TASK, contact_id)

    async def notes_of_one(self, contact_id: str) -> SourcePage | None:
        """The notes that are there now."""
        return self._of_contact(RecordKind.NOTE, contact_id)

    async def find_task(self, task_id: str, *, title: str | None) -> Any:
        """The task, as the index tells it."""
        self._read(RecordKind.TASK, (task_id, title))
        return next((task for task in self.records[RecordKind.TASK] if task.id == task_id), None)

    def _by_id(self, kind: RecordKind, record_id: str) -> Record | None:
        if record_id in self.now:
            return self.now[record_id]
        return next((other for other in self.records[kind] if other.id == record_id), None)

    def _of_contact(self, kind: RecordKind, contact_id: str) -> SourcePage | None:
        self._read(kind, contact_id)
        if self._by_id(RecordKind.CONTACT, contact_id) is None:
            return None
        theirs = [record for record in self.records[kind] if getattr(record, "contact_id", "") == contact_id]
        return SourcePage.of(theirs, self.malformed.get(kind, []) if contact_id == "c1" else [])

    def _read(self, kind: RecordKind, cursor: Any) -> None:
        self.reads.append((kind.value, cursor))
        if (kind.value, cursor) in self.failures:
            raise self.failures.pop((kind.value, cursor))


KINDS: dict[type[Record], RecordKind] = {
    Location: RecordKind.LOCATION,
    CustomField: RecordKind.CUSTOM_FIELD,
    CustomValue: RecordKind.CUSTOM_VALUE,
    Tag: RecordKind.TAG,
    User: RecordKind.USER,
    Calendar: RecordKind.CALENDAR,
    Business: RecordKind.BUSINESS,
    Contact: RecordKind.CONTACT,
    Task: RecordKind.TASK,
    Appointment: RecordKind.APPOINTMENT,
    Note: RecordKind.NOTE,
}


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still, at 15:06:40 UTC."""
    return FakeClock(auto=False)


def small_location() -> PlainSource:
    """A location with five contacts and what belongs to them."""
    source = PlainSource()
    source.put(Location(id=HERE, name="Here"), Tag(id="t1", name="vip"), User(id="u1"), Calendar(id="k1"))
    source.put(CustomField(id="f1"), Business(id="b1", name="Firm"))
    source.put(*(Contact(id=f"c{number}", first_name=f"Name {number}") for number in (1, 2, 3, 4, 5)))
    source.put(Task(id="k1", contact_id="c1", title="Call"), Appointment(id="a1", contact_id="c2", calendar_id="k1"))
    source.put(Note(id="n1", contact_id="c1", body="One"), Note(id="n2", contact_id="c4", body="Two"))
    return source


@pytest.fixture
def source() -> PlainSource:
    """That location."""
    return small_location()


@pytest.fixture(scope="session")
def filled_stage(empty_mirror, tmp_path_factory, staged) -> Any:
    """A database into which that location was imported, once for all tests."""
    path = Path(shutil.copy(empty_mirror, tmp_path_factory.mktemp("filled")))

    async def make() -> None:
        database = await Database.open(f"sqlite:///{path}", durable=False)
        await run_import(
            small_location(), database, run=ImportRun(id="run-1", location_id=HERE, started_at=1),
            clock=FakeClock(auto=False), progress=lambda _kind, _done, _total: None, notes_share=0.5,
        )  # fmt: skip
        await database.close()

    asyncio.run(make())
    return staged(path)


@pytest.fixture
def run() -> ImportRun:
    """An import that has just begun."""
    return ImportRun(id="run-1", location_id=HERE, started_at=1)


@pytest.fixture
def imported(source, store, clock, run):
    """Imports the source into the store."""

    async def import_(
        this: ImportRun = run, *, notes_share: float = 0.5, progress: Any = None, skip: Sequence[RecordKind] = ()
    ) -> ImportOutcome:
        tell = progress or (lambda _kind, _done, _total: None)
        return await run_import(
            source, store, run=this, clock=clock, progress=tell, notes_share=notes_share, skip=frozenset(skip)
        )

    return import_


@pytest.fixture
def mirror(store):
    """What the mirror holds of a kind, by id."""

    async def look(kind: RecordKind) -> dict[str, Any]:
        async with store.reading() as session:
            return {record.id: record for record in await session.shelf(kind).page(HERE)}

    return look


@pytest.fixture(scope="session")
def plain_source() -> type[PlainSource]:
    """Makes an empty location."""
    return PlainSource


@pytest.fixture(scope="session")
def kinds() -> dict[type[Record], RecordKind]:
    """The kind of each type of records."""
    return KINDS
