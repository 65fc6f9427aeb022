"""Appointments of a location."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Appointment
from invoco.store.shelves import ChildShelf


class AppointmentShelf(ChildShelf[Appointment]):
    """Appointments, found by their contact or by when they start."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection, RecordKind.APPOINTMENT)

    async def between(
        self, location_id: str, *, start: int, end: int, calendar_id: str | None = None,
        user_id: str | None = None, group_id: str | None = None,
    ) -> list[Appointment]:  # fmt: skip
        """Appointments that start within [start, end] (milliseconds), of one calendar, user or group."""
        columns = self._table.c
        owners = ((columns.calendar_id, calendar_id), (columns.assigned_user_id, user_id), (columns.group_id, group_id))
        wanted = [column == value for column, value in owners if value is not None]
        within: sa.ColumnElement[bool] = columns.start_time.between(start, end)
        return await self._select(within, *wanted, location_id=location_id, order=self._oldest_first())
