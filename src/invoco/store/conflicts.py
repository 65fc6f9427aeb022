"""Fields that wait for somebody to choose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Conflict, ConflictState
from invoco.store.open_ones import behind, open_of, with_known_ids
from invoco.store.outbound_tables import CONFLICT_OPEN, CONFLICT_SETTLED
from invoco.store.outbound_tables import conflicts as table
from invoco.store.rows import Row, as_json, plain
from invoco.store.shelves import decoder
from invoco.store.statements import given, put_rows

_COLUMNS = table.c
_IDENTITY = ("connection_id", "kind", "record_id", "field")
_HERE = _COLUMNS.connection_id == sa.bindparam("location_id")
_FOUND = sa.select(_COLUMNS.record).where(_HERE, _COLUMNS.id == sa.bindparam("of_id"))
_COUNT = sa.select(sa.func.count()).select_from(table).where(_HERE, CONFLICT_OPEN)


class ConflictShelf:
    """Fields that wait for somebody to choose."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, conflicts: Sequence[Conflict]) -> None:
        """Keep them, replacing those of the same ids; an open one of the same record and field keeps its id."""
        if not conflicts:
            return
        known = open_of(self._connection.dialect.name, table, (*_IDENTITY, "id"), CONFLICT_OPEN)
        await self._store([conflict for conflict in conflicts if conflict.state is not ConflictState.OPEN])
        its_open = (conflict for conflict in conflicts if conflict.state is ConflictState.OPEN)
        await self._store(await with_known_ids(self._connection, its_open, known, _identity))

    async def find(self, location_id: str, conflict_id: str) -> Conflict | None:
        """The conflict of that id."""
        found = await self._connection.scalars(_FOUND, {"location_id": location_id, "of_id": conflict_id})
        return next(iter(_conflicts(found)), None)

    async def open_of(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> dict[str, list[Conflict]]:
        """The open ones of these records, by record id, in the order of their fields."""
        if not record_ids:
            return {}
        chosen = open_of(self._connection.dialect.name, table, ("record",), CONFLICT_OPEN)
        whose = {"location_id": location_id, "of_kind": kind.value, "given": given(self._connection, record_ids)}
        found: defaultdict[str, list[Conflict]] = defaultdict(list)
        for conflict in _conflicts(await self._connection.scalars(chosen, whose)):
            found[conflict.record_id].append(conflict)
        return {id_: sorted(some, key=lambda conflict: conflict.field) for id_, some in found.items()}

    async def page(
        self, location_id: str, *, is_open: bool = True, after: str | None = None, limit: int = 100
    ) -> list[Conflict]:
        """Newest first, behind the conflict of that id; those that are open, or those that are settled."""
        chosen = sa.select(_COLUMNS.record).where(CONFLICT_OPEN if is_open else CONFLICT_SETTLED)
        found = await behind(self._connection, table, chosen, location_id=location_id, after=after, limit=limit)
        return _conflicts(found.scalars())

    async def count(self, location_id: str) -> int:
        """How many are open."""
        return int(await self._connection.scalar(_COUNT, {"location_id": location_id}) or 0)

    async def _store(self, conflicts: Sequence[Conflict]) -> None:
        await put_rows(self._connection, table, [_row(conflict) for conflict in conflicts], key=("id",))


def _identity(conflict: Conflict) -> tuple[str, ...]:
    """In the order of `_IDENTITY`."""
    return plain(conflict.location_id), conflict.kind.value, plain(conflict.record_id), plain(conflict.field)


def _row(conflict: Conflict) -> Row:
    """In the order of `outbound_tables.conflicts`."""
    return plain(conflict.id), *_identity(conflict), conflict.state.value, conflict.found_at, as_json(conflict)


def _conflicts(texts: Iterable[str]) -> list[Conflict]:
    return [decoder(Conflict).decode(text) for text in texts]
