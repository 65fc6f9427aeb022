"""Transforms that choose: tables of words, yes and no, fixed values."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from invoco.mapping.problems import BadOptionError, CannotMapError
from invoco.mapping.transforms.transform import Function, NoOptions, Transform, Workshop, example
from invoco.mapping.types import Type, type_of

_GROUP: Final = "Choices"
_YES: Final = ("yes", "true", "1", "on", "y")
_NO: Final = ("no", "false", "0", "off", "n")

Value = str | bool | int | float | list[str]


class MapOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which word becomes which."""

    values: Annotated[dict[str, str], Meta(min_length=1, max_length=5000)]
    unknown: Literal["keep", "clear", "fail"] = "fail"
    """What becomes of a word that is not in the table."""


class WordsOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words that mean yes and no; case does not matter. The first of each is used on the way back."""

    yes: Annotated[tuple[str, ...], Meta(min_length=1)] = _YES
    no: Annotated[tuple[str, ...], Meta(min_length=1)] = _NO


class YesNoOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How yes and no are written."""

    yes: str = "Yes"
    no: str = "No"


class ValueOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fixed value."""

    value: Value


def _looks_up(options: MapOptions, _workshop: Workshop) -> Function:
    return _by_table(options.values, options.unknown)


def _looks_up_back(options: MapOptions, _workshop: Workshop) -> Function | None:
    backwards = {new: old for old, new in options.values.items()}
    one_to_one = len(backwards) == len(options.values)
    return _by_table(backwards, options.unknown) if one_to_one else None


def _by_table(table: dict[str, str], unknown: str) -> Function:
    if unknown == "keep":
        return lambda text: table.get(text, text)
    if unknown == "clear":
        return table.get

    def mapped(text: str) -> str:
        try:
            return table[text]
        except KeyError:
            raise CannotMapError(f"`{text}` is not in the table") from None

    return mapped


def _from_words(options: WordsOptions, _workshop: Workshop) -> Function:
    table = {**{word.casefold(): True for word in options.yes}, **{word.casefold(): False for word in options.no}}
    if len(table) < len({*options.yes}) + len({*options.no}):
        raise BadOptionError("A word is said to mean both or is said twice.", "Say every word once.")

    def understood(text: str) -> bool:
        try:
            return table[text.strip().casefold()]
        except KeyError:
            raise CannotMapError(f"`{text}` means neither yes nor no") from None

    return understood


def _first_words(options: WordsOptions, _workshop: Workshop) -> Function:
    return lambda flag: options.yes[0] if flag else options.no[0]


def _to_words(options: YesNoOptions, _workshop: Workshop) -> Function:
    return lambda flag: options.yes if flag else options.no


def _back_from_words(options: YesNoOptions, workshop: Workshop) -> Function:
    return _from_words(WordsOptions(yes=(options.yes,), no=(options.no,)), workshop)


def _default(options: ValueOptions, _workshop: Workshop) -> Function:
    return lambda value: options.value if value is None or value in ("", []) else value


def _as_it_is(_options: Any, _workshop: Workshop) -> Function:
    return lambda value: value


def _constant(options: ValueOptions, _workshop: Workshop) -> Function:
    return lambda _value: options.value


def _negates(_options: Any, _workshop: Workshop) -> Function:
    return lambda flag: not flag


def _texts(options: ValueOptions) -> list[str]:
    return [
        text
        for text in (options.value if isinstance(options.value, list) else [options.value])
        if isinstance(text, str)
    ]


TRANSFORMS: Final = (
    Transform(
        name="map_values", group=_GROUP, description="Change words by a table.",
        takes=Type.TEXT, gives=Type.TEXT, options=MapOptions, forth=_looks_up, back=_looks_up_back,
        texts_of=lambda options: list(options.values.values()),
        examples=(
            example("m", "male", values={"m": "male", "f": "female"}),
            example("x", "x", values={"m": "male"}, unknown="keep"),
            example("x", None, values={"m": "male"}, unknown="clear"),
        ),
    ),
    Transform(
        name="yes_no_from_words", group=_GROUP, description="Understand words that mean yes or no.",
        takes=Type.TEXT, gives=Type.YES_NO, options=WordsOptions, forth=_from_words, back=_first_words,
        examples=(example("Yes", True), example("nein", False, yes=["ja"], no=["nein"])),
    ),
    Transform(
        name="yes_no_to_words", group=_GROUP, description="Write yes and no as words.",
        takes=Type.YES_NO, gives=Type.TEXT, options=YesNoOptions, forth=_to_words, back=_back_from_words,
        texts_of=lambda options: [options.yes, options.no],
        examples=(example(True, "Yes"), example(False, "nein", yes="ja", no="nein")),
    ),
    Transform(
        name="negate", group=_GROUP, description="Make yes no, and no yes.",
        takes=Type.YES_NO, gives=Type.YES_NO, options=NoOptions, forth=_negates, back=_negates,
        examples=(example(True, False),),
    ),
    Transform(
        name="default", group=_GROUP, description="Use a fixed value where there is none.",
        takes=Type.ANY, gives=Type.SAME, options=ValueOptions, forth=_default, back=_as_it_is, takes_unset=True,
        gives_of=lambda options: type_of(options.value), texts_of=_texts,
        examples=(example(None, "unknown", value="unknown"), example("Ada", "Ada", value="unknown")),
    ),
    Transform(
        name="constant", group=_GROUP, description="Use a fixed value whatever is there.",
        takes=Type.ANY, gives=Type.ANY, options=ValueOptions, forth=_constant, takes_unset=True,
        gives_of=lambda options: type_of(options.value), texts_of=_texts,
        examples=(example("Ada", "import", value="import"), example(None, 5, value=5)),
    ),
)  # fmt: skip
