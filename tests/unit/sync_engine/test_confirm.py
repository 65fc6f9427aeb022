"""What was read decides: it is applied, buried, held, postponed or set aside."""

import pytest
from msgspec.structs import replace

from invoco.domain.connections import SetAside
from invoco.domain.deletions import DeletionAction, DeletionPolicy, MassDeletion
from invoco.domain.errors import (
    BadRequest,
    MalformedRecord,
    MissingScope,
    QuotaUsed,
    Reconnect,
    SourceUnavailable,
    TryAgain,
)
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import SourcePage
from invoco.domain.rereads import Cause, Subject
from invoco.domain.schedules import Job, Run
from invoco.highlevel.clock import iso
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Appointment, Business, Contact, Note, Task, User
from invoco.sync.confirm import confirm
from invoco.sync.inbound import drain
from invoco.sync.outcomes import APPROVED

CONTACT, NOTE, TASK, APPOINTMENT = (
    RecordKind.CONTACT,
    RecordKind.NOTE,
    RecordKind.TASK,
    RecordKind.APPOINTMENT,
)


async def confirmed(here, there):
    """One round."""
    return await confirm(there, here.store, connection=here.connection, clock=here.clock, new_id=new_id)


async def settled(here, there, *, rounds=12):
    """Rounds until nothing is due; the clock goes on between them."""
    for _ in range(rounds):
        here.clock.advance(31)
        await confirmed(here, there)


def set_policy(here, kind, action, **more):
    """Choose what happens to records that are gone."""
    here.connection = replace(here.connection, deletion={kind: DeletionPolicy(action=action, **more)})


async def test_what_is_read_replaces_what_was_shown(here, there):
    """The body of an event was only a hint."""
    there.put(Contact(id="c1", first_name="Ada", last_name="Lovelace", date_updated=iso(here.now)))
    await here.receive(here.event("ContactUpdate", id="c1", firstName="Adah"))
    await drain(here.store, connection=here.connection, clock=here.clock)
    await settled(here, there, rounds=2)

    assert there.contacts["c1"] == await here.get(CONTACT, "c1")
    async with here.store.reading() as session:
        assert await session.provisional.count(here.connection.id) == 0
    assert await here.waiting() == []


async def test_history_names_the_event_and_the_read(here, there):
    """Every change can be explained."""
    there.put(Contact(id="c1", first_name="Ada"))
    await here.ask(Subject.CONTACT, "c1", event_id="w9")
    await confirmed(here, there)

    [entry] = await here.history("c1")
    assert (entry["action"], entry["actor"], entry["event_id"], entry["read_at"]) == ("create", "event", "w9", here.now)


async def test_an_equal_record_changes_nothing(here, there):
    """No history is written for an echo."""
    there.put(Contact(id="c1"))
    await here.put(CONTACT, Contact(id="c1"))
    await here.ask(Subject.CONTACT, "c1")
    round_ = await confirmed(here, there)

    assert (round_.read, round_.changed, await here.history("c1")) == (1, 0, [])


async def test_tasks_of_a_contact_are_made_equal(here, there):
    """New, changed and gone in one read."""
    there.put(Contact(id="c1"))
    there.tasks["c1"] = [Task(id="t1", contact_id="c1", title="New"), Task(id="t2", contact_id="c1", title="Changed")]
    await here.put(TASK, Task(id="t2", contact_id="c1", title="Old"), Task(id="t3", contact_id="c1"))
    await here.ask(Subject.TASKS, "c1")
    await confirmed(here, there)

    async with here.store.reading() as session:
        assert {"t1", "t2"} == {task.id for task in await session.tasks.of_contact(here.connection.id, "c1")}
    assert (await here.get(TASK, "t2")).title == "Changed"
    assert (await here.tombstone(TASK, "t3")).action is DeletionAction.ARCHIVE


async def test_a_lost_task_is_found_and_read_with_its_contact(here, there):
    """The search tells the contact, the read by the contact tells the truth."""
    there.put(Contact(id="c1"))
    there.tasks["c1"] = [Task(id="t1", contact_id="c1", title="Call")]
    await here.ask(Subject.LOST_TASK, "t1", hint="Call")
    await settled(here, there, rounds=2)

    assert Task(id="t1", contact_id="c1", title="Call") == await here.get(TASK, "t1")


async def test_a_task_that_is_never_found_is_left_to_the_reconcile(here, there):
    """The lagging search is asked a few times, then no more."""
    await here.ask(Subject.LOST_TASK, "t1")
    await settled(here, there, rounds=9)

    assert there.reads == ["lost_task/t1"] * 6
    assert await here.waiting() == []


async def test_an_event_and_a_read_that_finds_nothing_are_proof(here, there):
    """The contact is archived with what belongs to it."""
    await here.put(CONTACT, Contact(id="c1", first_name="Ada"))
    await here.put(TASK, Task(id="t1", contact_id="c1"))
    await here.put(NOTE, Note(id="n1", contact_id="c1"))
    await here.put(APPOINTMENT, Appointment(id="a1", contact_id="c1"))
    await here.ask(Subject.CONTACT, "c1", deleted=True)
    await confirmed(here, there)

    for kind, record_id in ((CONTACT, "c1"), (TASK, "t1"), (NOTE, "n1"), (APPOINTMENT, "a1")):
        assert await here.get(kind, record_id) is None
        assert (await here.tombstone(kind, record_id)).archived is not None


async def test_absence_alone_needs_a_second_look(here, there):
    """One read that finds nothing may be a fault."""
    await here.put(CONTACT, Contact(id="c1"))
    await here.ask(Subject.CONTACT, "c1", cause=Cause.RECONCILE)
    await confirmed(here, there)
    assert await here.get(CONTACT, "c1") is not None
    await settled(here, there, rounds=1)

    assert await here.get(CONTACT, "c1") is None
    assert there.reads == ["contact/c1"] * 2


async def test_a_contact_that_is_found_at_the_second_look_stays(here, there):
    """The first read was the fault."""
    await here.put(CONTACT, Contact(id="c1"))
    await here.ask(Subject.CONTACT, "c1", cause=Cause.RECONCILE)
    await confirmed(here, there)
    there.put(Contact(id="c1"))
    await settled(here, there, rounds=1)

    assert Contact(id="c1") == await here.get(CONTACT, "c1")
    assert await here.tombstone(CONTACT, "c1") is None


async def test_a_restored_contact_comes_back_with_what_belongs_to_it(here, there):
    """Its history goes on, and its tasks, notes and appointments are looked for."""
    contact, visit = Contact(id="c1", first_name="Ada"), Appointment(id="a1", contact_id="c1")
    await here.put(CONTACT, contact)
    await here.put(APPOINTMENT, visit)
    await here.ask(Subject.CONTACT, "c1", deleted=True)
    await confirmed(here, there)
    there.put(contact)
    there.appointments["a1"] = visit
    await here.ask(Subject.CONTACT, "c1")
    await settled(here, there, rounds=4)

    assert (contact, visit) == (await here.get(CONTACT, "c1"), await here.get(APPOINTMENT, "a1"))
    assert [entry["action"] for entry in await here.history("c1")] == ["delete", "restore"]
    assert {"tasks/c1", "notes/c1"} <= set(there.reads)


async def test_left_records_stay_and_are_marked(here, there):
    """The policy `leave` only notes that HighLevel has it no longer."""
    set_policy(here, CONTACT, DeletionAction.LEAVE)
    await here.put(CONTACT, Contact(id="c1"))
    await here.ask(Subject.CONTACT, "c1", deleted=True)
    await confirmed(here, there)

    assert Contact(id="c1") == await here.get(CONTACT, "c1")
    assert (await here.tombstone(CONTACT, "c1")).action is DeletionAction.LEAVE


@pytest.mark.parametrize(("days", "archived", "purge"), [(0, False, None), (7, True, 7 * 86_400_000)])
async def test_deleted_records_are_removed_when_their_days_are_over(here, there, days, archived, purge):
    """Without days nothing is kept but the tombstone."""
    set_policy(here, CONTACT, DeletionAction.DELETE, after_days=days)
    await here.put(CONTACT, Contact(id="c1"))
    await here.ask(Subject.CONTACT, "c1", deleted=True)
    await confirmed(here, there)

    stone = await here.tombstone(CONTACT, "c1")
    assert (stone.archived is not None, stone.purge_at) == (archived, purge and here.now + purge)


async def test_a_contact_gone_before_it_was_ever_here_gets_a_tombstone(here, there):
    """A late event cannot bring it."""
    await here.ask(Subject.CONTACT, "c1", deleted=True)
    await confirmed(here, there)

    assert (await here.tombstone(CONTACT, "c1")).archived is None


async def test_a_mass_of_deletions_is_held(here, there):
    """Nothing is archived before somebody approves."""
    contacts = [Contact(id=f"c{number}") for number in range(50)]
    await here.put(CONTACT, *contacts)
    for number in range(25):
        await here.ask(Subject.CONTACT, f"c{number}", deleted=True)
    await settled(here, there, rounds=3)

    async with here.store.reading() as session:
        assert await session.contacts.count(here.connection.id) == 50
        [held] = await session.tombstones.held(here.connection.id)
    assert (held.kind, len(held.record_ids), held.records) == (CONTACT, 25, 50)


async def test_deletions_that_come_while_a_mass_is_held_join_it(here, there):
    """One decision is asked for, not many."""
    here.connection = replace(here.connection, mass_deletion=MassDeletion(share=0.1, least=2))
    await here.put(CONTACT, *(Contact(id=f"c{number}") for number in range(10)))
    for number in range(3):
        await here.ask(Subject.CONTACT, f"c{number}", deleted=True)
    await confirmed(here, there)
    await here.ask(Subject.CONTACT, "c9", deleted=True)
    await confirmed(here, there)

    async with here.store.reading() as session:
        [held] = await session.tombstones.held(here.connection.id)
    assert set(held.record_ids) == {"c0", "c1", "c2", "c9"}


async def test_approved_deletions_are_looked_at_once_more(here, there):
    """One that was restored meanwhile stays."""
    here.connection = replace(here.connection, mass_deletion=MassDeletion(share=0.0, least=0))
    await here.put(CONTACT, Contact(id="c1"), Contact(id="c2"))
    there.put(Contact(id="c2"))
    for contact_id in ("c1", "c2"):
        await here.ask(Subject.CONTACT, contact_id, cause=Cause.RETRY, hint=APPROVED)
    await confirmed(here, there)

    assert (await here.get(CONTACT, "c1"), await here.get(CONTACT, "c2")) == (None, Contact(id="c2"))


async def test_many_contacts_are_read_by_the_page(here, there):
    """A call for each would eat the quota."""
    there.put(*(Contact(id=f"c{number}", date_updated=iso(here.now)) for number in range(20)))
    for number in range(20):
        await here.ask(Subject.CONTACT, f"c{number}")
    round_ = await confirmed(here, there)

    assert (round_.read, {read.partition("/")[0] for read in there.reads}) == (20, {"changed"})


async def test_a_row_of_the_lagging_index_settles_nothing(here, there):
    """The contact is read by its id instead."""
    there.put(*(Contact(id=f"c{number}", date_updated=iso(here.now)) for number in range(20)))
    there.indexed["c3"] = Contact(id="c3", first_name="Old", date_updated=iso(here.now - 60_000))
    for number in range(20):
        await here.ask(Subject.CONTACT, f"c{number}")
    await confirmed(here, there)

    assert there.contacts["c3"] == await here.get(CONTACT, "c3")
    assert [read for read in there.reads if read.startswith("contact/")] == ["contact/c3"]


async def test_pages_that_fail_leave_everything_to_reads_by_id(here, there):
    """A search that is refused does not stop the confirmation."""
    there.put(*(Contact(id=f"c{number}", date_updated=iso(here.now)) for number in range(20)))
    there.failures[f"changed/{here.now}"] = SourceUnavailable()
    for number in range(20):
        await here.ask(Subject.CONTACT, f"c{number}")

    assert (await confirmed(here, there)).read == 20


async def test_an_answer_overtaken_by_an_event_is_not_applied(here, there):
    """What the event told is shown until it is read in turn."""
    there.put(Contact(id="c1", first_name="Before", date_updated=iso(here.now - 1000)))

    async def event_comes() -> None:
        here.clock.advance(1)
        await here.receive(here.event("ContactUpdate", id="c1", firstName="After"))
        await drain(here.store, connection=here.connection, clock=here.clock)

    await here.ask(Subject.CONTACT, "c1")
    there.while_reading = event_comes
    await confirmed(here, there)

    assert (await here.get(CONTACT, "c1")).first_name == "After"
    assert (Subject.CONTACT, "c1") in {(reread.subject, reread.subject_id) for reread in await here.waiting()}


async def test_notes_overtaken_by_an_event_are_not_applied(here, there):
    """The same for notes, which are read all of a contact at once."""
    there.put(Contact(id="c1"))
    there.notes["c1"] = [Note(id="n1", contact_id="c1", body="Before")]
    await here.put(NOTE, Note(id="n1", contact_id="c1", body="Before"))

    async def event_comes() -> None:
        here.clock.advance(1)
        await here.receive(here.event("NoteUpdate", id="n1", contactId="c1", body="After"))
        await drain(here.store, connection=here.connection, clock=here.clock)

    await here.ask(Subject.NOTES, "c1")
    there.while_reading = event_comes
    await confirmed(here, there)

    assert (await here.get(NOTE, "n1")).body == "After"


async def test_tasks_and_notes_follow_a_contact(here, there):
    """An edited task is told by nothing, so a changed contact is taken as a hint; one that is gone has none."""
    there.put(Contact(id="c1"), Contact(id="c2"))
    for contact_id, follow_up in (("c1", True), ("c2", False), ("c3", True)):
        await here.ask(Subject.CONTACT, contact_id, follow_up=follow_up, event_id="w1")
    await confirmed(here, there)

    followed = {(reread.subject, reread.subject_id) for reread in await here.waiting() if reread.subject_id != "c3"}
    assert followed == {(Subject.TASKS, "c1"), (Subject.NOTES, "c1")}
    assert {reread.urgency for reread in await here.waiting() if reread.subject_id == "c1"} == {Priority.IMPORT}


async def test_follow_ups_may_be_put_off(here, there):
    """No more of them are read than is allowed; what is due of anything else is read anyway."""
    there.put(Contact(id="c1"))
    for contact_id in ("c1", "c2", "c3"):
        await here.ask(Subject.TASKS, contact_id, urgency=int(Priority.IMPORT))
    await here.ask(Subject.NOTES, "c1", urgency=int(Priority.RECONCILE))
    rounds = [
        await confirm(
            there, here.store, connection=here.connection, clock=here.clock, new_id=new_id, follow_ups=allowed
        )
        for allowed in (0, 0, 2)
    ]

    assert [(round_.read, round_.follow_ups) for round_ in rounds] == [(1, 0), (0, 0), (2, 2)]


async def test_a_round_ends_in_time(here, there):
    """What is not begun within some seconds is left to the next round, which looks for what is urgent first."""
    there.put(*(Contact(id=f"c{number}") for number in range(10)))
    for number in range(10):
        await here.ask(Subject.TASKS, f"c{number}")

    async def it_takes_long():
        here.clock.advance(3)

    there.while_reading = it_takes_long
    first, second = await confirmed(here, there), await confirmed(here, there)

    assert (first.read, second.read) == (1, 9)


async def test_events_go_before_follow_ups(here, there):
    """Tasks and notes of a changed contact wait until no event does."""
    there.put(Contact(id="c1"), Contact(id="c2"))
    await here.ask(Subject.TASKS, "c1", urgency=int(Priority.RECONCILE))
    await here.ask(Subject.CONTACT, "c2")
    await confirmed(here, there)
    await confirmed(here, there)

    assert there.reads == ["contact/c2", "tasks/c1"]
    assert there.priorities == [Priority.EVENT, Priority.RECONCILE]


async def test_tasks_of_a_contact_that_is_gone_raise_doubts_about_it(here, there):
    """The contact is read next."""
    await here.put(CONTACT, Contact(id="c1"))
    await here.ask(Subject.TASKS, "c1")
    await confirmed(here, there)

    [doubt] = await here.waiting()
    assert (doubt.subject, doubt.subject_id, doubt.deleted) == (Subject.CONTACT, "c1", False)


async def test_notes_of_a_contact_that_was_never_here_go_with_it(here, there):
    """A note that an event told of is not shown for ever."""
    await here.put(NOTE, Note(id="n1", contact_id="c1"))
    await here.ask(Subject.NOTES, "c1")
    await confirmed(here, there)

    assert await here.waiting() == []
    assert await here.get(NOTE, "n1") is None


async def test_notes_of_a_contact_that_nobody_told_of_bring_it(here, there):
    """Or else no comparison would ever look at what belongs to it."""
    there.put(Contact(id="c1"))
    there.notes["c1"] = [Note(id="n1", contact_id="c1")]
    await here.ask(Subject.NOTES, "c1")
    await settled(here, there, rounds=2)

    assert (Contact(id="c1"), there.notes["c1"]) == (await here.get(CONTACT, "c1"), [await here.get(NOTE, "n1")])


async def test_a_contact_without_notes_that_nobody_told_of_is_left_to_comparisons(here, there):
    """Nothing hangs in the air."""
    there.put(Contact(id="c1"))
    await here.ask(Subject.NOTES, "c1")
    await confirmed(here, there)

    assert await here.waiting() == []


async def test_what_belongs_to_a_contact_that_went_unseen_goes_too(here, there):
    """The contact was told of by nobody, and is gone when it is read."""
    await here.put(NOTE, Note(id="n1", contact_id="c1"))
    await here.put(TASK, Task(id="t1", contact_id="c1"))
    await here.ask(Subject.CONTACT, "c1", deleted=True)
    await here.ask(Subject.CONTACT, "c2", deleted=True)
    await settled(here, there, rounds=3)

    assert (None, None) == (await here.get(NOTE, "n1"), await here.get(TASK, "t1"))
    assert [] == [read for read in there.reads if read in {"notes/c2", "tasks/c2"}]


async def test_children_found_of_a_buried_contact_raise_hope(here, there):
    """They are not applied before the contact is back."""
    await here.put(CONTACT, Contact(id="c1"))
    await here.ask(Subject.CONTACT, "c1", deleted=True)
    await confirmed(here, there)
    there.put(Contact(id="c1"))
    there.notes["c1"] = [Note(id="n1", contact_id="c1")]
    await here.ask(Subject.NOTES, "c1")
    await confirmed(here, there)
    assert await here.get(NOTE, "n1") is None
    await settled(here, there, rounds=3)

    assert await here.get(NOTE, "n1") == Note(id="n1", contact_id="c1")


async def test_a_list_is_made_equal(here, there):
    """New, changed and gone."""
    there.lists[RecordKind.USER] = [User(id="u1", name="Ada"), User(id="u2", name="Eve")]
    await here.put(RecordKind.USER, User(id="u2", name="Old"), User(id="u3"))
    await here.ask(Subject.USERS, "")
    await confirmed(here, there)

    async with here.store.reading() as session:
        assert there.lists[RecordKind.USER] == await session.shelf(RecordKind.USER).page(here.connection.id)


async def test_a_list_that_is_suddenly_empty_is_held(here, there):
    """An answer without rows must not wipe everything."""
    await here.put(RecordKind.BUSINESS, *(Business(id=f"b{number}") for number in range(40)))
    await here.ask(Subject.BUSINESSES, "")
    await confirmed(here, there)

    async with here.store.reading() as session:
        assert await session.shelf(RecordKind.BUSINESS).count(here.connection.id) == 40
        [held] = await session.tombstones.held(here.connection.id)
    assert (held.kind, len(held.record_ids)) == (RecordKind.BUSINESS, 40)


async def test_a_read_that_fails_alone_is_postponed_ever_longer(here, there):
    """The others go on."""
    there.put(Contact(id="c1"), Contact(id="c2"))
    there.failures["contact/c1"] = SourceUnavailable("520")
    await here.ask(Subject.CONTACT, "c1")
    await here.ask(Subject.CONTACT, "c2")
    round_ = await confirmed(here, there)

    [again] = await here.waiting()
    assert (round_.read, round_.postponed) == (1, 1)
    assert (again.attempts, again.due_at, again.reason) == (1, here.now + 5000, "520")


async def test_patience_ends_and_an_operator_is_told(here, there):
    """With the reason and what to do."""
    there.failures["contact/c1"] = BadRequest("odd", cure="Look.")
    await here.ask(Subject.CONTACT, "c1")
    for _ in range(12):
        here.clock.advance(700)
        await confirmed(here, there)

    async with here.store.reading() as session:
        [failed] = await session.rereads.failed(here.connection.id)
    assert (failed.attempts, failed.reason, failed.cure) == (10, "odd", "Look.")
    assert len(there.reads) == 10


async def test_an_outage_is_nobodys_fault(here, there):
    """When nothing can be read no reread is blamed, and the job is tried again."""
    there.failures = {f"contact/c{number}": SourceUnavailable() for number in range(3)}
    for number in range(3):
        await here.ask(Subject.CONTACT, f"c{number}")
    with pytest.raises(TryAgain):
        await confirmed(here, there)

    assert [0, 0, 0] == [reread.attempts for reread in await here.waiting()]


async def test_refused_credentials_are_told(here, there):
    """Whoever runs the job decides what that means."""
    there.put(Contact(id="c2"))
    there.failures["contact/c1"] = Reconnect()
    await here.ask(Subject.CONTACT, "c1")
    await here.ask(Subject.CONTACT, "c2")

    with pytest.raises(Reconnect):
        await confirmed(here, there)


async def test_a_missing_scope_stops_only_what_needs_it(here, there):
    """Contacts go on without the scope for calendars."""
    there.put(Contact(id="c1"))
    there.failures["appointment/a1"] = MissingScope("calendars/events.readonly is missing")
    await here.ask(Subject.APPOINTMENT, "a1")
    await here.ask(Subject.CONTACT, "c1")
    round_ = await confirmed(here, there)

    assert (round_.read, round_.postponed) == (1, 1)


async def test_a_used_quota_postpones_without_blame(here, there):
    """Follow-ups leave the rest of the day to events."""
    there.put(Contact(id="c1"))
    there.failures["tasks/c1"] = QuotaUsed()
    await here.ask(Subject.TASKS, "c1")
    await here.ask(Subject.CONTACT, "c1")
    await confirmed(here, there)
    await here.ask(Subject.NOTES, "c1")
    await confirmed(here, there)

    [waiting] = await here.waiting()
    assert (waiting.subject, waiting.attempts, waiting.due_at > here.now) == (Subject.TASKS, 0, True)


async def test_nothing_due_reads_nothing(here, there):
    """And costs no call."""
    assert (await confirmed(here, there)).read == 0
    assert there.reads == []


async def test_a_list_of_several_pages_is_read_whole(here, there):
    """What is on a later page is not gone."""
    users = [User(id=f"u{number}") for number in range(3)]

    async def page(kind, cursor):
        return SourcePage.of(users[cursor or 0 : (cursor or 0) + 2], cursor=None if cursor else 2)

    there.page = page
    await here.put(RecordKind.USER, *users)
    await here.ask(Subject.USERS, "")
    await confirmed(here, there)

    async with here.store.reading() as session:
        assert users == await session.shelf(RecordKind.USER).page(here.connection.id)


@pytest.mark.parametrize("told", [None, "no date"])
async def test_a_row_without_a_readable_date_settles_nothing(here, there, told):
    """It cannot be told how old it is."""
    there.put(*(Contact(id=f"c{number}", date_updated=told) for number in range(12)))
    for number in range(12):
        await here.ask(Subject.CONTACT, f"c{number}")
    await confirmed(here, there)

    assert [f"contact/c{number}" for number in range(12)] == sorted(
        (read for read in there.reads if read.startswith("contact/")), key=lambda read: int(read[9:])
    )


async def test_unreadable_notes_are_set_aside_and_not_gone(here, there):
    """The rest of the contact's notes is applied."""
    there.put(Contact(id="c1"))
    spoiled = SetAside(
        location_id=here.connection.id, kind="notes", record_id="n2", reason="odd", raw=b"{}", run_id=None, at=1
    )

    async def notes(contact_id):
        return SourcePage.of([Note(id="n1", contact_id="c1")], [spoiled])

    there.notes_of_one = notes
    await here.put(NOTE, Note(id="n2", contact_id="c1"))
    await here.ask(Subject.NOTES, "c1")
    await confirmed(here, there)

    async with here.store.reading() as session:
        assert [spoiled] == await session.imports.aside(here.connection.id)
        assert {"n1", "n2"} == {note.id for note in await session.notes.of_contact(here.connection.id, "c1")}


async def test_an_unreadable_list_row_is_set_aside(here, there):
    """The others of the list are applied."""
    spoiled = SetAside(
        location_id=here.connection.id, kind="users", record_id="u2", reason="odd", raw=b"{}", run_id=None, at=1
    )

    async def page(_kind, _cursor):
        return SourcePage.of([User(id="u1")], [spoiled])

    there.page = page
    await here.ask(Subject.USERS, "")
    await confirmed(here, there)

    async with here.store.reading() as session:
        assert [spoiled] == await session.imports.aside(here.connection.id)


async def test_what_makes_no_sense_is_given_up_sooner(here, there):
    """Reading it again will seldom help."""
    there.put(Contact(id="c2"))
    there.failures["contact/c1"] = MalformedRecord("odd")
    await here.ask(Subject.CONTACT, "c1")
    for _ in range(4):
        here.clock.advance(60)
        await here.ask(Subject.CONTACT, "c2")
        await confirmed(here, there)

    assert there.reads.count("contact/c1") == 3


async def test_doubts_do_not_hasten_a_deletion(here, there):
    """The moment in which a mass would show is kept, whatever else is asked of the contact."""
    await here.put(CONTACT, Contact(id="c1"))
    await here.receive(here.event("ContactDelete", id="c1"))
    await drain(here.store, connection=here.connection, clock=here.clock)
    await here.ask(Subject.CONTACT, "c1")
    await confirmed(here, there)

    assert there.reads == []


@pytest.mark.parametrize("action", [DeletionAction.ARCHIVE, DeletionAction.LEAVE])
async def test_a_note_that_an_event_told_of_after_its_contact_went_is_not_shown_for_ever(here, there, action):
    """Its contact is known to be gone."""
    set_policy(here, CONTACT, action)
    await here.put(CONTACT, Contact(id="c1"))
    await here.ask(Subject.CONTACT, "c1", deleted=True)
    await confirmed(here, there)
    await here.receive(here.event("NoteCreate", id="n1", contactId="c1", body="late"))
    await drain(here.store, connection=here.connection, clock=here.clock)
    await settled(here, there, rounds=2)

    assert await here.get(NOTE, "n1") is None
    async with here.store.reading() as session:
        assert await session.provisional.count(here.connection.id) == 0


async def test_a_mass_that_a_comparison_missed_is_held(here, there):
    """Even where each round reads a few: all that were missed count, and none is dealt with before."""
    contacts = [Contact(id=f"c{number}") for number in range(25)]
    await here.put(CONTACT, *contacts)
    for contact in contacts:
        await here.ask(Subject.CONTACT, contact.id, cause=Cause.RECONCILE, urgency=int(Priority.RECONCILE), missed=True)

    async def it_takes_long():
        here.clock.advance(1)

    for _ in range(60):
        there.while_reading = it_takes_long
        await confirmed(here, there)
        here.clock.advance(5)
    async with here.store.reading() as session:
        [held] = await session.tombstones.held(here.connection.id)
        left = await session.contacts.count(here.connection.id)

    assert (25, 25) == (len(held.record_ids), left)


async def test_appointments_of_a_mass_of_contacts_are_held_too(here, there):
    """Few as they are: they are gone because their contacts are."""
    contacts = [Contact(id=f"c{number}") for number in range(25)]
    await here.put(CONTACT, *contacts)
    await here.put(APPOINTMENT, Appointment(id="a1", contact_id="c1"))
    await here.ask(Subject.APPOINTMENT, "a1", deleted=True)
    for contact in contacts:
        await here.ask(Subject.CONTACT, contact.id, deleted=True, due_at=here.now + 2000)
    await confirmed(here, there)
    async with here.store.reading() as session:
        [held] = await session.tombstones.held(here.connection.id)

    assert (APPOINTMENT, ("a1",)) == (held.kind, held.record_ids)
    assert await here.get(APPOINTMENT, "a1") is not None


async def test_what_a_comparison_missed_waits_for_its_end(here, there):
    """Whether it is one of a mass shows then."""
    await here.put(CONTACT, Contact(id="c1"))
    run = Run(id="r1", location_id=here.connection.id, job=Job.RECONCILE, started_at=here.now)
    async with here.store.transaction() as session:
        await session.runs.put(run)
    await here.ask(Subject.CONTACT, "c1", cause=Cause.RECONCILE, run_id="r1", missed=True)
    for _ in range(4):
        await confirmed(here, there)
        here.clock.advance(31)
    still_here = await here.get(CONTACT, "c1")
    async with here.store.transaction() as session:
        await session.runs.put(replace(run, finished_at=here.now))
    await confirmed(here, there)

    assert still_here is not None
    assert await here.get(CONTACT, "c1") is None
