"""The check-list of the twin: the list of contacts (facts 3.2, 3.3, 12)."""

from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


class TestList:
    """Facts §12, *List*."""

    async def page(self, desk, **query):
        """One page of the list."""
        return (await desk.send("GET", "/contacts/", params={"locationId": desk.here, **query})).json()

    async def fill(self, desk, count):
        """That many contacts, a second apart; their ids, newest first."""
        ids: list[str] = []
        for number in range(count):
            ids.insert(0, (await desk.created(firstName=f"Name{number}"))["id"])
            await desk.advance(1)
        return ids

    async def test_pages(self, desk):
        """`startAfter` and `startAfterId` of the last row lead to the next page, and everybody comes once."""
        ids, seen = await self.fill(desk, 5), []
        start: dict[str, Any] = {}
        for size in (2, 2, 1):
            page = await self.page(desk, limit=2, **start)
            seen += [row["id"] for row in page["contacts"]]
            start = {name: page["meta"][name] for name in ("startAfter", "startAfterId")}
            assert (size, 5, 5) == (len(page["contacts"]), page["count"], page["meta"]["total"])

        assert ids == seen
        assert [] == (await self.page(desk, limit=2, **start))["contacts"]

    async def test_pages_of_contacts_that_were_added_at_once(self, desk):
        """The id tells them apart."""
        ids = {(await desk.created())["id"] for _ in range(3)}
        first = await self.page(desk, limit=2)
        start = {name: first["meta"][name] for name in ("startAfter", "startAfterId")}
        rest = await self.page(desk, limit=2, **start)

        assert (2, 1) == (len(first["contacts"]), len(rest["contacts"]))
        assert ids == {row["id"] for row in (*first["contacts"], *rest["contacts"])}

    async def test_meta(self, desk):
        """The place of the last row in milliseconds, the pages, and a link to a host that nobody can reach."""
        ids = await self.fill(desk, 3)
        added = await desk.search({"field": "id", "operator": "eq", "value": ids[1]})
        page = await self.page(desk, limit=2)
        meta = page["meta"]
        link = meta.pop("nextPageUrl")

        assert {
            "total": 3, "startAfterId": ids[1], "startAfter": added.json()["contacts"][0]["searchAfter"][0],
            "currentPage": 1, "nextPage": 2, "prevPage": None,
        } == meta  # fmt: skip
        assert ("contacts.internal", "/contacts/") == (urlsplit(link).hostname, urlsplit(link).path)

    async def test_last_page(self, desk):
        """There is no next page."""
        await self.fill(desk, 1)
        meta = (await self.page(desk))["meta"]

        assert (None, None) == (meta["nextPage"], meta["nextPageUrl"])

    @pytest.mark.parametrize("alone", [{"startAfter": "1"}, {"startAfterId": "x"}])
    async def test_place_has_two_parts(self, desk, alone):
        """Both are sent together."""
        assert (422, ["startAfter and startAfterId must be sent together"]) == await desk.told(
            "GET", "/contacts/", params={"locationId": desk.here, **alone}
        )

    async def test_limit(self, desk):
        """20 unless said otherwise, 100 at most."""
        await self.fill(desk, 21)

        assert 20 == len((await self.page(desk))["contacts"])
        assert [(200, None), (422, ["limit must not be greater than 100"])] == [
            await desk.told("GET", "/contacts/", params={"locationId": desk.here, "limit": limit})
            for limit in (100, 101)
        ]

    async def test_location_is_required(self, desk):
        """Even though the token names one."""
        assert (422, ["locationId should not be empty"]) == await desk.told("GET", "/contacts/")

    async def test_query(self, desk):
        """Free text, and the total follows it."""
        await self.fill(desk, 3)
        page = await self.page(desk, query="name1")

        assert (["name1"], 1) == ([row["firstName"] for row in page["contacts"]], page["meta"]["total"])

    async def test_row(self, desk):
        """Names in lower case with the raw ones beside them, and explicit nulls (facts 3.3)."""
        await desk.created(firstName="Ada", lastName="McKay")
        [row] = (await self.page(desk))["contacts"]

        assert {
            "contactName": "ada mckay", "firstName": "ada", "lastName": "mckay", "firstNameRaw": "Ada",
            "lastNameRaw": "McKay", "email": None, "phone": None, "companyName": None, "assignedTo": None,
        }.items() <= row.items()  # fmt: skip
        assert "name" not in row
