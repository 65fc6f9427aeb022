"""Transforms of lists of texts."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from invoco.mapping.transforms.transform import Function, Transform, Workshop, example, normaliser, plain
from invoco.mapping.types import Type

_GROUP: Final = "Lists"


class SeparatorOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands between the entries."""

    separator: Annotated[str, Meta(min_length=1, max_length=10)] = ", "


class EntriesOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which entries."""

    entries: Annotated[list[str], Meta(min_length=1, max_length=5000)]


class HasOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which entry."""

    entry: Annotated[str, Meta(min_length=1)]


def _splits(options: SeparatorOptions, _workshop: Workshop) -> Function:
    sign = options.separator.strip() or options.separator
    return lambda text: [entry.strip() for entry in text.split(sign) if entry.strip()]


def _joins(options: SeparatorOptions, _workshop: Workshop) -> Function:
    return lambda entries: options.separator.join(entries) or None


def _keeps(options: EntriesOptions, _workshop: Workshop) -> Function:
    wanted = {entry.casefold() for entry in options.entries}
    return lambda entries: [entry for entry in entries if entry.casefold() in wanted]


def _drops(options: EntriesOptions, _workshop: Workshop) -> Function:
    unwanted = {entry.casefold() for entry in options.entries}
    return lambda entries: [entry for entry in entries if entry.casefold() not in unwanted]


def _adds(options: EntriesOptions, _workshop: Workshop) -> Function:
    return lambda entries: list(dict.fromkeys([*entries, *options.entries]))


def _has(options: HasOptions, _workshop: Workshop) -> Function:
    wanted = options.entry.casefold()
    return lambda entries: any(entry.casefold() == wanted for entry in entries)


def _first(entries: list[str]) -> str | None:
    return entries[0] if entries else None


def _last(entries: list[str]) -> str | None:
    return entries[-1] if entries else None


def _listed(name: str, description: str, options: Any, forth: Any, *examples: Any, **more: Any) -> Transform:
    return Transform(
        name=name, group=_GROUP, description=description, options=options, forth=forth, examples=examples,
        takes=more.get("takes", Type.LIST), gives=more.get("gives", Type.LIST), back=more.get("back"),
    )  # fmt: skip


_COLOURS: Final = ["red", "green"]

TRANSFORMS: Final = (
    _listed("split", "Make a list of a text.", SeparatorOptions, _splits, example("red, green", _COLOURS),
            example("red;green", _COLOURS, separator=";"), takes=Type.TEXT, back=_joins),
    _listed("join", "Make a text of a list.", SeparatorOptions, _joins, example(_COLOURS, "red, green"),
            gives=Type.TEXT, back=_splits),
    normaliser("unique", "Keep every entry once.", lambda entries: list(dict.fromkeys(entries)),
               example(["a", "b", "a"], ["a", "b"]), group=_GROUP, takes=Type.LIST, gives=Type.LIST),
    normaliser("sort", "Put entries in the order of the alphabet.", sorted, example(["b", "a"], ["a", "b"]),
               group=_GROUP, takes=Type.LIST, gives=Type.LIST),
    plain("first", "The first entry.", _first, example(_COLOURS, "red"), group=_GROUP, takes=Type.LIST),
    plain("last", "The last entry.", _last, example(_COLOURS, "green"), group=_GROUP, takes=Type.LIST),
    plain("count", "How many entries there are.", len, example(_COLOURS, 2), group=_GROUP, takes=Type.LIST,
          gives=Type.NUMBER),
    plain("to_list", "A list with this one text.", lambda text: [text], example("red", ["red"]), group=_GROUP,
          gives=Type.LIST, back=_first),
    _listed("keep_entries", "Keep some entries, drop the others.", EntriesOptions, _keeps,
            example(["VIP", "old"], ["VIP"], entries=["vip"])),
    _listed("drop_entries", "Drop some entries, keep the others.", EntriesOptions, _drops,
            example(["VIP", "old"], ["old"], entries=["vip"])),
    _listed("add_entries", "Add entries that are missing.", EntriesOptions, _adds,
            example(["vip"], ["vip", "synced"], entries=["synced"])),
    _listed("has_entry", "Whether an entry is in the list.", HasOptions, _has, example(["VIP"], True, entry="vip"),
            gives=Type.YES_NO),
)  # fmt: skip
