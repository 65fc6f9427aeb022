"""How the mirror differs from the source."""

from __future__ import annotations

import hashlib
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
    here: int = 0
    """Records of the mirror; neither those left on purpose nor those that cannot be read there."""
    there: int = 0
    """Records of the source that can be read."""
    here_hash: str = ""
    """Over the content of `here`; equal to `there_hash` when, and only when, nothing differs."""
    there_hash: str = ""
    missing_here: int = 0
    missing_there: int = 0
    different: int = 0
    unreadable: int = 0
    """Records that HighLevel tells of and nobody can read; they are set aside, not drift."""
    left: int = 0
    """Records that are gone in HighLevel and stay here on purpose; no drift."""
    first: tuple[Difference, ...] = ()

    @property
    def drift(self) -> int:
        """How many records differ."""
        return self.missing_here + self.missing_there + self.different


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for all kinds: a certificate where it is 0."""

    kinds: Sequence[KindDrift]
    at: int = 0
    """When the comparison began; milliseconds since 1970."""
    seconds: float = 0.0
    calls: int = 0
    """Calls to HighLevel that were spent on it."""

    @property
    def drift(self) -> int:
        """How many records differ; 0 proves that the copy equals the source."""
        return sum(kind.drift for kind in self.kinds)


class ContentHash:
    """The hash of a set of records, whatever their order.

    It is the sum of the records' own hashes (SHA-256 of their JSON with sorted keys) modulo 2²⁵⁶, so a million records
    take no more memory than one.
    """

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0

    def add(self, number: int) -> None:
        """Add a record by its `content_number`."""
        self.count += 1
        self._sum = (self._sum + number) % (1 << 256)

    def __str__(self) -> str:
        """64 hexadecimal digits."""
        return f"{self._sum:064x}"


def content_number(record: Record) -> int:
    """The hash of one record, where a field that is null is a field that is missing (facts 3.3)."""
    told = {name: value for name, value in record.to_wire().items() if value is not None}
    return int.from_bytes(hashlib.sha256(msgspec.json.encode(told, order="sorted")).digest())


class Tally:
    """Counts and hashes what was found for one kind, and keeps the first differences."""

    def __init__(self, kind: str, *, first: int) -> None:
        self.kind, self._most = kind, first
        self.compared = self.unreadable = self.left = 0
        self._here, self._there = ContentHash(), ContentHash()
        self._counts = {"missing here": 0, "missing there": 0, "different": 0}
        self._first: list[Difference] = []

    def same(self, record: Record) -> None:
        """Both sides have it."""
        number = content_number(record)
        self._here.add(number)
        self._there.add(number)

    def missing_here(self, there: Record) -> None:
        """Only the source has it."""
        self._there.add(content_number(there))
        self._found("missing here", there.id)

    def missing_there(self, here: Record) -> None:
        """Only the mirror has it."""
        self._here.add(content_number(here))
        self._found("missing there", here.id)

    def different(self, here: Record, there: Record, fields: Sequence[str]) -> None:
        """Both sides have it, with other values in these fields."""
        self._here.add(content_number(here))
        self._there.add(content_number(there))
        self._found("different", here.id, fields)

    def _found(self, problem: str, record_id: str, fields: Sequence[str] = ()) -> None:
        self._counts[problem] += 1
        if len(self._first) < self._most:
            self._first.append(Difference(id=record_id, problem=problem, fields=tuple(fields[: self._most])))

    def result(self) -> KindDrift:
        """What was counted so far."""
        return KindDrift(
            kind=self.kind,
            compared=self.compared,
            here=self._here.count,
            there=self._there.count,
            here_hash=str(self._here),
            there_hash=str(self._there),
            missing_here=self._counts["missing here"],
            missing_there=self._counts["missing there"],
            different=self._counts["different"],
            unreadable=self.unreadable,
            left=self.left,
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
