"""Transforms by regular expression, in time that grows with the text alone (RE2)."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Final

import msgspec
import re2
from msgspec import Meta

from invoco.mapping.problems import BadOptionError, CannotMapError
from invoco.mapping.transforms.transform import Function, Transform, Workshop, example
from invoco.mapping.types import Type

_GROUP: Final = "Patterns"
_LONGEST: Final = 100_000


class ExtractOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is looked for."""

    pattern: Annotated[str, Meta(min_length=1, max_length=1000)]
    """A regular expression of RE2."""
    group: Annotated[int, Meta(ge=0, le=99)] | None = None
    """Which pair of brackets is used; without it the first, or the whole where there is none."""


class PatternReplaceOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is replaced by what."""

    pattern: Annotated[str, Meta(min_length=1, max_length=1000)]
    put: str = ""
    r"""`\1` stands for what the first pair of brackets found."""


class MatchOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is looked for."""

    pattern: Annotated[str, Meta(min_length=1, max_length=1000)]


def compiled_pattern(pattern: str) -> Any:
    """The regular expression.

    Raises:
        BadOptionError: it is none, or needs what RE2 leaves out (looking ahead or back, references back).
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeError) as cause:
        reason = cause.args[0].decode() if cause.args and isinstance(cause.args[0], bytes) else str(cause)
        cure = "Correct it; looking ahead or back (`(?=…)`) and references back (`\\1`) are not known."
        raise BadOptionError(f"The regular expression cannot be read: {reason}.", cure) from cause


def _extracts(options: ExtractOptions, _workshop: Workshop) -> Function:
    pattern = compiled_pattern(options.pattern)
    group = min(pattern.groups, 1) if options.group is None else options.group
    if group > pattern.groups:
        raise BadOptionError(f"The pattern has no pair of brackets number {group}.", "Correct `group`.")

    def extracted(text: str) -> str | None:
        found = pattern.search(text)
        return (found.group(group) or None) if found else None

    return extracted


def _replaces(options: PatternReplaceOptions, _workshop: Workshop) -> Function:
    pattern = compiled_pattern(options.pattern)
    try:
        pattern.sub(options.put, "")
        _check_references(options.put, pattern.groups)
    except (IndexError, ValueError, re2.error) as cause:
        raise BadOptionError("`put` names a pair of brackets that the pattern has not.", "Correct `put`.") from cause

    def replaced(text: str) -> str:
        if len(text) * (1 + len(options.put)) > _LONGEST:
            raise CannotMapError("the text is too long")
        changed: str = pattern.sub(options.put, text)
        return changed

    return replaced


def _check_references(put: str, groups: int) -> None:
    for before, sign in pairwise(put):
        if before == "\\" and sign.isdigit() and int(sign) > groups:
            raise IndexError(sign)


def _matches(options: MatchOptions, _workshop: Workshop) -> Function:
    pattern = compiled_pattern(options.pattern)
    return lambda text: pattern.search(text) is not None


TRANSFORMS: Final = (
    Transform(
        name="extract", group=_GROUP, description="Use what a regular expression finds, or nothing.",
        takes=Type.TEXT, gives=Type.TEXT, options=ExtractOptions, forth=_extracts,
        examples=(
            example("Order 4711 of May", "4711", pattern=r"\d+"),
            example("ref=AB-7", "7", pattern=r"([A-Z]+)-(\d)", group=2),
            example("nothing", None, pattern=r"\d+"),
        ),
    ),
    Transform(
        name="replace_pattern", group=_GROUP, description="Put a text wherever a regular expression matches.",
        takes=Type.TEXT, gives=Type.TEXT, options=PatternReplaceOptions, forth=_replaces,
        examples=(example("2024-05-01", "01.05.2024", pattern=r"(\d+)-(\d+)-(\d+)", put=r"\3.\2.\1"),),
    ),
    Transform(
        name="matches", group=_GROUP, description="Whether a regular expression finds something.",
        takes=Type.TEXT, gives=Type.YES_NO, options=MatchOptions, forth=_matches,
        examples=(example("ada@example.com", True, pattern=r"@example\.com$"),),
    ),
)  # fmt: skip
