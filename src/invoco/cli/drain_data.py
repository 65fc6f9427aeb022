"""What `invoco bench drain` works on: contacts, events about them, and a HighLevel in this process.

Everything has happened before the first event is taken in, as after an outage: whatever is read again tells the state
after the last event.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Final, cast

import msgspec
from msgspec.structs import replace

from invoco.domain.changes import Change
from invoco.domain.connections import Connection
from invoco.domain.deliveries import Delivery
from invoco.domain.ids import new_id
from invoco.domain.imports import Allowance
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Source, SourcePage
from invoco.highlevel.clock import iso
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Contact, Note, Record, Task
from invoco.sandbox.sample import account
from invoco.sandbox.sample.definitions import definitions
from invoco.sandbox.sample.people import People
from invoco.sandbox.webhooks.event_types import type_of
from invoco.sandbox.webhooks.events import events_of

_SEED: Final = 1
_PAGE: Final = 100
"""Contacts of one page of a search, as of HighLevel's."""
_AT_A_TIME: Final = 20
"""Contacts whose events come mixed with one another."""
_SHARES: Final = {"edit": 70, "tag": 10, "create": 10, "note": 5, "task": 5}
"""Of every hundred events."""


class Account:
    """One location: who is there, and everything that happens to them."""

    def __init__(self, *, began_at: int) -> None:
        """`began_at` (milliseconds) is when the first event happened; one follows the other by a millisecond."""
        made = account(_SEED, now_ms=began_at)
        location = made.locations[0]
        known = definitions(made, location, seed=_SEED)
        self._people = People(location, known, seed=_SEED, now_ms=began_at, businesses=100)
        self._dice = Random(_SEED)
        self._at = began_at
        self.connection = Connection(
            id=location.id, name="bench", base_url="http://127.0.0.1:1", access="oauth", client_id="bench-1",
            connected_at=0,
        )  # fmt: skip
        self.contacts: list[Contact] = []
        """Those of whom events tell, as they are after the last event."""
        self.tasks: dict[str, list[Task]] = {}
        """By contact."""
        self.notes: dict[str, list[Note]] = {}

    def people(self, count: int) -> list[Contact]:
        """So many new people."""
        return [self._people.next() for _ in range(count)]

    def deliveries(self, count: int, *, burst: int) -> Iterator[Delivery]:
        """So many events about `contacts` and a few new ones; of one contact come up to `burst` times two, less one."""
        acts, shares = tuple(_SHARES), tuple(_SHARES.values())
        places = self._places(burst)
        for act in self._dice.choices(acts, shares, k=count):
            self._at += 1
            yield self._delivery(getattr(self, f"_{act}")(next(places)))

    def _places(self, burst: int) -> Iterator[int]:
        """Whom each event is about: several contacts at a time, each for a few events."""
        under_way: list[list[int]] = []
        while True:
            while len(under_way) < _AT_A_TIME:
                under_way.append([self._dice.randrange(len(self.contacts)), self._dice.randrange(1, 2 * burst)])
            chosen = self._dice.choice(under_way)
            chosen[1] -= 1
            if not chosen[1]:
                under_way.remove(chosen)
            yield chosen[0]

    def _edit(self, place: int) -> Change:
        return self._changed(place, city=f"City {self._at}", website=f"https://example.com/{self._at}")

    def _tag(self, place: int) -> Change:
        return self._changed(place, tags=[*self.contacts[place].tags[:3], f"tag {self._at}"])

    def _create(self, _place: int) -> Change:
        moment = iso(self._at)
        after = replace(self._people.next(), date_added=moment, date_updated=moment)
        self.contacts.append(after)
        return self._change(RecordKind.CONTACT, None, after)

    def _note(self, place: int) -> Change:
        contact_id = self.contacts[place].id
        note = Note(id=new_id(), contact_id=contact_id, body="Called back.", date_added=iso(self._at))
        self.notes.setdefault(contact_id, []).append(note)
        return self._change(RecordKind.NOTE, None, note)

    def _task(self, place: int) -> Change:
        contact_id = self.contacts[place].id
        task = Task(id=new_id(), contact_id=contact_id, title="Call back", due_date=iso(self._at), completed=False)
        self.tasks.setdefault(contact_id, []).append(task)
        return self._change(RecordKind.TASK, None, task)

    def _changed(self, place: int, **fields: Any) -> Change:
        before = self.contacts[place]
        after = self.contacts[place] = replace(before, date_updated=iso(self._at), **fields)
        return self._change(RecordKind.CONTACT, before, after)

    def _change(self, kind: RecordKind, before: Record | None, after: Record) -> Change:
        return Change(
            kind=kind, action="update", location_id=self.connection.id, record_id=after.id, before=before, after=after,
            at=self._at,
        )  # fmt: skip

    def _delivery(self, change: Change) -> Delivery:
        """As the twin tells it: flat, empty fields left out."""
        [event] = events_of([change], thin=False)
        webhook_id, type_ = new_id(), type_of(event.name)
        body = {"type": type_, "locationId": self.connection.id, "timestamp": iso(self._at), "webhookId": webhook_id}
        return Delivery(
            webhook_id=webhook_id, type=type_, location_id=self.connection.id, at=self._at, received_at=self._at,
            body=msgspec.json.encode({**body, **event.fields}),
        )  # fmt: skip


class AtOnce:
    """A HighLevel that answers at once; it is `Gateway` and `Source` in as far as the jobs need them."""

    def __init__(self, told: Account, *, on_call: Callable[[Priority], None]) -> None:
        """`on_call` is told the urgency of every call."""
        self._told, self._on_call = told, on_call
        self._by_id = {contact.id: contact for contact in told.contacts}
        self._by_change = sorted(told.contacts, key=lambda contact: contact.date_updated or "")
        self._changed_at = [contact.date_updated or "" for contact in self._by_change]
        self._priority = Priority.EVENT
        self.counted: Counter[Priority] = Counter()
        """Calls by urgency."""

    @asynccontextmanager
    async def source(self, _connection: Connection, **_how: Any) -> AsyncIterator[Source]:
        """The location."""
        yield cast("Source", self)

    @property
    def calls(self) -> int:
        """All of them."""
        return self.counted.total()

    @property
    def allowance(self) -> Allowance:
        """No limit."""
        return Allowance(burst=None)

    def at_priority(self, priority: Priority) -> AtOnce:
        """The same location: calls follow before anybody else asks."""
        self._priority = priority
        return self

    async def contact(self, contact_id: str) -> Contact | None:
        """By its id."""
        self._count()
        return self._by_id.get(contact_id)

    async def tasks_of(self, contact_id: str) -> SourcePage:
        """Of a contact."""
        self._count()
        return SourcePage.of(self._told.tasks.get(contact_id, ()))

    async def notes_of_one(self, contact_id: str) -> SourcePage:
        """Of a contact."""
        self._count()
        return SourcePage.of(self._told.notes.get(contact_id, ()))

    async def changed_contacts(self, since: int, cursor: int | None) -> SourcePage:
        """Oldest change first."""
        self._count()
        begin = bisect.bisect_left(self._changed_at, iso(since)) if cursor is None else cursor
        end = begin + _PAGE
        rows: Sequence[Contact] = self._by_change[begin:end]
        return SourcePage.of(rows, cursor=end if end < len(self._by_change) else None)

    def _count(self) -> None:
        self.counted[self._priority] += 1
        self._on_call(self._priority)
