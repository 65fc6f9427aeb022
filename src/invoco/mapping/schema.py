"""The JSON Schema of a mapping document, for editors and pages."""

from __future__ import annotations

from typing import Any

import msgspec

from invoco.mapping.document import Document
from invoco.mapping.transforms import TRANSFORMS
from invoco.mapping.transforms.transform import Transform


def document_schema() -> dict[str, Any]:
    """The schema, with the options of every transform."""
    schema = msgspec.json.schema(Document)
    definitions = schema["$defs"]
    definitions["Rule"]["properties"]["transforms"]["items"] = {"anyOf": [_bare_names(), *map(_with_options, _all())]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Mapping", **schema}


def _all() -> list[Transform]:
    return list(TRANSFORMS.values())


def _bare_names() -> dict[str, Any]:
    names = [t.name for t in _all() if all(not field.required for field in msgspec.structs.fields(t.options))]
    return {"enum": names}


def _with_options(transform: Transform) -> dict[str, Any]:
    (inner,), parts = msgspec.json.schema_components([transform.options])
    options = parts[inner["$ref"].rpartition("/")[2]]
    return {
        **options,
        "title": transform.name,
        "description": transform.description,
        "properties": {"use": {"const": transform.name}, **options["properties"]},
        "required": ["use", *options["required"]],
    }
