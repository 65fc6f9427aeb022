"""Polling: what changed lately arrives, and nothing older ever overwrites it."""

import pytest

from invoco.domain.connections import Connection
from invoco.domain.deletions import DeletionAction, Tombstone
from invoco.domain.errors import SourceUnavailable
from invoco.domain.imports import ImportRun
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.schedules import Job
from invoco.highlevel.clock import iso
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Contact
from invoco.sync.polling import OVERLAP, poll

HERE = "location-of-the-tests"
CONNECTION = Connection(id=HERE, name="here", base_url="http://highlevel.test", access="token", connected_at=1)
CONTACTS = RecordKind.CONTACT
START = 1_750_000_000_000
"""What the clock tells."""
BEGINNING = START - 3_600_000 - OVERLAP
"""From when on the first poll reads."""


def contact(number, *, at, **fields):
    """A contact that changed so many milliseconds after the start."""
    return Contact(id=f"c{number}", date_updated=iso(START + at), **fields)


@pytest.fixture
def polled(source, store, clock):
    """Polls once."""
    runs = iter(f"poll-{number}" for number in range(1, 99))
    source.records[CONTACTS] = []

    async def poll_():
        return await poll(source, store, connection=CONNECTION, clock=clock, run_id=next(runs))

    return poll_


@pytest.fixture
def hold(store):
    """Puts contacts into the mirror."""

    async def put(*contacts):
        async with store.transaction() as session:
            await session.contacts.put(HERE, contacts)

    return put


@pytest.fixture
def asked(store):
    """What waits to be read again, by subject and id."""

    async def look():
        async with store.reading() as session:
            due = await session.rereads.due(HERE, now=START * 2, limit=100)
        return {(reread.subject, reread.subject_id): reread for reread in due}

    return look


async def test_a_contact_that_changed_is_updated(source, polled, hold, mirror):
    """The newer row is what the mirror holds afterwards."""
    await hold(contact(1, at=-5000, first_name="Old"))
    source.put(contact(1, at=-1000, first_name="New"))
    run = await polled()

    assert (await mirror(CONTACTS))["c1"].first_name == "New"
    assert (run.job, run.compared, run.created, run.updated) == (Job.POLL, 1, 0, 1)


async def test_a_contact_that_is_new_is_created(source, polled, mirror):
    """Every page is read."""
    source.put(*(contact(number, at=number) for number in range(-5, 0)))
    run = await polled()

    assert len(await mirror(CONTACTS)) == run.created == 5


async def test_the_history_names_the_run(source, polled, store):
    """How a change was noticed can be looked up."""
    source.put(contact(1, at=-1000))
    run = await polled()
    async with store.reading() as session:
        (told,) = await session.journal.history(HERE, "c1")
        saved = await session.runs.latest(HERE, Job.POLL)

    assert (told["actor"], told["run_id"]) == ("poll", run.id)
    assert saved == run
    assert run.finished_at == START


async def test_tasks_and_notes_of_what_changed_are_asked_for(source, polled, hold, asked):
    """They follow when nothing more urgent waits; a contact that is the same asks for nothing."""
    await hold(contact(1, at=-1000))
    source.put(contact(1, at=-1000), contact(2, at=-500))
    run = await polled()
    rereads = await asked()

    assert set(rereads) == {(Subject.TASKS, "c2"), (Subject.NOTES, "c2")}
    assert {(each.urgency, each.cause, each.run_id) for each in rereads.values()} == {
        (Priority.IMPORT, Cause.POLL, run.id)
    }


async def test_an_older_row_never_overwrites(source, polled, hold, mirror, asked):
    """The index lags: the mirror knows better, and asks nothing."""
    await hold(contact(1, at=-1000, first_name="New"))
    source.put(contact(1, at=-5000, first_name="Old"))
    run = await polled()

    assert (await mirror(CONTACTS))["c1"].first_name == "New"
    assert (run.updated, run.doubtful, await asked()) == (0, 0, {})


async def test_a_row_as_old_as_what_is_held_is_in_doubt(source, polled, hold, mirror, asked):
    """Two changes within one moment: only a read by id tells which is the later, no row of the index."""
    await hold(contact(1, at=-1000, first_name="Second"))
    source.put(contact(1, at=-1000, first_name="First"))
    run = await polled()
    ((which, reread),) = (await asked()).items()

    assert (await mirror(CONTACTS))["c1"].first_name == "Second"
    assert (which, reread.since, run.doubtful) == ((Subject.CONTACT, "c1"), START, 1)


async def test_a_contact_that_is_gone_is_not_revived_by_the_index(source, polled, store, mirror, asked):
    """It is asked for by its id."""
    async with store.transaction() as session:
        stone = Tombstone(
            kind=CONTACTS, record_id="c1", contact_id="c1", action=DeletionAction.ARCHIVE, gone_at=START - 500
        )
        await session.tombstones.put(HERE, [stone])
    source.put(contact(1, at=-1000))
    await polled()

    assert (await mirror(CONTACTS), list(await asked())) == ({}, [(Subject.CONTACT, "c1")])


@pytest.mark.parametrize(("failed_at", "name"), [(None, "Old"), (START, "New")])
async def test_a_contact_that_waits_to_be_read_is_left_to_it(source, polled, store, hold, mirror, failed_at, name):
    """Unless that read was given up."""
    await hold(contact(1, at=-5000, first_name="Old"))
    async with store.transaction() as session:
        reread = Reread(
            subject=Subject.CONTACT, subject_id="c1", since=START, asked_at=START, due_at=START, urgency=1,
            cause=Cause.EVENT, failed_at=failed_at,
        )  # fmt: skip
        await session.rereads.ask(HERE, [reread])
    source.put(contact(1, at=-1000, first_name="New"))
    await polled()

    assert (await mirror(CONTACTS))["c1"].first_name == name


async def test_a_malformed_row_is_set_aside_until_it_can_be_read(source, polled, store):
    """It names the run that met it."""
    source.spoil(CONTACTS, "c1")
    run = await polled()
    async with store.reading() as session:
        (kept,) = await session.imports.aside(HERE)
    source.malformed.clear()
    source.put(contact(1, at=-1000))
    await polled()

    assert (kept.record_id, kept.run_id) == ("c1", run.id)
    async with store.reading() as session:
        assert await session.imports.aside(HERE) == []


def since(source):
    """From when on each call read."""
    return [cursor[0] - START for kind, cursor in source.reads if kind == "contacts"]


@pytest.fixture
async def import_(store):
    """The mirror was imported an hour ago."""
    async with store.transaction() as session:
        await session.imports.put(ImportRun(id="run-1", location_id=HERE, started_at=START - 3_600_000))


async def test_the_first_poll_begins_before_the_import(source, polled, import_):
    """What changed while the import ran may have been read too early."""
    await polled()

    assert since(source) == [-3_600_000 - OVERLAP]


async def test_without_an_import_the_first_poll_looks_back_a_while(source, polled):
    """There is nothing to catch up with."""
    await polled()

    assert since(source) == [-OVERLAP]


async def test_a_poll_begins_before_the_newest_change(source, polled, clock, import_):
    """By the clock of HighLevel, not of this machine."""
    source.put(contact(1, at=-1000), contact(2, at=-90_000))
    await polled()
    clock.advance(300)
    await polled()

    assert since(source)[-1] == -1000 - OVERLAP


async def test_the_overlap_shrinks_while_nothing_newer_comes(source, polled, clock, import_):
    """What the index owed has shown up by then: the last mass of changes is not read for ever."""
    source.put(contact(1, at=-1000))
    for _ in range(4):
        await polled()
        clock.advance(400)

    assert [each + 1000 for each in since(source)[1:]] == [-OVERLAP, -OVERLAP + 400_000, 0]


async def test_a_newer_change_restores_the_overlap(source, polled, clock, import_):
    """The index may owe what happened just before it."""
    source.put(contact(1, at=-1000))
    await polled()
    clock.advance(1200)
    await polled()
    source.put(contact(2, at=1_100_000))
    await polled()
    await polled()

    assert since(source)[-1] == 1_100_000 - OVERLAP


async def test_a_change_of_the_future_does_not_blind(source, polled, import_):
    """A wrong date moves the beginning to the present and no further."""
    source.put(contact(1, at=9_000_000_000))
    await polled()
    await polled()

    assert since(source)[-1] == -OVERLAP


async def test_an_interrupted_poll_goes_on_behind_the_last_page(source, polled, mirror, import_):
    """What was stored is kept, and is not read again."""
    source.put(*(contact(number, at=number) for number in range(-5, 0)))
    source.failures[("contacts", (BEGINNING, 4))] = SourceUnavailable()
    with pytest.raises(SourceUnavailable):
        await polled()
    assert len(await mirror(CONTACTS)) == 4
    source.reads.clear()
    await polled()

    assert source.reads == [("contacts", (BEGINNING, 4))]
    assert len(await mirror(CONTACTS)) == 5


async def test_a_poll_interrupted_long_ago_begins_anew(source, polled, clock, mirror, import_):
    """From the newest change that it was told: a cursor that HighLevel refuses is not tried for ever."""
    source.put(*(contact(number, at=number) for number in range(-5, 0)))
    source.failures[("contacts", (BEGINNING, 4))] = SourceUnavailable()
    with pytest.raises(SourceUnavailable):
        await polled()
    clock.advance(OVERLAP / 1000)
    source.reads.clear()
    await polled()

    assert source.reads[0] == ("contacts", (START - 2 - OVERLAP, None))
    assert len(await mirror(CONTACTS)) == 5
