"""CEL: small formulas over a record, for filters and computed values.

The fields of the record are variables under their wire names, `custom` holds its custom fields by key and `extra` what
nobody named. A text that is not set is an empty text, a list an empty list; other fields that are not set are null.
Numbers are decimals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import cel
from cel.stdlib import STDLIB_FUNCTIONS

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Record
from invoco.mapping.definitions import Definitions, bare_key
from invoco.mapping.places import Place, custom_place, standard_places
from invoco.mapping.problems import BadOptionError, CannotMapError, meant
from invoco.mapping.types import Type, type_of

LONGEST: Final = 1500
_BOUND: Final = re.compile(r"\.\s*(?:map|all|exists|exists_one|filter)\s*\(\s*(\w+)\s*,")
_NAMESPACES: Final = {name.partition(".")[0] for name in STDLIB_FUNCTIONS if "." in name}
_SAMPLES: Final[Mapping[Type, Any]] = {
    Type.TEXT: "text", Type.NUMBER: 1.0, Type.YES_NO: True, Type.LIST: ["text"], Type.OBJECT: {},
}  # fmt: skip
_UNSET: Final[Mapping[Type, Any]] = {Type.TEXT: "", Type.LIST: [], Type.OBJECT: {}}


class Expression:
    """One compiled formula for one kind of record."""

    def __init__(self, text: str, kind: RecordKind, definitions: Definitions) -> None:
        """Compile it.

        Raises:
            BadOptionError: it is no CEL, or names what no record has.
        """
        self.text = text
        self._program = _program(text)
        names = set(self._program.variables()) - set(_BOUND.findall(text)) - _NAMESPACES
        self._standard = [place for name, place in standard_places(kind).items() if name in names]
        self._custom = {} if "custom" not in names else _custom_places(kind, definitions)
        self._extra = "extra" in names
        self._functions = {name: STDLIB_FUNCTIONS[name] for name in _own_functions(self._program)}
        self._check_names(names, kind)

    def __call__(self, record: Record) -> Any:
        """What the formula says of that record.

        Raises:
            CannotMapError: it cannot be evaluated, or gives what no field can hold.
        """
        return self._evaluated(self._variables(record))

    def type(self) -> Type:
        """The type of its answers, tried on a sample record.

        Raises:
            BadOptionError: its parts do not fit together.
        """
        try:
            return type_of(_plain(_run(self._program, self._sample(), self._functions)))
        except TypeError as cause:
            raise BadOptionError(_type_message(str(cause)), "Numbers are decimals: write 2.0 for 2.") from cause
        except Exception as cause:
            if "Undefined variable or function" in str(cause):
                word = str(cause).partition("'")[2].partition("'")[0]
                cure = meant(word, STDLIB_FUNCTIONS, otherwise="Use a function of CEL.")
                raise BadOptionError(f"`{word}` is no function.", cure) from cause
            return Type.ANY  # a matter of the sample's values, not of its types

    def _evaluated(self, variables: dict[str, Any]) -> Any:
        try:
            return _plain(_run(self._program, variables, self._functions))
        except CannotMapError:
            raise
        except Exception as cause:
            first = (str(cause).splitlines() or [""])[0]
            raise CannotMapError(f"the formula cannot be evaluated: {first}") from cause

    def _variables(self, record: Record) -> dict[str, Any]:
        variables = {place.name: _shown(getattr(record, place.attribute), place) for place in self._standard}
        if self._custom:
            values = {item.id: item.value for item in getattr(record, "custom_fields", ())}
            variables["custom"] = {key: _shown(values.get(at.custom), at) for key, at in self._custom.items()}
        elif "custom" in self._program.variables():
            variables["custom"] = {}
        if self._extra:
            variables["extra"] = record.extra
        return variables

    def _sample(self) -> dict[str, Any]:
        variables = {place.name: _SAMPLES.get(place.type) for place in self._standard}
        customs = {key: _SAMPLES.get(place.type) for key, place in self._custom.items()}
        return {**variables, "custom": customs, "extra": {}}

    def _check_names(self, names: set[str], kind: RecordKind) -> None:
        known = {*standard_places(kind), "extra", *({"custom"} if kind is RecordKind.CONTACT else ())}
        for name in sorted(names - known):
            raise BadOptionError(f"`{name}` is no field.", meant(name, known, otherwise="Use the name of a field."))


def _program(text: str) -> cel.Program:
    if len(text) > LONGEST:
        raise BadOptionError("The formula is too long.", f"Keep it under {LONGEST} characters.")
    try:
        return cel.compile(text)
    except Exception as cause:
        reason = str(cause).partition("<input>:")[2].splitlines() or ["it is nested too deeply"]
        raise BadOptionError(f"The formula cannot be read: {reason[0]}.", "Correct it; it is CEL.") from cause


def _run(program: cel.Program, variables: dict[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    if not functions:
        return program.execute(variables)
    return program.execute(cel.Context(variables, dict(functions)))


def _own_functions(program: cel.Program) -> set[str]:
    used = set(program.functions())
    return {name for name in STDLIB_FUNCTIONS if name.rpartition(".")[2] in used}


def _custom_places(kind: RecordKind, definitions: Definitions) -> dict[str, Place]:
    if kind is not RecordKind.CONTACT:
        return {}
    return {bare_key(field): custom_place(field) for field in definitions.of_contacts()}


def _shown(value: Any, place: Place) -> Any:
    if value is None:
        return _UNSET.get(place.type)
    return float(value) if place.type is Type.NUMBER and type(value) is int else value


def _plain(value: Any) -> Any:
    """What a field can hold; instants and durations have no field of their own."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if value is None or type(value) in {str, bool, int, float, list, dict}:
        return value
    raise CannotMapError("the formula gives what no field can hold; wrap it in string(…)")


def _type_message(reason: str) -> str:
    what = reason.partition(":")[2].partition(".")[0].strip()
    return f"The parts of the formula do not fit together: {what}."
