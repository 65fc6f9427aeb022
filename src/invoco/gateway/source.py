"""A location of HighLevel behind the `Source` port: page by page, with as few calls as there can be (facts 9)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Self, TypeVar

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import SetAside
from invoco.domain.imports import Allowance, Outlook
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Rows, SourcePage
from invoco.gateway.abreast import abreast
from invoco.gateway.errors import our_errors
from invoco.gateway.windows import Place, Windows
from invoco.highlevel.client import HighLevel
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.errors import InvalidInput, NotFound, PageLoop
from invoco.highlevel.pages import Malformed, Page, UnreadSearchPage
from invoco.highlevel.quota import Priority, Quota
from invoco.highlevel.records import Appointment, Contact, JsonObject, Record, Task
from invoco.highlevel.resources.contacts import OLDEST_FIRST

_SAFE_PAGE_SIZE = 100
"""What every location accepts; 500 is only documented (facts 4.1)."""
_ROWS = 100
"""Tasks and businesses per page."""
_IN_FLIGHT = 8
"""Calls of one location under way at once (facts 7, safe practice)."""
_GONE = (NotFound, InvalidInput)
"""How a read by id ends when there is no such record: the id is all that it could refuse (facts 6.2)."""
_CHANGED_FIRST: tuple[JsonObject, ...] = ({"field": "dateUpdated", "direction": "asc"},)
_LONGEST_QUERY = 75
"""Characters (facts 4.1)."""

T = TypeVar("T")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How a location is read."""

    page_size: int = 500
    """Contacts per page."""
    days_back: int = 365
    """How far back appointments are read."""
    days_ahead: int = 365


class HighLevelSource:
    """Reads one location through the client; every error is an `InvocoError`."""

    def __init__(
        self, client: HighLevel, *, quota: Quota, base_url: str, clock: Clock, reading: Reading, at: int | None = None
    ) -> None:
        """`at` (milliseconds) is the middle of the appointments' window; the present by default."""
        self._client, self._quota, self._base_url, self._clock = client, quota, base_url, clock
        self._reading, self._page_size = reading, reading.page_size
        self._middle = milliseconds(clock) if at is None else at
        self._windows = Windows(self._middle, days_back=reading.days_back, days_ahead=reading.days_ahead)
        self._calendar_ids: tuple[str, ...] | None = None
        self._divided: dict[RecordKind, Callable[[Any], Awaitable[SourcePage]]] = {
            RecordKind.CONTACT: partial(self._contacts, sort=OLDEST_FIRST),
            RecordKind.TASK: partial(self._skipping, RecordKind.TASK),
            RecordKind.BUSINESS: partial(self._skipping, RecordKind.BUSINESS),
            RecordKind.APPOINTMENT: self._appointments,
        }
        self._lists: dict[RecordKind, Callable[[], Awaitable[Page[Any]]]] = {
            RecordKind.LOCATION: self._location,
            RecordKind.CUSTOM_FIELD: partial(client.locations.custom_fields, model="all"),
            RecordKind.CUSTOM_VALUE: client.locations.custom_values,
            RecordKind.TAG: client.locations.tags,
            RecordKind.USER: client.users.list,
            RecordKind.CALENDAR: self._list_of_calendars,
        }

    @property
    def allowance(self) -> Allowance:
        """What HighLevel grants, as its last answer said."""
        usage = self._quota.usage()
        return Allowance(daily=usage.daily_limit, burst=usage.limit, interval=usage.interval)

    @property
    def span(self) -> tuple[int, int]:
        """Between which instants appointments begin that `page` tells."""
        return self._windows.spans[0][0], self._windows.spans[-1][1]

    @property
    def calls(self) -> int:
        """How many calls were made over this connection since the program started, by whoever made them."""
        return sum(self._quota.usage().calls.values())

    def at_priority(self, priority: Priority) -> Self:
        """The same location over the same connection, with calls of that urgency."""
        return type(self)(
            self._client.at(priority),
            quota=self._quota,
            base_url=self._base_url,
            clock=self._clock,
            reading=replace(self._reading, page_size=self._page_size),
            at=self._middle,
        )

    async def page(self, kind: RecordKind, cursor: Any) -> SourcePage:
        """One page of a kind; a cursor of None reads the first.

        Raises:
            TryAgain, Reconnect: as `domain.errors` says.
        """
        with our_errors(self._base_url):
            if kind in self._divided:
                return await self._divided[kind](cursor)
            return self._page(kind, await self._lists[kind]())

    def notes_of(self, contact_ids: Sequence[str]) -> AsyncGenerator[tuple[str, SourcePage], None]:
        """The notes of each contact, read a few at a time; a contact that is gone yields an empty page."""
        return abreast(contact_ids, self._notes, limit=_IN_FLIGHT)

    async def outlook(self, kind: RecordKind) -> Outlook:
        """What reading all records of a kind will cost, as one cheap call tells."""
        with our_errors(self._base_url):
            match kind:
                case RecordKind.CONTACT:
                    return await self._outlook_of_contacts()
                case RecordKind.APPOINTMENT:
                    return await self._outlook_of_appointments()
        page = await self.page(kind, None)
        found = len(page.records) + len(page.malformed)
        is_all = page.cursor is None or found < _ROWS
        return Outlook(records=found, calls=2 if kind in self._divided else 1, exact=is_all)

    async def reread(self, record: Record) -> Record | None:
        """The record as a read by its id tells it now; None when it is gone.

        Kinds that HighLevel reads out of no index are told as their list tells them.
        """
        return await self._unless_gone(self._by_id(record))

    async def contact(self, contact_id: str) -> Contact | None:
        """The contact as a read by its id tells it; None when it is gone.

        Raises:
            MalformedRecord: it cannot be read.
            TryAgain, Reconnect: as `domain.errors` says.
        """
        return await self._unless_gone(self._client.contacts.get(contact_id))

    async def appointment(self, appointment_id: str) -> Appointment | None:
        """The appointment as a read by its id tells it; None when it is gone.

        Raises:
            MalformedRecord: it cannot be read.
            TryAgain, Reconnect: as `domain.errors` says.
        """
        return await self._unless_gone(self._client.appointments.get(appointment_id))

    async def tasks_of(self, contact_id: str) -> SourcePage | None:
        """All tasks of a contact, told by no index; None when the contact is gone."""
        page = await self._unless_gone(self._client.tasks.of_contact(contact_id))
        return None if page is None else self._page(RecordKind.TASK, page)

    async def notes_of_one(self, contact_id: str) -> SourcePage | None:
        """All notes of a contact; None when the contact is gone."""
        page = await self._unless_gone(self._client.notes.of_contact(contact_id))
        return None if page is None else self._page(RecordKind.NOTE, page)

    async def find_task(self, task_id: str, *, title: str | None) -> Task | None:
        """A task whose contact is not known; with its title this costs one call, as a rule (facts 9, i332)."""
        query = title[:_LONGEST_QUERY].strip() if title else None
        with our_errors(self._base_url):
            async for page in self._client.tasks.pages(limit=_ROWS, query=query or None):
                for task in page:
                    if task.id == task_id:
                        return task
        return None

    async def changed_contacts(self, since: int, cursor: Any) -> SourcePage:
        """Contacts whose `dateUpdated` (milliseconds) is not before `since`, oldest change first, out of the index."""
        changed = {"field": "dateUpdated", "operator": "range", "value": {"gte": since}}
        with our_errors(self._base_url):
            return await self._contacts(cursor, filters=(changed,), sort=_CHANGED_FIRST)

    async def _unless_gone(self, read: Awaitable[T]) -> T | None:
        with our_errors(self._base_url):
            try:
                return await read
            except _GONE:
                return None

    async def _by_id(self, record: Record) -> Record:
        match record:
            case Contact():
                return await self._client.contacts.get(record.id)
            case Task(contact_id=str(contact_id)):
                return await self._client.tasks.get(contact_id, record.id)
            case Appointment():
                return await self._client.appointments.get(record.id)
            case _:
                return record

    async def _location(self) -> Page[Any]:
        return Page(records=[await self._client.locations.get()], total=1)

    async def _contacts(self, cursor: Any, **search: Any) -> SourcePage:
        size, after = cursor or (self._page_size, None)
        self._page_size = min(self._page_size, size)
        unread = await self._search(search_after=after, **search)
        if after is not None and unread.after == after:
            raise PageLoop(method="POST", path="/contacts/search")
        following = None if unread.after is None else [self._page_size, unread.after]
        return SourcePage(
            read=lambda: self._rows_of(RecordKind.CONTACT, unread.read()), cursor=following, total=unread.total
        )

    async def _search(self, **search: Any) -> UnreadSearchPage:
        """One page of contacts; a page size that is refused once is never asked for again."""
        read = partial(self._client.contacts.search_unread, **search)
        try:
            return await read(page_limit=self._page_size)
        except InvalidInput:
            if self._page_size <= _SAFE_PAGE_SIZE:
                raise
        self._page_size = _SAFE_PAGE_SIZE
        return await read(page_limit=self._page_size)

    async def _skipping(self, kind: RecordKind, cursor: Any) -> SourcePage:
        """A page of a list that moves under the reader: rows of the page before are left out, and end it when alone."""
        skip, before = cursor or (0, [])
        page = await self._rows(kind, skip)
        known = set(before)
        if page.after is None or known.issuperset(page.ids):
            return SourcePage.of([])
        fresh = [record for record in page.records if record.id not in known]
        return self._page(kind, Page(records=fresh, malformed=page.malformed), cursor=[page.after, page.ids])

    async def _rows(self, kind: RecordKind, skip: int) -> Page[Any]:
        if kind is RecordKind.TASK:
            return await self._client.tasks.search(limit=_ROWS, skip=skip)
        return await self._client.businesses.list(limit=_ROWS, skip=skip)

    async def _appointments(self, cursor: Any) -> SourcePage:
        place = msgspec.convert(cursor, Place) if cursor else Place(calendars=await self._calendars())
        if not place.calendars:
            return SourcePage.of([])
        following = self._windows.after(place)
        cursor = None if following is None else msgspec.to_builtins(following)
        rows = self._rows_of(RecordKind.APPOINTMENT, await self._events(place))
        return SourcePage.of(*rows, cursor=cursor)  # without a total: it is that of one calendar and span

    async def _events(self, place: Place) -> Page[Appointment]:
        start, end = self._windows.spans[place.span]
        try:
            return await self._client.appointments.between(start=start, end=end, calendar_id=place.calendars[0])
        except NotFound:  # the calendar was deleted meanwhile
            return Page(records=[])

    async def _calendars(self) -> tuple[str, ...]:
        if self._calendar_ids is None:
            await self._list_of_calendars()
        return self._calendar_ids or ()

    async def _list_of_calendars(self) -> Page[Any]:
        page = await self._client.calendars.list()
        self._calendar_ids = tuple(calendar.id for calendar in page)
        return page

    async def _notes(self, contact_id: str) -> SourcePage:
        return await self.notes_of_one(contact_id) or SourcePage.of([])

    async def _outlook_of_contacts(self) -> Outlook:
        page = await self._client.contacts.search(sort=OLDEST_FIRST, page_limit=1)
        records = len(page) if page.total is None else page.total
        calls = math.ceil(records / self._page_size) + 1
        return Outlook(records=records, calls=calls, exact=page.total is not None)

    async def _outlook_of_appointments(self) -> Outlook:
        page = await self._appointments(None)
        calls = len(await self._calendars()) * len(self._windows.spans)
        return Outlook(records=len(page.records), calls=calls, exact=page.cursor is None)

    def _page(self, kind: RecordKind, page: Page[Any], *, cursor: Any = None) -> SourcePage:
        return SourcePage.of(*self._rows_of(kind, page), cursor=cursor, total=page.total)

    def _rows_of(self, kind: RecordKind, page: Page[Any]) -> Rows:
        """What was read: each id once, for HighLevel may tell of a record twice while its index changes."""
        records = {record.id: record for record in page.records}
        return list(records.values()), [self._set_aside(kind, row) for row in page.malformed]

    def _set_aside(self, kind: RecordKind, row: Malformed) -> SetAside:
        raw = msgspec.json.encode(row.raw)
        return SetAside(
            location_id=self._client.location_id,
            kind=kind,
            record_id=row.id or _made_of(raw),
            reason=row.reason,
            raw=raw,
            run_id=None,
            at=milliseconds(self._clock),
        )


def _made_of(content: bytes) -> str:
    """A stand-in for a missing id, so that the same row set aside twice is kept once."""
    return f"without-id-{hashlib.sha256(content).hexdigest()[:12]}"
