"""SQLite and PostgreSQL keep the same promises."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from invoco.domain.ids import new_id
from invoco.highlevel.records import Contact
from invoco.store.database import Database
from invoco.testing.inbox_promises import delivery
from invoco.testing.store_promises import StorePromises


class TestSqlite(StorePromises):
    """A file."""

    @pytest.fixture
    def store(self, sqlite_database: Database) -> Database:
        """A database in a file of its own."""
        return sqlite_database

    @pytest.fixture
    def location_id(self) -> str:
        """A location of its own."""
        return new_id()


class TestPostgres(StorePromises):
    """A server."""

    @pytest.fixture
    def store(self, postgres_database: Database) -> Database:
        """The database on the server."""
        return postgres_database

    @pytest.fixture
    def location_id(self) -> str:
        """A location of its own: the tests share the database."""
        return new_id()

    async def test_appending_waits_for_no_writer(self, store: Database, location_id: str) -> None:
        """A webhook is acknowledged while a long job writes."""
        async with store.transaction() as writing:
            await writing.contacts.put(location_id, [Contact(id="c1")])
            async with asyncio.timeout(5), store.appending() as session:
                await session.inbox.append([delivery(location_id)])

            assert len(await writing.inbox.waiting(location_id, limit=9)) == 1

    async def test_interrupted_copy_is_an_error_of_the_database(self, store: Database, location_id: str) -> None:
        """Rows that are copied in bulk fail as rows that are inserted do."""
        contacts = [Contact(id=f"c{number}") for number in range(5000)]

        async with store.transaction() as session:
            await session.contacts.put(location_id, contacts[:100])
            await session.connection.execute(sa.text("SET LOCAL statement_timeout = '5ms'"))
            with pytest.raises(OperationalError, match="statement timeout"):
                await session.contacts.put(location_id, contacts)
            await session.connection.rollback()
