"""Contacts, and the ways to find them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RecordKind
from invoco.domain.ports import ContactPage
from invoco.domain.search import ContactSearch
from invoco.highlevel.records import Contact
from invoco.store import rows, tables
from invoco.store.contact_search import SortKey, after, conditions, free_text, order_by, sort_keys
from invoco.store.counting import total
from invoco.store.json_inside import inside
from invoco.store.shelves import IDENTITY, RecordShelf
from invoco.store.statements import in_pieces, put_rows

_KEY = ("connection_id", "contact_id", "kind", "value")
_FORGET_KEYS = {
    "sqlite": "DELETE FROM contact_keys WHERE connection_id = ? AND contact_id IN (SELECT value FROM json_each(?))",
    "postgresql": "DELETE FROM contact_keys WHERE connection_id = %s"
    " AND contact_id IN (SELECT json_array_elements_text(%s::json))",
}
"""One statement whatever the number of contacts: their ids come as a JSON list."""


_INDEXED = ("date_added", "email_lower", "phone", "business_id")
_STEADY = "UPDATE SET " + ", ".join(
    f'"{column.name}" = excluded."{column.name}"'
    for column in tables.contacts.columns
    if column.name not in {*IDENTITY, *_INDEXED}
)
"""What replaces a contact that is found as before: an index is written whenever one of its columns is set at all."""


class ContactShelf(RecordShelf[Contact]):
    """Contacts of all locations; `table` may be another one of the same columns, without additional keys.

    `remember_totals` is for reading transactions alone: a total is then counted once while nothing is written.
    """

    def __init__(
        self, connection: AsyncConnection, *, table: sa.Table | None = None, remember_totals: bool = False
    ) -> None:
        super().__init__(connection, RecordKind.CONTACT, table=table)
        self._keeps_keys = table is None
        self._remember = remember_totals

    async def put(self, location_id: str, records: Sequence[Contact]) -> None:
        """Store the contacts, replacing those with the same id."""
        await super().put(location_id, records)
        if self._keeps_keys:
            await self._forget_keys(location_id, [contact.id for contact in records])
            keys = [key for contact in records for key in rows.contact_keys(location_id, contact)]
            await put_rows(self._connection, tables.contact_keys, keys, key=_KEY)

    async def change(self, location_id: str, changes: Sequence[tuple[Contact | None, Contact]]) -> None:
        """As `put`, for contacts of which the caller knows what is stored now: few indexes must be written then."""
        steady = [after for before, after in changes if before is not None and _found_by(before) == _found_by(after)]
        others = [after for before, after in changes if before is None or _found_by(before) != _found_by(after)]
        kept = [rows.contact_row(location_id, contact) for contact in steady]
        await put_rows(self._connection, self._table, kept, key=IDENTITY, otherwise=_STEADY)
        await self.put(location_id, others)

    async def delete(self, location_id: str, record_ids: Sequence[str]) -> None:
        """Remove the contacts; unknown ids are no error."""
        await super().delete(location_id, record_ids)
        if self._keeps_keys:
            await self._forget_keys(location_id, record_ids)

    async def with_email(self, location_id: str, email: str, *, additional: bool = True) -> list[Contact]:
        """Contacts with that e-mail, case-insensitively, oldest first; additional e-mails match too if asked."""
        return await self._with_key(
            "email", self._table.c.email_lower, location_id, email.lower(), additional=additional
        )

    async def with_phone(self, location_id: str, phone: str, *, additional: bool = True) -> list[Contact]:
        """Contacts with that E.164 phone, oldest first."""
        return await self._with_key("phone", self._table.c.phone, location_id, phone, additional=additional)

    async def of_business(
        self, location_id: str, business_id: str, *, limit: int, skip: int, query: str | None = None
    ) -> tuple[list[Contact], int]:
        """The contacts of a business, newest first, and how many there are."""
        columns = self._table.c
        wanted = [columns.connection_id == location_id, columns.business_id == business_id]
        wanted += [free_text(query, self._table)] if query else []
        keys = sort_keys((), self._table)
        chosen = sa.select(columns.record).where(*wanted).order_by(*order_by(keys)).limit(limit).offset(skip)
        name = ("of_business", location_id, business_id, query)
        return self._read(await self._connection.scalars(chosen)), await self._total(sa.and_(*wanted), name)

    async def newest(
        self, location_id: str, *, limit: int, after: tuple[int, str] | None = None, query: str | None = None
    ) -> tuple[list[Contact], int]:
        """Newest first after (dateAdded in ms, id), and how many there are in all (GET /contacts/, facts 3.2)."""
        page = await self.search(ContactSearch(location_id=location_id, page_limit=limit, after=after, query=query))
        return page.contacts, page.total

    async def texts(self, location_id: str, contact_ids: Sequence[str]) -> dict[str, str]:
        """Those that exist, by id, as the JSON text that msgspec encoded: an equal text spares decoding."""
        columns, found = self._table.c, dict[str, str]()
        for ids in in_pieces(contact_ids):
            chosen = sa.select(columns.id, columns.record).where(
                columns.connection_id == location_id, columns.id.in_(ids)
            )
            found.update((row.id, row.record) for row in await self._connection.execute(chosen))
        return found

    async def added(
        self, location_id: str, *, after: tuple[int, str], before: int | None, limit: int
    ) -> list[tuple[int, str]]:
        """(dateAdded in ms, id) of the contacts behind that pair and added before that instant, oldest first."""
        columns, (moment, contact_id) = self._table.c, after
        same_moment = sa.and_(columns.date_added == moment, columns.id > contact_id)
        wanted = [columns.date_added >= moment, sa.or_(columns.date_added > moment, same_moment)]
        if before is not None:
            wanted.append(columns.date_added < before)
        chosen = sa.select(columns.date_added, columns.id).where(columns.connection_id == location_id, *wanted)
        ordered = chosen.order_by(columns.date_added, columns.id).limit(limit)
        return [(row.date_added, row.id) for row in await self._connection.execute(ordered)]

    async def search(self, search: ContactSearch) -> ContactPage:
        """One page of the search (facts 4).

        Raises:
            BadRequest: a field, operator, sort or cursor that makes no sense.
        """
        wanted = conditions(search, self._table, inside(self._connection.dialect.name))
        keys = sort_keys(search.sort, self._table)
        found = (await self._connection.execute(self._page(search, wanted, keys))).all()
        count = await self._total(wanted, (search.location_id, search.filter, search.query))
        cursors = [tuple(row[1:]) for row in found]
        return ContactPage(self._read([row[0] for row in found]), cursors, count)

    def _page(self, search: ContactSearch, wanted: sa.ColumnElement[bool], keys: list[SortKey]) -> sa.Select[Any]:
        chosen = sa.select(self._table.c.record, *(key.expression for key in keys)).where(wanted)
        if search.after is not None:
            chosen = chosen.where(after(search.after, keys))
        elif search.page is not None:
            chosen = chosen.offset((search.page - 1) * search.page_limit)
        return chosen.order_by(*order_by(keys)).limit(search.page_limit)

    async def _total(self, wanted: sa.ColumnElement[bool], name: tuple[Any, ...]) -> int:
        counted = sa.select(sa.func.count()).select_from(self._table).where(wanted)
        whole_name = msgspec.json.encode((str(self._table.name), name))
        return await total(self._connection, counted, name=whole_name, remember=self._remember)

    async def _with_key(
        self, kind: str, column: sa.ColumnElement[str], location_id: str, value: str, *, additional: bool
    ) -> list[Contact]:
        if not value:
            return []
        columns, matching = self._table.c, column == value
        if additional and self._keeps_keys:
            keys = tables.contact_keys.c
            owners = sa.select(keys.contact_id).where(
                keys.connection_id == location_id, keys.kind == kind, keys.value == value
            )
            matching = sa.or_(matching, columns.id.in_(owners))
        return await self._select(matching, location_id=location_id, order=[columns.date_added, columns.id])

    async def _forget_keys(self, location_id: str, contact_ids: Sequence[str]) -> None:
        if contact_ids:
            forget = _FORGET_KEYS[self._connection.dialect.name]
            await self._connection.exec_driver_sql(forget, (location_id, rows.as_json(contact_ids)))


def _found_by(contact: Contact) -> tuple[object, ...]:
    """What the columns of `_INDEXED` and the additional keys are made of."""
    return (
        contact.date_added, contact.email, contact.phone, contact.business_id, contact.additional_emails,
        contact.additional_phones,
    )  # fmt: skip
