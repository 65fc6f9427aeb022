"""Transforms of names, and texts put together from several fields."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from invoco.domain.normalise.names import split
from invoco.mapping.access import reader
from invoco.mapping.places import UnknownFieldError, place
from invoco.mapping.problems import BadOptionError
from invoco.mapping.transforms.transform import RecordFunction, Transform, Workshop, example, plain
from invoco.mapping.types import Type

_GROUP: Final = "Names"
_BRACES: Final = re.compile(r"\{([^{}]*)\}")


class JoinOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is put behind."""

    fields: Annotated[list[str], Meta(min_length=1, max_length=20)]
    """Further fields of the same record, in order."""
    separator: str = " "


class TemplateOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text with gaps."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    """`{value}` stands for the value, `{firstName}` for any field of the record."""


def _read(name: str, workshop: Workshop) -> Any:
    try:
        return reader(place(name, workshop.kind, workshop.definitions))
    except UnknownFieldError as cause:
        raise BadOptionError(str(cause), cause.cure) from cause


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _joins(options: JoinOptions, workshop: Workshop) -> RecordFunction:
    readers = [_read(name, workshop) for name in options.fields]

    def joined(value: Any, record: Any) -> str:
        texts = (_shown(value).strip(), *(_shown(read(record)).strip() for read in readers))
        return options.separator.join(text for text in texts if text)

    return joined


def _fills(options: TemplateOptions, workshop: Workshop) -> RecordFunction:
    pieces = _BRACES.split(options.text)
    if any(sign in piece for piece in pieces[::2] for sign in "{}"):
        raise BadOptionError("`text` has a brace without its partner.", "Write gaps as `{value}`.")
    fixed, names = pieces[::2], pieces[1::2]
    readers = [None if name == "value" else _read(name, workshop) for name in names]

    def filled(value: Any, record: Any) -> str:
        gaps = (_shown(value if read is None else read(record)) for read in readers)
        return fixed[0] + "".join(gap + text for gap, text in zip(gaps, fixed[1:], strict=True))

    return filled


TRANSFORMS: Final = (
    plain(
        "first_name", "The first word of a whole name.", lambda text: split(text).first_name,
        example("Ada King Lovelace", "Ada"), group=_GROUP,
    ),
    plain(
        "last_name", "What follows the first word of a whole name.", lambda text: split(text).last_name,
        example("Ada King Lovelace", "King Lovelace"), example("Ada", None), group=_GROUP,
    ),
    plain(
        "initials", "The first letter of every word.",
        lambda text: "".join(word[0].upper() for word in text.split()), example("Ada Lovelace", "AL"), group=_GROUP,
    ),
    Transform(
        name="join_fields", group=_GROUP, description="Put further fields of the record behind the value.",
        takes=Type.ANY, gives=Type.TEXT, options=JoinOptions, forth=_joins, with_record=True,
        examples=(example("Ada", "Ada Lovelace", fields=["lastName"]),),
    ),
    Transform(
        name="template", group=_GROUP, description="Put values into the gaps of a text.",
        takes=Type.ANY, gives=Type.TEXT, options=TemplateOptions, forth=_fills, with_record=True,
        examples=(example("Ada", "Dear Ada Lovelace,", text="Dear {value} {lastName},"),),
    ),
)  # fmt: skip
