"""Token pairs, encrypted in the database, with a lease so that one refresher works at a time."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.tokens import TokenKey, Tokens
from invoco.store.database import Database
from invoco.store.tables import tokens as table
from invoco.store.vault import Vault

LEASE_SECONDS = 10.0
"""A holder that died is waited for no longer: well within the 30 s in which a refresh can be repeated (facts 2.2)."""
_EXTEND_EVERY = 3.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25


class StoredTokens:
    """Implements `highlevel.auth.TokenStore` for all processes that share the database.

    The lock is a lease in the row of the pair: no transaction stays open while HighLevel is asked.
    """

    def __init__(self, database: Database, vault: Vault, *, clock: Clock) -> None:
        self._database, self._vault, self._clock = database, vault, clock

    async def load(self, key: TokenKey) -> Tokens | None:
        """The pair, or None.

        Raises:
            Misconfigured: the key it was encrypted with is missing.
        """
        async with self._database.reading() as session:
            sealed = await session.connection.scalar(sa.select(table.c.sealed).where(_row(key)))
        if sealed is None:
            return None
        return msgspec.json.decode(self._vault.open(sealed, belongs_to=_owner(key)), type=Tokens)

    async def save(self, key: TokenKey, tokens: Tokens) -> None:
        """Keep the pair, replacing the one before."""
        sealed = self._vault.seal(msgspec.json.encode(tokens), belongs_to=_owner(key))
        await self._write(key, {"sealed": sealed})

    async def delete(self, key: TokenKey) -> None:
        """Forget the pair; who holds its lock goes on holding it."""
        async with self._database.transaction() as session:
            await session.connection.execute(sa.update(table).where(_row(key)).values(sealed=None))

    @asynccontextmanager
    async def lock(self, key: TokenKey) -> AsyncIterator[None]:
        """Held by one coroutine of one process at a time."""
        owner = secrets.token_hex(16)
        pause = _FIRST_PAUSE
        while not await self._leased(key, owner):
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        extending = asyncio.create_task(self._extend(key, owner))
        try:
            yield
        finally:
            extending.cancel()
            await asyncio.gather(extending, return_exceptions=True)
            await self._release(key, owner)

    async def _extend(self, key: TokenKey, owner: str) -> None:
        """Keep the lease while its holder lives."""
        mine = sa.and_(_row(key), table.c.lease_owner == owner)
        while True:
            await self._clock.sleep(_EXTEND_EVERY)
            async with self._database.transaction() as session:
                await session.connection.execute(sa.update(table).where(mine).values(lease_until=self._lease_end()))

    async def _leased(self, key: TokenKey, owner: str) -> bool:
        async with self._database.transaction() as session:
            until = await session.connection.scalar(sa.select(table.c.lease_until).where(_row(key)))
            if until is not None and until > milliseconds(self._clock):
                return False
            await self._put(session.connection, key, {"lease_owner": owner, "lease_until": self._lease_end()})
        return True

    def _lease_end(self) -> int:
        return milliseconds(self._clock) + int(LEASE_SECONDS * 1000)

    async def _release(self, key: TokenKey, owner: str) -> None:
        mine = sa.and_(_row(key), table.c.lease_owner == owner)
        async with self._database.transaction() as session:
            await session.connection.execute(sa.update(table).where(mine).values(lease_owner=None, lease_until=None))

    async def _write(self, key: TokenKey, values: dict[str, object]) -> None:
        async with self._database.transaction() as session:
            await self._put(session.connection, key, values)

    async def _put(self, connection: AsyncConnection, key: TokenKey, values: dict[str, object]) -> None:
        changed = await connection.execute(sa.update(table).where(_row(key)).values(values))
        if changed.rowcount == 0:
            identity = {"app_id": key.app_id, "resource_id": key.resource_id}
            await connection.execute(sa.insert(table).values(identity | values))


def _row(key: TokenKey) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.app_id == key.app_id, table.c.resource_id == key.resource_id)


def _owner(key: TokenKey) -> str:
    return f"tokens/{key.app_id}/{key.resource_id}"
