"""A compiled mapping as the engine uses it, with what it could not map written down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeVar, cast

from invoco.domain.ids import NewId
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Deviation, Finding
from invoco.highlevel.records import Record
from invoco.sync.agreeing import contact_id_of

if TYPE_CHECKING:
    from invoco.mapping import FieldProblem, Mapping, Outcome

R = TypeVar("R", bound=Record)

_MOST: Final = 1000
"""Problems that are kept until they are taken."""


class Mapped:
    """A mapping of which only the record of each outcome is of interest; its problems are gathered."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._problems: dict[tuple[RecordKind, str, str], tuple[Record, FieldProblem]] = {}

    def is_identity(self, kind: RecordKind) -> bool:
        """Whether all records of that kind flow as they are."""
        return self._mapping.is_identity(kind)

    def inward(self, kind: RecordKind, theirs: R, held: R | None) -> R | None:
        """What Invoco makes of HighLevel's record."""
        return self._taken(kind, theirs, self._mapping.inward(kind, theirs, held))

    def outward(self, kind: RecordKind, ours: R, base: R | None) -> R | None:
        """What HighLevel is to have."""
        return self._taken(kind, ours, self._mapping.outward(kind, ours, base))

    def outcome(self, kind: RecordKind, theirs: Record, held: Record | None) -> Outcome:
        """As `inward`, with what went wrong, which is not gathered."""
        return self._mapping.inward(kind, theirs, held)

    def problems(self, location_id: str, *, at: int, new_id: NewId) -> list[Finding]:
        """What could not be mapped since this was asked last, once for each field."""
        gathered, self._problems = self._problems, {}
        return [
            finding
            for (kind, _, _), (record, problem) in gathered.items()
            for finding in findings_of(location_id, kind, record, [problem], at=at, new_id=new_id)
        ]

    def _taken(self, kind: RecordKind, record: R, outcome: Outcome) -> R | None:
        for problem in outcome.problems:
            if len(self._problems) < _MOST:
                self._problems[kind, record.id, problem.field] = (record, problem)
        return cast("R | None", outcome.record)


def findings_of(
    location_id: str, kind: RecordKind, record: Record, problems: Iterable[FieldProblem], *, at: int, new_id: NewId
) -> list[Finding]:
    """Each field that could not be mapped, for an operator."""
    return [
        Finding(
            id=new_id(),
            location_id=location_id,
            kind=kind,
            record_id=record.id,
            contact_id=contact_id_of(record),
            field=problem.field,
            deviation=Deviation.UNMAPPED,
            got=problem.value,
            message=in_words(kind, problem),
            found_at=at,
        )
        for problem in problems
    ]


def in_words(kind: RecordKind, problem: FieldProblem) -> str:
    """`contacts rule 3: `phone`: …` as one sentence."""
    rule = f"{kind.value} rule {problem.rule}" if problem.rule else f"{kind.value} filter"
    return f"{rule}: `{problem.field}` could not be mapped: {problem.reason}."
