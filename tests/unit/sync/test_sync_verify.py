"""Verification: every difference is found, and nothing else."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from invoco.domain.deletions import DeletionAction, Tombstone
from invoco.domain.errors import SourceUnavailable
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact, Note, Tag, Task
from invoco.sync import verify as module
from invoco.sync.drift import ContentHash, content_number
from invoco.sync.verify import verify

HERE = "location-of-the-tests"


@pytest.fixture
async def mirror_of_all(filled_stage):
    """The imported location."""
    async with filled_stage.database() as store:
        yield store


@pytest.fixture
def found(source, mirror_of_all):
    """Verifies the imported location; a kind's result by its name."""

    async def verified(**options):
        tell = options.pop("progress", lambda _kind, _done, _total: None)
        drift = await verify(source, mirror_of_all, location_id=HERE, progress=tell, **options)
        return {kind.kind: kind for kind in drift.kinds} | {"drift": drift.drift}

    return verified


@pytest.fixture
def leave(mirror_of_all):
    """Sets a tombstone beside a record."""

    async def bury(kind, record_id, *, action=DeletionAction.LEAVE):
        stone = Tombstone(kind=kind, record_id=record_id, contact_id=None, action=action, gone_at=1)
        async with mirror_of_all.transaction() as session:
            await session.tombstones.put(HERE, [stone])

    return bury


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


async def test_equal_hashes_are_no_drift_and_no_drift_is_equal_hashes(source, found):
    """For every kind, whatever differs."""
    equal = await found()
    source.put(Contact(id="c3", first_name="Another"), Tag(id="t2"))
    source.forget(RecordKind.NOTE, "n1")
    source.forget(RecordKind.TASK, "k1")
    result = await found()
    kinds = [kind for kind in (*equal.values(), *result.values()) if not isinstance(kind, int)]

    assert {kind.kind for kind in kinds if kind.drift} == {"contacts", "tags", "notes", "tasks"}
    assert [kind.drift == 0 for kind in kinds] == [kind.here_hash == kind.there_hash for kind in kinds]


async def test_both_sides_are_counted(source, found):
    """The mirror has one that went, the source one that came."""
    source.forget(RecordKind.TAG, "t1")
    source.put(Contact(id="c6"))
    result = await found()

    assert [(result[kind].here, result[kind].there) for kind in ("contacts", "tags", "notes")] == [
        (5, 6), (1, 0), (2, 2),
    ]  # fmt: skip


async def test_what_only_the_index_had_wrong_is_hashed_as_it_is(source, found):
    """A row of yesterday and a ghost change no hash."""
    before = (await found())["contacts"]
    source.put(Contact(id="c3", first_name="Old"), Contact(id="c9"))
    source.now |= {"c3": Contact(id="c3", first_name="Name 3"), "c9": None}
    after = (await found())["contacts"]

    assert (before.here_hash, before.there_hash) == (after.here_hash, after.there_hash)


async def test_what_is_left_on_purpose_is_no_drift(source, found, leave):
    """Records that are gone there and stay here are counted apart, notes too."""
    source.forget(RecordKind.CONTACT, "c5")
    source.forget(RecordKind.NOTE, "n2")
    await leave(RecordKind.CONTACT, "c5")
    await leave(RecordKind.NOTE, "n2")
    result = await found()

    assert (result["drift"], result["contacts"].left, result["notes"].left) == (0, 1, 1)
    assert (result["contacts"].here, result["contacts"].compared) == (4, 4)


async def test_an_appointment_outside_the_window_is_not_compared(source, found):
    """No page tells of it, and a call for each would tell nothing about the others."""
    source.forget(RecordKind.APPOINTMENT, "a1")
    source.span = (1, 2)
    appointments = (await found())["appointments"]

    assert (appointments.drift, appointments.compared, source.rereads) == (0, 0, [])


async def test_what_is_archived_and_here_all_the_same_is_drift(source, found, leave):
    """Only what was left on purpose may stay."""
    source.forget(RecordKind.TAG, "t1")
    await leave(RecordKind.TAG, "t1", action=DeletionAction.ARCHIVE)

    assert (await found())["tags"].missing_there == 1


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        (Contact(id="c", extra={"b": 1, "a": {"y": 1}}), Contact(id="c", extra={"a": {"y": 1}, "b": 1}), True),
        (Contact(id="c", extra={"score": None}), Contact(id="c"), True),
        (Contact(id="c", tags=["a", "b"]), Contact(id="c", tags=["b", "a"]), False),
        (Contact(id="c"), Contact(id="d"), False),
    ],
)  # fmt: skip
def test_content_is_hashed_whatever_the_order_of_its_fields(here, there, same):
    """Null is missing; the order of a list counts."""
    assert (content_number(here) == content_number(there)) is same


@given(st.lists(st.integers(min_value=0, max_value=2**256 - 1)), st.randoms())
def test_a_set_is_hashed_whatever_the_order_of_its_records(numbers, chance):
    """The same records in another order have the same hash."""
    shuffled = chance.sample(numbers, len(numbers))
    hashes = []
    for order in (numbers, shuffled):
        content = ContentHash()
        for number in order:
            content.add(number)
        hashes.append((content.count, str(content)))

    assert hashes[0] == hashes[1]
