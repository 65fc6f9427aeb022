"""What is open at most once for a record and field: findings and conflicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.outbound import Conflict, Finding
from invoco.store.rows import plain
from invoco.store.statements import given, one_of_given

T = TypeVar("T", Finding, Conflict)


async def with_known_ids(
    connection: AsyncConnection, open_ones: Iterable[T], known: sa.Select[Any], same: Callable[[T], Hashable]
) -> list[T]:
    """The last of those that are the same, each with the id under which it is open already.

    `known` tells the open ones of some records, as `known_of`: the columns of `same` and the id.
    """
    kept = {same(each): each for each in open_ones}
    ids: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for each in kept.values():
        ids[each.location_id, each.kind.value].add(plain(each.record_id))
    for (location_id, kind), record_ids in ids.items():
        whose = {"location_id": location_id, "of_kind": kind, "given": given(connection, sorted(record_ids))}
        for *identity, id_ in await connection.execute(known, whose):
            if tuple(identity) in kept:
                kept[tuple(identity)] = replace(kept[tuple(identity)], id=id_)
    return list(kept.values())


@cache
def open_of(dialect_name: str, table: sa.Table, columns: tuple[str, ...], is_open: sa.TextClause) -> sa.Select[Any]:
    """These columns of what is open of some records of one kind."""
    mine = (table.c.connection_id == sa.bindparam("location_id"), table.c.kind == sa.bindparam("of_kind"))
    chosen = sa.select(*(table.c[name] for name in columns))
    return chosen.where(*mine, is_open, one_of_given(dialect_name, table.c.record_id))


async def behind(
    connection: AsyncConnection, table: sa.Table, chosen: sa.Select[Any], *, location_id: str, after: str | None,
    limit: int,
) -> sa.CursorResult[Any]:  # fmt: skip
    """Newest first, behind the one of that id; nothing is behind one that there is not."""
    order = sa.tuple_(table.c.found_at, table.c.id)
    mine = chosen.where(table.c.connection_id == location_id)
    if after is not None:
        found_at = await connection.scalar(
            sa.select(table.c.found_at).where(table.c.id == after, table.c.connection_id == location_id)
        )
        mine = mine.where(sa.false() if found_at is None else order < sa.tuple_(found_at, after))
    found: sa.CursorResult[Any] = await connection.execute(
        mine.order_by(table.c.found_at.desc(), table.c.id.desc()).limit(limit)
    )
    return found
