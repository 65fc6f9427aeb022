"""Verification: every difference is found, and nothing else."""

import pytest

from invoco.domain.errors import SourceUnavailable
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact, Note, Tag, Task
from invoco.sync import verify as module
from invoco.sync.verify import verify

HERE = "location-of-the-tests"


@pytest.fixture
async def found(source, filled_stage):
    """Verifies the imported location; a kind's result by its name."""
    async with filled_stage.database() as store:

        async def verified(**options):
            tell = options.pop("progress", lambda _kind, _done, _total: None)
            drift = await verify(source, store, location_id=HERE, progress=tell, **options)
            return {kind.kind: kind for kind in drift.kinds} | {"drift": drift.drift}

        yield verified


def only(kind):
    """The one difference of a kind, as a tuple."""
    (difference,) = kind.first
    return difference.id, difference.problem, difference.fields


async def test_an_equal_copy_has_no_drift(found):
    """All records of all kinds were compared, and none differs."""
    result = await found()

    assert result["drift"] == 0
    assert tuple(result[kind].compared for kind in ("contacts", "tasks", "notes")) == (5, 1, 2)


async def test_a_record_that_the_mirror_lacks_is_missing_here(source, found):
    """A contact that came after the import."""
    source.put(Contact(id="c6"))
    result = await found(skip=frozenset({RecordKind.NOTE}))

    assert result["drift"] == 1
    assert only(result["contacts"]) == ("c6", "missing here", ())


async def test_a_record_that_the_source_lacks_is_missing_there(source, found):
    """A tag that was deleted after the import."""
    source.forget(RecordKind.TAG, "t1")
    result = await found()

    assert only(result["tags"]) == ("t1", "missing there", ())


async def test_a_record_that_changed_is_different(source, found):
    """The fields that differ are named as HighLevel names them."""
    source.put(Contact(id="c3", first_name="Another", last_name="New", extra={"score": 7}))
    result = await found()

    assert only(result["contacts"]) == ("c3", "different", ("firstName", "lastName", "score"))


async def test_kinds_without_an_index_are_believed_at_once(source, found):
    """The dictionary of tags does not lag, so nothing is read by id."""
    source.put(Tag(id="t1", name="changed"), Tag(id="t2", name="new"))
    result = await found()

    assert (result["tags"].different, result["tags"].missing_here, source.rereads) == (1, 1, [])


async def test_a_row_of_yesterday_is_no_drift(source, found):
    """The index still tells the old name; a read by id tells the one the mirror has."""
    source.put(Contact(id="c3", first_name="Old"))
    source.now["c3"] = Contact(id="c3", first_name="Name 3")
    result = await found()

    assert (result["drift"], source.rereads) == (0, ["c3"])


async def test_a_field_that_reads_by_id_do_not_tell_stays_suspicious(source, found):
    """Only a value that was seen clears the mirror."""
    source.put(Contact(id="c3", first_name="Old", phone_label="Mobile"))
    source.now["c3"] = Contact(id="c3", first_name="Name 3")
    result = await found()

    assert only(result["contacts"]) == ("c3", "different", ("phoneLabel",))


async def test_a_ghost_of_the_index_is_no_drift(source, found):
    """A contact that was deleted is still listed; the mirror does not have it, and rightly so."""
    source.put(Contact(id="c9"))
    source.now["c9"] = None

    assert (await found())["drift"] == 0


async def test_a_record_the_index_does_not_know_yet_is_no_drift(source, found):
    """A contact of the mirror that no page lists, but that can be read by id."""
    source.forget(RecordKind.CONTACT, "c5")
    source.now["c5"] = Contact(id="c5", first_name="Name 5")

    assert (await found())["drift"] == 0


async def test_a_changed_record_that_is_gone_by_now_stays_a_difference(source, found):
    """The listed row differs and a read by id finds nothing: the mirror is not right either way."""
    source.put(Task(id="k1", contact_id="c1", title="Changed"))
    source.now["k1"] = None

    assert (await found())["tasks"].different == 1


async def test_a_stale_mirror_does_not_eat_the_quota(source, found, monkeypatch):
    """Beyond a number of differences the pages are believed."""
    monkeypatch.setattr(module, "_MOST_REREADS", 1)
    source.put(*(Contact(id=f"c{number}", first_name="Changed") for number in (1, 2, 3)))
    source.forget(RecordKind.CONTACT, "c5")
    result = await found()

    assert (result["contacts"].different, result["contacts"].missing_there, len(source.rereads)) == (3, 1, 1)


async def test_unreadable_records_are_counted_apart(source, found):
    """They are set aside, not drift, and their older copy is not missing there."""
    source.forget(RecordKind.CONTACT, "c5")
    source.spoil(RecordKind.CONTACT, "c5")
    result = await found()

    assert (result["drift"], result["contacts"].unreadable) == (0, 1)


async def test_notes_are_compared_contact_by_contact(source, found):
    """Changed, new and deleted notes are found; an unreadable one keeps its older copy."""
    source.put(Note(id="n1", contact_id="c1", body="Changed"), Note(id="n3", contact_id="c3"))
    source.forget(RecordKind.NOTE, "n2")
    notes = (await found())["notes"]

    assert (notes.different, notes.missing_here, notes.missing_there, notes.compared) == (1, 1, 1, 3)


async def test_an_unreadable_note_is_not_missing_there(source, found):
    """Its older copy is kept."""
    source.forget(RecordKind.NOTE, "n1")
    source.spoil(RecordKind.NOTE, "n1")
    result = await found()

    assert (result["drift"], result["notes"].unreadable) == (0, 1)


async def test_kinds_can_be_left_out(source, found):
    """Notes cost a call per contact, so an operator may skip them."""
    result = await found(skip=frozenset({RecordKind.NOTE}))

    assert "notes" not in result
    assert [read for read in source.reads if read[0] == "notes"] == []


async def test_only_the_first_differences_are_named(source, found):
    """All are counted."""
    source.put(*(Contact(id=f"c{number}", first_name="Changed") for number in (1, 2, 3)))
    contacts = (await found(first=2))["contacts"]

    assert (contacts.different, len(contacts.first)) == (3, 2)


async def test_progress_is_told_while_it_compares(found):
    """So many of so many, per kind; contacts are counted for notes."""
    told = []
    await found(progress=lambda kind, done, total: told.append((kind, done, total)))

    assert {("contacts", 2, 5), ("contacts", 5, 5), ("notes", 5, 5)} <= set(told)


async def test_an_unreachable_source_is_told(source, found):
    """Half a proof is none."""
    source.failures[("contacts", 2)] = SourceUnavailable()

    with pytest.raises(SourceUnavailable):
        await found()
