"""Which revision of the schema a database has, read without Alembic."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.errors import StoreTooNew

REVISIONS = ("0001", "0002", "0003")
"""Every revision this Invoco knows, oldest first."""
HEAD = REVISIONS[-1]

_VERSION = sa.table("alembic_version", sa.column("version_num"))


async def current_revision(connection: AsyncConnection) -> str | None:
    """The revision of the database; None when no migration ever ran."""
    if not await connection.run_sync(lambda it: sa.inspect(it).has_table(_VERSION.name)):
        return None
    revision: str | None = await connection.scalar(sa.select(_VERSION.c.version_num))
    return revision


async def refuse_newer(connection: AsyncConnection) -> None:
    """Check that this Invoco knows the schema.

    Raises:
        StoreTooNew: a newer Invoco wrote it.
    """
    revision = await current_revision(connection)
    if revision is not None and revision not in REVISIONS:
        raise StoreTooNew(f"The database has revision {revision}, which this version of Invoco does not know.")
