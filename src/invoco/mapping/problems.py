"""What is wrong with a mapping, and what was wrong with one value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One thing that must be put right before a mapping can be used."""

    rule: str
    """`contacts rule 3`, `contacts filter`, or `document`."""
    field: str
    """The field or the word that is wrong; empty where it is the whole."""
    message: str
    """One sentence that names the cause."""
    cure: str
    """One sentence that says what to do."""

    def __str__(self) -> str:
        return f"{self.rule}: {self.message} {self.cure}"


class FieldProblem(msgspec.Struct, frozen=True):
    """One value that could not be mapped."""

    rule: int
    """The number of the rule within its kind, from 1; 0 is the filter."""
    field: str
    """The field that was to be written."""
    reason: str
    value: Any = None
    """What could not be mapped."""


class CannotMapError(ValueError):
    """A value that a transform cannot read; the message is a sentence for people."""


class BadOptionError(ValueError):
    """An option that a transform cannot work with."""

    def __init__(self, message: str, cure: str = "Correct the option.") -> None:
        super().__init__(message)
        self.cure = cure


def meant(word: str, known: Iterable[str], *, otherwise: str) -> str:
    """A cure for an unknown word: the nearest known one, or what to do when none is near."""
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"Did you mean `{by_folded[near[0]]}`?" if near else otherwise
