"""From text to document; what cannot be read is told by line, rule and cure."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, Final

import msgspec

from invoco.domain.errors import InvalidMapping
from invoco.mapping.document import KINDS, Document, KindRules, Rule
from invoco.mapping.problems import Problem, meant

_UNKNOWN: Final = re.compile(r"unknown field `(.*?)`")
_PLACE: Final = re.compile(r"at `\$\.?(\w*)(?:\.rules\[(\d+)\])?(?:\.(\w+))?")
_WRONG_TYPE: Final = re.compile(r"Expected `(.*?)`, got `(.*?)`")
_MISSING: Final = re.compile(r"missing required field `(.*?)`")
_TYPE_WORDS: Final = {
    "str": "a text in quotes", "int": "a number", "array": "a list in square brackets", "object": "a table",
    "str | null": "a text in quotes", "str | object": "the name of a transform or a table with `use`",
    "float": "a number with a fraction", "bool": "true or false", "null": "nothing",
}  # fmt: skip


def read_toml(text: str) -> Document:
    """The document that a TOML text holds.

    Raises:
        InvalidMapping: the text is no TOML (with its line), or has words that a mapping does not know.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise _syntax(str(cause)) from cause
    except RecursionError as cause:
        raise _syntax("it is nested too deeply") from cause
    return _converted(raw)


def read_json(text: str) -> Document:
    """The document that a JSON text holds.

    Raises:
        InvalidMapping: as `read_toml`.
    """
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as cause:
        raise _syntax(f"{cause.msg} (at line {cause.lineno}, column {cause.colno})") from cause
    except RecursionError as cause:
        raise _syntax("it is nested too deeply") from cause
    return _converted(raw)


def _syntax(reason: str) -> InvalidMapping:
    line = re.search(r"at line \d+", reason)
    where = f"Look {line.group()}" if line else "Look at the end of the text"
    cure = f"{where}; a missing quote, bracket or comma is the usual cause."
    return InvalidMapping([Problem("document", "", f"The text cannot be read: {reason}.", cure)])


def _converted(raw: Any) -> Document:
    try:
        return msgspec.convert(raw, Document, strict=True)
    except msgspec.ValidationError as cause:
        raise InvalidMapping([_understood(str(cause))]) from cause


def _understood(reason: str) -> Problem:
    """Msgspec's sentence in words for people."""
    kind, number, key = _place(reason)
    rule = f"{kind} rule {int(number) + 1}" if number else kind or "document"
    if unknown := _UNKNOWN.search(reason):
        return _unknown_word(rule, unknown.group(1), _known_words(kind, number))
    if missing := _MISSING.search(reason):
        cure = "Write `version = 1` as the first line." if missing.group(1) == "version" else "Add it."
        return Problem(rule, missing.group(1), f"`{missing.group(1)}` is missing.", cure)
    if wrong := _WRONG_TYPE.search(reason):
        wanted, given = (_TYPE_WORDS.get(word, word) for word in wrong.groups())
        return Problem(rule, key, f"`{key or 'the whole'}` is {given}.", f"Write {wanted}.")
    return Problem(rule, key, f"It cannot be read: {reason}.", "Compare it with the schema of a mapping.")


def _place(reason: str) -> tuple[str, str, str]:
    found = _PLACE.search(reason)
    kind, number, key = (found.group(n) or "" for n in (1, 2, 3)) if found else ("", "", "")
    return ("", number, kind) if kind == "version" else (kind, number, key or kind)


def _known_words(kind: str, number: str) -> tuple[str, ...]:
    if number:
        return Rule.__struct_encode_fields__
    return KindRules.__struct_encode_fields__ if kind else ("version", *(known.value for known in KINDS))


def _unknown_word(rule: str, word: str, known: tuple[str, ...]) -> Problem:
    what = "is no kind of record that can be mapped" if "version" in known else "is not known here"
    cure = meant(word, known, otherwise=f"Use one of {', '.join(f'`{name}`' for name in known)}.")
    return Problem(rule, word, f"`{word}` {what}.", cure)
