"""What contacts refer to: the location and its definitions (facts 9). Read only."""

from __future__ import annotations

from typing import Any

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Business, Calendar, CustomField, CustomValue, Location, Tag, User
from invoco.service.books.desk import Desk, every, found


class ReferenceBook:
    """The reads of definitions; a single record that is not there raises NoSuchRecord."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def location(self, location_id: str) -> Location:
        """The location itself."""
        location: Location = await self._one(RecordKind.LOCATION, location_id, location_id)
        return location

    async def tags(self, location_id: str) -> list[Tag]:
        """The tag dictionary."""
        return await self._all(RecordKind.TAG, location_id)

    async def custom_fields(self, location_id: str, model: str | None = None) -> list[CustomField]:
        """The definitions of a model, `contact` or `opportunity`; all of them for None and `all`."""
        fields: list[CustomField] = await self._all(RecordKind.CUSTOM_FIELD, location_id)
        return [field for field in fields if model in {None, "all", field.model or "contact"}]

    async def custom_values(self, location_id: str) -> list[CustomValue]:
        """The named constants."""
        return await self._all(RecordKind.CUSTOM_VALUE, location_id)

    async def users(self, location_id: str) -> list[User]:
        """Who works in the location."""
        return await self._all(RecordKind.USER, location_id)

    async def user(self, location_id: str, user_id: str) -> User:
        """One user."""
        user: User = await self._one(RecordKind.USER, location_id, user_id)
        return user

    async def calendars(self, location_id: str) -> list[Calendar]:
        """The calendars."""
        return await self._all(RecordKind.CALENDAR, location_id)

    async def businesses(self, location_id: str, *, limit: int = 100, skip: int = 0) -> list[Business]:
        """The businesses by ascending id, `skip` left out, `limit` at most."""
        businesses: list[Business] = await self._all(RecordKind.BUSINESS, location_id)
        return businesses[skip : skip + limit]

    async def business(self, location_id: str, business_id: str) -> Business:
        """One business."""
        business: Business = await self._one(RecordKind.BUSINESS, location_id, business_id)
        return business

    async def _all(self, kind: RecordKind, location_id: str) -> list[Any]:
        async with self._desk.store.reading() as session:
            return await every(session.shelf(kind), location_id)

    async def _one(self, kind: RecordKind, location_id: str, record_id: str) -> Any:
        async with self._desk.store.reading() as session:
            return await found(session.shelf(kind), location_id, record_id, noun=_NOUNS[kind])


_NOUNS = {
    RecordKind.LOCATION: "Location",
    RecordKind.USER: "User",
    RecordKind.BUSINESS: "Business",
}
