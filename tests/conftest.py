"""What all tests need before anything of theirs is imported, and a PostgreSQL database for those that want one."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

import invoco

PROMISES = sorted(Path(invoco.__file__).parent.joinpath("testing").glob("*_promises.py"))
POSTGRES = os.environ.get("INVOCO_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")

pytest.register_assert_rewrite(*(f"invoco.testing.{file.stem}" for file in PROMISES))


@pytest.fixture(scope="session")
def own_postgres() -> Callable[[str], AbstractContextManager[str]]:
    """Makes a database on the server, named after its purpose, and tells its URL; it goes afterwards."""
    return _own_postgres


@contextmanager
def _own_postgres(purpose: str) -> Iterator[str]:
    server = sa.make_url(POSTGRES)
    name = f"invoco_{purpose}_{uuid.uuid4().hex[:12]}"
    with _administration(server) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _administration(server: sa.URL) -> psycopg.Connection[tuple[object, ...]]:
    admin = server.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return psycopg.connect(admin, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if os.environ.get("CI"):
            pytest.fail(f"No PostgreSQL: {error}")
        # Only where no server runs at a developer's: CI has one, and fails without it.
        pytest.skip(f"No PostgreSQL: {error}")
