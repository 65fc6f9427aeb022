"""Which contact is meant by an e-mail or a phone (facts 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from invoco.domain.errors import DuplicateContact
from invoco.domain.ports import Session
from invoco.highlevel.records import Contact
from invoco.service.books.location_rules import LocationRules


class Match(NamedTuple):
    """The contact that has a value already."""

    field: str
    contact: Contact


class UpsertTarget(NamedTuple):
    """Which contact an upsert updates."""

    contact: Contact | None
    """None: it creates one."""
    ignored: frozenset[str]
    """Fields that belong to yet another contact and are not written (i37)."""


async def holders(session: Session, location_id: str, field: str, value: str) -> list[Contact]:
    """The contacts with that e-mail or phone, additional ones too, oldest first."""
    if field == "email":
        return await session.contacts.with_email(location_id, value)
    return await session.contacts.with_phone(location_id, value)


async def first_match(
    session: Session, location_id: str, values: Mapping[str, str | None], *, order: Iterable[str],
    apart_from: str | None = None,
) -> Match | None:  # fmt: skip
    """The oldest contact with the first of the values that anybody has."""
    for field in order:
        value = values.get(field)
        for contact in await holders(session, location_id, field, value) if value else ():
            if contact.id != apart_from:
                return Match(field, contact)
    return None


async def refuse_duplicate(
    session: Session, location_id: str, contact: Contact, *, rules: LocationRules, before: Contact | None = None
) -> None:
    """Compare what is new in a contact with all others of its location.

    Raises:
        DuplicateContact: the location allows no duplicates and another contact has the e-mail or phone.
    """
    if rules.allow_duplicates:
        return
    values = _identifiers(contact)
    old = _identifiers(before) if before else {}
    news = {field: value for field, value in values.items() if value != old.get(field)}
    match = await first_match(session, location_id, news, order=rules.identifiers, apart_from=contact.id)
    if match:
        raise DuplicateContact(match.contact.id, contact_name=match.contact.name, matching_field=match.field)


async def upsert_target(session: Session, location_id: str, given: Contact, *, rules: LocationRules) -> UpsertTarget:
    """The contact that has the first of the given identifiers which anybody has."""
    target: Contact | None = None
    ignored: set[str] = set()
    values = _identifiers(given)
    for field in rules.identifiers:
        value = values[field]
        having = await holders(session, location_id, field, value) if value else []
        if target is None:
            target = having[0] if having else None
        elif having and target.id not in {contact.id for contact in having}:
            ignored.add(field)
    return UpsertTarget(target, frozenset(ignored))


def _identifiers(contact: Contact) -> dict[str, str | None]:
    return {"email": contact.email.lower() if contact.email else None, "phone": contact.phone}
