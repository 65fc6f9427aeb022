"""Who is told of each change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from invoco.domain.changes import Change
from invoco.domain.ports import Session


class Recorder(Protocol):
    """Is told what changed, inside the transaction that stores it: both happen or neither."""

    async def record(self, session: Session, changes: Sequence[Change]) -> None:
        """Take note of the changes; an error undoes the write."""
