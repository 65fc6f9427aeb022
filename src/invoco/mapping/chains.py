"""The transforms of one rule, checked against each other and made into one function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from invoco.mapping.document import step_parts
from invoco.mapping.problems import BadOptionError, CannotMapError, meant
from invoco.mapping.transforms import TRANSFORMS
from invoco.mapping.transforms.transform import Function, Transform, Workshop
from invoco.mapping.types import PYTHON_TYPES, Type, agree, in_words, type_of


@dataclass(frozen=True, slots=True)
class Step:
    """One function of a chain, and what it may be given."""

    apply: Any
    takes: tuple[type, ...] | None
    takes_unset: bool = False
    with_record: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """One transform of a chain with its options, between the types around it."""

    transform: Transform
    options: Any
    given: Type
    gives: Type
    each: bool
    """Whether it is applied to every entry of a list."""

    def forth(self, workshop: Workshop) -> Step:
        """The step of the way in."""
        function = self.transform.forth(self.options, workshop)
        takes = PYTHON_TYPES.get(Type.LIST if self.each else self.transform.takes)
        apply = _for_each(function) if self.each else function
        return Step(apply, takes, self.transform.takes_unset, self.transform.with_record)

    def back(self, workshop: Workshop) -> Step | None:
        """The step of the way out; None where there is none."""
        function = self.transform.back(self.options, workshop) if self.transform.back else None
        if function is None:
            return None
        takes = PYTHON_TYPES.get(Type.LIST if self.each else self.gives)
        return Step(_for_each(function) if self.each else function, takes)


def link(step: str | dict[str, Any], given: Type) -> Link:
    """One step of a chain behind a value of that type.

    Raises:
        BadOptionError: the transform or an option is not known, or it cannot take such a value.
    """
    name, raw = step_parts(step)
    if not name:
        raise BadOptionError("A step is empty.", "Name a transform, or take the step away.")
    transform = TRANSFORMS.get(name)
    if transform is None:
        cure = meant(name, TRANSFORMS, otherwise="Look at docs/reference/transforms.md.")
        raise BadOptionError(f"There is no transform `{name}`.", cure)
    options = _options(transform, raw)
    return _between(transform, options, given)


def _options(transform: Transform, raw: dict[str, Any]) -> Any:
    try:
        return msgspec.convert(raw, transform.options, strict=True)
    except msgspec.ValidationError as cause:
        known = transform.options.__struct_encode_fields__
        cure = f"It knows {', '.join(f'`{name}`' for name in known)}." if known else "It has no options."
        raise BadOptionError(f"An option of `{transform.name}` is wrong: {_plainly(str(cause))}.", cure) from cause


def _plainly(reason: str) -> str:
    words = reason.replace("Object missing required field", "it needs")
    words = words.replace("Object contains unknown field", "it does not know").replace(" - at `$.", " in `")
    return words[:1].lower() + words[1:]


def _between(transform: Transform, options: Any, given: Type) -> Link:
    each = given is Type.LIST and transform.takes is Type.TEXT is transform.gives
    if not each and not agree(given, transform.takes):
        cure = _bridge(given, transform.takes)
        raise BadOptionError(f"`{transform.name}` takes {in_words(transform.takes)}, not {in_words(given)}.", cure)
    gives = transform.gives_of(options) if transform.gives_of else transform.gives
    if transform.gives is Type.SAME and not agree(given, gives):
        raise BadOptionError(
            f"`{transform.name}` has {in_words(gives)} for a field that is {in_words(given)}.", "Correct `value`."
        )
    return Link(transform, options, given, Type.LIST if each else _known(given, gives), each)


def _known(given: Type, gives: Type) -> Type:
    return given if gives is Type.SAME else gives


def _bridge(given: Type, wanted: Type) -> str:
    direct = next((t.name for t in TRANSFORMS.values() if t.takes is given and t.gives is wanted and t.back), None)
    return f"Put `{direct}` before it." if direct else "Choose another transform or another field."


def _for_each(function: Function) -> Function:
    def each(entries: list[Any]) -> list[Any]:
        mapped = []
        for entry in entries:
            if not isinstance(entry, str):
                raise CannotMapError("an entry of the list is no text")
            new = function(entry)
            if new is not None:
                mapped.append(new)
        return mapped

    return each


def run(steps: Sequence[Step], value: Any, record: Any) -> Any:
    """The value after all steps, from the first to the last; an empty text is no value.

    Raises:
        CannotMapError: a step cannot read what it is given.
    """
    for step in steps:
        value = _unless_empty(value)
        if value is None and not step.takes_unset:
            continue
        if step.takes is not None and value is not None and type(value) not in step.takes:
            raise _unreadable(value)
        value = step.apply(value, record) if step.with_record else step.apply(value)
    return value


def composed(steps: Sequence[Step]) -> Callable[[Any, Any], Any]:
    """The steps as one function of value and record, quick where they are plain. An empty text becomes nothing."""
    if any(step.takes_unset or step.with_record or step.takes is None for step in steps):
        return lambda value, record: _unless_empty(run(steps, value, record))
    if len(steps) == 1:
        return _single(steps[0].apply, steps[0].takes or ())
    pairs = [(step.apply, step.takes or ()) for step in steps]

    def several(value: Any, _record: Any) -> Any:
        for apply, takes in pairs:
            if value is None or value == "":
                return None
            if type(value) not in takes:
                raise _unreadable(value)
            value = apply(value)
        return None if value == "" else value

    return several


def _single(apply: Function, takes: tuple[type, ...]) -> Callable[[Any, Any], Any]:
    def single(value: Any, _record: Any) -> Any:
        if value is None or value == "":
            return None
        if type(value) not in takes:
            raise _unreadable(value)
        value = apply(value)
        return None if value == "" else value

    return single


def _unless_empty(value: Any) -> Any:
    return None if value == "" else value


def _unreadable(value: Any) -> CannotMapError:
    return CannotMapError(f"it is {in_words(type_of(value))}, which the transform cannot read")
