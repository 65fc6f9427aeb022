"""What a contact search may ask of which field (facts 4.2, 4.3)."""

from __future__ import annotations

import re
from typing import Final

_SAME: Final = frozenset({"eq", "not_eq"})
_LIKE: Final = frozenset({"contains", "not_contains"})
_THERE: Final = frozenset({"exists", "not_exists"})
_RANGE: Final = frozenset({"range"})

OPERATORS: Final = (
    "eq", "not_eq", "contains", "not_contains", "wildcard", "not_wildcard", "match", "not_match", "exists",
    "not_exists", "range", "not_range", "contains_set", "contains_not_set", "gt", "gte", "lt", "lte", "nested",
    "nested_not", "has_child", "has_parent",
)  # fmt: skip
"""Every operator that HighLevel knows by name; most are allowed for no field."""

SORTABLE: Final = frozenset(
    {"firstNameLowerCase", "lastNameLowerCase", "businessName", "dateAdded", "dateUpdated", "email", "dnd", "source"}
)

_ALLOWED: Final[tuple[tuple[frozenset[str], str], ...]] = (
    (_SAME, "id"),
    (_SAME | _THERE, "contactName email website assignedTo country dnd followers isValidWhatsapp timezone type"),
    (_SAME | _THERE, "validEmail activeWorkflows finishedWorkflows"),
    (_SAME | _LIKE | _THERE, "firstNameLowerCase lastNameLowerCase address businessName city companyName phone"),
    (_SAME | _LIKE | _THERE, "postalCode source state tags"),
    (_THERE | _RANGE, "dateAdded dateUpdated dateOfBirth lastEmailClickedDate lastEmailOpenedDate lastAppointment"),
    (_SAME, "dndSettings.Email.status dndSettings.SMS.status dndSettings.Call.status inboundDndSettings.all.status"),
    (frozenset({"nested"}) | _THERE, "opportunities"),
)
_OF_FIELD: Final = {name: operators for operators, names in _ALLOWED for name in names.split()}

_OF_TYPES: Final[tuple[tuple[frozenset[str], str], ...]] = (
    (_SAME | _LIKE | _THERE, "TEXT LARGE_TEXT SINGLE_OPTIONS RADIO PHONE"),
    (_SAME | _THERE, "CHECKBOX MULTIPLE_OPTIONS"),
    (_SAME | _THERE | _RANGE, "NUMERICAL MONETORY"),
    (_THERE | _RANGE, "DATE"),
    (frozenset(), "TEXTBOX_LIST"),
)
_OF_TYPE: Final = {name: operators for operators, names in _OF_TYPES for name in names.split()}
"""What a custom field allows by its data type; only the options of a TEXTBOX_LIST are searched, by their own ids."""

_CUSTOM: Final = re.compile(r"customFields\.[^.]+")
_CUSTOM_OPTION: Final = re.compile(r"customFields\.[^.]+\.[^.]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def operators_of(field: str) -> frozenset[str] | None:
    """The operators allowed for a field; None when there is no such field.

    A custom field is taken here to be of the most generous type; `operators_of_type` knows better.
    """
    if _CUSTOM.fullmatch(field):
        return _SAME | _LIKE | _THERE | _RANGE
    if _CUSTOM_OPTION.fullmatch(field):
        return _SAME | _LIKE | _THERE
    return _OF_FIELD.get(field)


def operators_of_opportunity(field: str) -> frozenset[str] | None:
    """The operators allowed within a `nested` filter of opportunities; None when they have no such field."""
    return _SAME | _THERE if field in {"pipelineId", "pipelineStageId", "status"} else None


def custom_field_id(field: str) -> str | None:
    """The id of the custom field that is asked for, if one is."""
    return field.split(".")[1] if _CUSTOM.fullmatch(field) or _CUSTOM_OPTION.fullmatch(field) else None


def operators_of_type(field: str, data_type: str | None) -> frozenset[str] | None:
    """The operators allowed for a custom field, or for an option of one; None when the type has no known rule."""
    allowed = _OF_TYPE.get(data_type or "")
    if allowed is None or _CUSTOM.fullmatch(field):
        return allowed
    return _SAME | _LIKE | _THERE if data_type == "TEXTBOX_LIST" else frozenset()


def internal_name(field: str) -> str:
    """The field as HighLevel names it in messages: `dateUpdated` is `date_updated` (facts 4.3); ids stay."""
    if custom_field_id(field):
        return f"custom_fields.{field.partition('.')[2]}"
    return _HUMP.sub("_", field).lower()
