"""How the two sides of a connection are brought together: its mapping, and its rules for conflicts."""

from __future__ import annotations

from typing import Protocol, TypeVar

import msgspec

from invoco.domain.connections import Connection
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Record

R = TypeVar("R", bound=Record)

TWO_WAY = (RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE, RecordKind.APPOINTMENT)
"""Kinds that can be changed in Invoco; appointments only go with their contacts."""


class Mapper(Protocol):
    """What flows between the two sides, under which name, changed how."""

    def is_identity(self, kind: RecordKind) -> bool:
        """Whether records of that kind flow as they are."""

    def inward(self, kind: RecordKind, theirs: R, held: R | None) -> R | None:
        """What Invoco makes of HighLevel's record, with `held` for what does not flow in; None: it is left out."""

    def outward(self, kind: RecordKind, ours: R, base: R | None) -> R | None:
        """What HighLevel is to have, with `base` for what does not flow out; None: it is left out."""


class Identity:
    """Everything flows as it is."""

    def is_identity(self, _kind: RecordKind) -> bool:
        """Always."""
        return True

    def inward(self, _kind: RecordKind, theirs: R, _held: R | None) -> R | None:
        """The same."""
        return theirs

    def outward(self, _kind: RecordKind, ours: R, _base: R | None) -> R | None:
        """The same."""
        return ours


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """A connection and how its sides are brought together."""

    connection: Connection
    mapping: Mapper = Identity()
