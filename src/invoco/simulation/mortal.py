"""The engine's database, in which a program can be ended at any commit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from invoco.simulation.owned import Program
from invoco.store.database import Database
from invoco.store.session import StoreSession

BEFORE, AFTER = "before", "after"


class Fate:
    """When the program dies: at one of its next commits, before or after it."""

    def __init__(self) -> None:
        self._commits: int | None = None
        self._moment = BEFORE
        self.struck = 0
        """How often it came about."""

    def decide(self, *, commits: int, moment: str) -> None:
        """Let it die at the commit after so many."""
        self._commits, self._moment = commits, moment

    def spare(self) -> None:
        """Let it live."""
        self._commits = None

    def strikes(self, moment: str) -> bool:
        """Whether this is the moment; each commit asks before and after itself."""
        if self._commits is None:
            return False
        if moment == self._moment and self._commits <= 0:
            self._commits, self.struck = None, self.struck + 1
            return True
        if moment == AFTER:
            self._commits -= 1
        return False


class MortalDatabase(Database):
    """A database that the program's fate watches; once the program is dead nothing reaches it."""

    def __init__(self, engine: AsyncEngine, *, program: Program, fate: Fate) -> None:
        super().__init__(engine)
        self._program, self._fate = program, fate

    @asynccontextmanager
    async def transaction(self, *, durable: bool = True) -> AsyncIterator[StoreSession]:
        """A writing transaction; the program may die before or after its commit."""
        self._check()
        async with super().transaction(durable=durable) as session:
            yield session
            self._check()
            if self._fate.strikes(BEFORE):
                raise self._program.strike()
        if self._fate.strikes(AFTER):
            raise self._program.strike()

    @asynccontextmanager
    async def appending(self) -> AsyncIterator[StoreSession]:
        """An appending transaction, as mortal as any."""
        self._check()
        async with super().appending() as session:
            yield session
            self._check()
            if self._fate.strikes(BEFORE):
                raise self._program.strike()
        if self._fate.strikes(AFTER):
            raise self._program.strike()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[StoreSession]:
        """A reading transaction."""
        self._check()
        async with super().reading() as session:
            yield session

    def _check(self) -> None:
        if self._program.ended.is_set():
            raise self._program.strike()
