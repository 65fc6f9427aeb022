"""What search and listing promise (facts 3.2, 4)."""
# ruff: noqa: S101 - these are tests, kept here so that every subject can subclass them

from __future__ import annotations

from typing import Any

import pytest

from invoco.highlevel import HighLevel
from invoco.highlevel.errors import InvalidInput
from invoco.testing.promised_account import BUDGET, GRACE, SIZE

JsonObject = dict[str, Any]
PEOPLE: tuple[JsonObject, ...] = (
    {"name": "Ada King", "email": "Ada@example.com", "city": "London", "country": "GB", "tags": ["math", "count"]},
    {"name": "Åsa Öberg", "city": "Malmö", "country": "SE", "dnd": True, "dateOfBirth": "1990-05-01"},
    {"name": "Bob Ada", "phone": "+12125550155", "companyName": "Bob & Co", "source": "fair", "tags": ["math"]},
    {
        "name": "Eve", "website": "https://eve.example", "dndSettings": {"Email": {"status": "active"}},
        "customFields": [{"id": SIZE, "field_value": "Large"}, {"id": BUDGET, "field_value": 100}],
    },
)  # fmt: skip
"""Beside Grace Hopper, who was there before."""


def leaf(field: str, operator: str, value: Any = None) -> JsonObject:
    """One filter."""
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


async def with_people(highlevel: HighLevel) -> HighLevel:
    """The client, when there is somebody to be found."""
    for person in PEOPLE:
        await highlevel.contacts.create(person)
    return highlevel


class FindingPromises:
    """Finding contacts by what they are."""

    @pytest.mark.parametrize(
        ("filters", "names"),
        [
            ([], "Ada Bob Eve Grace Åsa"),
            ([leaf("id", "eq", GRACE)], "Grace"),
            ([leaf("email", "eq", "ada@EXAMPLE.com")], "Ada"),
            ([leaf("email", "exists")], "Ada Grace"),
            ([leaf("email", "not_exists")], "Bob Eve Åsa"),
            ([leaf("phone", "eq", "+12125550155")], "Bob"),
            ([leaf("firstNameLowerCase", "eq", "åsa")], "Åsa"),
            ([leaf("firstNameLowerCase", "contains", "a")], "Ada Grace Åsa"),
            ([leaf("lastNameLowerCase", "not_exists")], "Eve"),
            ([leaf("tags", "eq", "math")], "Ada Bob"),
            ([leaf("tags", "not_eq", "math")], "Eve Grace Åsa"),
            ([leaf("tags", "contains", "pion")], "Grace"),
            ([leaf("tags", "not_exists")], "Eve Åsa"),
            ([leaf("city", "contains", "lm")], "Åsa"),
            ([leaf("country", "eq", "GB")], "Ada"),
            ([leaf("companyName", "contains", "bob")], "Bob"),
            ([leaf("source", "eq", "fair")], "Bob"),
            ([leaf("dnd", "eq", True)], "Åsa"),
            ([leaf("dndSettings.Email.status", "eq", "active")], "Eve"),
            ([leaf("website", "exists")], "Eve"),
            ([leaf("dateOfBirth", "range", {"gte": "1990-01-01", "lt": "1991-01-01"})], "Åsa"),
            ([leaf("dateAdded", "range", {"lt": 1_706_745_600_000})], "Grace"),
            ([leaf("dateAdded", "range", {"gt": 1_706_745_600_000})], "Ada Bob Eve Åsa"),
            ([leaf(f"customFields.{SIZE}", "eq", "Large")], "Eve"),
            ([leaf(f"customFields.{SIZE}", "not_exists")], "Ada Bob Grace Åsa"),
            ([leaf(f"customFields.{BUDGET}", "range", {"gte": 100, "lte": 100})], "Eve"),
            ([leaf("tags", "eq", "math"), leaf("country", "exists")], "Ada"),
            ([{"group": "OR", "filters": [leaf("country", "eq", "SE"), leaf("id", "eq", GRACE)]}], "Grace Åsa"),
            (
                [
                    leaf("tags", "exists"),
                    {"group": "OR", "filters": [leaf("country", "eq", "GB"), leaf("source", "exists")]},
                ],
                "Ada Bob",
            ),
        ],
    )
    async def test_filters(self, highlevel: HighLevel, filters: list[JsonObject], names: str) -> None:
        """A filter finds whom it describes, and nobody else."""
        people = await with_people(highlevel)
        page = await people.contacts.search(filters=filters)
        found = sorted((contact.first_name or "" for contact in page), key=str.lower)

        assert (found, page.total) == (names.split(), len(names.split()))

    async def test_filtered_contact_is_the_contact(self, highlevel: HighLevel) -> None:
        """A row of a search reads to the same contact as a read by id."""
        people = await with_people(highlevel)
        for contact in await people.contacts.search():
            assert contact == await people.contacts.get(contact.id)

    async def test_free_text(self, highlevel: HighLevel) -> None:
        """Names, e-mails, phones and companies are looked through."""
        people = await with_people(highlevel)
        page = await people.contacts.search(query="ada")

        assert sorted(contact.name or "" for contact in page) == ["Ada King", "Bob Ada"]

    @pytest.mark.parametrize(
        ("field", "direction", "first"),
        [("firstNameLowerCase", "asc", "Ada"), ("firstNameLowerCase", "desc", "Åsa"), ("dateAdded", "asc", "Grace")],
    )
    async def test_sort(self, highlevel: HighLevel, field: str, direction: str, first: str) -> None:
        """The order is the one asked for."""
        people = await with_people(highlevel)
        page = await people.contacts.search(sort=[{"field": field, "direction": direction}])

        assert page.contacts[0].first_name == first

    @pytest.mark.parametrize("field", ["dateAdded", "firstNameLowerCase", "email", "dnd", "source"])
    @pytest.mark.parametrize("direction", ["asc", "desc"])
    async def test_cursor_pages_lose_nobody(self, highlevel: HighLevel, field: str, direction: str) -> None:
        """Every contact comes once, whatever the sort and however many have no value."""
        people = await with_people(highlevel)
        sort = [{"field": field, "direction": direction}]
        everybody = await people.contacts.search(sort=sort)
        pages = [page async for page in people.contacts.pages(sort=sort, page_limit=2)]

        assert everybody.ids == [id_ for page in pages for id_ in page.ids]
        assert len(everybody) == 5

    async def test_numbered_pages(self, highlevel: HighLevel) -> None:
        """Pages are counted from 1, and the total is told with each."""
        people = await with_people(highlevel)
        pages = [await people.contacts.search(page=number, page_limit=2) for number in (1, 2, 3, 4)]

        assert [len(page) for page in pages] == [2, 2, 1, 0]
        assert {page.total for page in pages} == {5}
        assert len({id_ for page in pages for id_ in page.ids}) == 5

    @pytest.mark.parametrize(
        "search",
        [
            {"filters": [leaf("additional_phones", "exists")]},
            {"filters": [leaf("email", "contains", "ada")]},
            {"filters": [leaf("city", "eq", "x" * 76)]},
            {"query": "x" * 76},
            {"page": 101, "page_limit": 100},
            {"page": 1, "search_after": ["x", "y"]},
            {"sort": [{"field": "city", "direction": "asc"}]},
        ],
    )
    async def test_refused_searches(self, highlevel: HighLevel, search: JsonObject) -> None:
        """Unknown fields, operators a field does not have, long values, and leaving the window."""
        with pytest.raises(InvalidInput):
            await highlevel.contacts.search(**search)

    async def test_listing_is_newest_first_and_loses_nobody(self, highlevel: HighLevel) -> None:
        """Each page goes on after the last row of the one before."""
        people = await with_people(highlevel)
        pages = [page async for page in people.contacts.listed_pages(limit=2)]
        rows = [contact for page in pages for contact in page]

        assert len({contact.id for contact in rows}) == len(rows) == pages[0].total == 5
        assert rows[-1].id == GRACE
        assert rows == sorted(rows, key=lambda contact: contact.date_added or "", reverse=True)

    async def test_listed_contact_is_the_contact(self, highlevel: HighLevel) -> None:
        """A row of a listing reads to the same contact as a read by id."""
        people = await with_people(highlevel)
        for contact in await people.contacts.list():
            assert contact == await people.contacts.get(contact.id)

    async def test_listing_by_free_text(self, highlevel: HighLevel) -> None:
        """Only those are listed in whom the text is found."""
        people = await with_people(highlevel)
        page = await people.contacts.list(query="hopper")

        assert (page.ids, page.total) == ([GRACE], 1)
