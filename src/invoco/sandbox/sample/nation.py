"""What is known of a nation: names, places, streets, trades and telephone numbers, read from short texts."""

# ruff: noqa: RUF001  letters of other alphabets are meant as they stand

from __future__ import annotations

import unicodedata
from typing import NamedTuple

import msgspec

_NOT_DECOMPOSED = str.maketrans(
    {"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i", "æ": "ae", "’": ""}
)


class Name(NamedTuple):
    """One name, as it is written and as it stands in an e-mail address."""

    written: str
    latin: str


class City(NamedTuple):
    """A place with what an address there has."""

    name: str
    state: str
    postal_code: str
    """A %-template with one number."""
    variants: int
    """How many numbers fit into the postal code."""
    timezone: str


class Nation(msgspec.Struct, frozen=True, kw_only=True):
    """The people of one country."""

    country: str
    """ISO 3166 alpha-2."""
    share: int
    """Of a hundred contacts, how many live there."""
    first_names: tuple[Name, ...]
    last_names: tuple[Name, ...]
    cities: tuple[City, ...]
    streets: tuple[str, ...]
    """%-templates with the number of the house."""
    trades: tuple[str, ...]
    """%-templates of company names with a family name."""
    mobiles: tuple[str, ...]
    """E.164 beginnings, those of the first numbers of contacts."""
    other_mobile: str
    """The E.164 beginning of additional numbers, so that no number is given twice."""
    subscribers: tuple[int, int]
    """From which to below which number the rest runs; it has as many digits as the last of them."""


def nation(
    country: str, share: int, *, first: str, last: str, cities: str, streets: str, trades: str, mobiles: str,
    subscribers: tuple[int, int],
) -> Nation:  # fmt: skip
    """Read a nation: names parted by blanks (`written=latin` where needed), the others by `;`, parts of a city by `|`.

    Of the mobile beginnings the last one is kept for additional numbers.
    """
    *beginnings, other = (f"+{digits}" for digits in mobiles.split())
    return Nation(
        country=country,
        share=share,
        first_names=_names(first),
        last_names=_names(last),
        cities=tuple(_city(text) for text in _parts(cities)),
        streets=_parts(streets),
        trades=_parts(trades),
        mobiles=tuple(beginnings),
        other_mobile=other,
        subscribers=subscribers,
    )


def latin(text: str) -> str:
    """The text in lower-case ASCII letters, as people spell themselves in addresses: `Łukasz` gives `lukasz`."""
    plain = unicodedata.normalize("NFKD", text.translate(_NOT_DECOMPOSED))
    return "".join(letter for letter in plain.lower() if letter.isascii() and letter.isalnum())


def _names(text: str) -> tuple[Name, ...]:
    return tuple(_name(word.replace("_", " ")) for word in text.split())


def _name(word: str) -> Name:
    written, _, spelled = word.partition("=")
    return Name(written, latin(spelled or written))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(";"))


def _city(text: str) -> City:
    name, state, postal, timezone = text.split("|")
    digits = postal.count("#")
    return City(name, state, postal.replace("#" * digits, f"%0{digits}d"), 10**digits, timezone)
