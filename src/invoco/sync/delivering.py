"""Bringing one record to HighLevel: made, changed or deleted there, read back, and agreed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from invoco.domain.conflicts import ConflictRules
from invoco.domain.deletions import DeletionAction
from invoco.domain.destination import Destination
from invoco.domain.errors import DuplicateContact, InvalidFields, NoSuchRecord
from invoco.domain.fields import fields_of, same, with_fields
from invoco.domain.ids import NewId
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.outbound import Base, Deviation, Finding, Write, WriteState
from invoco.domain.ports import Session, Store
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Contact, Record
from invoco.sync.agreeing import Agreeing, contact_id_of
from invoco.sync.agreement import TWO_WAY, Agreement
from invoco.sync.deletions import bury
from invoco.sync.merge import as_sent, merge
from invoco.sync.noticed import Noticed, change_of
from invoco.sync.renaming import rename
from invoco.sync.sending import (
    Deviating,
    deviating,
    new_body,
    not_taken,
    order_of,
    sent_by_create,
    wishes,
    without_fields,
)
from invoco.sync.two_sided import two_sided

_SUBJECTS: Final = {
    RecordKind.CONTACT: Subject.CONTACT,
    RecordKind.TASK: Subject.TASKS,
    RecordKind.NOTE: Subject.NOTES,
}
_GATHERING: Final = 10_000
"""Milliseconds for which contacts are gathered whose tags were written."""
_MOST_REFUSALS: Final = 10
"""Writes of one record of which HighLevel may refuse a field, one after the other."""
Refused = dict[str, tuple[Deviation, str]]


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the writes of a record."""

    state: WriteState
    findings: int = 0
    reason: str | None = None
    cure: str | None = None


class _Situation(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it stands on both sides."""

    kind: RecordKind
    record_id: str
    contact_id: str
    ours: Record | None
    base: Base
    parked: frozenset[str]
    """Fields that wait for somebody to choose."""


class Delivering:
    """The records of one contact."""

    def __init__(
        self, destination: Destination, store: Store, *, agreement: Agreement, clock: Clock, new_id: NewId
    ) -> None:
        self._destination, self._store, self._agreement = destination, store, agreement
        self._clock, self._new_id = clock, new_id
        self._location_id = agreement.connection.id
        self.contact_id: str | None = None
        """The id of the contact, once HighLevel has given it its own."""

    async def deliver(self, kind: RecordKind, record_id: str, writes: Sequence[Write], *, was_tried: bool) -> Delivered:
        """Make HighLevel have the record as it is here.

        Raises:
            InvocoError: as `domain.destination` says; nothing was settled then.
        """
        situation = await self._situation(kind, record_id, writes[0].contact_id)
        if situation is None:
            return Delivered(state=WriteState.NEEDLESS)
        if situation.base.deleted:
            return await self._delete(situation)
        if situation.ours is None:
            return await self._forget(situation)
        if situation.base.theirs is None:
            return await self._create(situation, situation.ours, was_tried=was_tried)
        return await self._update(situation, situation.ours, situation.base.theirs)

    async def _situation(self, kind: RecordKind, record_id: str, contact_id: str) -> _Situation | None:
        async with self._store.reading() as session:
            bases = await session.bases.get_many(self._location_id, kind, [record_id])
            if record_id not in bases:
                return None
            open_ones = await session.conflicts.open_of(self._location_id, kind, [record_id])
            return _Situation(
                kind=kind,
                record_id=record_id,
                contact_id=contact_id,
                ours=await session.shelf(kind).get(self._location_id, record_id),
                base=bases[record_id],
                parked=frozenset(each.field for each in open_ones.get(record_id, ())),
            )

    async def _forget(self, situation: _Situation) -> Delivered:
        """It went before it was sent."""
        async with self._store.transaction() as session:
            await session.bases.remove(self._location_id, situation.kind, [situation.record_id])
        return Delivered(state=WriteState.NEEDLESS)

    # A record that HighLevel has.

    async def _update(self, situation: _Situation, ours: Record, theirs: Record) -> Delivered:
        wished = self._agreement.mapping.outward(situation.kind, ours, theirs)
        changes = {} if wished is None else wishes(theirs, wished, without=situation.parked)
        if wished is None or not changes:
            return await self._nothing_to_send(situation, theirs)
        refused: Refused = {
            name: (Deviation.REFUSED, reason) for name, reason in not_taken(situation.kind, changes).items()
        }
        try:
            await self._write(situation, theirs, changes, refused)
        except NoSuchRecord:
            return await self._gone(situation, changes)
        got = await self._destination.read(situation.kind, situation.contact_id, situation.record_id)
        if got is None:
            return await self._gone(situation, changes)
        return await self._agree(situation, changes, wished, got, before=theirs, refused=refused)

    async def _nothing_to_send(self, situation: _Situation, theirs: Record) -> Delivered:
        """What was written says nothing new."""
        async with self._store.transaction() as session:
            bases = await session.bases.get_many(self._location_id, situation.kind, [situation.record_id])
            if situation.record_id in bases and bases[situation.record_id].theirs == theirs:
                await self._merge_in(session, situation.kind, theirs)
        return Delivered(state=WriteState.NEEDLESS)

    async def _write(self, situation: _Situation, theirs: Record, changes: Mapping[str, Any], refused: Refused) -> None:
        """Send the changes; fields that HighLevel refuses are left out and sent no more."""
        for _ in range(_MOST_REFUSALS):
            wanted = {name: value for name, value in changes.items() if name not in refused}
            if not wanted:
                return
            try:
                await self._order(situation, theirs, wanted)
            except (InvalidFields, DuplicateContact) as refusal:
                named = _refused_fields(refusal, wanted)
                if named.keys() >= wanted.keys() or not named:
                    named = dict.fromkeys(wanted, (Deviation.REFUSED, refusal.message)) | named
                refused.update(named)
                continue
            return

    async def _order(self, situation: _Situation, theirs: Record, changes: Mapping[str, Any]) -> None:
        order, contact_id = order_of(situation.kind, theirs, changes), situation.contact_id
        if order.fields:
            await self._destination.update(situation.kind, contact_id, situation.record_id, order.fields)
        if any(order.tags):
            await self._destination.tag(contact_id, add=order.tags[0], remove=order.tags[1])
        if any(order.followers):
            await self._destination.follow(contact_id, add=order.followers[0], remove=order.followers[1])
        if order.places:
            await self._destination.place(contact_id, order.business_id)

    async def _agree(
        self, situation: _Situation, changes: Mapping[str, Any], wished: Record, got: Record, *, before: Record | None,
        refused: Refused,
    ) -> Delivered:  # fmt: skip
        """Take in what HighLevel made of it: what it has otherwise is found, and is what it has here too."""
        found = deviating(changes, got, before, refused=refused)
        async with self._store.transaction() as session:
            await self._take_in(session, situation.kind, changes, wished, got)
            await self._put_findings(session, situation, found)
            await self._learn_tags(session, changes)
        return Delivered(state=WriteState.SENT, findings=len(found))

    async def _take_in(
        self, session: Session, kind: RecordKind, changes: Mapping[str, Any], wished: Record, got: Record
    ) -> None:
        bases = await session.bases.get_many(self._location_id, kind, [got.id])
        known = bases[got.id].theirs if got.id in bases else await session.shelf(kind).get(self._location_id, got.id)
        agreed = as_sent(known or _blank(kind, got), wished, changes)
        base = Base(kind=kind, record_id=got.id, contact_id=contact_id_of(got) or self.contact_id, theirs=agreed)
        await session.bases.put(self._location_id, [base])
        await session.provisional.confirm(self._location_id, kind, [got.id])
        await self._merge_in(session, kind, got)

    async def _merge_in(self, session: Session, kind: RecordKind, got: Record) -> None:
        became = await Agreeing(session, self._agreement, new_id=self._new_id).take_in(kind, [got])
        now = milliseconds(self._clock)
        noticed = Noticed(cause=Cause.SENT, at=now, read_at=now)
        told = [
            change_of(self._location_id, kind, "update", ours, after, noticed=noticed)
            for ours, after in became.values()
            if ours != after
        ]
        if told:
            await session.journal.record(told, send=False)

    async def _put_findings(self, session: Session, situation: _Situation, found: Sequence[Deviating]) -> None:
        if found:
            await session.findings.put([self._finding(situation, each) for each in found])

    def _finding(self, situation: _Situation, each: Deviating) -> Finding:
        return Finding(
            id=self._new_id(),
            location_id=self._location_id,
            kind=situation.kind,
            record_id=situation.record_id,
            contact_id=self.contact_id or situation.contact_id,
            field=each.field,
            deviation=each.deviation,
            wished=each.wished,
            got=each.got,
            message=each.message,
            found_at=milliseconds(self._clock),
        )

    async def _learn_tags(self, session: Session, changes: Mapping[str, Any]) -> None:
        """A tag that is new to HighLevel has an id of its own there: the dictionary is read again, once for many."""
        if changes.get("tags"):
            now = milliseconds(self._clock)
            asked = Reread(
                subject=Subject.TAGS, subject_id="", since=now, asked_at=now, due_at=now + _GATHERING,
                urgency=Priority.RECONCILE, cause=Cause.SENT,
            )  # fmt: skip
            await session.rereads.ask(self._location_id, [asked])

    async def _gone(self, situation: _Situation, changes: Mapping[str, Any]) -> Delivered:
        """It is gone, or its contact is: what was to be written is kept as a finding, and a read decides the rest."""
        now = milliseconds(self._clock)
        message = "The record was gone in HighLevel when this was to be written."
        found = [
            Deviating(field=name, deviation=Deviation.GONE, wished=value, got=None, message=message)
            for name, value in sorted(changes.items())
        ]
        asked = msgspec.structs.replace(self._doubt(situation, now=now), gone=1)
        async with self._store.transaction() as session:
            await self._put_findings(session, situation, found)
            await session.rereads.ask(self._location_id, [asked])
            await self._agree_on_nothing(session, situation)
        return Delivered(state=WriteState.NEEDLESS, findings=len(found), reason=message)

    def _doubt(self, situation: _Situation, *, now: int) -> Reread:
        return Reread(
            subject=_SUBJECTS[situation.kind], subject_id=situation.contact_id, since=now, asked_at=now, due_at=now,
            urgency=Priority.EVENT, cause=Cause.SENT,
        )  # fmt: skip

    async def _agree_on_nothing(self, session: Session, situation: _Situation) -> None:
        """Where the record or its contact is known to be gone it was left here on purpose, or goes with its contact."""
        stones = await session.tombstones.get_many(self._location_id, situation.kind, [situation.record_id])
        owners = await session.tombstones.get_many(self._location_id, RecordKind.CONTACT, [situation.contact_id])
        if not (stones or owners):
            return
        await session.bases.remove(self._location_id, situation.kind, [situation.record_id])
        if situation.base.theirs is None and all(s.action is not DeletionAction.LEAVE for s in owners.values()):
            await self._remove_here(session, situation)

    async def _remove_here(self, session: Session, situation: _Situation) -> None:
        shelf = session.shelf(situation.kind)
        ours = await shelf.get(self._location_id, situation.record_id)
        if ours is not None:
            await shelf.delete(self._location_id, [ours.id])
            noticed = Noticed(cause=Cause.SENT, at=milliseconds(self._clock))
            told = change_of(self._location_id, situation.kind, "delete", ours, None, noticed=noticed)
            await session.journal.record([told], send=False)

    # A record that HighLevel has not.

    async def _create(self, situation: _Situation, ours: Record, *, was_tried: bool) -> Delivered:
        wished = self._agreement.mapping.outward(situation.kind, ours, None)
        if wished is None:
            return Delivered(state=WriteState.NEEDLESS)
        refused: Refused = {}
        try:
            known = await self._known_already(situation, wished, was_tried=was_tried)
            if isinstance(known, Delivered):
                return known
            if isinstance(known, Contact):
                return await self._adopt(situation, ours, known)
            created = known or await self._made(situation, wished, refused)
        except DuplicateContact as refusal:
            existing = await self._destination.read(RecordKind.CONTACT, refusal.existing_id, refusal.existing_id)
            if not isinstance(existing, Contact):
                raise
            return await self._adopt(situation, ours, existing)
        except (NoSuchRecord, InvalidFields):
            # A contact that is gone may be told by 404 or by 400 (facts 12).
            if situation.kind is RecordKind.CONTACT or await self._has_contact(situation.contact_id):
                raise
            return await self._gone(situation, sent_by_create(situation.kind, wished))
        return await self._born(situation, wished, created, refused)

    async def _has_contact(self, contact_id: str) -> bool:
        return await self._destination.read(RecordKind.CONTACT, contact_id, contact_id) is not None

    async def _made(self, situation: _Situation, wished: Record, refused: Refused) -> Record:
        """The new record; fields that HighLevel refuses are left out."""
        body = new_body(situation.kind, wished)
        for _ in range(_MOST_REFUSALS):
            try:
                return await self._destination.create(situation.kind, situation.contact_id, body)
            except InvalidFields as refusal:
                named = _refused_fields(refusal, sent_by_create(situation.kind, wished))
                left = without_fields(body, named)
                if left == body:
                    raise
                refused.update(named)
                body = left
        raise InvalidFields([reason for _, reason in refused.values()])

    async def _known_already(
        self, situation: _Situation, wished: Record, *, was_tried: bool
    ) -> Record | Delivered | None:
        """The record that HighLevel has already: of an earlier try, or by somebody else."""
        if not isinstance(wished, Contact):
            return await self._sibling(situation, wished) if was_tried else None
        found = {each.id: each for each in await self._destination.namesakes(email=wished.email, phone=wished.phone)}
        if len(found) > 1:
            return await self._between_two(situation, list(found.values()))
        if not found or (await self._allows_duplicates() and not was_tried):
            return None
        return next(iter(found.values()))

    async def _sibling(self, situation: _Situation, wished: Record) -> Record | None:
        """The record that an earlier try made, if its answer was lost: it is as was sent, and nobody here knows it."""
        sent = sent_by_create(situation.kind, wished)
        alike = [
            each
            for each in await self._destination.children(situation.kind, situation.contact_id)
            if all(same(name, value, fields_of(each).get(name)) for name, value in sent.items())
        ]
        async with self._store.reading() as session:
            strangers = [
                each for each in alike if not await session.aliases.of(self._location_id, situation.kind, each.id)
            ]
        return strangers[-1] if strangers else None

    async def _between_two(self, situation: _Situation, found: Sequence[Contact]) -> Delivered:
        """The e-mail of one contact and the phone of another: any write would harm one of them (facts 11, 6)."""
        ids = " and ".join(each.id for each in found)
        message = f"Its e-mail and its phone belong to two contacts of HighLevel, {ids}."
        each = Deviating(
            field="", deviation=Deviation.DUPLICATE, wished=situation.record_id, got=[one.id for one in found],
            message=message,
        )  # fmt: skip
        async with self._store.transaction() as session:
            await self._put_findings(session, situation, [each])
        cure = f"Merge {ids} in HighLevel, or change the e-mail or phone here, then run `invoco outbox retry`."
        return Delivered(state=WriteState.FAILED, findings=1, reason=message, cure=cure)

    async def _allows_duplicates(self) -> bool:
        async with self._store.reading() as session:
            location = await session.shelf(RecordKind.LOCATION).get(self._location_id, self._location_id)
        return bool(location and location.settings.get("allowDuplicateContact"))

    async def _adopt(self, situation: _Situation, ours: Record, existing: Contact) -> Delivered:
        """It exists: from now on it is that contact, and what is said of it here is merged into it."""
        if not isinstance(ours, Contact):
            raise TypeError("Only contacts are adopted.")
        async with self._store.transaction() as session:
            held = await session.contacts.get(self._location_id, existing.id)
            await self._rename(session, situation, existing.id)
            mine = replace(ours, id=existing.id)
            merged = _joined(held or existing, mine, rules=self._agreement.connection.conflicts)
            await session.contacts.put(self._location_id, [merged])
            base = Base(kind=RecordKind.CONTACT, record_id=existing.id, contact_id=existing.id, theirs=existing)
            await session.bases.put(self._location_id, [base])
            noticed = Noticed(cause=Cause.SENT, at=milliseconds(self._clock))
            if merged != mine:
                told = change_of(self._location_id, RecordKind.CONTACT, "update", mine, merged, noticed=noticed)
                await session.journal.record([told], send=False)
        known = await self._situation(RecordKind.CONTACT, existing.id, existing.id)
        if known is None or known.ours is None or known.base.theirs is None:
            return Delivered(state=WriteState.NEEDLESS)
        return await self._update(known, known.ours, known.base.theirs)

    async def _born(self, situation: _Situation, wished: Record, created: Record, refused: Refused) -> Delivered:
        """HighLevel has it now, under its own id."""
        contact_id = created.id if situation.kind is RecordKind.CONTACT else situation.contact_id
        read = await self._destination.read(situation.kind, contact_id, created.id)
        got = read or created
        sent = sent_by_create(situation.kind, wished)
        found = deviating(sent, got, None, refused=refused)
        async with self._store.transaction() as session:
            await self._rename(session, situation, created.id)
            await self._take_in(session, situation.kind, sent, replace(wished, id=created.id), got)
            renamed = msgspec.structs.replace(situation, record_id=created.id, contact_id=contact_id)
            await self._put_findings(session, renamed, found)
            if read is None:  # somebody deleted it at once
                doubt = self._doubt(renamed, now=milliseconds(self._clock))
                await session.rereads.ask(self._location_id, [doubt])
        first = Delivered(state=WriteState.SENT, findings=len(found))
        rest = await self._situation(situation.kind, created.id, contact_id)
        if rest is None or rest.ours is None or rest.base.theirs is None:
            return first
        second = await self._update(rest, rest.ours, rest.base.theirs)
        return msgspec.structs.replace(first, findings=first.findings + second.findings)

    async def _rename(self, session: Session, situation: _Situation, new_id: str) -> None:
        noticed = Noticed(cause=Cause.SENT, at=milliseconds(self._clock))
        await rename(
            session, self._location_id, situation.kind, situation.record_id, new_id, contact_id=situation.contact_id,
            noticed=noticed,
        )  # fmt: skip
        if situation.kind is RecordKind.CONTACT:
            self.contact_id = new_id

    # A record that is gone here.

    async def _delete(self, situation: _Situation) -> Delivered:
        try:
            await self._destination.delete(situation.kind, situation.contact_id, situation.record_id)
        except (NoSuchRecord, InvalidFields):
            # One that is gone may be told by 404 or by 400 (facts 12).
            if await self._destination.read(situation.kind, situation.contact_id, situation.record_id) is not None:
                raise
        now = milliseconds(self._clock)
        async with self._store.transaction() as plain:
            bases = await plain.bases.get_many(self._location_id, situation.kind, [situation.record_id])
            base = bases.get(situation.record_id)
            if base is None or not base.deleted:  # HighLevel changed it meanwhile, and it is here again
                await plain.rereads.ask(self._location_id, [self._doubt(situation, now=now)])
                return Delivered(state=WriteState.SENT)
            if base.theirs is not None:
                session = two_sided(plain, self._agreement, new_id=self._new_id)
                noticed = Noticed(cause=Cause.SENT, at=now, read_at=now)
                await bury(session, self._agreement.connection, situation.kind, [base.theirs], noticed=noticed)
            await self._forget_deleted(plain, situation)
        return Delivered(state=WriteState.SENT)

    async def _forget_deleted(self, session: Session, situation: _Situation) -> None:
        """Both sides agree that it is gone, with what belonged to it."""
        await session.bases.remove(self._location_id, situation.kind, [situation.record_id])
        for kind in TWO_WAY if situation.kind is RecordKind.CONTACT else ():
            bases = await session.bases.of_contacts(self._location_id, kind, [situation.contact_id])
            await session.bases.remove(self._location_id, kind, [base.record_id for base in bases if base.deleted])


def _joined(existing: Contact, mine: Contact, *, rules: ConflictRules) -> Contact:
    return merge(None, existing, mine, rules=rules).record


def _blank(kind: RecordKind, got: Record) -> Record:
    """A record of which HighLevel was told nothing yet."""
    blank = RECORD_TYPES[kind](id=got.id)
    contact_id = getattr(got, "contact_id", None)
    return with_fields(blank, {"contactId": contact_id}) if contact_id else blank


def _refused_fields(refusal: InvalidFields | DuplicateContact, wanted: Mapping[str, Any]) -> Refused:
    """The refused fields among the wanted ones."""
    if isinstance(refusal, DuplicateContact):
        message = f"Another contact of HighLevel, {refusal.existing_id}, has this {refusal.matching_field}."
        return {name: (Deviation.DUPLICATE, message) for name in wanted if name == refusal.matching_field}
    return {
        name: (Deviation.REFUSED, f"HighLevel refused it: {reason}")
        for name in wanted
        for field, reason in refusal.refused.items()
        if field.partition(".")[0] in {name, name.partition(".")[0]}
    }
