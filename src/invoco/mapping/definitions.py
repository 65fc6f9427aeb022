"""What a location has defined: the names that a mapping may use."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from invoco.highlevel.records import Business, CustomField, Tag, User

_PREFIX = "contact."


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    """The custom fields, people and names of one location."""

    custom_fields: Sequence[CustomField] = ()
    users: Sequence[User] = ()
    tags: Sequence[Tag] = ()
    businesses: Sequence[Business] = ()
    country: str | None = None
    """ISO 3166 alpha-2; how phones without a country are read."""
    timezone: str | None = None
    """IANA name; the zone of local times."""

    def of_contacts(self) -> list[CustomField]:
        """The custom fields that contacts have; other models have their own."""
        return [field for field in self.custom_fields if field.model in {None, "contact", "all"}]


def bare_key(field: CustomField) -> str:
    """The key without `contact.`; the name or the id where a field has none."""
    return (field.field_key or "").removeprefix(_PREFIX) or field.name or field.id


def options_of(field: CustomField) -> frozenset[str] | None:
    """The texts that a field with options accepts; None where any text goes."""
    if field.data_type not in {"SINGLE_OPTIONS", "RADIO", "CHECKBOX", "MULTIPLE_OPTIONS"}:
        return None
    labels = [option.get("label") if isinstance(option, dict) else option for option in field.picklist_options]
    texts = frozenset(label for label in labels if isinstance(label, str))
    return None if field.is_allowed_custom_option or not texts else texts
