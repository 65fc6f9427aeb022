"""Bringing together what HighLevel tells and what is held here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec

from invoco.domain.conflicts import ConflictRule
from invoco.domain.fields import differing_fields
from invoco.domain.ids import NewId
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Base, Conflict, ConflictState
from invoco.domain.ports import Session
from invoco.highlevel.clock import instant
from invoco.highlevel.records import Contact, Record
from invoco.sync.agreement import TWO_WAY, Agreement
from invoco.sync.merge import HIGHLEVELS, Clash, Moments, merge

Became = tuple[Record | None, Record | None]
"""Invoco's record before and after."""


class Also(msgspec.Struct, frozen=True):
    """A record that changed with another one."""

    kind: RecordKind
    action: str
    before: Record | None
    after: Record | None


class Agreeing:
    """Merges what HighLevel tells into Invoco's records, inside one transaction."""

    def __init__(self, session: Session, agreement: Agreement, *, new_id: NewId) -> None:
        self._session, self._agreement, self._new_id = session, agreement, new_id
        self._location_id = agreement.connection.id
        self._plain: dict[RecordKind, bool] = {}
        self.also: list[Also] = []
        """What else became of records here, for the history."""

    async def is_plain(self, location_id: str, kind: RecordKind) -> bool:
        """Whether all records of that kind are the same on both sides, so that nothing is to be merged."""
        if kind not in self._plain:
            others = await self._session.bases.page(location_id, kind, limit=1)
            contacts = kind is RecordKind.CONTACT or await self.is_plain(location_id, RecordKind.CONTACT)
            self._plain[kind] = not others and contacts and self._agreement.mapping.is_identity(kind)
        return self._plain[kind]

    async def take_in(self, kind: RecordKind, told: Sequence[Record]) -> dict[str, Became]:
        """Merge what was told; tells what became of Invoco's records."""
        ids = [record.id for record in told]
        held = await self._session.shelf(kind).get_many(self._location_id, ids)
        bases = await self._session.bases.get_many(self._location_id, kind, ids)
        doomed = await self._doomed(kind, told)
        became: dict[str, Became] = {}
        for theirs in told:
            base, ours = bases.get(theirs.id), held.get(theirs.id)
            if contact_id_of(theirs) in doomed and kind is not RecordKind.CONTACT:
                base = base or Base(kind=kind, record_id=theirs.id, contact_id=contact_id_of(theirs), theirs=theirs)
                await self._keep_base(msgspec.structs.replace(base, theirs=theirs, deleted=True))
                became[theirs.id] = (ours, ours)
            elif base is not None and base.deleted:
                became |= await self._deleted_here(base, theirs)
            else:
                became[theirs.id] = (ours, await self._merged(kind, base, theirs, ours))
        return became

    async def drop_unborn(self, kind: RecordKind, record_ids: Sequence[str]) -> None:
        """What was made here for contacts that are gone, and never reached HighLevel, goes with them."""
        for child_kind in TWO_WAY if kind is RecordKind.CONTACT else ():
            if not await self.is_plain(self._location_id, child_kind):
                bases = await self._session.bases.of_contacts(self._location_id, child_kind, record_ids)
                unborn = [base.record_id for base in bases if base.theirs is None]
                held = await self._session.shelf(child_kind).get_many(self._location_id, unborn)
                self.also += [Also(child_kind, "delete", record, None) for record in held.values()]
                await self._session.bases.remove(self._location_id, child_kind, unborn)
                await self._session.shelf(child_kind).delete(self._location_id, unborn)

    async def leave(self, kind: RecordKind, record_id: str) -> None:
        """A record that is gone in HighLevel stays here, with what was made here for it."""
        await self._session.bases.remove(self._location_id, kind, [record_id])
        for child_kind in TWO_WAY if kind is RecordKind.CONTACT else ():
            bases = await self._session.bases.of_contacts(self._location_id, child_kind, [record_id])
            unborn = [base.record_id for base in bases if base.theirs is None]
            await self._session.bases.remove(self._location_id, child_kind, unborn)

    async def _doomed(self, kind: RecordKind, told: Sequence[Record]) -> set[str | None]:
        """Contacts that were deleted here: what HighLevel tells of theirs is not shown."""
        if kind is RecordKind.CONTACT:
            return set()
        owners = sorted({owner for record in told if (owner := contact_id_of(record)) is not None})
        bases = await self._session.bases.get_many(self._location_id, RecordKind.CONTACT, owners)
        return {record_id for record_id, base in bases.items() if base.deleted}

    async def _merged(self, kind: RecordKind, base: Base | None, theirs: Record, ours: Record | None) -> Record | None:
        """Invoco's record from now on; None: it is left out."""
        mapping = self._agreement.mapping
        inward = mapping.inward(kind, theirs, ours)
        if inward is None or ours is None:
            after = inward
        else:
            was = ours if base is None else base.theirs
            agreed = None if was is None else mapping.inward(kind, was, ours)
            after = await self._settled(kind, agreed, inward, ours)
        await self._store(kind, theirs, ours, after, had_base=base is not None)
        return after

    async def _settled(self, kind: RecordKind, base: Record | None, theirs: Record, ours: Record) -> Record:
        moments = await self._moments(kind, theirs, ours)
        merged = merge(base, theirs, ours, rules=self._agreement.connection.conflicts, moments=moments)
        await self._note_conflicts(kind, theirs, merged.record, merged.clashes, moments)
        return merged.record

    async def _store(
        self, kind: RecordKind, theirs: Record, before: Record | None, after: Record | None, *, had_base: bool
    ) -> None:
        shelf = self._session.shelf(kind)
        if after is None:
            if before is not None:
                await shelf.delete(self._location_id, [theirs.id])
        elif after != before:
            await shelf.change(self._location_id, [(before, after)])
        if after != theirs:
            await self._keep_base(Base(kind=kind, record_id=theirs.id, contact_id=contact_id_of(theirs), theirs=theirs))
        elif had_base:
            await self._session.bases.remove(self._location_id, kind, [theirs.id])

    async def _keep_base(self, base: Base) -> None:
        await self._session.bases.put(self._location_id, [base])

    async def _deleted_here(self, base: Base, theirs: Record) -> dict[str, Became]:
        """What was deleted here stays so, unless HighLevel changed it since and its changes win."""
        changed = [name for name in differing_fields(base.theirs, theirs) if name not in HIGHLEVELS]
        wins = self._agreement.connection.conflicts.default is not ConflictRule.INVOCO
        if not changed or not wins:
            await self._keep_base(msgspec.structs.replace(base, theirs=theirs))
            return {theirs.id: (None, None)}
        after = self._agreement.mapping.inward(base.kind, theirs, None)
        await self._session.bases.remove(self._location_id, base.kind, [base.record_id])
        await self._store(base.kind, theirs, None, after, had_base=False)
        if base.kind is RecordKind.CONTACT:
            await self._bring_back_children(theirs.id)
        return {theirs.id: (None, after)}

    async def _bring_back_children(self, contact_id: str) -> None:
        for kind in TWO_WAY:
            if kind is RecordKind.CONTACT:
                continue
            for base in await self._session.bases.of_contacts(self._location_id, kind, [contact_id]):
                if base.deleted and base.theirs is not None:
                    await self._session.bases.remove(self._location_id, kind, [base.record_id])
                    after = self._agreement.mapping.inward(kind, base.theirs, None)
                    await self._store(kind, base.theirs, None, after, had_base=False)
                    self.also.append(Also(kind, "restore", None, after))

    async def _moments(self, kind: RecordKind, theirs: Record, ours: Record) -> Moments:
        contact_id = contact_id_of(ours)
        waiting = await self._session.outbox.waiting_of(self._location_id, contact_id) if contact_id else []
        mine = [write.at for write in waiting if write.kind is kind and write.record_id == ours.id]
        return Moments(theirs=_moment(theirs), ours=max(mine, default=0))

    async def _note_conflicts(
        self, kind: RecordKind, theirs: Record, after: Record, clashes: Iterable[Clash], moments: Moments
    ) -> None:
        """Write down those that wait for somebody to choose; what both sides agree on meanwhile waits no longer."""
        known = (await self._session.conflicts.open_of(self._location_id, kind, [theirs.id])).get(theirs.id, [])
        asked = {clash.field: clash for clash in clashes if clash.rule is ConflictRule.ASK}
        parted = set(differing_fields(theirs, after))
        at = max(moments.theirs, moments.ours)
        settled = [
            msgspec.structs.replace(each, state=ConflictState.SETTLED, settled_at=at, settled_by="agreement")
            for each in known
            if each.field not in parted
        ]
        ids = {each.field: each.id for each in known}
        found = [
            _conflict(self._location_id, kind, theirs, clash, moments, id_=ids.get(clash.field) or self._new_id())
            for clash in asked.values()
        ]
        if settled or found:
            await self._session.conflicts.put([*settled, *found])


def _conflict(
    location_id: str, kind: RecordKind, theirs: Record, clash: Clash, moments: Moments, *, id_: str
) -> Conflict:
    return Conflict(
        id=id_,
        location_id=location_id,
        kind=kind,
        record_id=theirs.id,
        contact_id=contact_id_of(theirs),
        field=clash.field,
        base=clash.base,
        theirs=clash.theirs,
        ours=clash.ours,
        theirs_at=moments.theirs or None,
        ours_at=moments.ours or None,
        found_at=max(moments.theirs, moments.ours),
    )


def contact_id_of(record: Record) -> str | None:
    """The contact it belongs to; a contact's own id."""
    return record.id if isinstance(record, Contact) else cast("str | None", getattr(record, "contact_id", None))


def _moment(record: Record) -> int:
    told: Any = getattr(record, "date_updated", None)
    try:
        return instant(told) if told else 0
    except ValueError:
        return 0
