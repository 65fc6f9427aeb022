"""The schema: made at once for a new twin or test, by migrations for a database that lives on."""

from __future__ import annotations

import sqlalchemy as sa

from invoco.store.columns import metadata
from invoco.store.database import Database
from invoco.store.indexes import lacks_indexes
from invoco.store.revisions import HEAD, current_revision
from invoco.store.tables import contacts

__all__ = ["create_all", "metadata", "upgrade"]


async def create_all(database: Database, *extra_metadata: sa.MetaData) -> None:
    """Create the tables that are missing, of the store and of the metadata given, without migrations."""
    async with database.transaction() as session:
        for tables in (metadata, *extra_metadata):
            await session.connection.run_sync(tables.create_all)


async def upgrade(url: str) -> None:
    """Bring the schema to the newest revision; quick when it is there, safe when two processes do it.

    Indexes that a killed import put off are made.

    Raises:
        StoreTooNew: a newer Invoco wrote the database.
        StoreBusy, StoreUnusable: as `Database.open` says.
    """
    database = await Database.open(url)
    try:
        async with database.reading() as session:
            revision = await current_revision(session.connection)
            unfinished = revision == HEAD and await lacks_indexes(session.connection, contacts)
        if revision != HEAD:
            await _migrate(database)
        if unfinished:
            await database.finish_contacts()
    finally:
        await database.close()


async def _migrate(database: Database) -> None:
    # Imported late: Alembic takes longer to load than an upgrade that has nothing to do.
    from invoco.store.migrating import migrate

    async with database.transaction() as session:
        await session.connection.run_sync(migrate)
