"""The commands about what is gone in HighLevel: held deletions and the archive."""

import pytest

from invoco.domain.deletions import HeldDeletions
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause
from invoco.highlevel.records import Contact, Tag, Task
from invoco.sync.deletions import bury
from invoco.sync.noticed import Noticed

HERE = "location-of-the-tests"


@pytest.fixture
def held(terminal):
    """Two contacts whose deletion waits for approval."""

    async def hold(_invoco, session):
        await session.contacts.put(HERE, [Contact(id="c1"), Contact(id="c2")])
        waiting = HeldDeletions(
            id="h1", location_id=HERE, kind=RecordKind.CONTACT, record_ids=("c1", "c2"), records=4, found_at=1
        )
        await session.tombstones.hold(waiting)

    terminal.prepare(hold)
    return terminal


@pytest.fixture
def buried(terminal):
    """A contact with a task, and a tag, that are archived."""

    async def gone(_invoco, session):
        connection = await session.connections.get(HERE)
        noticed = Noticed(cause=Cause.EVENT, at=1000)
        for kind, record in (
            (RecordKind.CONTACT, Contact(id="c1", name="Ada Lovelace", email="ada@example.com")),
            (RecordKind.TAG, Tag(id="t1", name="vip")),
        ):
            await session.shelf(kind).put(HERE, [record])
            if kind is RecordKind.CONTACT:
                await session.tasks.put(HERE, [Task(id="k1", contact_id="c1", title="Call")])
            await bury(session, connection, kind, [record], noticed=noticed)

    terminal.prepare(gone)
    return terminal


def test_nothing_waits_for_approval(terminal):
    """A sentence says so."""
    assert "No deletions wait for approval." in terminal.says("deletions", "list")


def test_held_deletions_are_listed(held):
    """How many of how many, and of which connection."""
    (told,) = held.answers("deletions", "list", "acme")

    assert (told["id"], told["deletions"], told["records"], told["record_ids"]) == ("h1", 2, 4, ["c1", "c2"])
    assert all(word in held.says("deletions", "list") for word in ("h1", "acme", "2 of 4", "waiting"))


def test_held_deletions_are_approved_once(held):
    """Then nothing waits any more."""
    assert "Approved: 2 contacts" in held.says("deletions", "approve", "h1")
    assert "approved already" in held.says("deletions", "approve", "h1")
    assert held.answers("deletions", "approve", "h1")["state"] == "approved"
    assert held.answers("deletions", "list") == []
    assert "approved" in held.says("deletions", "list", "--all")


def test_held_deletions_are_rejected_once(held):
    """And cannot be approved afterwards."""
    assert "Rejected: 2 contacts stay" in held.says("deletions", "reject", "h1")
    assert "rejected already" in held.says("deletions", "reject", "h1")
    assert held.answers("deletions", "reject", "h1")["state"] == "rejected"
    assert isinstance(held("deletions", "approve", "h1").exception, FixInput)


def test_an_empty_archive(terminal):
    """A sentence says so."""
    assert "Nothing is archived." in terminal.says("archive", "list")


def test_the_archive_is_listed(buried):
    """With the name a person would use; one kind if asked."""
    told = buried.says("archive", "list", "acme")
    (tag,) = buried.answers("archive", "list", "--kind", "tags")

    assert all(word in told for word in ("Ada Lovelace", "Call", "vip", "1970-01-01T00:00:01.000Z"))
    assert (tag["id"], tag["record"], tag["purge_at"]) == ("t1", {"id": "t1", "name": "vip"}, None)


def test_an_archived_record_is_shown(buried):
    """Its fields, and what happened to it."""
    told = buried.says("archive", "show", "c1")
    answer = buried.answers("archive", "show", "c1", "--kind", "contacts")

    assert all(word in told for word in ("ada@example.com", "delete", "event"))
    assert ([each["action"] for each in answer["history"]], answer["record"]["name"]) == (["delete"], "Ada Lovelace")


def test_an_archived_contact_is_restored(buried):
    """With its task; the rest stays archived."""
    told = buried.says("archive", "restore", "c1")

    assert all(word in told for word in ("Ada Lovelace", "Call", "on purpose"))
    assert [each["id"] for each in buried.answers("archive", "list")] == ["t1"]
    assert [each["id"] for each in buried.answers("archive", "restore", "t1")] == ["t1"]


def test_a_record_that_will_be_removed_says_when(terminal):
    """The policy `delete` keeps it for some days."""
    terminal.says("connections", "deletion", "--kind", "tags", "--policy", "delete", "--after-days", "2")

    async def gone(_invoco, session):
        connection = await session.connections.get(HERE)
        noticed = Noticed(cause=Cause.EVENT, at=86_400_000)
        await bury(session, connection, RecordKind.TAG, [Tag(id="t1")], noticed=noticed)

    terminal.prepare(gone)

    assert "1970-01-04T00:00:00.000Z" in terminal.says("archive", "list")
