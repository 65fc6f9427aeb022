"""Reconcile: every difference is found; what is sure is mended, the rest is asked for again."""

import pytest
from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.deletions import DeletionAction, HeldDeletions, Tombstone
from invoco.domain.errors import MissingScope, QuotaUsed, SourceUnavailable
from invoco.domain.imports import Allowance
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.schedules import Job, Run
from invoco.highlevel.clock import iso
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Appointment, Business, Contact, Note, Tag, Task, User
from invoco.sync import reconcile_contacts
from invoco.sync.plan import ORDER
from invoco.sync.reconcile import reconcile

HERE = "location-of-the-tests"
CONNECTION = Connection(id=HERE, name="here", base_url="http://highlevel.test", access="token", connected_at=1)
CONTACTS, TASKS, NOTES, APPOINTMENTS = RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE, RecordKind.APPOINTMENT
START = 1_750_000_000_000
"""What the clock tells."""
RUN = Run(id="reconcile-1", location_id=HERE, job=Job.RECONCILE, started_at=START)


def contact(number, *, added=None, updated=-5000, **fields):
    """A contact that was added and changed so many milliseconds after the start."""
    added = number * 1000 - 900_000 if added is None else added
    return Contact(id=f"c{number}", date_added=iso(START + added), date_updated=iso(START + updated), **fields)


@pytest.fixture
def source(source):
    """The location, with contacts that were added at different moments."""
    source.records[CONTACTS] = [contact(number, first_name=f"Name {number}") for number in (1, 2, 3, 4, 5)]
    return source


@pytest.fixture
async def store(source, store):
    """A mirror that equals the location."""
    async with store.transaction() as session:
        for kind, records in source.records.items():
            await session.shelf(kind).put(HERE, records)
    return store


@pytest.fixture
def reconciled(source, store, clock):
    """Reconciles once."""

    async def reconcile_(run=RUN, *, progress=None, notes_share=0.5):
        return await reconcile(
            source, store, connection=CONNECTION, clock=clock, run=run, notes_share=notes_share, progress=progress
        )

    return reconcile_


@pytest.fixture
def here(store):
    """Puts records into the mirror, or removes them."""

    async def change(*records, kind=CONTACTS, without=()):
        async with store.transaction() as session:
            await session.shelf(kind).put(HERE, records)
            await session.shelf(kind).delete(HERE, without)

    return change


@pytest.fixture
def rereads(store):
    """What waits to be read again, by subject and id."""

    async def look():
        async with store.reading() as session:
            due = await session.rereads.due(HERE, now=START * 2, limit=10_000)
        return {(reread.subject, reread.subject_id): reread for reread in due}

    return look


@pytest.fixture
def bury(store):
    """Sets a tombstone."""

    async def put(kind, record_id, *, action=DeletionAction.ARCHIVE):
        async with store.transaction() as session:
            stone = Tombstone(kind=kind, record_id=record_id, contact_id=None, action=action, gone_at=START)
            await session.tombstones.put(HERE, [stone])

    return put


async def test_an_equal_mirror_is_left_alone(reconciled, rereads, store):
    """Everything was compared, nothing changed, nothing is asked for."""
    run = await reconciled()

    assert (run.compared, run.created, run.updated, run.deleted, run.doubtful, run.held) == (15, 0, 0, 0, 0, 0)
    assert await rereads() == {}
    async with store.reading() as session:
        assert await session.runs.latest(HERE, Job.RECONCILE) == run
    assert run.finished_at == START


async def test_a_contact_that_is_missing_here_is_created(source, reconciled, mirror, rereads):
    """And its tasks and notes are asked for."""
    source.put(contact(6, first_name="New"))
    run = await reconciled()

    assert ((await mirror(CONTACTS))["c6"].first_name, run.created) == ("New", 1)
    assert set(await rereads()) == {(Subject.TASKS, "c6"), (Subject.NOTES, "c6")}
    assert {(each.cause, each.urgency, each.run_id) for each in (await rereads()).values()} == {
        (Cause.RECONCILE, Priority.IMPORT, run.id)
    }


async def test_a_newer_row_is_believed(source, reconciled, mirror, rereads):
    """It is what the mirror holds afterwards."""
    source.put(contact(3, updated=-1, first_name="New"))
    run = await reconciled()

    assert ((await mirror(CONTACTS))["c3"].first_name, run.updated, await rereads()) == ("New", 1, {})


@pytest.mark.parametrize("updated", [-9000, -5000])
async def test_a_row_that_is_no_newer_is_asked_for(source, reconciled, mirror, rereads, updated):
    """The index may lag, or the mirror be wrong: a read by id tells."""
    source.put(contact(3, updated=updated, first_name="Other"))
    run = await reconciled()

    assert ((await mirror(CONTACTS))["c3"].first_name, run.doubtful) == ("Name 3", 1)
    assert list(await rereads()) == [(Subject.CONTACT, "c3")]


async def test_a_stale_mirror_does_not_eat_the_quota(source, reconciled, mirror, rereads, monkeypatch):
    """Beyond a number of doubts rows as old as what is held are believed."""
    monkeypatch.setattr(reconcile_contacts, "_MOST_DOUBTS", 2)
    source.put(*(contact(number, first_name="Other") for number in (1, 2, 3, 4)))
    run = await reconciled()

    assert (run.doubtful, run.updated) == (2, 2)
    assert [each.first_name for each in (await mirror(CONTACTS)).values()] == [
        "Name 1", "Name 2", "Other", "Other", "Name 5",
    ]  # fmt: skip


async def test_the_order_of_keys_is_no_difference(source, reconciled, here, rereads):
    """Objects are compared, not texts."""
    await here(contact(1, first_name="Name 1", extra={"a": 1, "b": 2}))
    source.put(contact(1, first_name="Name 1", extra={"b": 2, "a": 1}))
    run = await reconciled()

    assert (run.updated, run.doubtful) == (0, 0)


@pytest.mark.parametrize("added", [-2_000_000, -897_500, 5000])
async def test_a_contact_that_no_page_tells_of_is_asked_for(reconciled, here, mirror, rereads, added):
    """Before, between and behind the others; it stays until a read by id proves that it is gone."""
    await here(contact(9, added=added))
    run = await reconciled()

    assert list(await rereads()) == [(Subject.CONTACT, "c9")]
    assert ("c9" in await mirror(CONTACTS), run.deleted, run.doubtful, run.compared) == (True, 0, 1, 16)


@pytest.mark.parametrize("count", [1, 2, 5])
async def test_contacts_of_one_moment_may_lie_on_several_pages(source, reconciled, here, rereads, count):
    """None of them is taken for missing, and one that is missing is found."""
    source.records[CONTACTS] = [contact(number, added=0, first_name=f"Name {number}") for number in range(count)]
    await here(*source.records[CONTACTS], contact(9, added=0), without=[f"c{number}" for number in range(count, 6)])
    source.records[TASKS], source.records[NOTES], source.records[APPOINTMENTS] = [], [], []
    for kind in (TASKS, NOTES, APPOINTMENTS):
        await here(kind=kind, without=["k1", "n1", "n2", "a1"])
    await reconciled()

    assert list(await rereads()) == [(Subject.CONTACT, "c9")]


async def test_many_missing_contacts_are_found_in_pieces(reconciled, here, rereads, monkeypatch):
    """However many the mirror has too many."""
    monkeypatch.setattr(reconcile_contacts, "_CHUNK", 2)
    await here(*(contact(number, added=-100) for number in range(20, 27)))
    await reconciled()

    assert len(await rereads()) == 7


async def test_a_location_without_contacts_doubts_all(source, reconciled, rereads):
    """Nothing is deleted because a page is empty."""
    source.records[CONTACTS] = []
    run = await reconciled()

    assert (run.deleted, {each for each in await rereads() if each[0] is Subject.CONTACT}) == (
        0,
        {(Subject.CONTACT, f"c{number}") for number in (1, 2, 3, 4, 5)},
    )


async def test_what_was_left_here_on_purpose_is_not_asked_for(reconciled, here, bury, rereads):
    """It is known to be gone."""
    await here(contact(9))
    await bury(CONTACTS, "c9", action=DeletionAction.LEAVE)
    await reconciled()

    assert await rereads() == {}


async def test_what_waits_for_approval_is_counted(reconciled, here, store, rereads):
    """And not asked for again."""
    await here(contact(9))
    async with store.transaction() as session:
        held = HeldDeletions(
            id="held-1", location_id=HERE, kind=CONTACTS, record_ids=("c9",), records=6, found_at=START
        )
        await session.tombstones.hold(held)
    run = await reconciled()

    assert (run.held, await rereads()) == (1, {})


async def test_a_told_contact_that_is_buried_is_asked_for(reconciled, here, bury, mirror, rereads):
    """It is back, or the index lags."""
    await here(without=["c3"])
    await bury(CONTACTS, "c3")
    await reconciled()

    assert "c3" not in await mirror(CONTACTS)
    assert (Subject.CONTACT, "c3") in await rereads()


@pytest.mark.parametrize(
    ("kind", "record_id", "asked"),
    [(CONTACTS, "c3", (Subject.CONTACT, "c3")), (RecordKind.TASK, "k1", (Subject.TASKS, "c1"))],
)
async def test_a_record_that_was_left_here_and_is_told_again_is_asked_for(
    reconciled, bury, rereads, kind, record_id, asked
):
    """It looks as it did when it went, and only its tombstone says that it was gone."""
    await bury(kind, record_id, action=DeletionAction.LEAVE)
    await reconciled()

    assert asked in await rereads()


async def test_a_contact_that_cannot_be_read_is_not_missing(source, reconciled, store, rereads):
    """Its older copy is kept, and it is set aside with the run that met it."""
    source.forget(CONTACTS, "c2")
    source.spoil(CONTACTS, "c2")
    run = await reconciled()
    async with store.reading() as session:
        (kept,) = await session.imports.aside(HERE)

    assert (kept.record_id, kept.run_id, await rereads()) == ("c2", run.id, {})


@pytest.mark.parametrize("kind", [CONTACTS, TASKS, RecordKind.TAG])
async def test_what_can_be_read_again_leaves_the_list(source, reconciled, store, kind):
    """Whatever an earlier run set aside."""
    source.spoil(kind, "x1")
    await reconciled()
    source.malformed.clear()
    await reconciled(replace(RUN, id="reconcile-2"))

    async with store.reading() as session:
        assert await session.imports.aside(HERE) == []


@pytest.mark.parametrize("date_added", [None, "some day"])
async def test_a_contact_without_a_date_disturbs_nobody(source, reconciled, here, rereads, date_added):
    """It comes last although it has no place in the order, so that it alone is asked for."""
    timeless = Contact(id="c0", date_added=date_added)
    source.put(timeless)
    await here(timeless)
    await reconciled()

    assert list(await rereads()) == [(Subject.CONTACT, "c0")]


@pytest.mark.parametrize(
    ("there", "mine"),
    [
        ([Task(id="k1", contact_id="c1", title="Changed")], []),
        ([Task(id="k9", contact_id="c1", title="New")], []),
        ([], [Task(id="k9", contact_id="c1", title="Gone")]),
    ],
)
async def test_tasks_that_differ_are_read_by_their_contact(source, reconciled, here, mirror, rereads, there, mine):
    """Tasks carry no date: what the index tells is never believed."""
    source.put(*there)
    await here(*mine, kind=TASKS)
    before = await mirror(TASKS)
    run = await reconciled()

    assert (list(await rereads()), run.doubtful) == ([(Subject.TASKS, "c1")], 1)
    assert await mirror(TASKS) == before


async def test_a_task_without_a_contact_is_looked_for(source, reconciled, rereads):
    """By its title."""
    source.put(Task(id="k9", title="Whose?"))
    await reconciled()
    ((which, reread),) = (await rereads()).items()

    assert (which, reread.hint) == ((Subject.LOST_TASK, "k9"), "Whose?")


async def test_tasks_of_a_contact_that_is_gone_are_ghosts(source, reconciled, bury, here, rereads):
    """The index may tell of them for ever (facts 4.4)."""
    source.forget(CONTACTS, "c5")
    await here(without=["c5"])
    await bury(CONTACTS, "c5")
    source.put(Task(id="k9", contact_id="c5"))
    await reconciled()

    assert await rereads() == {}


async def test_an_appointment_is_compared_like_a_contact(source, reconciled, mirror, rereads):
    """A newer one is believed, one that is no newer is asked for, a new one is created."""
    source.put(
        Appointment(id="a1", contact_id="c2", calendar_id="k1", title="Even"),
        Appointment(id="a2", contact_id="c2", title="New"),
    )
    run = await reconciled()

    assert (run.created, "a2" in await mirror(APPOINTMENTS)) == (1, True)
    assert list(await rereads()) == [(Subject.APPOINTMENT, "a1")]


@pytest.mark.parametrize(
    ("begins", "wanted"), [(START, [(Subject.APPOINTMENT, "a9")]), (START + 500_000, []), (START - 500_000, [])]
)
async def test_an_appointment_is_missing_only_within_the_span(source, reconciled, here, rereads, begins, wanted):
    """Those outside are told by no page."""
    source.span = (START - 1000, START + 1000)
    await here(Appointment(id="a9", contact_id="c1", start_time=iso(begins)), kind=APPOINTMENTS)
    await reconciled()

    assert list(await rereads()) == wanted


@pytest.mark.parametrize(
    ("kind", "new", "changed", "gone"),
    [
        (RecordKind.TAG, Tag(id="t2", name="new"), Tag(id="t1", name="changed"), Tag(id="t9")),
        (
            RecordKind.BUSINESS,
            Business(id="b2", name="New"),
            Business(id="b1", name="Changed"),
            Business(id="b9", name="Gone"),
        ),
        (RecordKind.USER, User(id="u2"), User(id="u1", name="Changed"), User(id="u9")),
    ],
)
async def test_lists_are_made_equal(source, reconciled, here, mirror, kind, new, changed, gone):
    """They come whole, so that what they do not tell of is gone."""
    source.put(new, changed)
    await here(gone, kind=kind)
    run = await reconciled()

    assert await mirror(kind) == {record.id: record for record in source.records[kind]}
    assert (run.created, run.updated, run.deleted) == (1, 1, 1)


async def test_a_list_may_have_many_pages(source, reconciled, mirror):
    """Businesses come a hundred at a time."""
    source.put(*(Business(id=f"b{number}") for number in range(2, 7)))
    run = await reconciled()

    assert (len(await mirror(RecordKind.BUSINESS)), run.created) == (6, 5)


async def test_what_a_list_lacks_is_looked_for_twice(source, reconciled, here, mirror, monkeypatch):
    """A page that slid away under the reader deletes nothing."""
    await here(Business(id="b9"), kind=RecordKind.BUSINESS)
    page = source.page
    readings = []

    async def flickering(kind, cursor):
        if kind is RecordKind.BUSINESS and cursor is None:
            readings.append(kind)
            if len(readings) == 2:
                source.put(Business(id="b9"))
        return await page(kind, cursor)

    monkeypatch.setattr(source, "page", flickering)
    run = await reconciled()

    assert (set(await mirror(RecordKind.BUSINESS)), run.deleted, len(readings)) == ({"b1", "b9"}, 0, 2)


async def test_an_unreadable_row_of_a_list_keeps_its_older_copy(source, reconciled, mirror):
    """It was told of."""
    source.forget(RecordKind.TAG, "t1")
    source.spoil(RecordKind.TAG, "t1")
    run = await reconciled()

    assert (set(await mirror(RecordKind.TAG)), run.deleted) == ({"t1"}, 0)


@pytest.mark.parametrize(
    ("there", "mine"),
    [
        ([Note(id="n1", contact_id="c1", body="Changed")], []),
        ([Note(id="n9", contact_id="c1", body="New")], []),
        ([], [Note(id="n9", contact_id="c1", body="Gone")]),
    ],
)
async def test_notes_that_differ_are_asked_for(source, reconciled, here, rereads, there, mine):
    """An event may have told more while they were compared."""
    source.put(*there)
    await here(*mine, kind=NOTES)
    run = await reconciled()

    assert (list(await rereads()), run.doubtful) == ([(Subject.NOTES, "c1")], 1)
    assert source.priority is Priority.IMPORT


async def test_notes_that_wait_to_be_read_are_left_to_it(source, reconciled, store, rereads):
    """They are in doubt already."""
    source.put(Note(id="n1", contact_id="c1", body="Changed"))
    waiting = Reread(
        subject=Subject.NOTES, subject_id="c1", since=1, asked_at=1, due_at=1, urgency=1, cause=Cause.EVENT
    )
    async with store.transaction() as session:
        await session.rereads.ask(HERE, [waiting])
    run = await reconciled()

    assert (await rereads(), run.doubtful) == ({(Subject.NOTES, "c1"): waiting}, 0)


async def test_an_unreadable_note_is_no_difference(source, reconciled, rereads):
    """Its older copy is kept."""
    source.forget(NOTES, "n1")
    source.spoil(NOTES, "n1")
    await reconciled()

    assert await rereads() == {}


def notes_read(source):
    """Whose notes were read."""
    return [cursor for kind, cursor in source.reads if kind == "notes"]


async def test_the_round_over_the_notes_goes_on_in_the_next_run(source, reconciled, clock):
    """A run uses its share of the day's quota and ends; a day later the next contacts follow, then the first."""
    source.allowance = Allowance(daily=6)
    runs = []
    for number in (1, 2, 3):
        runs.append(await reconciled(replace(RUN, id=f"run-{number}")))
        clock.advance(86_400)

    assert all(run.finished_at for run in runs)
    assert notes_read(source) == ["c1", "c2", "c3", "c4", "c5", "c1", "c2", "c3"]


async def test_a_second_run_of_a_day_has_no_budget_of_its_own(source, reconciled):
    """The round is over, and its budget used."""
    source.allowance = Allowance(daily=12)
    for number in (1, 2):
        await reconciled(replace(RUN, id=f"run-{number}"))

    assert notes_read(source) == ["c1", "c2", "c3", "c4", "c5", "c1"]


async def test_notes_end_when_the_day_s_quota_is_used_up(source, reconciled):
    """Everything else was compared: the run is over."""
    source.failures[("notes", "c1")] = QuotaUsed()

    assert (await reconciled()).finished_at == START


async def test_a_kind_that_may_not_be_read_is_left_out(source, reconciled, mirror):
    """The others are compared."""
    source.failures[("calendars", None)] = MissingScope()
    source.put(Tag(id="t2"), contact(6))
    run = await reconciled()

    assert (run.created, run.finished_at) == (2, START)


async def test_progress_is_told(reconciled):
    """So many of so many."""
    told = []
    await reconciled(progress=lambda kind, done, total: told.append((kind, done, total)))

    assert [each for each in told if each[0] == CONTACTS] == [
        ("contacts", 2, 5),
        ("contacts", 4, 5),
        ("contacts", 5, 5),
    ]
    assert {("tags", 1, 1), ("tasks", 1, 1), ("notes", 5, 5)} <= set(told)


async def test_a_run_that_was_stopped_goes_on(source, reconciled, store):
    """Behind the last page that was stored, with its figures."""
    source.put(contact(1, updated=-1, first_name="New"))
    source.failures[("contacts", 4)] = SourceUnavailable()
    with pytest.raises(SourceUnavailable):
        await reconciled()
    source.reads.clear()
    async with store.reading() as session:
        stopped = await session.runs.latest(HERE, Job.RECONCILE)
    run = await reconciled(stopped)

    assert [each for each in source.reads if each[0] != "notes"] == [
        ("contacts", 4), ("tasks", None), ("appointments", None)
    ]  # fmt: skip
    assert (run.compared, run.updated) == (15, 1)


async def test_the_next_run_begins_anew(source, reconciled, store):
    """When the pass is over no position is left but that of the notes."""
    await reconciled()
    source.reads.clear()
    await reconciled(replace(RUN, id="reconcile-2"))

    assert [kind for kind, cursor in source.reads if cursor is None] == [kind for kind in ORDER if kind is not NOTES]
    async with store.reading() as session:
        names = ["reconcile", *(f"reconcile/{kind.value}" for kind in ORDER), "reconcile/tasks/0"]
        kept = {name for name in names if await session.runs.position(HERE, name) is not None}
    assert kept == {"reconcile/notes"}


async def test_a_pass_that_was_left_for_days_begins_anew(source, reconciled, clock, store):
    """What it had compared is of no worth any more, its marks neither."""
    source.failures[("appointments", None)] = SourceUnavailable()
    with pytest.raises(SourceUnavailable):
        await reconciled()
    clock.advance(3 * 86_400)
    source.reads.clear()
    await reconciled()

    assert source.reads[0] == ("locations", None)


async def test_what_was_given_up_is_tried_again(reconciled, rereads, store):
    """Whatever kept it from being read may have passed by the next comparison."""
    given_up = Reread(
        subject=Subject.USERS, subject_id="", since=1, asked_at=1, due_at=1, urgency=Priority.EVENT, cause=Cause.EVENT,
        attempts=10, failed_at=5, reason="No.",
    )  # fmt: skip
    async with store.transaction() as session:
        await session.rereads.put(HERE, [given_up])

    assert await rereads() == {}
    await reconciled()
    assert {(Subject.USERS, ""): replace(given_up, attempts=0, failed_at=None, due_at=START)} == await rereads()
