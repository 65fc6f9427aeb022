"""Transforms of texts."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from invoco.mapping.problems import BadOptionError, CannotMapError
from invoco.mapping.transforms.transform import Function, Transform, Workshop, example, normaliser, plain
from invoco.mapping.types import Type

_GROUP: Final = "Texts"
_LONGEST: Final = 100_000


class TextOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of text."""

    text: Annotated[str, Meta(min_length=1, max_length=1000)]


class ReplaceOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is replaced by what."""

    find: Annotated[str, Meta(min_length=1)]
    put: str = ""


class TruncateOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the text may be."""

    length: Annotated[int, Meta(ge=1, le=100_000)]
    ending: str = ""
    """What shows that something was cut; counts as part of the length."""


class PadOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the text becomes."""

    length: Annotated[int, Meta(ge=1, le=1000)]
    fill: Annotated[str, Meta(min_length=1, max_length=1)] = "0"


class MaskOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stays readable."""

    keep: Annotated[int, Meta(ge=0, le=1000)] = 4
    """Characters at the end."""
    sign: Annotated[str, Meta(min_length=1, max_length=1)] = "*"


class HashOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the fingerprint is made."""

    salt: str = ""
    """A secret of yours, so that nobody can guess values by trying."""
    length: Annotated[int, Meta(ge=8, le=64)] = 64


class PartOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of the text is used."""

    separator: Annotated[str, Meta(min_length=1)]
    number: Annotated[int, Meta(ge=1, le=1000)] = 1
    """1 is the first."""
    count_from: Literal["start", "end"] = "start"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].lower()


def _title(text: str) -> str:
    return " ".join(_sentence(word) for word in text.split(" "))


def _without_accents(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def _single_spaces(text: str) -> str:
    return " ".join(text.split())


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _slug(text: str) -> str:
    words = "".join(sign if sign.isalnum() else " " for sign in _without_accents(text).lower())
    return "-".join(words.split())


def _adds_prefix(options: TextOptions, _workshop: Workshop) -> Function:
    return lambda text: options.text + text


def _adds_suffix(options: TextOptions, _workshop: Workshop) -> Function:
    return lambda text: text + options.text


def _takes_prefix(options: TextOptions, _workshop: Workshop) -> Function:
    return lambda text: text.removeprefix(options.text)


def _takes_suffix(options: TextOptions, _workshop: Workshop) -> Function:
    return lambda text: text.removesuffix(options.text)


def _replaces(options: ReplaceOptions, _workshop: Workshop) -> Function:
    def replaced(text: str) -> str:
        if len(text) + text.count(options.find) * len(options.put) > _LONGEST:
            raise CannotMapError("the text would become too long")
        return text.replace(options.find, options.put)

    return replaced


def _truncates(options: TruncateOptions, _workshop: Workshop) -> Function:
    if len(options.ending) >= options.length:
        raise BadOptionError("`ending` is as long as the whole text.", "Make `length` greater.")
    stem = options.length - len(options.ending)
    return lambda text: text if len(text) <= options.length else text[:stem] + options.ending


def _pads(options: PadOptions, _workshop: Workshop) -> Function:
    return lambda text: text.rjust(options.length, options.fill)


def _masks(options: MaskOptions, _workshop: Workshop) -> Function:
    def masked(text: str) -> str:
        hidden = max(len(text) - options.keep, 0)
        return options.sign * hidden + text[hidden:]

    return masked


def _hashes(options: HashOptions, _workshop: Workshop) -> Function:
    def hashed(text: str) -> str:
        secret = (options.salt + text).encode("utf-8", "surrogatepass")
        return hashlib.sha256(secret).hexdigest()[: options.length]

    return hashed


def _parts(options: PartOptions, _workshop: Workshop) -> Function:
    at = options.number - 1 if options.count_from == "start" else -options.number

    def part(text: str) -> str | None:
        pieces = text.split(options.separator)
        inside = -len(pieces) <= at < len(pieces)
        return pieces[at].strip() if inside else None

    return part


def _with_options(name: str, description: str, options: Any, forth: Any, *examples: Any, back: Any = None) -> Transform:
    return Transform(
        name=name, group=_GROUP, description=description, takes=Type.TEXT, gives=Type.TEXT, options=options,
        forth=forth, back=back, examples=examples,
    )  # fmt: skip


TRANSFORMS: Final = (
    normaliser("trim", "Take away blanks around the text.", str.strip, example("  Ada ", "Ada"), group=_GROUP),
    normaliser(
        "single_spaces", "Make every run of blanks one blank.", _single_spaces,
        example(" Ada   Love lace", "Ada Love lace"), group=_GROUP,
    ),
    normaliser("lower_case", "Write all letters small.", str.lower, example("Ada", "ada"), group=_GROUP),
    normaliser("upper_case", "Write all letters large.", str.upper, example("Ada", "ADA"), group=_GROUP),
    normaliser(
        "title_case", "Begin every word with a capital letter.", _title, example("ada LOVELACE", "Ada Lovelace"),
        group=_GROUP,
    ),
    normaliser(
        "sentence_case", "Begin the text with a capital letter, and write the rest small.", _sentence,
        example("HELLO there", "Hello there"), group=_GROUP,
    ),
    plain(
        "without_accents", "Take accents off letters.", _without_accents, example("Zoë Müller", "Zoe Muller"),
        group=_GROUP,
    ),
    plain("digits_only", "Keep digits alone.", _digits, example("No. 12-34", "1234"), group=_GROUP),
    plain("slug", "Make a text that fits into a web address.", _slug, example("Café & Bar", "cafe-bar"), group=_GROUP),
    _with_options(
        "add_prefix", "Put a text before.", TextOptions, _adds_prefix, example("42", "CRM-42", text="CRM-"),
        back=_takes_prefix,
    ),
    _with_options(
        "remove_prefix", "Take a text away at the beginning.", TextOptions, _takes_prefix,
        example("CRM-42", "42", text="CRM-"), back=_adds_prefix,
    ),
    _with_options(
        "add_suffix", "Put a text behind.", TextOptions, _adds_suffix, example("Acme", "Acme Ltd", text=" Ltd"),
        back=_takes_suffix,
    ),
    _with_options(
        "remove_suffix", "Take a text away at the end.", TextOptions, _takes_suffix,
        example("Acme Ltd", "Acme", text=" Ltd"), back=_adds_suffix,
    ),
    _with_options(
        "replace", "Put another text wherever a text stands.", ReplaceOptions, _replaces,
        example("a-b-c", "a b c", find="-", put=" "),
    ),
    _with_options(
        "truncate", "Cut what is too long.", TruncateOptions, _truncates,
        example("Lovelace", "Love…", length=5, ending="…"), example("Ada", "Ada", length=5),
    ),
    _with_options("pad", "Fill up at the beginning.", PadOptions, _pads, example("42", "00042", length=5)),
    _with_options("mask", "Hide all but the end.", MaskOptions, _masks, example("4111222", "***1222", keep=4)),
    _with_options(
        "hash", "Make a fingerprint that does not tell the text (SHA-256).", HashOptions, _hashes,
        example("ada@example.com", "81039ee2", salt="x", length=8),
    ),
    _with_options(
        "part", "Use one part of a text that a sign divides.", PartOptions, _parts,
        example("red / green / blue", "green", separator="/", number=2),
        example("red / green / blue", "blue", separator="/", count_from="end"),
    ),
)  # fmt: skip
