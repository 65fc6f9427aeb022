"""What becomes of a contact when a body is written to it (facts 3.4, 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from invoco.domain.errors import InvalidFields
from invoco.domain.normalise.countries import normal_country
from invoco.domain.normalise.custom_fields import merged
from invoco.domain.normalise.names import Name, filled, renamed
from invoco.domain.normalise.phones import normal_phone
from invoco.domain.normalise.tags import normal_tags
from invoco.highlevel.records import Contact, CustomField
from invoco.service.books.fields import attributes
from invoco.service.books.location_rules import LocationRules

_TEXTS: Final = frozenset(
    {
        "email", "companyName", "address1", "city", "state", "postalCode", "website", "timezone", "source", "gender",
        "dateOfBirth", "assignedTo",
    }
)  # fmt: skip


def written(
    contact: Contact, body: Mapping[str, Any], *, rules: LocationRules, definitions: Sequence[CustomField]
) -> Contact:
    """The contact after a create, update or upsert with that body; only the keys present are written.

    None clears a field. So does an empty text: HighLevel does not say (facts 10.5), and nothing reads differently.
    Tags are replaced as a whole, custom fields and do-not-disturb channels are merged one by one.

    Raises:
        InvalidFields: the phone has no digit.
    """
    changes = {
        **_texts(body),
        **_name(contact, body),
        **_phone(body, rules),
        **_do_not_disturb(contact, body),
        **_lists(contact, body, definitions),
    }
    return _without_own_additionals(msgspec.structs.replace(contact, **changes))


def _texts(body: Mapping[str, Any]) -> dict[str, Any]:
    own = attributes(Contact)
    texts: dict[str, Any] = {own[key]: body[key] or None for key in _TEXTS & body.keys()}
    if "country" in body:
        texts["country"] = normal_country(body["country"])
    return texts


def _name(contact: Contact, body: Mapping[str, Any]) -> dict[str, Any]:
    return renamed(Name(contact.name, contact.first_name, contact.last_name), body)._asdict()


def _phone(body: Mapping[str, Any], rules: LocationRules) -> dict[str, Any]:
    if "phone" not in body:
        return {}
    given = filled(body["phone"])
    phone = normal_phone(given, country=rules.country) if given else None
    if given and phone is None:
        raise InvalidFields(["phone must be a valid phone number"])
    return {"phone": phone}


def _do_not_disturb(contact: Contact, body: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {"dnd": body["dnd"]} if "dnd" in body else {}
    if "dndSettings" in body:
        changes["dnd_settings"] = {**contact.dnd_settings, **(body["dndSettings"] or {})}
    if "inboundDndSettings" in body:
        changes["inbound_dnd_settings"] = {**contact.inbound_dnd_settings, **(body["inboundDndSettings"] or {})}
    return changes


def _lists(contact: Contact, body: Mapping[str, Any], definitions: Sequence[CustomField]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "tags" in body:
        changes["tags"] = normal_tags(body["tags"] or ())
    if "customFields" in body:
        changes["custom_fields"] = merged(contact.custom_fields, body["customFields"] or (), definitions)
    return changes


def _without_own_additionals(contact: Contact) -> Contact:
    """An additional e-mail or phone that became the main one is no longer additional (i337)."""
    email = (contact.email or "").lower()
    return msgspec.structs.replace(
        contact,
        additional_emails=[other for other in contact.additional_emails if other.lower() != email],
        additional_phones=[other for other in contact.additional_phones if other != contact.phone],
    )
