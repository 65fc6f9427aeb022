"""The connections, and the keys of Invoco's API."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.connections import ApiKey, Connection
from invoco.domain.errors import BadRequest
from invoco.store.rows import as_json
from invoco.store.shelves import decoder
from invoco.store.statements import put_rows
from invoco.store.tables import api_keys, connections

_EITHER: sa.BindParameter[str] = sa.bindparam("name_or_id")
_BY_EITHER = sa.select(connections.c.record).where(sa.or_(connections.c.id == _EITHER, connections.c.name == _EITHER))
_ALL = sa.select(connections.c.record).order_by(connections.c.name)
_BY_HASH = sa.select(api_keys.c.record).where(api_keys.c.hash == sa.bindparam("of_hash"))


class ConnectionShelf:
    """The connections."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, name_or_id: str) -> Connection | None:
        """The connection with that name or location id; the id wins."""
        found = await self._read(_BY_EITHER, {"name_or_id": name_or_id})
        return max(found, key=lambda connection: connection.id == name_or_id, default=None)

    async def all(self) -> list[Connection]:
        """Every connection, by name."""
        return await self._read(_ALL)

    async def put(self, connection: Connection) -> None:
        """Store it, replacing the one with the same id.

        Raises:
            BadRequest: another connection has that name.
        """
        others = sa.select(connections.c.id).where(
            connections.c.name == connection.name, connections.c.id != connection.id
        )
        if await self._connection.scalar(others) is not None:
            raise BadRequest(f"Another connection is called {connection.name!r}.", cure="Choose another name.")
        row = (connection.id, connection.name, as_json(connection))
        await put_rows(self._connection, connections, [row], key=("id",))

    async def _read(self, chosen: sa.Select[str], parameters: dict[str, str] | None = None) -> list[Connection]:
        return [decoder(Connection).decode(text) for text in await self._connection.scalars(chosen, parameters)]


class KeyShelf:
    """The keys of Invoco's API."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def by_hash(self, hash_: str) -> ApiKey | None:
        """The key with that hash."""
        found = await self._read(_BY_HASH, {"of_hash": hash_})
        return found[0] if found else None

    async def all(self) -> list[ApiKey]:
        """Every key, by name."""
        return await self._read(sa.select(api_keys.c.record).order_by(api_keys.c.name))

    async def put(self, key: ApiKey) -> None:
        """Store it, replacing the one with the same name."""
        await put_rows(self._connection, api_keys, [(key.name, key.hash, as_json(key))], key=("name",))

    async def delete(self, name: str) -> bool:
        """Remove it; False when there was none."""
        removed = await self._connection.execute(sa.delete(api_keys).where(api_keys.c.name == name))
        return removed.rowcount > 0

    async def _read(self, chosen: sa.Select[str], parameters: dict[str, str] | None = None) -> list[ApiKey]:
        return [decoder(ApiKey).decode(text) for text in await self._connection.scalars(chosen, parameters)]
