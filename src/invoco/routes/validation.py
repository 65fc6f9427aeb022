"""Bodies against the fields their operation takes, with HighLevel's messages (facts 3.4, 6.1, 10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from email_validator import EmailNotValidError, validate_email

from invoco.domain.errors import BadRequest, InvalidFields
from invoco.highlevel.operations import Field
from invoco.routes.calls import JsonObject
from invoco.routes.dates import birthday, is_iso
from invoco.routes.nested import custom_fields, dnd_settings, inbound_dnd_settings

_decode = msgspec.json.Decoder().decode
_DEEPEST = 50
_LARGEST = 2**63 - 1
"""What every database can keep: this deep, this large, and no NUL."""


def parsed(raw: bytes) -> JsonObject:
    """The body as a JSON object; an empty one is `{}`.

    Raises:
        BadRequest: it is no JSON, no object, or holds what no database can keep.
    """
    if not raw.strip():
        return {}
    try:
        body = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise BadRequest("The request body is not valid JSON") from cause
    if not isinstance(body, dict):
        raise BadRequest("The request body must be a JSON object")
    if not _can_be_kept(body, depth=0):
        raise BadRequest("The request body holds a character, a number or a depth that cannot be kept")
    return body


def _can_be_kept(value: Any, *, depth: int) -> bool:
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, int):
        return -_LARGEST <= value <= _LARGEST
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        return depth < _DEEPEST and all(_can_be_kept(item, depth=depth + 1) for item in value)
    return True


def checked(fields: Sequence[Field], body: JsonObject) -> JsonObject:
    """The body with its values in canonical form: dates, do-not-disturb channels, custom field items.

    Raises:
        InvalidFields: fields are unknown, missing, or of another type.
    """
    known = {field.name for field in fields}
    problems = [f"property {name} should not exist" for name in body if name not in known]
    sound: JsonObject = {}
    for field in fields:
        if field.name in body:
            sound[field.name] = _value(field, body[field.name], problems)
        elif field.required:
            problems.append(f"{field.name} should not be empty")
    if problems:
        raise InvalidFields(problems)
    return sound


def _value(field: Field, value: Any, problems: list[str]) -> Any:
    blank = value is None or value == ""
    if blank and field.nullable:
        return value
    if blank and field.required:
        problems.append(f"{field.name} should not be empty")
        return value
    return _READERS[field.type](field.name, value, problems)


def _string(name: str, value: Any, problems: list[str]) -> Any:
    if not isinstance(value, str):
        problems.append(f"{name} must be a string")
    elif name in _FORMATS and not _FORMATS[name][0](value):
        problems.append(f"{name} must be {_FORMATS[name][1]}")
    return value


def _number(name: str, value: Any, problems: list[str]) -> Any:
    if not isinstance(value, int | float) or isinstance(value, bool):
        problems.append(f"{name} must be a number conforming to the specified constraints")
    return value


def _boolean(name: str, value: Any, problems: list[str]) -> Any:
    if not isinstance(value, bool):
        problems.append(f"{name} must be a boolean value")
    return value


def _strings(name: str, value: Any, problems: list[str]) -> Any:
    if not isinstance(value, list):
        problems.append(f"{name} must be an array")
    elif not all(isinstance(item, str) for item in value):
        problems.append(f"each value in {name} must be a string")
    return value


def _date(name: str, value: Any, problems: list[str]) -> Any:
    try:
        return birthday(value)
    except (ValueError, TypeError):
        problems.append(f"{name} must be a valid date")
        return value


def _anything(_name: str, value: Any, _problems: list[str]) -> Any:
    return value


def _is_email(text: str) -> bool:
    try:
        address = validate_email(text, check_deliverability=False, globally_deliverable=False, test_environment=True)
    except EmailNotValidError:
        return False
    return "." in address.domain


_FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "email": (_is_email, "an email"),
    "dueDate": (is_iso, "a valid ISO 8601 date string"),
    "eventStartTime": (is_iso, "a valid ISO 8601 date string"),
}
"""What a text must look like, by the name of its field."""

_READERS: dict[str, Callable[[str, Any, list[str]], Any]] = {
    "string": _string,
    "number": _number,
    "boolean": _boolean,
    "strings": _strings,
    "date": _date,
    "dnd": dnd_settings,
    "inbound dnd": inbound_dnd_settings,
    "custom fields": custom_fields,
    "any": _anything,
}
