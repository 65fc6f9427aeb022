"""The two structured values a contact's body may hold: do-not-disturb settings and custom fields (facts 10.3, 10.4)."""

from __future__ import annotations

from typing import Any

from invoco.highlevel.records import canonical_dnd
from invoco.routes.calls import JsonObject

_CHANNELS = frozenset({"Call", "Email", "SMS", "WhatsApp", "GMB", "FB"})
_VALUE_KEYS = ("fieldValue", "field_value", "value")
"""v3, v2, and what is accepted in practice; the first one that is there counts."""


def dnd_settings(name: str, value: Any, problems: list[str]) -> Any:
    """Settings per channel under the channel names of v2; what is wrong is added to `problems`."""
    if not isinstance(value, dict):
        problems.append(f"{name} must be an object")
        return value
    settings = canonical_dnd(value)
    for channel, setting in settings.items():
        if channel in _CHANNELS:
            _check_setting(f"{name}.{channel}", setting, problems, ("active", "inactive", "permanent"), ("code",))
        else:
            problems.append(f"{name}.property {channel} should not exist")
    return settings


def inbound_dnd_settings(name: str, value: Any, problems: list[str]) -> Any:
    """`{all: {status, message}}`; what is wrong is added to `problems`."""
    if not isinstance(value, dict):
        problems.append(f"{name} must be an object")
        return value
    for channel, setting in value.items():
        if channel == "all":
            _check_setting(f"{name}.all", setting, problems, ("active", "inactive"), ())
        else:
            problems.append(f"{name}.property {channel} should not exist")
    return value


def custom_fields(name: str, value: Any, problems: list[str]) -> Any:
    """Items `{id or key, value}`, whichever name the value came under; an item without a value is left out."""
    if not isinstance(value, list):
        problems.append(f"{name} must be an array")
        return value
    items = [_custom_field(f"{name}.{place}", item, problems) for place, item in enumerate(value)]
    return [item for item in items if "value" in item]


def _check_setting(
    where: str, setting: Any, problems: list[str], statuses: tuple[str, ...], more_texts: tuple[str, ...]
) -> None:
    if not isinstance(setting, dict):
        problems.append(f"{where} must be an object")
        return
    texts = ("message", *more_texts)
    problems += [f"{where}.property {key} should not exist" for key in setting if key not in {"status", *texts}]
    if setting.get("status") not in statuses:
        problems.append(f"{where}.status must be one of the following values: {', '.join(statuses)}")
    problems += [f"{where}.{key} must be a string" for key in texts if not isinstance(setting.get(key, ""), str)]


def _custom_field(where: str, item: Any, problems: list[str]) -> JsonObject:
    if not isinstance(item, dict):
        problems.append(f"{where} must be an object")
        return {}
    allowed = {"id", "key", *_VALUE_KEYS}
    problems += [f"{where}.property {key} should not exist" for key in item if key not in allowed]
    names = {key: item[key] for key in ("id", "key") if item.get(key) is not None}
    if not names:
        problems.append(f"{where}.id should not be empty")
    problems += [f"{where}.{key} must be a string" for key, name in names.items() if not isinstance(name, str)]
    spelled = next((key for key in _VALUE_KEYS if key in item), None)
    return {**names, "value": item[spelled]} if spelled else names
