"""The tables of procrastinate, made when they are missing."""

from __future__ import annotations

from typing import Final

import psycopg
import sqlalchemy as sa
from procrastinate.schema import SchemaManager

from invoco.domain.errors import StoreUnusable

_CONNECT_SECONDS: Final = 10
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('invoco jobs ' || current_schema()))"
_IS_MADE: Final = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"


def conninfo(url: str) -> str:
    """The URL as PostgreSQL's own library reads it: without the name of a Python driver."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def ensure_schema(url: str) -> None:
    """Make the tables unless they are there; safe when several processes do it at once.

    Raises:
        StoreUnusable: the server cannot be reached, or refuses.
    """
    try:
        async with await psycopg.AsyncConnection.connect(conninfo(url), connect_timeout=_CONNECT_SECONDS) as connection:
            await connection.execute(_LOCK)
            if await (await connection.execute(_IS_MADE)).fetchone() != (True,):
                await connection.execute(SchemaManager.get_schema())
    except psycopg.Error as error:
        raise StoreUnusable(
            f"The tables for jobs cannot be made in the database: {type(error).__name__}.",
            cure="Check that the server runs and that the user of INVOCO_DATABASE_URL may create tables.",
        ) from error
