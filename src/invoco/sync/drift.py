"""How the mirror differs from the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from invoco.highlevel.records import Record


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One record that is not the same on both sides."""

    id: str
    problem: str
    """`missing here`, `missing there` or `different`."""
    fields: tuple[str, ...] = ()
    """The first fields that differ, by wire name."""


class KindDrift(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for one kind."""

    kind: str
    compared: int = 0
    missing_here: int = 0
    missing_there: int = 0
    different: int = 0
    unreadable: int = 0
    """Records that HighLevel tells of and nobody can read; they are set aside, not drift."""
    first: tuple[Difference, ...] = ()

    @property
    def drift(self) -> int:
        """How many records differ."""
        return self.missing_here + self.missing_there + self.different


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for all kinds."""

    kinds: Sequence[KindDrift]

    @property
    def drift(self) -> int:
        """How many records differ; 0 proves that the copy equals the source."""
        return sum(kind.drift for kind in self.kinds)


class Tally:
    """Counts what was found for one kind, and keeps the first differences."""

    def __init__(self, kind: str, *, first: int) -> None:
        self.kind, self._most = kind, first
        self.compared = self.unreadable = 0
        self._counts = {"missing here": 0, "missing there": 0, "different": 0}
        self._first: list[Difference] = []

    def found(self, problem: str, record_id: str, fields: Sequence[str] = ()) -> None:
        """Count one record that differs."""
        self._counts[problem] += 1
        if len(self._first) < self._most:
            self._first.append(Difference(id=record_id, problem=problem, fields=tuple(fields[: self._most])))

    def result(self) -> KindDrift:
        """The counts so far."""
        return KindDrift(
            kind=self.kind,
            compared=self.compared,
            missing_here=self._counts["missing here"],
            missing_there=self._counts["missing there"],
            different=self._counts["different"],
            unreadable=self.unreadable,
            first=tuple(self._first),
        )


def differing(here: Record, there: Record) -> list[str]:
    """The fields that are not the same, by wire name."""
    if here == there:
        return []
    ours, theirs = here.to_wire(), there.to_wire()
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def still_differing(names: Sequence[str], here: Record, reread: Record) -> list[str]:
    """Those of the fields in which a read by id disagrees too: what only the lagging index told is no drift.

    A field that reads by id do not carry cannot be cleared of suspicion and stays.
    """
    ours, theirs = here.to_wire(), reread.to_wire()
    return [name for name in names if not _confirmed(ours.get(name), theirs.get(name))]


def _confirmed(ours: Any, theirs: Any) -> bool:
    return theirs is not None and bool(ours == theirs)
