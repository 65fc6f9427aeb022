"""A first load of contacts puts indexes off, and leaves none behind that is missing."""

import pytest
import sqlalchemy as sa

from invoco.highlevel.records import Contact
from invoco.store import schema, tables
from invoco.store.database import Database

INDEXES = {index.name for index in tables.contacts.indexes}


@pytest.fixture
async def database(empty_url):
    """An empty database of the newest revision."""
    await schema.upgrade(empty_url)
    database = await Database.open(empty_url)
    yield database
    await database.close()


async def indexes(database):
    """The names of the indexes of contacts that are there."""

    def names(connection):
        return {index["name"] for index in sa.inspect(connection).get_indexes("contacts")} & INDEXES

    async with database.reading() as session:
        return await session.connection.run_sync(names)


async def put(database, record_id):
    """Store one contact."""
    async with database.transaction() as session:
        await session.contacts.put("location", [Contact(id=record_id, email=f"{record_id}@example.org")])


async def test_first_load_makes_the_indexes_at_its_end(database):
    """An empty table is filled without them; afterwards all are there, and what was loaded is found."""
    async with database.loading_contacts():
        during = await indexes(database)
        await put(database, "c1")

    async with database.reading() as session:
        found = await session.contacts.with_email("location", "C1@example.org")
    assert (during, await indexes(database), [contact.id for contact in found]) == (set(), INDEXES, ["c1"])


async def test_failed_load_makes_the_indexes_too(database):
    """Whatever ends the load, look-ups are quick again."""

    async def fail():
        async with database.loading_contacts():
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await fail()

    assert await indexes(database) == INDEXES


async def test_later_load_keeps_the_indexes(database):
    """Contacts that are there already stay quickly found while more come."""
    await put(database, "c1")

    async with database.loading_contacts():
        assert await indexes(database) == INDEXES


async def test_killed_load_is_mended_by_the_next_upgrade(database, empty_url):
    """Indexes that were dropped and never made again are made at the next start."""
    for index in tables.contacts.indexes:
        async with database.transaction() as session:
            await session.connection.execute(sa.schema.DropIndex(index))

    await schema.upgrade(empty_url)

    assert await indexes(database) == INDEXES
