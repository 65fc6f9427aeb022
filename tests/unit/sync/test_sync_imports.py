"""Imports: everything arrives once, whatever interrupts it."""

import pytest
from msgspec.structs import replace

from invoco.domain.errors import QuotaUsed, SourceUnavailable
from invoco.domain.imports import Allowance, ImportRun
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact, Note, Task

HERE = "location-of-the-tests"
NOTES, CONTACTS = RecordKind.NOTE, RecordKind.CONTACT


async def aside(store):
    """What was set aside, by kind and id."""
    async with store.reading() as session:
        return {(record.kind, record.record_id) for record in await session.imports.aside(HERE)}


async def test_every_record_of_every_kind_is_stored(source, imported, mirror):
    """The mirror holds what the source holds."""
    await imported()

    for kind in RecordKind:
        assert {record.id: record for record in source.records[kind]} == await mirror(kind)


async def test_the_steps_tell_what_was_done(imported, store, run):
    """Each step is saved with its counts."""
    outcome = await imported()
    async with store.reading() as session:
        steps = await session.imports.steps(run.id)

    assert steps == outcome.steps
    contacts = steps["contacts"]
    assert (
        contacts.done, contacts.stored, contacts.set_aside, contacts.pages, contacts.total
    ) == (True, 5, 0, 3, 5)  # fmt: skip


async def test_a_finished_run_says_when(imported, store, clock):
    """The run gets the time of its end."""
    outcome = await imported()
    async with store.reading() as session:
        saved = await session.imports.latest(HERE)

    assert outcome.run == saved
    assert int(clock.now() * 1000) == outcome.run.finished_at


async def test_progress_is_told_after_every_batch(imported):
    """Three pages are told of at once; the last count says that all is done; for notes contacts count."""
    told = []
    await imported(progress=lambda kind, done, total: told.append((kind, done, total)))

    assert [each for each in told if each[0] == CONTACTS] == [("contacts", 5, 5)]
    assert [each for each in told if each[0] == NOTES] == [("notes", 5, 5)]
    assert ("custom_values", 0, 0) in told


async def test_an_interrupted_import_goes_on_behind_the_last_stored_page(source, imported, mirror):
    """What was stored is kept, and is not read again."""
    source.failures[("contacts", 4)] = SourceUnavailable()
    with pytest.raises(SourceUnavailable):
        await imported()
    assert list(await mirror(CONTACTS)) == ["c1", "c2", "c3", "c4"]

    source.reads.clear()
    await imported()

    assert source.reads[:2] == [("contacts", 4), ("tasks", None)]
    assert len(await mirror(CONTACTS)) == 5


async def test_steps_that_are_done_are_told_as_done(source, imported):
    """The bars of a resumed import are full for what an earlier process has read."""
    source.failures[("tasks", None)] = SourceUnavailable()
    with pytest.raises(SourceUnavailable):
        await imported()

    told = []
    await imported(progress=lambda kind, done, total: told.append((kind, done, total)))

    assert ("contacts", 5, 5) in told


async def test_a_malformed_record_is_set_aside_and_the_rest_goes_on(source, imported, store, run):
    """It is kept with its reason and the run that met it."""
    source.spoil(CONTACTS, "c0")
    outcome = await imported()
    async with store.reading() as session:
        (kept,) = await session.imports.aside(HERE)

    assert ("c0", "Expected `str`", run.id) == (kept.record_id, kept.reason, kept.run_id)
    assert (outcome.steps["contacts"].stored, outcome.steps["contacts"].set_aside) == (5, 1)


async def test_a_mended_record_leaves_the_list(source, imported, store, run):
    """The next import that can read a record takes it off the list; others stay on it."""
    source.spoil(CONTACTS, "c0")
    source.spoil(RecordKind.TAG, "t0")
    await imported()
    source.malformed.pop(CONTACTS)
    await imported(replace(run, id="run-2"))

    assert {("tags", "t0")} == await aside(store)


async def test_malformed_notes_are_set_aside(source, imported, store):
    """Notes are no exception."""
    source.spoil(NOTES, "n0")
    await imported()

    assert {("notes", "n0")} == await aside(store)


async def test_notes_that_are_gone_leave_the_mirror(source, imported, mirror, run):
    """The notes of a contact are read whole, so what is missing was deleted."""
    await imported()
    source.forget(NOTES, "n1")
    source.put(Note(id="n3", contact_id="c1", body="Three"))
    await imported(replace(run, id="run-2"))

    assert {"n2", "n3"} == set(await mirror(NOTES))


async def test_notes_wait_when_their_share_of_the_day_is_used_up(source, imported, clock):
    """After as many contacts as the budget allows the import ends, unfinished, and tells when it goes on."""
    source.allowance = Allowance(daily=6)
    outcome = await imported()

    assert source.reads[-3:] == [("notes", "c1"), ("notes", "c2"), ("notes", "c3")]
    assert None is outcome.run.finished_at
    assert (clock.now() // 86_400 + 1) * 86_400_000 == outcome.waiting_until


async def test_nothing_is_read_while_notes_wait(source, imported):
    """The same command on the same day makes no call."""
    source.allowance = Allowance(daily=6)
    await imported()
    source.reads.clear()
    outcome = await imported()

    assert source.reads == []
    assert outcome.waiting_until is not None


async def test_notes_go_on_the_next_day(source, imported, clock, mirror):
    """The budget begins anew, behind the last contact."""
    source.allowance = Allowance(daily=6)
    await imported()
    source.reads.clear()
    clock.advance(86_400)
    outcome = await imported()

    assert source.reads == [("notes", "c4"), ("notes", "c5")]
    assert (None, {"n1", "n2"}) == (outcome.waiting_until, set(await mirror(NOTES)))


async def test_a_budget_that_is_just_enough_ends_the_import(source, imported):
    """Nothing waits when every contact could be read."""
    source.allowance = Allowance(daily=10)
    outcome = await imported()

    assert outcome.run.finished_at is not None


async def test_without_a_limit_notes_know_no_budget(source, imported):
    """A server without limits is read to the end."""
    source.allowance = Allowance(daily=None)
    outcome = await imported(notes_share=0.000001)

    assert outcome.run.finished_at is not None


async def test_the_smallest_budget_still_reads_a_contact_a_day(source, imported):
    """An import always ends."""
    source.allowance = Allowance(daily=2)
    await imported(notes_share=0.1)

    assert [read for read in source.reads if read[0] == NOTES] == [("notes", "c1")]


async def test_an_import_waits_when_the_day_s_quota_is_used_up(source, imported):
    """The quota of the day ends an import without an error, whatever it was reading."""
    source.failures[("tasks", None)] = QuotaUsed()
    outcome = await imported()

    assert outcome.waiting_until is not None
    assert (outcome.steps["contacts"].done, "tasks" in outcome.steps) == (True, False)


async def test_a_later_import_brings_what_changed(source, imported, mirror, run):
    """Records with a known id are replaced."""
    await imported()
    source.put(Contact(id="c2", first_name="Changed"), Task(id="k2", contact_id="c5"))
    await imported(ImportRun(id="run-2", location_id=HERE, started_at=2))

    assert (await mirror(CONTACTS))["c2"].first_name == "Changed"
    assert {"k1", "k2"} == set(await mirror(RecordKind.TASK))


async def test_a_kind_can_be_left_for_later(source, imported, mirror):
    """The run stays unfinished, and the next call reads what is left and nothing else."""
    unfinished = await imported(skip=[NOTES])
    source.reads.clear()
    finished = await imported()

    assert (unfinished.run.finished_at, unfinished.waiting_until) == (None, None)
    assert finished.run.finished_at is not None
    assert {kind for kind, _ in source.reads} == {"notes"}
    assert set(await mirror(NOTES)) == {"n1", "n2"}


async def test_notes_are_left_with_the_contacts(source, imported, mirror):
    """Notes are looked for contact by contact; without contacts none would be found."""
    outcome = await imported(skip=[CONTACTS])
    await imported()

    assert "notes" not in outcome.steps
    assert set(await mirror(NOTES)) == {"n1", "n2"}
