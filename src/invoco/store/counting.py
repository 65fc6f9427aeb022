"""Totals of searches, counted once per state of the database.

A total costs a scan of an index; while nothing is written it stays what it was. Each connection remembers the totals of
the state it saw last, and each dialect can tell whether that state is still the present one.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_TOTALS = "invoco_totals"
_MOST = 100
_STATE = {
    # Changes when another connection commits; own commits call `forget_totals`.
    "sqlite": sa.text("PRAGMA data_version"),
    # Equal snapshots see equal rows.
    "postgresql": sa.text("SELECT pg_current_snapshot()::text"),
}


def forget_totals(connection: AsyncConnection) -> None:
    """To be called before this connection writes."""
    connection.sync_connection.info.pop(_TOTALS, None)  # type: ignore[union-attr]  # it is open


async def total(connection: AsyncConnection, counted: sa.Select[int], *, name: bytes, remember: bool) -> int:
    """The number the statement counts; `name` tells counts apart, `remember` is for reading transactions alone."""
    if not remember:
        return int(await connection.scalar(counted) or 0)
    known = await _known_totals(connection)
    if name not in known:
        if len(known) >= _MOST:
            known.clear()
        known[name] = int(await connection.scalar(counted) or 0)
    return known[name]


async def _known_totals(connection: AsyncConnection) -> dict[bytes, int]:
    state: object = await connection.scalar(_STATE[connection.dialect.name])
    info = connection.sync_connection.info  # type: ignore[union-attr]  # it is open
    if info.get(_TOTALS, (None,))[0] != state:
        info[_TOTALS] = (state, {})
    totals: dict[bytes, int] = info[_TOTALS][1]
    return totals
