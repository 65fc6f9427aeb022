"""What the steps of a reconcile share."""

from __future__ import annotations

from typing import Protocol

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, Source
from invoco.sync.comparing import Ledger
from invoco.sync.imports import Progress


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What every step works with."""

    source: Source
    ledger: Ledger
    progress: Progress
    began_at: int
    """When the pass over all kinds began."""


class Reconciled(Protocol):
    """Compares all records of a kind, from where it was stopped."""

    async def __call__(self, step: Step, kind: RecordKind, /) -> None:
        """Every position is stored under `position_name(kind)`, and says in the end that it is done."""


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """The position of a step that is taken at once."""

    done: bool = False


def position_name(kind: RecordKind) -> str:
    """Under which name the position of a kind is kept."""
    return f"reconcile/{kind.value}"


async def forget_mended(session: Session, step: Step, kind: RecordKind) -> None:
    """Whatever was set aside before the pass began and not again since is readable by now, or gone."""
    location_id, run_id = step.ledger.location_id, step.ledger.run.id
    aside = [row for row in await session.imports.aside(location_id) if row.kind == kind]
    old = [row for row in aside if row.at < step.began_at and row.run_id != run_id]
    if mended := [row.record_id for row in old if row.record_id is not None]:
        await session.imports.clear_aside(location_id, kind, mended)
