"""A database without tables, on SQLite and on PostgreSQL."""

import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

POSTGRES = os.environ.get("INVOCO_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        yield from _schema_of_its_own()


def _schema_of_its_own() -> Iterator[str]:
    server = sa.make_url(POSTGRES)
    try:
        admin = server.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(admin, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if os.environ.get("CI"):
            pytest.fail(f"No PostgreSQL: {error}")
        pytest.skip(f"No PostgreSQL: {error}")
    name = f"migration_{uuid.uuid4().hex[:12]}"
    with connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        try:
            url = server.update_query_dict({"options": f"-csearch_path={name}"})
            yield url.render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
