"""Another mapping for what is mirrored already: what it makes of HighLevel's known state, with our own edits kept.

Whoever re-maps needs the mapping under which the records came in. What differs from what that one makes of HighLevel's
state was edited here, and stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from invoco.domain.changes import Change
from invoco.domain.conflicts import ConflictRule, ConflictRules
from invoco.domain.connections import Connection
from invoco.domain.fields import differing_fields
from invoco.domain.ids import NewId
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.outbound import Base
from invoco.domain.ports import Session
from invoco.highlevel.records import Record
from invoco.sync.agreeing import contact_id_of
from invoco.sync.agreement import TWO_WAY, Agreement, Mapper
from invoco.sync.mapped import Mapped, findings_of
from invoco.sync.merge import HIGHLEVELS, merge
from invoco.sync.two_sided import two_sided

if TYPE_CHECKING:
    from invoco.mapping import FieldProblem

ACTOR: Final = "mapping"
_OURS: Final = ConflictRules(default=ConflictRule.INVOCO)


@dataclass(frozen=True, kw_only=True, slots=True)
class Remapped:
    """One record, before and after."""

    kind: RecordKind
    theirs: Record
    """HighLevel's known state."""
    before: Record | None
    """Invoco's; None: it was left out."""
    after: Record | None
    filtered: bool = False
    problems: tuple[FieldProblem, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether it is something else here from now on."""
        return self.before != self.after


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """From one mapping to another, as one run."""

    connection: Connection
    old: Mapper
    new: Mapped
    run_id: str
    at: int
    new_id: NewId

    def kinds(self) -> list[RecordKind]:
        """The kinds whose records may become something else."""
        return [kind for kind in TWO_WAY if not (self.old.is_identity(kind) and self.new.is_identity(kind))]

    async def looked_at(
        self, session: Session, kind: RecordKind, *, after: str | None = None, limit: int
    ) -> list[Remapped]:
        """What would become of the next records by ascending id; nothing is stored.

        What was deleted here, and is to be deleted in HighLevel, is told as unchanged.
        """
        here = self.connection.id
        view = two_sided(session, Agreement(connection=self.connection, mapping=self.new), new_id=self.new_id)
        theirs: list[Record] = await view.shelf(kind).page(here, after=after, limit=limit)
        ids = [record.id for record in theirs]
        ours = await session.shelf(kind).get_many(here, ids)
        bases = await session.bases.get_many(here, kind, ids)
        return [
            Remapped(kind=kind, theirs=record, before=None, after=None)
            if (base := bases.get(record.id)) is not None and base.deleted
            else self._remapped(kind, record, ours.get(record.id))
            for record in theirs
        ]

    async def store(self, session: Session, found: Sequence[Remapped]) -> None:
        """Let the records be so from now on, and tell it to the history."""
        if not found:
            return
        kind, here = found[0].kind, self.connection.id
        shelf: Any = session.shelf(kind)
        changed = [each for each in found if each.is_changed]
        await shelf.change(here, [(each.before, each.after) for each in changed if each.after is not None])
        await shelf.delete(here, [each.theirs.id for each in changed if each.after is None])
        await self._keep_bases(session, kind, found)
        await session.journal.record([self._change(each) for each in changed], send=False)
        await session.findings.put([finding for each in found for finding in self._findings(each)])

    async def undo(self, session: Session, rows: Sequence[Any]) -> None:
        """Give back what that part of a former run changed in fields that do not flow in now.

        Args:
            session: a writing transaction, after the records were re-mapped.
            rows: of the history, of one run.
        """
        for kind in TWO_WAY:
            mine = {row["record_id"]: row for row in rows if row["kind"] == kind.value}
            if mine:
                await self.store(session, await self._given_back(session, kind, mine))

    async def _given_back(self, session: Session, kind: RecordKind, rows: dict[str, Any]) -> list[Remapped]:
        here, ids = self.connection.id, list(rows)
        ours = await session.shelf(kind).get_many(here, ids)
        bases = await session.bases.get_many(here, kind, ids)
        states = {id_: bases[id_].theirs if id_ in bases else record for id_, record in ours.items()}
        found = (
            (theirs, ours[id_], self._undone(kind, theirs, ours[id_], rows[id_]))
            for id_, theirs in states.items()
            if theirs is not None
        )
        return [
            Remapped(kind=kind, theirs=theirs, before=before, after=after)
            for theirs, before, after in found
            if after != before
        ]

    def _undone(self, kind: RecordKind, theirs: Record, ours: Record, row: Any) -> Record:
        before, after = _record(kind, row["before"]), _record(kind, row["after"])
        if before is None:
            return ours
        held = before if after is None else merge(after, before, ours, rules=_OURS).record
        wished, now = self.new.inward(kind, theirs, held), self.new.inward(kind, theirs, ours)
        return ours if wished is None or now is None else merge(now, wished, ours, rules=_OURS).record

    def _remapped(self, kind: RecordKind, theirs: Record, ours: Record | None) -> Remapped:
        outcome = self.new.outcome(kind, theirs, ours)
        after = outcome.record
        if ours is not None:
            agreed = self.old.inward(kind, theirs, ours)
            if after is not None:
                after = merge(agreed, after, ours, rules=_OURS).record
            elif _was_edited(agreed, ours):
                after = ours
        return Remapped(
            kind=kind, theirs=theirs, before=ours, after=after, filtered=outcome.filtered, problems=outcome.problems
        )

    async def _keep_bases(self, session: Session, kind: RecordKind, found: Sequence[Remapped]) -> None:
        here = self.connection.id
        known = await session.bases.get_many(here, kind, [each.theirs.id for each in found])
        alive = [each for each in found if (base := known.get(each.theirs.id)) is None or not base.deleted]
        await session.bases.put(here, [_base(each) for each in alive if each.after != each.theirs])
        same = [each.theirs.id for each in alive if each.after == each.theirs and each.theirs.id in known]
        await session.bases.remove(here, kind, same)

    def _change(self, each: Remapped) -> Change:
        action = "create" if each.before is None else "delete" if each.after is None else "update"
        return Change(
            kind=each.kind,
            action=action,
            location_id=self.connection.id,
            record_id=each.theirs.id,
            contact_id=contact_id_of(each.theirs),
            before=each.before,
            after=each.after,
            at=self.at,
            actor=ACTOR,
            run_id=self.run_id,
        )

    def _findings(self, each: Remapped) -> list[Any]:
        return findings_of(
            self.connection.id, each.kind, each.theirs, each.problems, at=self.at, new_id=self.new_id
        )  # fmt: skip


def _base(each: Remapped) -> Base:
    return Base(kind=each.kind, record_id=each.theirs.id, contact_id=contact_id_of(each.theirs), theirs=each.theirs)


def _was_edited(agreed: Record | None, ours: Record) -> bool:
    """Whether it has something of our own, that HighLevel is yet to be told."""
    return any(name not in HIGHLEVELS for name in differing_fields(agreed, ours))


def _record(kind: RecordKind, wire: Any) -> Record | None:
    return None if wire is None else RECORD_TYPES[kind].from_wire(wire)


def told_apart(found: Sequence[Remapped], stored: dict[str, Any]) -> tuple[int, int]:
    """How many records changed and how many are left out, as they are stored now."""
    changed = sum(stored.get(each.theirs.id) != each.before for each in found)
    return changed, sum(each.theirs.id not in stored for each in found)
