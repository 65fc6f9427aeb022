"""The OpenAPI page of each route, made of the operations table and the record types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from fastapi import Security
from fastapi.security import HTTPBearer

from invoco.domain.kinds import RECORD_TYPES
from invoco.highlevel.operations import VERSIONS, Field, Operation
from invoco.highlevel.records import Record
from invoco.routes.answer_fields import ANSWER_FIELDS, AnswerField
from invoco.routes.calls import JsonObject

_BEARER: Final = HTTPBearer(scheme_name="bearer", auto_error=False)
_REFERENCE: Final = "#/"
_TEXT: Final[JsonObject] = {"type": "string"}
_SETTING: Final[JsonObject] = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"enum": ["active", "inactive", "permanent"], "type": "string"},
        "message": _TEXT,
        "code": _TEXT,
    },
}
_CUSTOM_FIELD: Final[JsonObject] = {
    "type": "object",
    "properties": {"id": _TEXT, "key": _TEXT, "field_value": {}, "fieldValue": {}},
}
_TYPES: Final[dict[str, JsonObject]] = {
    "string": _TEXT,
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "strings": {"type": "array", "items": _TEXT},
    "date": {**_TEXT, "examples": ["1990-09-25", "09/25/1990"]},
    "dnd": {"type": "object", "additionalProperties": _SETTING},
    "inbound dnd": {"type": "object", "properties": {"all": _SETTING}},
    "custom fields": {"type": "array", "items": _CUSTOM_FIELD},
    "any": {},
}
_REFUSAL: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "statusCode": {"type": "number"},
        "message": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
        "error": _TEXT,
        "traceId": _TEXT,
    },
}
_REFUSALS: Final = {
    400: "The request makes no sense, or the record does not exist",
    401: "The token, the version or the scope was refused",
    403: "The token belongs to another location",
    422: "Fields are refused",
}


def documented(operation: Operation, *, only_v3: bool) -> dict[str, Any]:
    """What `add_api_route` is told of an operation."""
    renamed = only_v3 and operation.in_v2
    path = operation.v3_path if renamed and operation.v3_path else operation.path
    return {
        "summary": operation.title,
        "operation_id": f"{operation.id}-v3" if renamed else operation.id,
        "tags": [path.split("/")[1].capitalize()],
        "status_code": operation.success,
        "responses": {status: _answer(text, _REFUSAL) for status, text in _REFUSALS.items()},
        "dependencies": [Security(_BEARER)],
        "openapi_extra": _extra(operation, path, only_v3=only_v3),
    }


def _extra(operation: Operation, path: str, *, only_v3: bool) -> JsonObject:
    success = _answer("Success", _answered(ANSWER_FIELDS[operation.id]))
    extra: JsonObject = {
        "parameters": list(_parameters(operation, path, only_v3=only_v3)),
        "responses": {str(operation.success): success},
        "x-scope": operation.scope,
    }
    if operation.body is not None:
        content = {"application/json": {"schema": _object_of(operation.body)}}
        extra["requestBody"] = {"required": True, "content": content}
    return extra


def _parameters(operation: Operation, path: str, *, only_v3: bool) -> Iterator[JsonObject]:
    versions = ["v3"] if only_v3 else list(VERSIONS)
    yield {"name": "Version", "in": "header", "required": True, "schema": {**_TEXT, "enum": versions}}
    for name in re.findall(r"\{(\w+)\}", path):
        yield {"name": name, "in": "path", "required": True, "schema": _TEXT}
    for field in operation.query:
        yield {"name": field.name, "in": "query", "required": field.required, "schema": _TYPES[field.type]}


def _object_of(fields: tuple[Field, ...]) -> JsonObject:
    return {
        "type": "object",
        "properties": {field.name: _type_of(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def _type_of(field: Field) -> JsonObject:
    schema = _TYPES[field.type]
    return {"anyOf": [schema, {"type": "null"}]} if field.nullable else schema


def _answer(description: str, schema: JsonObject) -> JsonObject:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _answered(fields: dict[str, AnswerField]) -> JsonObject:
    properties = {name: _answer_field(kind) for name, kind in fields.items()}
    return {"type": "object", "properties": {**properties, "traceId": _TEXT}}


def _answer_field(kind: AnswerField) -> JsonObject:
    if isinstance(kind, dict):
        return kind
    if isinstance(kind, list):
        return {"type": "array", "items": _answer_field(kind[0])}
    return _record(kind)


def _record(kind: type[Record]) -> JsonObject:
    schema: JsonObject = _SCHEMAS[kind.__name__]
    return schema


def _schemas() -> dict[str, JsonObject]:
    """The schema of every record type, with what it refers to in its place and without the bag of unnamed fields."""
    _, components = msgspec.json.schema_components(list(RECORD_TYPES.values()), ref_template=f"{_REFERENCE}{{name}}")
    resolved: dict[str, JsonObject] = _resolved(components, components)
    for schema in resolved.values():
        schema["properties"].pop("extra", None)
    return resolved


def _resolved(schema: Any, components: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_resolved(item, components) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(components[schema["$ref"].removeprefix(_REFERENCE)], components)
    return {key: _resolved(value, components) for key, value in schema.items()}


_SCHEMAS: Final = _schemas()
