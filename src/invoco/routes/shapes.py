"""Contacts in each shape that HighLevel answers with (facts 3.3, 1.3).

Every shape holds every field that is set, some under other names, so `Contact.from_wire` reads each of them back to
the contact it was made of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from invoco.highlevel.records import Contact
from invoco.routes.calls import JsonObject

_V3_CHANNELS: Final = {
    "Call": "call", "Email": "email", "SMS": "sms", "WhatsApp": "whatsApp", "GMB": "gmb", "FB": "fb",
}  # fmt: skip
_DAY: Final = re.compile(r"\d{4}-(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII)
_NOTHING: Final[JsonObject] = dict.fromkeys(
    (
        "contactName", "firstName", "lastName", "firstNameRaw", "lastNameRaw", "companyName", "email", "phone", "dnd",
        "type", "source", "assignedTo", "city", "state", "postalCode", "address1", "dateAdded", "dateUpdated",
        "dateOfBirth", "businessId", "country", "website", "timezone",
    )
)  # fmt: skip
"""The fields that a row of a list names even when they are not set."""


def contact_read(contact: Contact, *, v3: bool) -> JsonObject:
    """A contact as GET by id, update and upsert answer it."""
    shape = _common(contact, v3=v3)
    if contact.name is not None:
        shape["fullNameLowerCase"] = contact.name.lower()
    if contact.email is not None:
        shape["emailLowerCase"] = contact.email.lower()
    if contact.additional_emails:
        shape["additionalEmails"] = [{"email": email} for email in contact.additional_emails]
    if contact.additional_phones:
        shape["additionalPhones"] = [{"phone": phone} for phone in contact.additional_phones]
    return shape


def contact_created(contact: Contact, *, v3: bool) -> JsonObject:
    """A contact as its creation answers it; v3 answers with the shape of GET by id."""
    shape = contact_read(contact, v3=v3)
    if v3:
        return shape
    if _name_follows(contact):
        del shape["name"]
    day = _DAY.fullmatch(contact.date_of_birth or "")
    if day:
        shape["dateOfBirth"] = f"{contact.date_of_birth}T00:00:00.000Z"
        shape["birthMonth"], shape["birthDay"] = int(day["month"]), int(day["day"])
    return shape


def search_row(contact: Contact, cursor: Sequence[Any], *, v3: bool) -> JsonObject:
    """A contact as a row of a search; `cursor` is its `searchAfter`.

    The name of a linked business is the contact's company name, which is how HighLevel fills it.
    """
    shape = _common(contact, v3=v3)
    if contact.name is not None:
        shape["contactName"] = contact.name
    if _name_follows(contact):
        del shape["name"]
    _rename(shape, "firstName", "firstNameRaw")
    _rename(shape, "lastName", "lastNameRaw")
    _rename(shape, "address1", "address")
    if contact.business_id is not None and contact.company_name is not None:
        shape["businessName"] = contact.company_name
    shape["searchAfter"] = cursor
    return shape


def list_row(contact: Contact, *, v3: bool) -> JsonObject:
    """A contact as a row of GET /contacts/ and of a business's contacts: names in lower case, explicit nulls."""
    shape = {**_NOTHING, **_common(contact, v3=v3)}
    for name in ("firstName", "lastName"):
        shape[f"{name}Raw"] = shape[name]
        shape[name] = shape.pop(f"{name}LowerCase", None)
    if contact.name is not None:
        shape["contactName"] = contact.name.lower()
    if _name_follows(contact):
        del shape["name"]
    return shape


def _common(contact: Contact, *, v3: bool) -> JsonObject:
    shape: JsonObject = {
        "tags": [],
        "customFields": [],
        "additionalEmails": [],
        "additionalPhones": [],
        "followers": [],
        **contact.to_wire(),
    }
    if contact.first_name is not None:
        shape["firstNameLowerCase"] = contact.first_name.lower()
    if contact.last_name is not None:
        shape["lastNameLowerCase"] = contact.last_name.lower()
    if v3 and contact.dnd_settings:
        shape["dndSettings"] = {_V3_CHANNELS.get(key, key): value for key, value in contact.dnd_settings.items()}
    return shape


def _name_follows(contact: Contact) -> bool:
    """Whether the name can be told from its parts, so that a row need not name it."""
    parts = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    return parts != "" and parts == contact.name


def _rename(shape: JsonObject, name: str, other: str) -> None:
    if name in shape:
        shape[other] = shape.pop(name)
