"""Fields that are not as somebody wished."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Deviation, Finding
from invoco.store.open_ones import behind, open_of, with_known_ids
from invoco.store.outbound_tables import FINDING_CLOSED, FINDING_OPEN
from invoco.store.outbound_tables import findings as table
from invoco.store.rows import Row, as_json, optional, plain
from invoco.store.statements import given, one_of_given, put_rows

_COLUMNS = table.c
_IDENTITY = ("connection_id", "kind", "record_id", "field", "deviation")
_HERE = _COLUMNS.connection_id == sa.bindparam("location_id")
_TOLD = [column for column in _COLUMNS if column.name != "connection_id"]
_FIELDS = (_COLUMNS.connection_id.label("location_id"), *_TOLD)


class FindingShelf:
    """Fields that are not as somebody wished."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, findings: Sequence[Finding]) -> None:
        """Keep them; an open one of the same record, field and deviation is replaced and keeps its id."""
        if not findings:
            return
        closed = [finding for finding in findings if finding.closed_at is not None]
        known = open_of(self._connection.dialect.name, table, (*_IDENTITY, "id"), FINDING_OPEN)
        await self._store(closed)
        its_open = (finding for finding in findings if finding.closed_at is None)
        await self._store(await with_known_ids(self._connection, its_open, known, _identity))

    async def find(self, location_id: str, finding_id: str) -> Finding | None:
        """The finding of that id."""
        found = await self._connection.execute(_FOUND, {"location_id": location_id, "of_id": finding_id})
        return next(iter(_findings(found)), None)

    async def of_record(self, location_id: str, kind: RecordKind, record_id: str) -> list[Finding]:
        """Those of a record, newest first, open ones before the others."""
        whose = {"location_id": location_id, "of_kind": kind.value, "of_record": record_id}
        return _findings(await self._connection.execute(_OF_RECORD, whose))

    async def page(
        self, location_id: str, *, is_open: bool = True, after: str | None = None, limit: int = 100
    ) -> list[Finding]:
        """Newest first, behind the finding of that id; those that are open, or those that are closed."""
        chosen = sa.select(*_FIELDS).where(FINDING_OPEN if is_open else FINDING_CLOSED)
        return _findings(
            await behind(self._connection, table, chosen, location_id=location_id, after=after, limit=limit)
        )

    async def close(self, location_id: str, finding_ids: Sequence[str], *, at: int) -> int:
        """Close those that are open; tells how many."""
        if not finding_ids:
            return 0
        whose = {"location_id": location_id, "given": given(self._connection, finding_ids), "then": at}
        closed = await self._connection.execute(_closing(self._connection.dialect.name), whose)
        return closed.rowcount

    async def counts(self, location_id: str) -> dict[str, int]:
        """How many are open, by deviation."""
        rows = await self._connection.execute(_COUNTS, {"location_id": location_id})
        return {row.deviation: row.number for row in rows}

    async def _store(self, findings: Sequence[Finding]) -> None:
        await put_rows(self._connection, table, [_row(finding) for finding in findings], key=("id",))


_FOUND = sa.select(*_FIELDS).where(_HERE, _COLUMNS.id == sa.bindparam("of_id"))
_OF_RECORD = (
    sa.select(*_FIELDS)
    .where(_HERE, _COLUMNS.kind == sa.bindparam("of_kind"), _COLUMNS.record_id == sa.bindparam("of_record"))
    .order_by(_COLUMNS.closed_at.is_not(None), _COLUMNS.found_at.desc(), _COLUMNS.id.desc())
)
_COUNTS = (
    sa.select(_COLUMNS.deviation, sa.func.count().label("number"))
    .where(_HERE, FINDING_OPEN)
    .group_by(_COLUMNS.deviation)
)


@cache
def _closing(dialect_name: str) -> sa.Update:
    # Ids are told apart by themselves: SQLite must not look through all that is open here instead.
    here = sa.func.coalesce(_COLUMNS.connection_id, "") == sa.bindparam("location_id")
    some = (here, FINDING_OPEN, one_of_given(dialect_name, _COLUMNS.id))
    return sa.update(table).where(*some).values({_COLUMNS.closed_at: sa.bindparam("then")})


def _identity(finding: Finding) -> tuple[str, ...]:
    """In the order of `_IDENTITY`."""
    return (
        plain(finding.location_id), finding.kind.value, plain(finding.record_id), plain(finding.field),
        finding.deviation.value,
    )  # fmt: skip


def _row(finding: Finding) -> Row:
    """In the order of `outbound_tables.findings`."""
    return (
        plain(finding.id), plain(finding.location_id), finding.kind.value, plain(finding.record_id),
        optional(finding.contact_id), plain(finding.field), finding.deviation.value, as_json(finding.wished),
        as_json(finding.got), plain(finding.message), finding.found_at, finding.closed_at,
    )  # fmt: skip


def _findings(rows: sa.CursorResult[Any]) -> list[Finding]:
    return [Finding(**{**row, **_decoded(row)}) for row in rows.mappings()]


def _decoded(row: Any) -> dict[str, Any]:
    return {
        "kind": RecordKind(row["kind"]),
        "deviation": Deviation(row["deviation"]),
        "wished": msgspec.json.decode(row["wished"]),
        "got": msgspec.json.decode(row["got"]),
    }
