"""What is sent: the body checked against the operations table and put into the spelling of the API version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from invoco.highlevel.errors import InvalidInput
from invoco.highlevel.operations import Operation
from invoco.highlevel.records import JsonObject, canonical_dnd

_V3_CHANNELS = {"Call": "call", "Email": "email", "SMS": "sms", "WhatsApp": "whatsApp", "GMB": "gmb", "FB": "fb"}
_VALUE_SPELLINGS = ("field_value", "fieldValue", "value")
_WRITING = frozenset({"POST", "PUT", "PATCH"})


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """One call, ready to be sent as often as needed; only the token is missing."""

    operation: Operation
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    content: bytes | None = None
    form: dict[str, str] | None = None


def prepared(
    operation: Operation,
    *,
    path: Mapping[str, str],
    query: Mapping[str, Any],
    body: Mapping[str, Any] | None,
    form: Mapping[str, str] | None,
    version: str | None,
) -> Prepared:
    """The call as it will be sent.

    Args:
        operation: the row of the operations table.
        path: values for the `{names}` of the path.
        query: values of any JSON scalar; None leaves a parameter out.
        body: JSON body under v2 wire names; None sends none, or `{}` where HighLevel insists on one.
        form: body as `application/x-www-form-urlencoded`, instead of JSON.
        version: the `Version` to ask for; None takes that of the operation.

    Raises:
        InvalidInput: the body has a field the operation does not take, lacks a required one, or the path lacks an id.
    """
    wanted = version_for(operation, version)
    content = None if form is not None else _content(operation, body, version=wanted)
    headers = {"Version": wanted} if wanted else {}
    if content is not None:
        headers["Content-Type"] = "application/json"
    return Prepared(
        operation=operation,
        path=_filled(operation, path, version=wanted),
        headers=headers,
        query={name: _query_text(value) for name, value in query.items() if value is not None},
        content=content,
        form=dict(form) if form is not None else None,
    )


def version_for(operation: Operation, asked: str | None) -> str | None:
    """The `Version` header of a call: what was asked for, as far as the operation exists there (facts 1.2, 1.3)."""
    if asked is None or operation.version is None:
        return operation.version
    exists = operation.in_v3 if asked == "v3" else operation.in_v2
    return asked if exists else operation.version


def _filled(operation: Operation, values: Mapping[str, str], *, version: str | None) -> str:
    for name, value in values.items():
        if value in {"", ".", ".."}:  # would silently address the list, or another route
            raise InvalidInput(
                f"{name} must be an id", fields={name: "must be an id"}, method=operation.method, path=operation.path
            )
    return operation.path_for(version).format_map({name: quote(value, safe="") for name, value in values.items()})


def _query_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _content(operation: Operation, body: Mapping[str, Any] | None, *, version: str | None) -> bytes | None:
    if body is None:
        return b"{}" if operation.method in _WRITING else None
    check_body(operation, body)
    return msgspec.json.encode(_spelled(operation, body, version=version))


def check_body(operation: Operation, body: Mapping[str, Any]) -> None:
    """Refuse unknown and missing fields before anything is sent.

    Raises:
        InvalidInput: with the reason per field.
    """
    allowed = {field.name for field in operation.body or ()}
    problems = {name: f"property {name} should not exist" for name in body if name not in allowed}
    required = (field.name for field in operation.body or () if field.required)
    problems |= {name: f"{name} is required" for name in required if name not in body}
    if problems:
        message = "; ".join(problems.values())
        raise InvalidInput(message, fields=problems, method=operation.method, path=operation.path)


def _spelled(operation: Operation, body: Mapping[str, Any], *, version: str | None) -> JsonObject:
    """The body with DND channels and custom field values named as this version names them (facts 1.3)."""
    types = {field.name: field.type for field in operation.body or ()}
    return {name: _spelled_value(types[name], value, v3=version == "v3") for name, value in body.items()}


def _spelled_value(type_: str, value: Any, *, v3: bool) -> Any:
    if type_ == "dnd" and isinstance(value, dict):
        channels = canonical_dnd(value)
        return {_V3_CHANNELS.get(name, name): item for name, item in channels.items()} if v3 else channels
    if type_ == "custom fields" and isinstance(value, list | tuple):
        key = "fieldValue" if v3 else "field_value"
        return [_custom_field(item, key=key) for item in value]
    return value


def _custom_field(item: Any, *, key: str) -> Any:
    if isinstance(item, msgspec.Struct):
        item = msgspec.to_builtins(item)
    if not isinstance(item, dict):
        return item
    spelled = {name: value for name, value in item.items() if name not in _VALUE_SPELLINGS}
    given = [item[name] for name in _VALUE_SPELLINGS if name in item]
    return {**spelled, key: given[0]} if given else spelled
