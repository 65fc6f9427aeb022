"""The migrations build the schema, on SQLite and PostgreSQL, once, however often and by however many they are run."""

import asyncio
import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec.structs import replace

from invoco.domain.errors import StoreTooNew
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Write
from invoco.highlevel.records import Contact
from invoco.store import migrating, schema
from invoco.store.database import Database
from invoco.store.revisions import HEAD, REVISIONS, current_revision


async def test_migrations_build_the_schema(empty_url):
    """Alembic finds no difference between the tables and the migrations."""
    await schema.upgrade(empty_url)

    assert [] == await _asked(
        empty_url, lambda connection: compare_metadata(MigrationContext.configure(connection), schema.metadata)
    )


async def test_migrations_build_what_create_all_builds(empty_url):
    """Down to types, collations, keys and indexes."""
    await schema.upgrade(empty_url)
    migrated = await _asked(empty_url, _reflected)
    await _asked(empty_url, schema.metadata.drop_all)
    await _created(empty_url)

    assert migrated == await _asked(empty_url, _reflected)


async def test_upgrade_twice_is_harmless(empty_url):
    """The second run changes nothing."""
    await schema.upgrade(empty_url)
    await schema.upgrade(empty_url)

    assert HEAD == await _revision(empty_url)


async def test_rows_of_the_first_revision_are_kept(empty_url):
    """An upgrade adds, and takes nothing away."""
    await _asked(empty_url, lambda connection: _upgrade_to(connection, "0001"))
    await _asked(empty_url, _fill_first_revision)
    await schema.upgrade(empty_url)

    database = await Database.open(empty_url)
    async with database.reading() as session:
        contact = await session.contacts.get("l1", "c1")
        (told,) = await session.journal.history("l1", "c1")
    await database.close()
    assert Contact(id="c1", first_name="Ada") == contact
    assert ("create", {}, None) == (told["action"], told["after"], told["event_id"])


async def test_what_was_not_sent_waits(empty_url):
    """Writes of older revisions are due, in their order."""
    await _asked(empty_url, lambda connection: _upgrade_to(connection, "0002"))
    await _asked(empty_url, _fill_outbox)
    await schema.upgrade(empty_url)

    database = await Database.open(empty_url)
    async with database.reading() as session:
        writes = await session.outbox.waiting("l1", now=0, contacts=9)
    await database.close()
    expected = Write(
        id=1, location_id="l1", kind=RecordKind.CONTACT, record_id="c1", contact_id="c1", operation="update-contact",
        actor="api:x", at=5, path={"contactId": "c1"}, body={"firstName": "Ada"},
    )  # fmt: skip
    assert [expected, replace(expected, id=2, at=6, body=None)] == writes


async def test_newer_revision_is_refused(empty_url):
    """By whoever opens the database, before anything is read or written."""
    await schema.upgrade(empty_url)
    await _asked(
        empty_url, lambda connection: connection.execute(sa.text("UPDATE alembic_version SET version_num='9'"))
    )

    with pytest.raises(StoreTooNew, match="revision 9"):
        await schema.upgrade(empty_url)


async def test_two_processes_upgrade_at_once(empty_url):
    """One does it, the other finds it done."""
    code = f"import asyncio; from invoco.store import schema; asyncio.run(schema.upgrade({empty_url!r}))"
    both = [await asyncio.create_subprocess_exec(sys.executable, "-W", "error", "-c", code) for _ in range(2)]

    assert [0, 0] == [await asyncio.wait_for(process.wait(), 60) for process in both]
    assert HEAD == await _revision(empty_url)


async def test_nothing_to_do_needs_no_alembic(tmp_path):
    """It takes longer to load than an upgrade that has nothing to do."""
    url = f"sqlite:///{tmp_path / 'done.db'}"
    await schema.upgrade(url)
    code = (
        f"import asyncio, sys; from invoco.store import schema; asyncio.run(schema.upgrade({url!r}));"
        "sys.exit('alembic' in sys.modules)"
    )

    assert 0 == await asyncio.to_thread(subprocess.call, [sys.executable, "-c", code])


def test_known_revisions_are_the_migrations():
    """The list that is read without Alembic names every migration, oldest first."""
    scripts = ScriptDirectory.from_config(_config())

    assert list(REVISIONS) == [script.revision for script in reversed(list(scripts.walk_revisions()))]


def _config():
    config = Config()
    config.set_main_option("script_location", str(migrating.FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade_to(connection, revision):
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _fill_first_revision(connection):
    """Rows as the first revision wrote them."""
    _insert(connection, "contacts", record='{"id": "c1", "firstName": "Ada"}', id="c1", dnd=False)
    _insert(connection, "history", position=1, record_id="c1", action="create", before=None, after="{}")


def _fill_outbox(connection):
    """Writes as the second revision kept them."""
    told = {"kind": "contacts", "record_id": "c1", "contact_id": "c1", "operation": "update-contact", "actor": "api:x"}
    path, body = '{"contactId": "c1"}', '{"firstName": "Ada"}'
    _insert(connection, "outbox", position=1, at=5, path=path, body=body, **told)
    _insert(connection, "outbox", position=2, at=6, path=path, body=None, **told)


def _insert(connection, name, **values):
    """A row of location l1; what is not given is empty or 0."""
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    row = {column.name: "" if isinstance(column.type, sa.Text) else 0 for column in table.columns}
    connection.execute(sa.insert(table).values(row | {"connection_id": "l1"} | values))


async def _asked(url, question):
    database = await Database.open(url)
    try:
        async with database.transaction() as session:
            return await session.connection.run_sync(question)
    finally:
        await database.close()


async def _revision(url):
    database = await Database.open(url)
    try:
        async with database.reading() as session:
            return await current_revision(session.connection)
    finally:
        await database.close()


async def _created(url):
    database = await Database.open(url)
    try:
        await schema.create_all(database)
    finally:
        await database.close()


def _reflected(connection):
    inspector = sa.inspect(connection)
    return {
        table: (
            sorted(
                (column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)
            ),
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted(tuple(unique["column_names"]) for unique in inspector.get_unique_constraints(table)),
            sorted(
                (index["name"], tuple(index["column_names"]), _part(index)) for index in inspector.get_indexes(table)
            ),
        )
        for table in inspector.get_table_names()
    }


def _part(index):
    """Of which rows the index is made."""
    return [str(option) for name, option in index.get("dialect_options", {}).items() if name.endswith("_where")]
