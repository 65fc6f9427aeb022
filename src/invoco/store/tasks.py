"""Tasks of a location."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RecordKind
from invoco.domain.search import TaskSearch
from invoco.highlevel.records import Task
from invoco.store import tables
from invoco.store.shelves import ChildShelf


class TaskShelf(ChildShelf[Task]):
    """Tasks, found by their contact or by a search; `table` may be another one of the same columns."""

    def __init__(self, connection: AsyncConnection, *, table: sa.Table | None = None) -> None:
        super().__init__(connection, RecordKind.TASK, table=table)

    async def search(self, search: TaskSearch) -> list[Task]:
        """One page of tasks, oldest first (facts 9)."""
        return await self._select(
            *self._wanted(search),
            location_id=search.location_id,
            order=self._oldest_first(),
            limit=search.limit,
            skip=search.skip,
        )

    def _wanted(self, search: TaskSearch) -> list[sa.ColumnElement[bool]]:
        columns = self._table.c
        wanted: list[sa.ColumnElement[bool]] = []
        if search.contact_ids:
            wanted.append(columns.contact_id.in_(search.contact_ids))
        if search.completed is not None:
            wanted.append(columns.completed.is_(search.completed))
        if search.assigned_to:
            wanted.append(columns.assigned_to.in_(search.assigned_to))
        if search.query:
            wanted.append(columns.words.contains(search.query.lower(), autoescape=True))
        if search.business_id is not None:
            wanted.append(columns.contact_id.in_(_contacts_of(search.location_id, search.business_id)))
        return wanted


def _contacts_of(location_id: str, business_id: str) -> sa.Select[str]:
    columns = tables.contacts.c
    return sa.select(columns.id).where(columns.connection_id == location_id, columns.business_id == business_id)
