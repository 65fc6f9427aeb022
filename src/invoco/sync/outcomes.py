"""What follows from answers: records are applied, what is gone is buried or held, rereads settled or asked anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.ids import NewId
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session, SourcePage
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.schedules import Job
from invoco.domain.sync_ports import Provisional
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Note, Record, Task
from invoco.sync.announcing import note_unannounced
from invoco.sync.apply import AllOfContact, apply_all_of_contacts, apply_list, apply_told
from invoco.sync.deletions import bury, forget_unknown, hold, is_sudden
from invoco.sync.events import follow_ups
from invoco.sync.noticed import Noticed
from invoco.sync.rereading import Answer

APPROVED = "approved"
"""The hint of a reread that an operator asked for by approving a held deletion."""
_SECOND_LOOK = 30_000
"""Milliseconds between the two reads that prove an absence no event told of."""
_LOST_FOR_GOOD = 5
"""Searches after which a lost task is left to the next reconcile."""
_SEARCH_AGAIN = 30_000
_ONE = {Subject.CONTACT: RecordKind.CONTACT, Subject.APPOINTMENT: RecordKind.APPOINTMENT}
_SUBJECTS = {kind: subject for subject, kind in _ONE.items()}
_OF_CONTACT = {Subject.TASKS: RecordKind.TASK, Subject.NOTES: RecordKind.NOTE}
_Told = tuple[Answer, SourcePage]


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What the answers of one round changed."""

    changed: int
    held: int


async def settle(
    session: Session, connection: Connection, answers: Sequence[Answer], *, now: int, new_id: NewId
) -> Settled:
    """Apply answers without an error, inside the transaction that settles their rereads."""
    return await _Settling(session, connection, now=now, new_id=new_id).all(answers)


class _Settling:
    """One round of answers."""

    def __init__(self, session: Session, connection: Connection, *, now: int, new_id: NewId) -> None:
        self._session, self._connection = session, connection
        self._now, self._new_id = now, new_id
        self._changed = self._held = 0
        self._done: list[Reread] = []
        self._again: list[Reread] = []
        self._asked: list[Reread] = []
        self._gone: defaultdict[RecordKind, list[Reread]] = defaultdict(list)

    async def all(self, answers: Sequence[Answer]) -> Settled:
        """Records of a kind together, then lists, then what is gone."""
        for subject, kind in _ONE.items():
            await self._records(kind, [answer for answer in answers if answer.reread.subject is subject])
        for subject, kind in _OF_CONTACT.items():
            await self._of_contacts(kind, [answer for answer in answers if answer.reread.subject is subject])
        for answer in answers:
            await self._several(answer)
        for kind, rereads in self._gone.items():
            await self._bury(kind, rereads)
        await self._write_down()
        return Settled(changed=self._changed, held=self._held)

    async def _write_down(self) -> None:
        location_id, shelf = self._connection.id, self._session.rereads
        if self._done:
            await shelf.settle(location_id, self._done)
        if self._again:
            await shelf.put(location_id, self._again)
        if self._asked:
            await shelf.ask(location_id, self._asked)

    async def _several(self, answer: Answer) -> None:
        subject = answer.reread.subject
        if subject is Subject.LOST_TASK:
            self._lost_task(answer)
        elif subject not in _ONE and subject not in _OF_CONTACT and answer.page is not None:
            await self._list(answer, answer.page)

    async def _records(self, kind: RecordKind, answers: Sequence[Answer]) -> None:
        if not answers:
            return
        fresh = await self._not_overtaken(kind, {answer.reread.subject_id: answer for answer in answers})
        await self._nothing_found(kind, [answer.reread for answer in fresh if answer.page is None])
        found = [answer for answer in fresh if answer.page is not None]
        told = [
            (record, _noticed(answer)) for answer in found for record in (answer.page.records if answer.page else ())
        ]
        changes = await apply_told(self._session, self._connection.id, kind, told)
        self._changed += len(changes)
        self._done += [answer.reread for answer in found]
        for answer in found:
            self._follow_up(answer.reread)
        rereads = {answer.reread.subject_id: answer.reread for answer in found}
        for change in changes:
            if change.action == "restore" and kind is RecordKind.CONTACT:
                await self._ask_for_children(change.record_id, rereads[change.record_id])

    def _follow_up(self, reread: Reread) -> None:
        """Of a task that was edited nothing tells, and a contact that changed is a hint (facts 8.3)."""
        if reread.follow_up:
            self._asked += follow_ups(
                reread.subject_id, since=reread.since, now=self._now, cause=Cause.POLL, event_id=reread.event_id
            )

    async def _not_overtaken(self, kind: RecordKind, answers: dict[str, Answer]) -> list[Answer]:
        """Those of which no newer event came while they were read; the others were asked for again by it."""
        marks = await self._session.provisional.get_many(self._connection.id, kind, list(answers))
        return [
            answer
            for record_id, answer in answers.items()
            if record_id not in marks or not _is_newer(marks[record_id], answer)
        ]

    async def _nothing_found(self, kind: RecordKind, rereads: Sequence[Reread]) -> None:
        """One read is proof together with an event, an approval or a tombstone; two are proof alone.

        What a comparison missed waits until it has ended: whether it is one of a mass shows then.
        """
        if not rereads:
            return
        ids = [reread.subject_id for reread in rereads]
        buried = await self._session.tombstones.get_many(self._connection.id, kind, ids)
        under_way = await self._run_under_way()
        for reread in rereads:
            seen = replace(reread, gone=reread.gone + 1)
            is_sure = seen.gone > 1 and (reread.run_id is None or reread.run_id != under_way)
            if reread.deleted or is_sure or reread.hint == APPROVED or reread.subject_id in buried:
                self._gone[kind].append(seen)
            else:
                self._again.append(replace(seen, due_at=self._now + _SECOND_LOOK))

    async def _run_under_way(self) -> str | None:
        """The comparison that has not ended."""
        run = await self._session.runs.latest(self._connection.id, Job.RECONCILE)
        return run.id if run is not None and run.finished_at is None else None

    async def _of_contacts(self, kind: RecordKind, answers: Sequence[Answer]) -> None:
        self._done += [answer.reread for answer in answers]
        told = await self._of_living(answers)
        if told and kind is RecordKind.NOTE:
            told = await self._not_overtaken_notes(told)
        if not told:
            return
        whole = [
            AllOfContact(
                contact_id=answer.reread.subject_id,
                records=page.records,
                malformed_ids=[row.record_id for row in page.malformed if row.record_id],
                noticed=_noticed(answer),
            )
            for answer, page in told
        ]
        self._changed += len(await apply_all_of_contacts(self._session, self._connection, kind, whole))
        if malformed := [row for _, page in told for row in page.malformed]:
            await self._session.imports.set_aside(malformed)

    async def _of_living(self, answers: Sequence[Answer]) -> list[_Told]:
        """What belongs to a contact that is gone is not brought back before the contact is.

        A contact that is gone and here still is in doubt, and so is one that is buried and has something again. What
        else belongs to a contact that is gone goes too.
        """
        if not answers:
            return []
        buried = await self._session.tombstones.get_many(
            self._connection.id, RecordKind.CONTACT, [answer.reread.subject_id for answer in answers]
        )
        here = await self._session.contacts.get_many(
            self._connection.id, [answer.reread.subject_id for answer in answers]
        )
        told: list[_Told] = []
        for answer in answers:
            contact_id = answer.reread.subject_id
            is_odd = (
                contact_id in buried if answer.page is not None else contact_id in here and contact_id not in buried
            )
            if is_odd:
                self._asked.append(self._doubt(Subject.CONTACT, contact_id, answer.reread))
            else:
                told.append((answer, answer.page or SourcePage.of([])))
                if answer.page is not None and answer.page.records and contact_id not in here:
                    # Nobody told of the contact: without it, no comparison would look for what belongs to it.
                    self._asked.append(self._doubt(Subject.CONTACT, contact_id, answer.reread))
        return told

    async def _not_overtaken_notes(self, told: Sequence[_Told]) -> list[_Told]:
        """Those of contacts of whose notes no newer event came while they were read."""
        answers = {answer.reread.subject_id: answer for answer, _ in told}
        notes = await self._session.notes.of_contacts(self._connection.id, list(answers))
        marks = await self._session.provisional.get_many(
            self._connection.id, RecordKind.NOTE, [note.id for note in notes]
        )
        newer = {mark.contact_id for mark in marks.values() if _is_newer(mark, answers.get(mark.contact_id or ""))}
        return [(answer, page) for answer, page in told if answer.reread.subject_id not in newer]

    def _lost_task(self, answer: Answer) -> None:
        reread = answer.reread
        task: Record | None = answer.page.records[0] if answer.page and answer.page.records else None
        contact_id = getattr(task, "contact_id", None)
        if contact_id:
            self._done.append(reread)
            self._asked.append(self._doubt(Subject.TASKS, contact_id, reread))
        elif reread.gone >= _LOST_FOR_GOOD:
            self._done.append(reread)
        else:
            self._again.append(replace(reread, gone=reread.gone + 1, due_at=self._now + _SEARCH_AGAIN))

    async def _list(self, answer: Answer, page: SourcePage) -> None:
        changes = await apply_list(
            self._session,
            self._connection,
            RecordKind(answer.reread.subject.value),
            page.records,
            malformed_ids=[row.record_id for row in page.malformed if row.record_id],
            noticed=_noticed(answer),
        )
        if page.malformed:
            await self._session.imports.set_aside(page.malformed)
        self._changed += len(changes)
        self._done.append(answer.reread)

    async def _ask_for_children(self, contact_id: str, reread: Reread) -> None:
        """What went with the contact may be back with it."""
        self._asked += follow_ups(
            contact_id, since=reread.since, now=self._now, cause=reread.cause, event_id=reread.event_id
        )
        stones = await self._session.tombstones.of_contact(self._connection.id, contact_id)
        self._asked += [
            self._doubt(Subject.APPOINTMENT, stone.record_id, reread)
            for stone in stones
            if stone.kind is RecordKind.APPOINTMENT
        ]

    def _doubt(self, subject: Subject, subject_id: str, reread: Reread) -> Reread:
        return replace(
            reread,
            subject=subject,
            subject_id=subject_id,
            asked_at=self._now,
            due_at=self._now,
            urgency=max(reread.urgency, Priority.EVENT),
            deleted=False,
            missed=False,
            gone=0,
            hint=None,
            follow_up=False,
            attempts=0,
            reason=None,
            cure=None,
        )

    async def _bury(self, kind: RecordKind, rereads: Sequence[Reread]) -> None:
        """Records that are proved to be gone: held when they are a sudden mass, else dealt with by policy."""
        self._done += rereads
        here = await self._session.shelf(kind).get_many(self._connection.id, [each.subject_id for each in rereads])
        stones = await self._session.tombstones.get_many(self._connection.id, kind, [*here])
        open_here = {record_id: record for record_id, record in here.items() if record_id not in stones}
        await self._forget_unknown(kind, [each for each in rereads if each.subject_id not in here])
        approved = [each for each in rereads if each.hint == APPROVED and each.subject_id in open_here]
        found = [each for each in rereads if each.hint != APPROVED and each.subject_id in open_here]
        if found and await self._is_mass(kind, len(found)):
            ids = [each.subject_id for each in found]
            await hold(self._session, self._connection, kind, ids, at=self._now, new_id=self._new_id)
            self._held += len(ids)
            found = []
        for each in [*approved, *found]:
            await self._bury_one(kind, open_here[each.subject_id], each)

    async def _is_mass(self, kind: RecordKind, found: int) -> bool:
        """Whether so many deletions, with those that still wait to be proved, must be approved.

        Appointments go when their contacts do, so a mass of contacts is one of appointments too.
        """
        kinds = {kind, RecordKind.CONTACT}
        if any(held.kind in kinds for held in await self._session.tombstones.held(self._connection.id)):
            return True
        counts = {each: await self._session.rereads.count(self._connection.id, gone=_SUBJECTS[each]) for each in kinds}
        counts[kind] = max(counts[kind], found)
        for each, count in counts.items():
            if await is_sudden(self._session, self._connection, each, count, at=self._now):
                return True
        return False

    async def _bury_one(self, kind: RecordKind, record: Record, reread: Reread) -> None:
        noticed = Noticed(
            cause=reread.cause, at=self._now, event_id=reread.event_id, run_id=reread.run_id, read_at=self._now
        )
        changes = await bury(self._session, self._connection, kind, [record], noticed=noticed)
        told = [change for change in changes if change.kind is kind]
        await note_unannounced(self._session, self._connection.id, told)
        self._changed += len(changes)

    async def _forget_unknown(self, kind: RecordKind, rereads: Sequence[Reread]) -> None:
        known = await self._session.tombstones.get_many(
            self._connection.id, kind, [each.subject_id for each in rereads]
        )
        for each in rereads:
            if each.subject_id not in known:
                noticed = Noticed(cause=each.cause, at=self._now)
                await forget_unknown(self._session, self._connection, kind, each.subject_id, noticed=noticed)
        if kind is RecordKind.CONTACT:
            await self._ask_for_orphans(rereads)

    async def _ask_for_orphans(self, rereads: Sequence[Reread]) -> None:
        """What belongs to a contact that was never here, and is gone, is read again so that it goes too."""
        ids = [each.subject_id for each in rereads]
        children: list[Task | Note] = [
            *await self._session.tasks.of_contacts(self._connection.id, ids),
            *await self._session.notes.of_contacts(self._connection.id, ids),
        ]
        owners = {child.contact_id for child in children}
        for each in rereads:
            if each.subject_id in owners:
                self._asked += follow_ups(
                    each.subject_id, since=each.since, now=self._now, cause=each.cause, event_id=each.event_id
                )


def _is_newer(mark: Provisional, answer: Answer | None) -> bool:
    """Whether an event was shown while this was read; the event itself asked for what it tells.

    A mark from before the reading is no reason to wait: what it stands for was in HighLevel by then.
    """
    return answer is not None and mark.since > answer.reread.since and mark.shown_at >= answer.read_at


def _noticed(answer: Answer) -> Noticed:
    reread = answer.reread
    return Noticed(
        cause=reread.cause,
        at=answer.read_at,
        event_id=reread.event_id,
        run_id=reread.run_id,
        read_at=answer.read_at,
    )
