"""The versions of the mappings."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.outbound import MappingState, MappingVersion
from invoco.store.outbound_tables import mapping_versions as table
from invoco.store.rows import as_json, plain
from invoco.store.shelves import decoder
from invoco.store.statements import put_rows

_KEY = ("connection_id", "version")
_COLUMNS = table.c
_NEWEST = (
    sa.select(_COLUMNS.record)
    .where(_COLUMNS.connection_id == sa.bindparam("location_id"), _COLUMNS.state == sa.bindparam("of_state"))
    .order_by(_COLUMNS.version.desc())
    .limit(1)
)
"""Asked in every transaction that takes something in."""


class MappingShelf:
    """The versions of the mappings."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, version: MappingVersion) -> None:
        """Keep it; one of the same location and number is replaced."""
        row = (plain(version.location_id), version.version, version.state.value, as_json(version))
        await put_rows(self._connection, table, [row], key=_KEY)

    async def all(self, location_id: str) -> list[MappingVersion]:
        """Every version, newest first."""
        return await self._those(location_id)

    async def get(self, location_id: str, version: int) -> MappingVersion | None:
        """That version."""
        found = await self._those(location_id, _COLUMNS.version == version)
        return found[0] if found else None

    async def newest(self, location_id: str, state: MappingState) -> MappingVersion | None:
        """The newest version of that state."""
        text = await self._connection.scalar(_NEWEST, {"location_id": location_id, "of_state": state.value})
        return None if text is None else decoder(MappingVersion).decode(text)

    async def _those(self, location_id: str, *which: sa.ColumnElement[bool]) -> list[MappingVersion]:
        mine = sa.select(_COLUMNS.record).where(_COLUMNS.connection_id == location_id, *which)
        newest_first = mine.order_by(_COLUMNS.version.desc())
        return [decoder(MappingVersion).decode(text) for text in await self._connection.scalars(newest_first)]
