"""SQLite and PostgreSQL keep the same promises."""

import pytest

pytest.register_assert_rewrite(
    *(f"invoco.testing.{name}_promises" for name in ("shelf", "search", "ledger", "transaction"))
)

from invoco.domain.ids import new_id  # noqa: E402 - after the rewriting of asserts is set up
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
