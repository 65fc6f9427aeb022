"""Values of custom fields, as HighLevel takes, cuts and silently drops them (facts 10.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from invoco.highlevel.records import CustomField, CustomFieldValue

LONGEST_TEXT: Final = 256
"""Characters; what is longer is cut in a `TEXT` field."""

DROPPED: Final = object()
"""The value cannot be used; the field keeps what it has. (`None` clears it.)"""

_MODEL_PREFIX: Final = "contact."
_EXACT: Final = 2**53


def merged(
    before: Sequence[CustomFieldValue], given: Iterable[Mapping[str, Any]], definitions: Iterable[CustomField]
) -> list[CustomFieldValue]:
    """The values after a write of `{id or key, value}` items: those not given stay, unknown ones are dropped."""
    by_name = _by_id_and_key(definitions)
    values = {field.id: field.value for field in before}
    for item in given:
        definition = by_name.get(item.get("id") or _bare_key(item.get("key")))
        value = accepted(item.get("value"), definition) if definition else DROPPED
        if definition and value is not DROPPED:
            values[definition.id] = value
    return [CustomFieldValue(id=id_, value=value) for id_, value in values.items() if value is not None]


def accepted(value: Any, definition: CustomField) -> Any:
    """The value as the field keeps it; None clears the field, `DROPPED` leaves it as it is."""
    if value is None or value in ("", []):
        return None
    return _READERS.get(definition.data_type or "", _as_given)(value, definition)


def _by_id_and_key(definitions: Iterable[CustomField]) -> dict[str | None, CustomField]:
    by_name: dict[str | None, CustomField] = {}
    for definition in definitions:
        by_name[_bare_key(definition.field_key)] = definition
        by_name[definition.id] = definition
    by_name.pop(None, None)
    return by_name


def _bare_key(key: str | None) -> str | None:
    return key.removeprefix(_MODEL_PREFIX) if key else None


def _as_given(value: Any, _definition: CustomField) -> Any:
    return value


def _text(value: Any, _definition: CustomField) -> Any:
    readable = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return str(value) if readable else DROPPED


def _short_text(value: Any, definition: CustomField) -> Any:
    text = _text(value, definition)
    return text if text is DROPPED else text[:LONGEST_TEXT]


def _number(value: Any, _definition: CustomField) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return DROPPED
    return value if isinstance(value, int) else _finite(value)


def _finite(value: str | float) -> Any:
    """JSON has no infinity; a whole number below 2^53 needs no fraction."""
    try:
        number = float(value)
    except ValueError:
        return DROPPED
    if not math.isfinite(number):
        return DROPPED
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _option(value: Any, definition: CustomField) -> Any:
    return value if _is_option(value, definition) else DROPPED


def _options(value: Any, definition: CustomField) -> Any:
    chosen = value if isinstance(value, list) else [value]
    return [text for text in chosen if _is_option(text, definition)] or DROPPED


def _is_option(text: Any, definition: CustomField) -> bool:
    options = [option.get("label") if isinstance(option, dict) else option for option in definition.picklist_options]
    free = definition.is_allowed_custom_option or not options
    return isinstance(text, str) and (free or text in options)


_READERS: Final[Mapping[str, Callable[[Any, CustomField], Any]]] = {
    "TEXT": _short_text,
    "LARGE_TEXT": _text,
    "PHONE": _text,
    "EMAIL": _text,
    "DATE": _text,
    "NUMERICAL": _number,
    "MONETORY": _number,
    "FLOAT": _number,
    "SINGLE_OPTIONS": _option,
    "RADIO": _option,
    "CHECKBOX": _options,
    "MULTIPLE_OPTIONS": _options,
}
