"""Opening a database, and what is said when it cannot be used."""

import sqlite3
import stat
import sys

import pytest
import sqlalchemy as sa

from invoco.domain.errors import StoreBusy, StoreTooNew, StoreUnusable
from invoco.highlevel.records import Contact
from invoco.store.database import Database
from invoco.store.schema import create_all


@pytest.fixture
def path(tmp_path):
    """Where the database will be."""
    return tmp_path / "books.db"


@pytest.fixture
async def database(path):
    """A database with all tables."""
    database = await Database.open(f"sqlite:///{path}", durable=False)
    await create_all(database)
    yield database
    await database.close()


async def setting(database: Database, name: str):
    """A setting of SQLite."""
    async with database.reading() as session:
        return await session.connection.scalar(sa.text(f"PRAGMA {name}"))


async def change(database: Database, name: str):
    """Change a setting of the one pooled connection."""
    async with database.reading() as session:
        await session.connection.execute(sa.text(f"PRAGMA {name}"))


async def write(database: Database, *, many: int = 1):
    """Write some contacts."""
    async with database.transaction() as session:
        await session.contacts.put("location", [Contact(id=str(n), name="n" * 1000) for n in range(many)])


async def test_commits_survive_a_power_cut(path):
    """The log is flushed with every commit."""
    database = await Database.open(f"sqlite:///{path}")
    found = (await setting(database, "journal_mode"), await setting(database, "synchronous"))
    await database.close()

    assert ("wal", 2) == found


async def test_durability_can_be_given_up(database):
    """A twin or a test does not wait for the disk."""
    assert 0 == await setting(database, "synchronous")


async def test_folder_is_missing(tmp_path):
    """The message names the file, the cure the folder."""
    with pytest.raises(StoreUnusable) as refused:
        await Database.open(f"sqlite:///{tmp_path}/nowhere/books.db")

    assert f"The database {tmp_path}/nowhere/books.db cannot be opened." == refused.value.message
    assert "folder" in refused.value.cure


async def test_file_is_for_its_owner_alone(database, path):
    """It holds the names and numbers of people."""
    await write(database)

    files = [path, path.with_name("books.db-wal"), path.with_name("books.db-shm")]
    assert [0o600] * 3 == [stat.S_IMODE(file.stat().st_mode) for file in files]


async def test_file_is_no_database(path):
    """Any other file is left alone."""
    path.write_bytes(b"a letter to a friend\n" * 100)

    with pytest.raises(StoreUnusable, match="is not a database"):
        await Database.open(f"sqlite:///{path}")


async def test_database_of_a_newer_version(path):
    """It is refused before anything is read."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()

    with pytest.raises(StoreTooNew, match="revision 9999"):
        await Database.open(f"sqlite:///{path}")


async def test_file_may_be_named_by_a_uri(database, path):
    """With the parameters that SQLite knows."""
    await write(database)
    reader = await Database.open(f"sqlite:///file:{path}?mode=ro&uri=true")
    async with reader.reading() as session:
        count = await session.contacts.count("location")
    await reader.close()

    assert 1 == count


async def test_tables_are_missing(path):
    """The cure is to upgrade."""
    database = await Database.open(f"sqlite:///{path}")
    with pytest.raises(StoreUnusable, match="has no tables") as refused:
        await write(database)
    await database.close()

    assert "Run `invoco db upgrade`." == refused.value.cure


async def test_another_process_writes(database, path):
    """Who waited in vain is told to wait."""
    await change(database, "busy_timeout = 1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="is locked by another process"):
        await write(database)
    other.execute("COMMIT")
    other.close()

    await write(database)


async def test_database_is_read_only(database):
    """Reading goes on."""
    await change(database, "query_only = 1")
    with pytest.raises(StoreUnusable, match="is read-only"):
        await write(database)

    await database.ping()


async def test_disk_is_full(database):
    """Nothing is half written."""
    pages = await setting(database, "page_count")
    await change(database, f"max_page_count = {pages + 5}")
    with pytest.raises(StoreUnusable, match="is full") as refused:
        await write(database, many=500)

    assert "Free some space on that disk, then try again." == refused.value.cure
    async with database.reading() as session:
        assert 0 == await session.contacts.count("location")


async def test_other_errors_pass(database):
    """What is nobody's fault but ours is not dressed up."""
    with pytest.raises(sa.exc.OperationalError):
        async with database.reading() as session:
            await session.connection.execute(sa.text("SELECT nonsense FROM contacts"))


@pytest.mark.parametrize("url", ["", "books.db", "mysql://host/books", "sqlite://", "sqlite:///"])
async def test_url_cannot_be_used(url):
    """The cure shows what can."""
    with pytest.raises(StoreUnusable) as refused:
        await Database.open(url)

    assert "sqlite:///path/to/file" in refused.value.cure


async def test_unreadable_url_is_not_repeated():
    """It may hold a password."""
    with pytest.raises(StoreUnusable) as refused:
        await Database.open("postgresql//user:marked@host")

    assert "marked" not in repr(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
async def test_server_is_not_there(scheme, unused_tcp_port):
    """The message names host and port, never the password."""
    with pytest.raises(StoreUnusable) as refused:
        await Database.open(f"{scheme}://user:marked@127.0.0.1:{unused_tcp_port}/books")

    assert f"PostgreSQL at 127.0.0.1:{unused_tcp_port}/books cannot be reached." == refused.value.message


async def test_driver_is_not_installed(monkeypatch):
    """The cure names the extra."""
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(StoreUnusable) as refused:
        await Database.open("postgresql://host/books")
    assert "Install `invoco[postgres]`." == refused.value.cure
