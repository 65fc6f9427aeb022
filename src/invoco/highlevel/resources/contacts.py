"""Contacts of a location (facts 3, 4 and 5)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from invoco.highlevel.adoption import same_contact
from invoco.highlevel.clock import instant
from invoco.highlevel.errors import HighLevelError, InvalidInput, Uncertain
from invoco.highlevel.pages import (
    Page,
    SearchPage,
    UnreadSearchPage,
    incomplete,
    one_record,
    read_rows,
    rows_of,
    skipped_to,
    turned,
    whole_number,
)
from invoco.highlevel.records import Contact, JsonObject
from invoco.highlevel.resources.memberships import Memberships
from invoco.highlevel.resources.resource import may_have_happened

OLDEST_FIRST: tuple[JsonObject, ...] = ({"field": "dateAdded", "direction": "asc"},)
"""A sort that new contacts do not disturb."""

T = TypeVar("T")


class Upserted(msgspec.Struct, frozen=True):
    """What an upsert did."""

    contact: Contact
    new: bool
    """Whether the contact was created."""


class Contacts(Memberships):
    """People and leads.

    Methods raise the errors that `errors` draws; those named at a method are the ones to expect there.
    """

    async def get(self, contact_id: str) -> Contact:
        """The contact.

        Raises:
            NotFound: there is none with this id, or no longer.
        """
        answer = await self._call("get-contact", contactId=contact_id)
        return one_record(Contact, answer, "contact", operation="get-contact")

    async def create(self, fields: Mapping[str, Any]) -> Contact:
        """Create a contact; never twice.

        When the answer is lost, or is a 422 although HighLevel may have written (facts 3.4, i64), the contact is
        looked up by its e-mail and phone, and adopted when it has every field that was sent.

        Args:
            fields: under the wire names of facts 3.4; `locationId` is filled in.

        Raises:
            InvalidInput: a field is unknown (nothing was sent) or refused; `fields` has the reasons.
            Duplicate: the location allows no second contact with this e-mail or phone; `existing_id` is the first.
            Uncertain: the answer was lost and no such contact was found.
        """
        body = self._with_location(fields)
        try:
            answer = await self._call("create-contact", body=body)
            return one_record(Contact, answer, "contact", operation="create-contact")
        except (Uncertain, InvalidInput) as doubt:
            found = await self._adoptable(body) if may_have_happened(doubt) else None
            if found is None:
                raise
            return found

    async def update(self, contact_id: str, fields: Mapping[str, Any]) -> Contact:
        """Change a contact; fields that are not given stay as they are, None clears, `tags` replaces all tags.

        Raises:
            NotFound: there is no such contact.
            InvalidInput: a field is unknown or refused.
            Duplicate: another contact has this e-mail or phone.
        """
        answer = await self._confirmed("update-contact", body=fields, contactId=contact_id)
        return one_record(Contact, answer, "contact", operation="update-contact")

    async def upsert(self, fields: Mapping[str, Any]) -> Upserted:
        """Create a contact, or update the one that matches by e-mail or phone (facts 5); `tags` replaces all tags.

        Raises:
            InvalidInput: a field is unknown or refused.
            Uncertain: the answer was lost.
        """
        answer = await self._call("upsert-contact", body=self._with_location(fields))
        contact = one_record(Contact, answer, "contact", operation="upsert-contact")
        return Upserted(contact, new=answer.get("new") is True)

    async def delete(self, contact_id: str) -> None:
        """Delete a contact, and with it what belongs to it.

        Raises:
            NotFound: there is no such contact.
        """
        await self._confirmed("delete-contact", contactId=contact_id)

    async def search(
        self,
        *,
        filters: Sequence[JsonObject] = (),
        sort: Sequence[JsonObject] = (),
        query: str | None = None,
        page_limit: int = 100,
        page: int | None = None,
        search_after: Sequence[Any] | None = None,
    ) -> SearchPage:
        """One page of a search (facts 4); the index lags behind the contacts by seconds to minutes.

        Args:
            filters: leaves `{field, operator, value}` and groups `{group, filters}`, joined by AND.
            sort: at most two of `{field, direction}`.
            query: at most 75 characters, looked for in the location's searchable fields.
            page_limit: rows per page; 100 is safe, 500 is documented.
            page: from 1; page times page_limit must not pass 10 000.
            search_after: the cursor of a row instead of a page; belongs to the same filters and sort.

        Raises:
            InvalidInput: a filter, a sort or the window is refused.
        """
        unread = await self.search_unread(
            filters=filters, sort=sort, query=query, page_limit=page_limit, page=page, search_after=search_after
        )
        return unread.read()

    async def search_unread(
        self,
        *,
        filters: Sequence[JsonObject] = (),
        sort: Sequence[JsonObject] = (),
        query: str | None = None,
        page_limit: int = 100,
        page: int | None = None,
        search_after: Sequence[Any] | None = None,
    ) -> UnreadSearchPage:
        """As `search`, for who asks for the next page before reading the rows of this one.

        Raises:
            InvalidInput: as `search`.
        """
        body = {
            "locationId": self._location_id,
            "pageLimit": page_limit,
            "page": page,
            "searchAfter": list(search_after) if search_after is not None else None,
            "filters": list(filters) or None,
            "sort": list(sort) or None,
            "query": query,
        }
        answer = await self._call("search-contacts-advanced", body=_given(body))
        return _search_page(answer, is_first=page is None and search_after is None)

    def pages(
        self,
        *,
        filters: Sequence[JsonObject] = (),
        sort: Sequence[JsonObject] = OLDEST_FIRST,
        query: str | None = None,
        page_limit: int = 500,
        after: Sequence[Any] | None = None,
    ) -> AsyncIterator[SearchPage]:
        """All pages of a search, by cursor: the window of 10 000 rows does not bind them (facts 4.3).

        Args:
            filters: as for `search`.
            sort: as for `search`; oldest first unless told otherwise.
            query: as for `search`.
            page_limit: as for `search`.
            after: the `after` of a page read earlier with the same filters and sort, to go on behind it.

        Raises:
            PageLoop: a cursor came twice.
        """

        async def fetch(cursor: Any) -> SearchPage:
            return await self.search(
                filters=filters, sort=sort, query=query, page_limit=page_limit, search_after=cursor
            )

        return turned(fetch, after=after, operation="search-contacts-advanced")

    async def list(
        self, *, limit: int = 100, query: str | None = None, after: tuple[int, str] | None = None
    ) -> Page[Contact]:
        """One page of the old listing, newest first (facts 3.2); absent from v3, where `search` takes its place.

        Args:
            limit: at most 100.
            query: free text.
            after: the `after` of the page before: dateAdded in milliseconds, and id, of its last row.
        """
        start_after, start_after_id = after or (None, None)
        query_ = {"limit": limit, "query": query, "startAfter": start_after, "startAfterId": start_after_id}
        answer = await self._located("get-contacts", query=query_)
        rows = rows_of(answer, "contacts", operation="get-contacts")
        records, malformed = read_rows(Contact, rows)
        meta = answer["meta"] if isinstance(answer.get("meta"), dict) else {}
        return Page(
            records=records,
            malformed=malformed,
            after=_list_cursor(meta, records) if rows else None,
            total=whole_number(meta.get("total", answer.get("count"))),
        )

    def listed_pages(
        self, *, limit: int = 100, query: str | None = None, after: tuple[int, str] | None = None
    ) -> AsyncIterator[Page[Contact]]:
        """All pages of the old listing.

        Raises:
            PageLoop: a cursor came twice.
        """

        async def fetch(cursor: Any) -> Page[Contact]:
            return await self.list(limit=limit, query=query, after=cursor)

        return turned(fetch, after=after, operation="get-contacts")

    async def of_business(
        self, business_id: str, *, limit: int = 25, skip: int = 0, query: str | None = None
    ) -> Page[Contact]:
        """One page of a business's contacts; at most 100 (facts 1.3)."""
        answer = await self._located(
            "get-contacts-by-businessId",
            query={"limit": limit, "skip": skip, "query": query},
            businessId=business_id,
        )
        rows = rows_of(answer, "contacts", operation="get-contacts-by-businessId")
        return skipped_to(Contact, rows, skip=skip, total=whole_number(answer.get("count")))

    def pages_of_business(
        self, business_id: str, *, limit: int = 100, query: str | None = None, after: int = 0
    ) -> AsyncIterator[Page[Contact]]:
        """All pages of a business's contacts."""

        async def fetch(skip: int) -> Page[Contact]:
            return await self.of_business(business_id, limit=limit, skip=skip, query=query)

        return turned(fetch, after=after, operation="get-contacts-by-businessId")

    async def duplicate(self, *, email: str | None = None, number: str | None = None) -> Contact | None:
        """The contact that one with this e-mail or phone would duplicate, under the location's rule (facts 5)."""
        answer = await self._located("get-duplicate-contact", query={"email": email, "number": number})
        if not answer.get("contact"):
            return None
        return one_record(Contact, answer, "contact", operation="get-duplicate-contact")

    async def lookup(
        self, *, email: str | None = None, phone: str | None = None, limit: int = 20, after: str | None = None
    ) -> Page[Contact]:
        """Contacts with this e-mail or phone, additional ones too (facts 1.3); v3, OAuth tokens only.

        Args:
            email: exactly one of e-mail and phone.
            phone: E.164.
            limit: at most 20.
            after: the `after` of the page before.
        """
        answer = await self._located(
            "lookup-contact", query={"email": email, "phone": phone, "limit": limit, "nextCursor": after}
        )
        rows = rows_of(answer, "contacts", operation="lookup-contact")
        records, malformed = read_rows(Contact, rows)
        return Page(records=records, malformed=malformed, after=answer.get("nextCursor") or None)

    def _with_location(self, fields: Mapping[str, Any]) -> JsonObject:
        return {**fields, "locationId": self._location_id}

    async def _adoptable(self, body: JsonObject) -> Contact | None:
        """The contact that has everything that was sent, found by e-mail, then by phone."""
        keys = {"email": body.get("email"), "number": body.get("phone")}
        for key, value in keys.items():
            if not value:
                continue
            try:
                found = await self.duplicate(**{key: value})
            except HighLevelError:  # the doubt itself says more than a failed look
                continue
            if found is not None and same_contact(body, found):
                return found
        return None


def _given(values: dict[str, T | None]) -> dict[str, T]:
    return {name: value for name, value in values.items() if value is not None}


def _search_page(answer: JsonObject, *, is_first: bool) -> UnreadSearchPage:
    rows = rows_of(answer, "contacts", operation="search-contacts-advanced")
    cursors = [_cursor(row) for row in rows]
    total = whole_number(answer.get("total"))
    is_whole = is_first and total is not None and total <= len(rows)
    return UnreadSearchPage(
        rows=rows,
        cursors=cursors,
        total=total,
        after=None if is_whole or not rows else _last(cursors, answer),
    )


def _cursor(row: Any) -> list[Any] | None:
    cursor = row.get("searchAfter") if isinstance(row, dict) else None
    return cursor if isinstance(cursor, list) and cursor else None


def _last(cursors: Sequence[list[Any] | None], answer: JsonObject) -> list[Any]:
    last: list[Any] | None = next((cursor for cursor in reversed(cursors) if cursor), None)
    if last is None:
        raise incomplete("search-contacts-advanced", answer, missing="searchAfter in its rows")
    return last


def _list_cursor(meta: JsonObject, records: Sequence[Contact]) -> tuple[int, str] | None:
    """What `meta` says; where the answer has none, as in the published schema, the last row's own."""
    start_after, start_after_id = whole_number(meta.get("startAfter")), meta.get("startAfterId")
    if start_after is not None and isinstance(start_after_id, str):
        return start_after, start_after_id
    last = records[-1] if records and not meta else None
    return (instant(last.date_added), last.id) if last and last.date_added else None
