"""A store for whoever needs one."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from invoco.store.database import Database
from invoco.store.schema import create_all


class Stage:
    """A database that every test finds as it was made.

    All tests have one engine, which is pointed to another copy of the file each time: so every statement is compiled
    once instead of once per test.
    """

    def __init__(self, made: Path) -> None:
        self._made, self._count = made, itertools.count(1)
        self._engine: AsyncEngine | None = None
        self._file = ""

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database, until the test ends."""
        self._file = shutil.copy(self._made, f"{self._made}.{next(self._count)}")
        if self._engine is None:
            self._engine = (await Database.open(f"sqlite:///{self._file}", durable=False)).engine
            event.listen(self._engine.sync_engine, "do_connect", self._point)
        try:
            yield Database(self._engine)
        finally:
            await self._engine.dispose()

    def _point(self, _dialect: object, _record: object, arguments: list[str], _options: object) -> None:
        arguments[0] = self._file


@pytest.fixture(scope="session")
def staged() -> type[Stage]:
    """Puts a file on a stage."""
    return Stage


@pytest.fixture(scope="session")
def empty_mirror(tmp_path_factory) -> Path:
    """A database with all tables and no rows, made once."""
    path: Path = tmp_path_factory.mktemp("mirror") / "empty.sqlite3"

    async def make() -> None:
        database = await Database.open(f"sqlite:///{path}", durable=False)
        await create_all(database)
        await database.close()

    asyncio.run(make())
    return path


@pytest.fixture(scope="session")
def empty_stage(empty_mirror, staged) -> Stage:
    """That database on its stage."""
    stage: Stage = staged(empty_mirror)
    return stage


@pytest.fixture
async def store(empty_stage) -> AsyncIterator[Database]:
    """A store that holds nothing."""
    async with empty_stage.database() as database:
        yield database
