"""Where benchmarks happen: an environment and a database that nothing else uses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def own_environment(folder: Path, database_url: str | None, more: dict[str, str]) -> dict[str, str]:
    """The variables of a process whose Invoco lives in that folder and knows no settings but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INVOCO_")}
    ours = {"INVOCO_DATA_FOLDER": str(folder), "INVOCO_CONFIG": str(folder / "none.toml")}
    if database_url:
        ours["INVOCO_DATABASE_URL"] = database_url
    return kept | ours | more


@contextmanager
def empty_database(url: str | None) -> Iterator[str | None]:
    """A new database beside that of the URL, dropped at the end; None stands for SQLite."""
    if url is None:
        yield None
        return
    import sqlalchemy as sa

    place = sa.make_url(url).set(drivername="postgresql+psycopg")
    name = f"invoco_bench_{os.getpid()}"
    engine = sa.create_engine(place, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        yield place.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        engine.dispose()
