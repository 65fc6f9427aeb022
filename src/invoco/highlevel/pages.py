"""Pages of records: read tolerantly, turned by cursor, never in a circle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar

import msgspec

from invoco.highlevel.errors import PageLoop, Uncertain, Unreadable
from invoco.highlevel.operations import OPERATIONS
from invoco.highlevel.records import Contact, JsonObject, Record

R = TypeVar("R", bound=Record)


class Malformed(msgspec.Struct, frozen=True):
    """A row that could not be read; the rest of its page could."""

    raw: Any
    """What HighLevel sent."""
    reason: str
    """What is wrong, with the path of the field."""
    id: str | None = None
    """The id of the record, where it could be told."""


class Page(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """Some records of a list; iterating over it gives the records."""

    records: list[R]
    malformed: list[Malformed] = []
    after: Any = None
    """The cursor that reads the next page, as JSON; None after the last."""
    total: int | None = None
    """How many records the list has in all, where HighLevel tells."""

    def __iter__(self) -> Iterator[R]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def ids(self) -> list[str | None]:
        """The ids of all rows, readable or not."""
        return [record.id for record in self.records] + [row.id for row in self.malformed]


class SearchPage(Page[Contact], frozen=True, kw_only=True):
    """One page of a contact search (facts 4.3)."""

    cursors: list[list[Any] | None] = []
    """The `searchAfter` of each row, in the order of the answer, malformed rows included."""

    @property
    def contacts(self) -> list[Contact]:
        """The records."""
        return self.records


class UnreadSearchPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a contact search as it came: the next page can be asked for before these rows are read."""

    rows: list[Any]
    cursors: list[list[Any] | None]
    total: int | None
    after: Any

    def read(self) -> SearchPage:
        """The page with its rows as records."""
        contacts, malformed = read_rows(Contact, self.rows)
        return SearchPage(
            records=contacts, malformed=malformed, cursors=self.cursors, total=self.total, after=self.after
        )


P = TypeVar("P", bound=Page[Any])


def rows_of(answer: JsonObject, *names: str, operation: str) -> list[Any]:
    """The rows under the first of these names; null is an empty list, lists within the list are opened (facts 9).

    Raises:
        Unreadable: the answer has no such list.
    """
    name = next((name for name in names if name in answer), None)
    rows = answer[name] or [] if name else None
    if not isinstance(rows, list):
        raise incomplete(operation, answer, missing=f"a list of {names[0]}")
    return [inner for row in rows for inner in (row if isinstance(row, list) else (row,))]


def read_rows(kind: type[R], rows: list[Any]) -> tuple[list[R], list[Malformed]]:
    """The rows as records, and those that cannot be read with the reason."""
    records: list[R] = []
    malformed: list[Malformed] = []
    for row in rows:
        try:
            records.append(kind.from_storable(row))
        except msgspec.ValidationError as error:
            malformed.append(Malformed(row, str(error), _id_of(row)))
    return records, malformed


def whole_list(kind: type[R], rows: list[Any]) -> Page[R]:
    """The page of a list that HighLevel does not divide."""
    records, malformed = read_rows(kind, rows)
    return Page(records=records, malformed=malformed, total=len(rows))


def skipped_to(kind: type[R], rows: list[Any], *, skip: int, total: int | None = None) -> Page[R]:
    """The page of a list divided by `skip`; the last page is the empty one, since a server may cap the limit."""
    records, malformed = read_rows(kind, rows)
    after = skip + len(rows) if rows else None
    return Page(records=records, malformed=malformed, after=after, total=total)


def one_record(kind: type[R], answer: JsonObject, *names: str, operation: str) -> R:
    """The record under the first of these names, alone or first in a list.

    Raises:
        Unreadable: there is none, or it cannot be read, as `is_record` then tells.
    """
    raw = next((answer[name] for name in names if answer.get(name)), None)
    if isinstance(raw, list):
        raw = raw[0]
    if raw is None:
        raise incomplete(operation, answer, missing=f"a {names[0]}")
    try:
        return kind.from_storable(raw)
    except msgspec.ValidationError as cause:
        error = incomplete(operation, answer, missing=f"a readable {names[0]}: {cause}")
        if isinstance(error, Unreadable):
            error.is_record = True
        raise error from cause


def whole_number(value: Any) -> int | None:
    """A count as HighLevel sends it, number or digits; None where it does not."""
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def incomplete(operation: str, answer: JsonObject, *, missing: str) -> Unreadable | Uncertain:
    """The error for an answer that breaks its own rules; a write that must not be repeated may have happened."""
    row, trace_id = OPERATIONS[operation], answer.get("traceId")
    kind = Unreadable if row.idempotent else Uncertain
    return kind(
        f"The answer lacks {missing}",
        method=row.method,
        path=row.path,
        trace_id=trace_id if isinstance(trace_id, str) else None,
    )


def _id_of(row: Any) -> str | None:
    found = (row.get("id") or row.get("_id")) if isinstance(row, dict) else None
    return found if isinstance(found, str) else None


class PageTurner:
    """Notices when a list goes in a circle."""

    def __init__(self, operation: str) -> None:
        self._operation = OPERATIONS[operation]
        self._seen: set[int] = set()
        self._ids: list[str | None] = []

    def turn(self, page: Page[Any]) -> None:
        """Look at the page that was read last.

        Raises:
            PageLoop: its cursor was there before, or its rows are those of the page before.
        """
        mark = hash(msgspec.json.encode(page.after))
        ids = page.ids
        if (page.after is not None and mark in self._seen) or (ids and ids == self._ids):
            raise PageLoop(method=self._operation.method, path=self._operation.path)
        self._seen.add(mark)
        self._ids = ids


async def turned(fetch: Callable[[Any], Awaitable[P]], *, after: Any, operation: str) -> AsyncIterator[P]:
    """Every page from that cursor on; pages without rows are left out.

    Raises:
        PageLoop: the list goes in a circle.
    """
    turner = PageTurner(operation)
    while True:
        page = await fetch(after)
        turner.turn(page)
        if page.records or page.malformed:
            yield page
        if page.after is None:
            return
        after = page.after
