"""The locations that have something to do, found without looking at all of it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

Condition = sa.ColumnExpressionArgument[bool]


async def locations_in(
    connection: AsyncConnection, table: sa.Table, *, among: Sequence[Condition] = (), having: Sequence[Condition] = ()
) -> list[str]:
    """The locations that have a row for which all conditions are true, by id.

    `among` are the conditions of an index that begins with `connection_id`. It leads from one location to the next:
    what that costs grows with the locations, not with the rows.
    """
    column = table.c.connection_id
    least = sa.select(sa.func.min(column).label("id")).where(*among)
    locations = least.cte("locations", recursive=True)
    following = least.where(column > locations.c.id).correlate(locations).scalar_subquery()
    locations = locations.union_all(sa.select(following).where(locations.c.id.is_not(None)))
    there = sa.exists().where(column == locations.c.id, *among, *having).correlate(locations)
    chosen = sa.select(locations.c.id).where(locations.c.id.is_not(None), there).order_by(locations.c.id)
    return list(await connection.scalars(chosen))
