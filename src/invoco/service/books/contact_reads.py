"""Finding contacts (facts 3.2, 4, 5)."""

from __future__ import annotations

from invoco.domain.errors import BadRequest
from invoco.domain.normalise.phones import normal_phone
from invoco.domain.ports import ContactPage, Session
from invoco.domain.search import ContactSearch
from invoco.highlevel.clock import instant
from invoco.highlevel.records import Contact
from invoco.service.books.desk import Desk, found
from invoco.service.books.duplicates import first_match, holders
from invoco.service.books.location_rules import IDENTIFIERS, rules_of


class ContactReads:
    """The reads of contacts."""

    _desk: Desk

    async def get(self, location_id: str, contact_id: str) -> Contact:
        """The contact, as it was last written.

        Raises:
            NoSuchRecord: the location has no such contact.
        """
        async with self._desk.store.reading() as session:
            session.brief()
            return await found(session.contacts, location_id, contact_id, noun="Contact")

    async def search(self, search: ContactSearch) -> ContactPage:
        """One page of a search; in the twin it lags behind what was written."""
        async with self._desk.store.reading() as session:
            return await self._desk.find_contacts(session).search(search)

    async def newest(
        self, location_id: str, *, limit: int, after: tuple[int, str] | None = None, query: str | None = None
    ) -> tuple[list[Contact], int]:
        """Newest first after (dateAdded in ms, id), and how many there are in all."""
        async with self._desk.store.reading() as session:
            return await session.contacts.newest(location_id, limit=limit, after=after, query=query)

    async def of_business(
        self, location_id: str, business_id: str, *, limit: int, skip: int, query: str | None = None
    ) -> tuple[list[Contact], int]:
        """The contacts of a business, and how many there are in all."""
        async with self._desk.store.reading() as session:
            return await session.contacts.of_business(location_id, business_id, limit=limit, skip=skip, query=query)

    async def duplicate(self, location_id: str, *, number: str | None, email: str | None) -> Contact | None:
        """The contact that a create with this phone or e-mail would meet.

        Where duplicates are not allowed the location's order decides, elsewhere e-mail comes first (facts 5).

        Raises:
            BadRequest: neither is given.
        """
        if not (number or email):
            raise BadRequest("Pass at least one of number, email query parameter")
        async with self._desk.store.reading() as session:
            rules = await rules_of(session, location_id)
            order = IDENTIFIERS if rules.allow_duplicates else rules.identifiers
            values = {"email": email, "phone": normal_phone(number, country=rules.country) if number else None}
            match = await first_match(session, location_id, values, order=order)
            return match.contact if match else None

    async def lookup(
        self, location_id: str, *, email: str | None = None, phone: str | None = None, limit: int,
        after: tuple[int, str] | None = None,
    ) -> list[Contact]:  # fmt: skip
        """Contacts with that e-mail or phone, additional ones too, oldest first after (dateAdded in ms, id).

        Raises:
            BadRequest: not exactly one of the two is given.
        """
        if bool(email) == bool(phone):
            raise BadRequest("Pass exactly one of email, phone query parameter")
        async with self._desk.store.reading() as session:
            matching = await _having(session, location_id, email=email, phone=phone)
        return [contact for contact in sorted(matching, key=_place) if after is None or _place(contact) > after][:limit]


async def _having(session: Session, location_id: str, *, email: str | None, phone: str | None) -> list[Contact]:
    if email:
        return await holders(session, location_id, "email", email)
    rules = await rules_of(session, location_id)
    number = normal_phone(phone or "", country=rules.country)
    return await holders(session, location_id, "phone", number) if number else []


def _place(contact: Contact) -> tuple[int, str]:
    return instant(contact.date_added) if contact.date_added else 0, contact.id
