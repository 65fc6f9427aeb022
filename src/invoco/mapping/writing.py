"""A mapping document as text: TOML for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from invoco.mapping.document import Document


def to_json(document: Document) -> str:
    """The document as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def to_toml(document: Document) -> str:
    """The document as TOML that reads back to an equal document."""
    plain: dict[str, Any] = msgspec.to_builtins(document)
    lines = [f"version = {plain.pop('version')}"]
    for kind, rules in plain.items():
        lines.extend(_kind_lines(kind, rules))
    return "\n".join(lines) + "\n"


def _kind_lines(kind: str, rules: dict[str, Any]) -> Iterator[str]:
    pairs = [(name, value) for name, value in rules.items() if name != "rules"]
    if pairs:
        yield from ("", f"[{kind}]")
        yield from _pairs(pairs)
    for rule in rules.get("rules", []):
        yield from ("", f"[[{kind}.rules]]")
        yield from _pairs(rule.items())


def _pairs(pairs: Any) -> Iterator[str]:
    return (f"{_key(name)} = {toml_value(value)}" for name, value in pairs if value is not None)


def toml_value(value: Any) -> str:
    """One value on one line, as TOML writes it."""
    if isinstance(value, dict):
        inside = ", ".join(_pairs(value.items()))
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value)


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else _text(name)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
