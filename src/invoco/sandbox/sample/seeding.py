"""Write the sample account into a store, batch by batch, so that memory stays flat."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.records import Location
from invoco.sandbox.sample.accounts import Account, account
from invoco.sandbox.sample.businesses import business_count, businesses
from invoco.sandbox.sample.children import Children
from invoco.sandbox.sample.definitions import Definitions, definitions
from invoco.sandbox.sample.people import People
from invoco.store.database import Database
from invoco.store.indexes import drop_indexes, make_indexes
from invoco.store.tables import RECORD_TABLES

Progress = Callable[[int, int], None]
"""Told how many contacts are written and how many there will be."""

Batch = dict[RecordKind, list[Any]]

_CONTACTS_PER_BATCH = 1000
_SECOND_LOCATION = 25
"""Contacts of the second location, if the main one has as many."""


async def seed_account(
    database: Database, *, clock: Clock, contacts: int, seed: int, on_progress: Progress | None = None
) -> Account:
    """Write the account of the seed with that many contacts in its main location; the counts tell what was written.

    The same seed at the same time writes the same records. The database should be empty; its indexes are made anew
    at the end, which takes half the time of keeping them up to date.
    """
    now_ms = milliseconds(clock)
    made = account(seed, now_ms=now_ms)
    sizes = [contacts, min(_SECOND_LOCATION, contacts)]
    async with database.transaction() as session:
        await drop_indexes(session.connection, RECORD_TABLES.values())
    with _no_collector():
        counts = await _write_all(database, made, sizes, seed=seed, now_ms=now_ms, on_progress=on_progress)
    async with database.transaction() as session:
        await make_indexes(session.connection, RECORD_TABLES.values())
    return msgspec.structs.replace(made, counts=counts)


async def _write_all(
    database: Database, made: Account, sizes: list[int], *, seed: int, now_ms: int, on_progress: Progress | None
) -> dict[str, dict[str, int]]:
    done, counts = 0, {}
    for location, size in zip(made.locations, sizes, strict=True):
        written: Counter[str] = Counter()
        for batch in batches(made, location, contacts=size, seed=seed, now_ms=now_ms):
            await _write(database, location.id, batch)
            written.update({kind.value: len(records) for kind, records in batch.items()})
            done += len(batch.get(RecordKind.CONTACT, ()))
            if on_progress is not None:
                on_progress(done, sum(sizes))
        counts[location.id] = dict(written)
    return counts


def batches(made: Account, location: Location, *, contacts: int, seed: int, now_ms: int) -> Iterator[Batch]:
    """Everything of one location: its definitions, its businesses, then its contacts with what belongs to them."""
    known = definitions(made, location, seed=seed)
    yield {RecordKind.LOCATION: [location], **known.by_kind()}
    count = business_count(contacts)
    rest = businesses(location, seed=seed, now_ms=now_ms, count=count)
    while batch := list(islice(rest, _CONTACTS_PER_BATCH)):
        yield {RecordKind.BUSINESS: batch}
    yield from _people(location, known, contacts=contacts, seed=seed, now_ms=now_ms, business_count=count)


def _people(
    location: Location, known: Definitions, *, contacts: int, seed: int, now_ms: int, business_count: int
) -> Iterator[Batch]:
    people = People(location, known, seed=seed, now_ms=now_ms, businesses=business_count)
    children = Children(location, known, seed=seed, now_ms=now_ms)
    for start in range(0, contacts, _CONTACTS_PER_BATCH):
        yield _contacts_with_children(people, children, min(_CONTACTS_PER_BATCH, contacts - start))


def _contacts_with_children(people: People, children: Children, count: int) -> Batch:
    group = [people.next() for _ in range(count)]
    return {
        RecordKind.CONTACT: group,
        RecordKind.TASK: [task for contact in group for task in children.tasks(contact)],
        RecordKind.NOTE: [note for contact in group for note in children.notes(contact)],
        RecordKind.APPOINTMENT: [made for contact in group for made in children.appointments(contact)],
    }


@contextmanager
def _no_collector() -> Iterator[None]:
    """Records hold no cycles, and looking for some would take a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


async def _write(database: Database, location_id: str, batch: Batch) -> None:
    async with database.transaction() as session:
        for kind, records in batch.items():
            await session.shelf(kind).put(location_id, records)
