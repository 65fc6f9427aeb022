"""One direction of one rule, ready to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from invoco.highlevel.records import Record
from invoco.mapping.access import Reader
from invoco.mapping.chains import Step, composed
from invoco.mapping.places import Place
from invoco.mapping.problems import CannotMapError, FieldProblem
from invoco.mapping.types import PYTHON_TYPES, Type, fits, in_words, is_unset, type_of

Converter = Callable[[Any, Any], Any]


class SkipThisRecord(Exception):
    """A rule says that its record is left out when its value cannot be mapped."""

    def __init__(self, problem: FieldProblem) -> None:
        self.problem = problem
        super().__init__(problem.reason)


@dataclass(frozen=True, slots=True)
class Flow:
    """From a value of one side to the value of the other."""

    number: int
    read: Reader
    target: Place
    read_target: Reader
    default: Any = None
    on_error: str = "skip_field"
    convert: Converter | None = None
    """From value and record to what the other side has; without it the value itself.

    It raises `CannotMapError` when a step cannot read the value, or the target cannot hold what came out.
    """

    @property
    def is_plain(self) -> bool:
        """Whether the value is copied as it is."""
        return self.convert is None and self.default is None

    def converted(self, value: Any, record: Any) -> Any:
        """The value as the other side has it."""
        return value if self.convert is None else self.convert(value, record)


def converter(steps: Sequence[Step], default: Any, target: Place, *, checked: bool) -> Converter | None:
    """The function of a flow: its steps, its default, and the check of what came out where it is in doubt."""
    convert = composed(steps) if steps else None
    if default is not None:
        convert = _with_default(convert, default)
    return _checking(convert, target) if checked else convert


def _with_default(convert: Converter | None, default: Any) -> Converter:
    def defaulted(value: Any, record: Any) -> Any:
        value = convert(value, record) if convert else value
        return default if is_unset(value) else value

    return defaulted


def _checking(convert: Converter | None, target: Place) -> Converter:
    def checked(value: Any, record: Any) -> Any:
        value = convert(value, record) if convert else value
        if value is not None:
            _check(value, target)
        return value

    return checked


def _check(value: Any, target: Place) -> None:
    allowed = PYTHON_TYPES.get(target.type)
    if allowed is not None and (type(value) not in allowed or not fits(value, target.type)):
        raise CannotMapError(f"it is {in_words(type_of(value))}, but the field holds {in_words(target.type)}")
    if target.options is not None and value:
        for text in value if target.type is Type.LIST else (value,):
            if text not in target.options:
                raise CannotMapError(f"`{text}` is no option of {target.name}")


@dataclass(frozen=True, slots=True)
class Pair:
    """A flow and, for a rule in both directions, the flow that leads back."""

    flow: Flow
    back: Flow | None = None

    def value(self, record: Record, other: Record | None, problems: list[FieldProblem]) -> Any:
        """What the target becomes; what it has on the other side where the value cannot be mapped.

        What would lead back to exactly the value at hand stays as it is, so that nothing is lost on a way there and
        back, and no change is seen where there is none.

        Raises:
            SkipThisRecord: the rule says so.
        """
        flow, given = self.flow, None
        try:
            given = flow.read(record)
            value = given if flow.convert is None else flow.convert(given, record)
        except CannotMapError as cause:
            reason = str(cause)
        except Exception as cause:  # noqa: BLE001 - whatever a value is, the other records go on
            reason = f"it cannot be mapped ({type(cause).__name__})"
        else:
            return value if self.back is None or other is None else self._settled(value, given, other)
        return self._kept(reason, given, other, problems)

    def _settled(self, value: Any, given: Any, other: Record) -> Any:
        old = self.flow.read_target(other)
        if _same(value, old) or self._awaits_default(old):
            return value
        return old if self._leads_back(old, given, other) else value

    def _awaits_default(self, old: Any) -> bool:
        return self.flow.default is not None and is_unset(old)

    def _leads_back(self, old: Any, given: Any, other: Record) -> bool:
        try:
            return _same(self.back.converted(old, other), given) if self.back else False
        except Exception:  # noqa: BLE001 - then it does not
            return False

    def _kept(self, reason: str, given: Any, other: Record | None, problems: list[FieldProblem]) -> Any:
        flow = self.flow
        if self.back is not None and other is not None:
            old = flow.read_target(other)
            if self._leads_back(old, given, other):
                return old
        problem = FieldProblem(flow.number, flow.target.name, reason, given)
        if flow.on_error == "skip_record":
            raise SkipThisRecord(problem)
        if flow.on_error == "skip_field":
            problems.append(problem)
        return flow.target.empty if other is None else flow.read_target(other)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
