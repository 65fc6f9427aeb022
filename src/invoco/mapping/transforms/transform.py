"""What a transform is, and the short ways to make one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.mapping.definitions import Definitions
from invoco.mapping.types import Type

Function = Callable[[Any], Any]
"""From a value that is set to its new value; raises `CannotMapError` for one it cannot read."""
RecordFunction = Callable[[Any, Any], Any]
"""As `Function`, with the record beside the value."""


_NOTHING_DEFINED: Final = Definitions()


class NoOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """There is nothing to choose."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where a transform is made: for which kind, over what a location has defined."""

    definitions: Definitions = _NOTHING_DEFINED
    kind: RecordKind = RecordKind.CONTACT


@dataclass(frozen=True, slots=True)
class Example:
    """What a transform makes of one value; shown to people and run as a test."""

    given: Any
    result: Any
    options: dict[str, Any]
    definitions: Definitions = _NOTHING_DEFINED


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """One named step between two fields."""

    name: str
    group: str
    description: str
    takes: Type
    gives: Type
    options: type[msgspec.Struct]
    forth: Callable[[Any, Workshop], Any]
    """Makes the function of the way in from options."""
    back: Callable[[Any, Workshop], Function | None] | None = None
    """Makes the function of the way out; None where there is none, or not with these options."""
    examples: Sequence[Example] = ()
    takes_unset: bool = False
    """Whether it is asked for a field without a value too."""
    with_record: bool = False
    """Whether its function takes the record beside the value."""
    gives_of: Callable[[Any], Type] | None = None
    """What it gives with these options, where that depends on them."""
    texts_of: Callable[[Any], Sequence[str]] | None = None
    """Texts it may give with these options, to be compared with a field's options."""

    @property
    def has_inverse(self) -> bool:
        """Whether it can stand in a rule for both directions, at least with some options."""
        return self.back is not None


def example(given: Any, result: Any, definitions: Definitions | None = None, /, **options: Any) -> Example:
    """An example as it is written beside its transform."""
    return Example(given, result, options, definitions or _NOTHING_DEFINED)


def plain(
    name: str,
    description: str,
    function: Function,
    *examples: Example,
    group: str,
    takes: Type = Type.TEXT,
    gives: Type = Type.TEXT,
    back: Function | None = None,
) -> Transform:
    """A transform without options."""
    return Transform(
        name=name, group=group, description=description, takes=takes, gives=gives, options=NoOptions,
        forth=lambda _options, _workshop: function,
        back=(lambda _options, _workshop: back) if back else None,
        examples=examples,
    )  # fmt: skip


def normaliser(
    name: str, description: str, function: Function, *examples: Example, group: str, **more: Any
) -> Transform:
    """A transform without options that may be applied again without harm; it normalises both ways."""
    return plain(name, description, function, *examples, group=group, back=function, **more)
