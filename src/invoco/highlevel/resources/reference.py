"""What contacts refer to: the location and its dictionaries, businesses, calendars, users (facts 9)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from invoco.highlevel.pages import Page, one_record, rows_of, skipped_to, turned, whole_list
from invoco.highlevel.records import Business, Calendar, CustomField, CustomValue, Location, Tag, User
from invoco.highlevel.resources.resource import Resource


class Locations(Resource):
    """The location itself and its dictionaries."""

    async def get(self) -> Location:
        """The location; its settings hold the duplicate rule (facts 5)."""
        answer = await self._call("get-location", locationId=self._location_id)
        return one_record(Location, answer, "location", operation="get-location")

    async def tags(self) -> Page[Tag]:
        """The tag dictionary."""
        answer = await self._call("get-location-tags", locationId=self._location_id)
        return whole_list(Tag, rows_of(answer, "tags", operation="get-location-tags"))

    async def custom_fields(self, *, model: str | None = None) -> Page[CustomField]:
        """The definitions of custom fields, of one model: `contact`, `opportunity` or `all`."""
        answer = await self._call("get-custom-fields", query={"model": model}, locationId=self._location_id)
        return whole_list(CustomField, rows_of(answer, "customFields", operation="get-custom-fields"))

    async def custom_values(self) -> Page[CustomValue]:
        """The named constants."""
        answer = await self._call("get-custom-values", locationId=self._location_id)
        return whole_list(CustomValue, rows_of(answer, "customValues", operation="get-custom-values"))


class Businesses(Resource):
    """Organisations that contacts may belong to."""

    async def get(self, business_id: str) -> Business:
        """The business; `buiseness` is how some answers spell it.

        Raises:
            NotFound: there is no such business.
        """
        answer = await self._call("get-business", businessId=business_id)
        return one_record(Business, answer, "business", "buiseness", operation="get-business")

    async def list(self, *, limit: int = 100, skip: int = 0) -> Page[Business]:
        """One page of the businesses."""
        answer = await self._located("get-businesses-by-location", query={"limit": limit, "skip": skip})
        return skipped_to(Business, rows_of(answer, "businesses", operation="get-businesses-by-location"), skip=skip)

    def pages(self, *, limit: int = 100, after: int = 0) -> AsyncIterator[Page[Business]]:
        """All pages of the businesses.

        Raises:
            PageLoop: a page came twice.
        """

        async def fetch(skip: int) -> Page[Business]:
            return await self.list(limit=limit, skip=skip)

        return turned(fetch, after=after, operation="get-businesses-by-location")


class Calendars(Resource):
    """Calendars of the location."""

    async def list(self, *, group_id: str | None = None, show_drafted: bool | None = None) -> Page[Calendar]:
        """The calendars, of one group, and drafts if asked."""
        answer = await self._located("get-calendars", query={"groupId": group_id, "showDrafted": show_drafted})
        return whole_list(Calendar, rows_of(answer, "calendars", operation="get-calendars"))


class Users(Resource):
    """People who work in the location."""

    async def get(self, user_id: str) -> User:
        """The user; HighLevel answers without a wrapping.

        Raises:
            NotFound: there is no such user.
        """
        answer = await self._call("get-user", userId=user_id)
        wrapped = answer if isinstance(answer.get("user"), dict) else {"user": answer}
        return one_record(User, wrapped, "user", operation="get-user")

    async def list(self) -> Page[User]:
        """All users of the location."""
        answer = await self._located("get-user-by-location")
        return whole_list(User, rows_of(answer, "users", operation="get-user-by-location"))

    async def search(self, company_id: str, *, query: str | None = None, limit: int = 25, skip: int = 0) -> Page[User]:
        """One page of the company's users who work in this location."""
        answer = await self._located(
            "search-users", query={"companyId": company_id, "query": query, "limit": limit, "skip": skip}
        )
        return skipped_to(User, rows_of(answer, "users", operation="search-users"), skip=skip)
