"""Invoco's record takes HighLevel's state again: what was written here and cannot be sent is given up."""

from __future__ import annotations

from msgspec.structs import replace

from invoco.domain.changes import Change
from invoco.domain.fields import fields_of
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Base, ConflictState
from invoco.domain.ports import Session
from invoco.highlevel.records import Record
from invoco.sync.agreement import TWO_WAY, Agreement


async def give_way(
    session: Session, agreement: Agreement, kind: RecordKind, record_id: str, *, at: int, actor: str
) -> bool:
    """Put HighLevel's state of the record into the mirror; a contact that was deleted here comes back with its own.

    Tells whether it is so now: a record that HighLevel never had stays as it is, one that went with its contact gone.
    """
    giving = _GivingWay(session, agreement, at=at, actor=actor)
    return await giving.give_way(kind, record_id)


class _GivingWay:
    """One record, and what belongs to it."""

    def __init__(self, session: Session, agreement: Agreement, *, at: int, actor: str) -> None:
        self._session, self._mapping, self._at, self._actor = session, agreement.mapping, at, actor
        self._location_id = agreement.connection.id

    async def give_way(self, kind: RecordKind, record_id: str) -> bool:
        """As the function of that name."""
        base = (await self._session.bases.get_many(self._location_id, kind, [record_id])).get(record_id)
        if base is None:
            return True
        if base.theirs is None or await self._went_with_contact(base):
            return False
        await self._put_back(base, base.theirs)
        if kind is RecordKind.CONTACT and base.deleted:
            await self._put_back_children(record_id)
        await self._settle_conflicts(base)
        return True

    async def _went_with_contact(self, base: Base) -> bool:
        if base.kind is RecordKind.CONTACT or base.contact_id is None:
            return False
        owners = await self._session.bases.get_many(self._location_id, RecordKind.CONTACT, [base.contact_id])
        return any(owner.deleted for owner in owners.values())

    async def _put_back_children(self, contact_id: str) -> None:
        for kind in TWO_WAY:
            if kind is not RecordKind.CONTACT:
                for base in await self._session.bases.of_contacts(self._location_id, kind, [contact_id]):
                    if base.deleted and base.theirs is not None:
                        await self._put_back(base, base.theirs)

    async def _put_back(self, base: Base, theirs: Record) -> None:
        shelf = self._session.shelf(base.kind)
        before: Record | None = await shelf.get(self._location_id, base.record_id)
        after = self._mapping.inward(base.kind, theirs, before)
        if after is None:
            await shelf.delete(self._location_id, [base.record_id])
        else:
            await shelf.change(self._location_id, [(before, after)])
        if after == theirs:
            await self._session.bases.remove(self._location_id, base.kind, [base.record_id])
        else:
            await self._session.bases.put(self._location_id, [replace(base, deleted=False)])
        if after != before:
            await self._tell(base, before, after)

    async def _tell(self, base: Base, before: Record | None, after: Record | None) -> None:
        action = "restore" if before is None else "delete" if after is None else "update"
        change = Change(
            kind=base.kind,
            action=action,
            location_id=self._location_id,
            record_id=base.record_id,
            contact_id=base.contact_id,
            before=before,
            after=after,
            at=self._at,
            actor=self._actor,
        )
        await self._session.journal.record([change], send=False)

    async def _settle_conflicts(self, base: Base) -> None:
        """Nothing of the record is left to choose: it is HighLevel's."""
        theirs = fields_of(base.theirs)
        known = await self._session.conflicts.open_of(self._location_id, base.kind, [base.record_id])
        settled = [
            replace(
                each,
                state=ConflictState.SETTLED,
                chosen=theirs.get(each.field),
                settled_at=self._at,
                settled_by=self._actor,
            )
            for each in known.get(base.record_id, ())
        ]
        if settled:
            await self._session.conflicts.put(settled)
