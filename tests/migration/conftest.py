"""A database without tables, on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path, own_postgres) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with own_postgres("migration") as url:
            yield url
