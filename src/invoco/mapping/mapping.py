"""A mapping that is ready to run."""

from __future__ import annotations

from typing import Any

import msgspec

from invoco.domain.errors import InvalidMapping
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Record
from invoco.mapping.building import BuiltRule
from invoco.mapping.checking import built_rules, problems_of
from invoco.mapping.definitions import Definitions
from invoco.mapping.document import KINDS, Document
from invoco.mapping.expressions import Expression
from invoco.mapping.flows import SkipThisRecord
from invoco.mapping.plans import Plan
from invoco.mapping.problems import CannotMapError, FieldProblem


class Outcome(msgspec.Struct, frozen=True):
    """What became of one record."""

    record: Record | None
    """None where the filter or a rule leaves the record out."""
    filtered: bool = False
    problems: tuple[FieldProblem, ...] = ()


def compiled(document: Document, definitions: Definitions) -> Mapping:
    """The mapping that a document describes for one location.

    Raises:
        InvalidMapping: the document has problems; all of them are told.
    """
    rules = built_rules(document, definitions)
    problems = problems_of(document, definitions, rules)
    if problems:
        raise InvalidMapping(problems)
    return Mapping(document, definitions, rules)


class Mapping:
    """The rules of one connection. It holds no state, so that threads and tasks may share it."""

    def __init__(self, document: Document, definitions: Definitions, rules: list[BuiltRule]) -> None:
        """Use `compiled`."""
        self._kinds = {
            kind: _KindMapping(document, kind, definitions, [rule for rule in rules if rule.kind is kind])
            for kind in KINDS
        }

    def is_identity(self, kind: RecordKind) -> bool:
        """Whether all records of that kind flow unchanged both ways."""
        mapping = self._kinds.get(kind)
        return mapping is None or mapping.is_identity

    def accepts(self, kind: RecordKind, record: Record) -> bool:
        """Whether the filter lets HighLevel's record in; it does when it cannot be evaluated."""
        mapping = self._kinds.get(kind)
        return mapping is None or mapping.accepts(record, [])

    def inward(self, kind: RecordKind, theirs: Record, held: Record | None) -> Outcome:
        """Invoco's record after HighLevel's was read; `held` is Invoco's as it is now."""
        mapping = self._kinds.get(kind)
        return Outcome(theirs) if mapping is None else mapping.inward(theirs, held)

    def outward(self, kind: RecordKind, ours: Record, base: Record | None) -> Outcome:
        """HighLevel's record as it should become; `base` is HighLevel's as last read. The filter has no say here."""
        mapping = self._kinds.get(kind)
        return Outcome(ours) if mapping is None else _mapped(mapping.out, ours, base, [])


class _KindMapping:
    """The rules for one kind of record."""

    def __init__(self, document: Document, kind: RecordKind, definitions: Definitions, rules: list[BuiltRule]) -> None:
        told = document.of(kind)
        copies = told.unnamed == "both"
        self._filter = Expression(told.filter, kind, definitions) if told.filter is not None else None
        self.into = Plan(kind, "in", rules, copies_unnamed=copies)
        self.out = Plan(kind, "out", rules, copies_unnamed=copies)
        self.is_identity = self._filter is None and self.into.is_identity and self.out.is_identity

    def accepts(self, record: Record, problems: list[FieldProblem]) -> bool:
        """Whether the filter lets the record in; why it could not be asked goes to the problems."""
        if self._filter is None:
            return True
        try:
            answer: Any = self._filter(record)
        except CannotMapError as cause:
            problems.append(FieldProblem(0, "filter", str(cause)))
            return True
        if not isinstance(answer, bool):
            problems.append(FieldProblem(0, "filter", "the filter gives neither yes nor no", answer))
            return True
        return answer

    def inward(self, theirs: Record, held: Record | None) -> Outcome:
        """As `Mapping.inward`."""
        problems: list[FieldProblem] = []
        if not self.accepts(theirs, problems):
            return Outcome(None, filtered=True)
        return _mapped(self.into, theirs, held, problems)


def _mapped(plan: Plan, record: Record, other: Record | None, problems: list[FieldProblem]) -> Outcome:
    if plan.is_identity:
        return Outcome(record, problems=tuple(problems))
    try:
        result = plan.applied(record, other, problems)
    except SkipThisRecord as skipped:
        return Outcome(None, problems=(*problems, skipped.problem))
    return Outcome(result, problems=tuple(problems))
