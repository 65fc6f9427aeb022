"""The types of values that fields hold and transforms take and give."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final


class Type(StrEnum):
    """What a value is, in words a marketer knows."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes or no"
    LIST = "list of texts"
    OBJECT = "object"
    ANY = "anything"
    SAME = "the same as before"
    """Only as what a transform gives: the type of what it was given."""


PYTHON_TYPES: Final[dict[Type, tuple[type, ...]]] = {
    Type.TEXT: (str,),
    Type.NUMBER: (int, float),
    Type.YES_NO: (bool,),
    Type.LIST: (list,),
    Type.OBJECT: (dict,),
}
_NAMES: Final = {str: Type.TEXT, bool: Type.YES_NO, int: Type.NUMBER, float: Type.NUMBER, list: Type.LIST}


def type_of(value: Any) -> Type:
    """The type of a value that is set."""
    return _NAMES.get(type(value), Type.OBJECT)


def fits(value: Any, type_: Type) -> bool:
    """Whether a value that is set may stand in a field of that type."""
    allowed = PYTHON_TYPES.get(type_)
    if allowed is None:
        return True
    return type(value) in allowed and (type_ is not Type.LIST or all(isinstance(item, str) for item in value))


def agree(given: Type, wanted: Type) -> bool:
    """Whether every value of one type, as far as known, may go where the other is wanted."""
    return given == wanted or Type.ANY in {given, wanted}


def in_words(type_: Type) -> str:
    """The type with its article."""
    articles = {Type.YES_NO: "", Type.ANY: "", Type.SAME: "", Type.OBJECT: "an "}
    return f"{articles.get(type_, 'a ')}{type_.value}"


def is_unset(value: Any) -> bool:
    """Whether a field with this value says nothing."""
    return value is None or value in ("", [], {})
