"""A contact's name is kept whole and in two parts (facts 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Name(NamedTuple):
    """The three spellings of one name; None where there is nothing to say."""

    name: str | None
    first_name: str | None
    last_name: str | None


def joined(first_name: str | None, last_name: str | None) -> Name:
    """The whole name from its parts."""
    first, last = filled(first_name), filled(last_name)
    return Name(" ".join(part for part in (first, last) if part) or None, first, last)


def split(name: str | None) -> Name:
    """The parts from the whole name: what stands before the first space is the first name.

    The whole is joined again, since some answers of HighLevel have the parts alone.
    """
    first, _, rest = (name or "").strip().partition(" ")
    return joined(first, rest)


def renamed(before: Name, given: Mapping[str, str | None]) -> Name:
    """The name after a write of any of `name`, `firstName` and `lastName`; a part outweighs the whole."""
    if "firstName" in given or "lastName" in given:
        return joined(given.get("firstName", before.first_name), given.get("lastName", before.last_name))
    return split(given["name"]) if "name" in given else before


def filled(text: str | None) -> str | None:
    """The text without blanks around it; None for a text that says nothing."""
    return (text or "").strip() or None
