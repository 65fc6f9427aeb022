"""SQLite and PostgreSQL keep the same promises."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

pytest.register_assert_rewrite(
    *(f"invoco.testing.{name}_promises" for name in ("shelf", "search", "ledger", "transaction"))
)

from invoco.domain.ids import new_id  # noqa: E402 - after the rewriting of asserts is set up
from invoco.highlevel.records import Contact  # noqa: E402
from invoco.store.database import Database  # noqa: E402
from invoco.testing.store_promises import StorePromises  # noqa: E402


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

    async def test_interrupted_copy_is_an_error_of_the_database(self, store: Database, location_id: str) -> None:
        """Rows that are copied in bulk fail as rows that are inserted do."""
        contacts = [Contact(id=f"c{number}") for number in range(5000)]

        async with store.transaction() as session:
            await session.contacts.put(location_id, contacts[:100])
            await session.connection.execute(sa.text("SET LOCAL statement_timeout = '5ms'"))
            with pytest.raises(OperationalError, match="statement timeout"):
                await session.contacts.put(location_id, contacts)
            await session.connection.rollback()
