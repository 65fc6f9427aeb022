"""Archived records are found, and brought back with what went with them."""

import pytest

from invoco.domain.deletions import DeletionAction
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause
from invoco.highlevel.records import Contact, Note, Tag, Task
from invoco.service.archive import ArchiveService
from invoco.sync.deletions import bury
from invoco.sync.noticed import Noticed

HERE = "location-of-the-tests"


@pytest.fixture
def archive(store, clock):
    """The service."""
    return ArchiveService(store, clock=clock)


@pytest.fixture
def buried(store, connection, mirror, now):
    """Buries records that are stored first."""

    async def gone(kind, *records, at=now):
        await mirror.put(*records)
        async with store.transaction() as session:
            await bury(session, connection, kind, records, noticed=Noticed(cause=Cause.EVENT, at=at))

    return gone


async def test_what_is_archived_is_listed(archive, buried, connection, now):
    """Newest first, of one kind if asked."""
    await buried(RecordKind.CONTACT, Contact(id="c1", first_name="Ada"), at=now - 1)
    await buried(RecordKind.TAG, Tag(id="t1", name="vip"))

    assert [each.record.id for each in await archive.page(connection)] == ["t1", "c1"]
    assert [each.record for each in await archive.page(connection, kind=RecordKind.CONTACT)] == [
        Contact(id="c1", first_name="Ada")
    ]
    assert len(await archive.page(connection, limit=1)) == 1


async def test_one_is_shown_with_its_history(archive, buried):
    """What happened to it, oldest first."""
    await buried(RecordKind.CONTACT, Contact(id="c1", first_name="Ada"))
    shown = await archive.show("c1")

    assert (shown.record, [each["action"] for each in shown.history]) == (
        Contact(id="c1", first_name="Ada"),
        ["delete"],
    )


async def test_a_contact_comes_back_with_what_went_with_it(archive, buried, mirror):
    """Contact, task and note are seen again, and stay although HighLevel has them no longer."""
    await mirror.put(Task(id="k1", contact_id="c1"), Note(id="n1", contact_id="c1"))
    await buried(RecordKind.CONTACT, Contact(id="c1"))
    back = await archive.restore("c1")
    stones = await mirror.stones(RecordKind.CONTACT, "c1") | await mirror.stones(RecordKind.NOTE, "n1")

    assert {each.record.id for each in back} == {"c1", "k1", "n1"}
    assert (await mirror.ids(RecordKind.CONTACT), await mirror.ids(RecordKind.TASK)) == (["c1"], ["k1"])
    assert {stone.action for stone in stones.values()} == {DeletionAction.LEAVE}
    assert (await mirror.actions("c1"))[-1] == "restore"


async def test_what_had_been_deleted_before_stays_away(archive, buried, mirror, now):
    """A task that went an hour before its contact is no part of it."""
    await buried(RecordKind.TASK, Task(id="k1", contact_id="c1"), at=now - 3_600_000)
    await buried(RecordKind.CONTACT, Contact(id="c1"))
    await archive.restore("c1")

    assert await mirror.ids(RecordKind.TASK) == []


async def test_a_child_comes_back_alone_when_its_contact_is_here(archive, buried, mirror):
    """A task that was deleted by itself."""
    await mirror.put(Contact(id="c1"))
    await buried(RecordKind.TASK, Task(id="k1", contact_id="c1"))
    (back,) = await archive.restore("k1", kind=RecordKind.TASK)

    assert (back.record.id, await mirror.ids(RecordKind.TASK)) == ("k1", ["k1"])


async def test_a_child_waits_for_its_contact(archive, buried, mirror):
    """The error names the contact to restore."""
    await mirror.put(Task(id="k1", contact_id="c1"))
    await buried(RecordKind.CONTACT, Contact(id="c1"))

    with pytest.raises(FixInput) as told:
        await archive.restore("k1")
    assert "invoco archive restore c1" in told.value.cure


async def test_a_record_without_a_contact_comes_back(archive, buried, mirror):
    """A tag belongs to nobody."""
    await buried(RecordKind.TAG, Tag(id="t1", name="vip"))
    await archive.restore("t1")

    assert await mirror.ids(RecordKind.TAG) == ["t1"]


async def test_what_is_not_archived_cannot_come_back(archive, buried):
    """Nor can a second restore: nothing is archived any more."""
    await buried(RecordKind.TAG, Tag(id="t1", name="vip"))
    await archive.restore("t1")

    with pytest.raises(FixInput, match="No archived record has the id t1"):
        await archive.restore("t1")


async def test_one_id_of_two_kinds_must_be_told_apart(archive, buried):
    """The error names the kinds."""
    await buried(RecordKind.TAG, Tag(id="x1"))
    await buried(RecordKind.CONTACT, Contact(id="x1"))

    with pytest.raises(FixInput, match="contacts, tags"):
        await archive.show("x1")
    assert (await archive.show("x1", kind=RecordKind.TAG)).record == Tag(id="x1")
