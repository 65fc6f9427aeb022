"""Databases that are used again and again, each time over another file.

An engine of SQLAlchemy compiles each statement once. A simulation opens dozens of databases, and with an engine for
each it would do little else than compile.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from invoco.store.database import Database


class Part(StrEnum):
    """Whose database it is."""

    TWIN = "twin"
    MIRROR = "mirror"


class Stage:
    """One engine for all files of a part."""

    def __init__(self) -> None:
        self._engine: AsyncEngine | None = None
        self._file = ""

    async def engine(self, file: Path) -> AsyncEngine:
        """The engine, over that file from now on; dispose of its connections before it is asked for again."""
        self._file = str(file)
        if self._engine is None:
            self._engine = (await Database.open(f"sqlite:///{file}", durable=False)).engine
            event.listen(self._engine.sync_engine, "do_connect", self._point)
        return self._engine

    def _point(self, _dialect: object, _record: object, arguments: list[str], _options: object) -> None:
        arguments[0] = self._file


@cache
def stage(part: Part) -> Stage:
    """The stage of that part in this process."""
    del part
    return Stage()
