"""Held deletions are carried out or not, as an operator decides."""

from typing import cast

import pytest
from msgspec.structs import replace

from invoco.domain.deletions import DeletionAction, HeldDeletions, HeldState, MassDeletion
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Source
from invoco.domain.rereads import Cause
from invoco.domain.schedules import Job
from invoco.highlevel.records import Contact, Tag, Task
from invoco.service.deletions import DeletionService
from invoco.sync.confirm import confirm
from invoco.sync.outcomes import APPROVED

HERE = "location-of-the-tests"


@pytest.fixture
def deletions(store, jobs, clock):
    """The service."""
    return DeletionService(store, jobs=jobs, clock=clock)


@pytest.fixture
def hold(store, mirror, now):
    """Holds the deletion of these records, which are stored first."""

    async def held(*records, kind=RecordKind.CONTACT, id_="h1", location_id=HERE):
        await mirror.put(*records)
        ids = tuple(record.id for record in records)
        made = HeldDeletions(id=id_, location_id=location_id, kind=kind, record_ids=ids, records=9, found_at=now - 5)
        async with store.transaction() as session:
            await session.tombstones.hold(made)

    return held


async def due(store):
    """What is to be read again, by id."""
    async with store.reading() as session:
        return {reread.subject_id: reread for reread in await session.rereads.due(HERE, now=2**45, limit=10)}


async def test_what_waits_is_listed(deletions, hold, connection):
    """Of one connection or of all; what was decided only when asked for."""
    await hold(Contact(id="c1"))
    await hold(Tag(id="t1"), kind=RecordKind.TAG, id_="h2")
    await deletions.reject("h2")

    assert [held.id for held in await deletions.held()] == ["h1"]
    assert {held.id for held in await deletions.held(connection, waiting_only=False)} == {"h1", "h2"}


async def test_approved_contacts_are_read_once_more(deletions, hold, store, jobs, mirror):
    """Nothing goes before HighLevel has said again that it is gone."""
    await hold(Contact(id="c1"), Contact(id="c2"))
    decision = await deletions.approve("h1")
    asked = await due(store)

    assert (decision.held.state, decision.again) == (HeldState.APPROVED, False)
    assert {"c1", "c2"} == asked.keys() == set(await mirror.ids(RecordKind.CONTACT))
    assert (asked["c1"].hint, asked["c1"].cause) == (APPROVED, Cause.RETRY)
    assert jobs.calls == [(Job.CONFIRM, HERE)]


class Telling:
    """HighLevel, of which only these contacts are left."""

    def __init__(self, *contacts):
        self._contacts = {contact.id: contact for contact in contacts}

    def at_priority(self, _priority):
        """The same."""
        return self

    async def contact(self, contact_id):
        """The contact, if it is left."""
        return self._contacts.get(contact_id)


async def test_after_the_approval_only_what_is_really_gone_goes(deletions, hold, store, connection, mirror, clock):
    """A contact that HighLevel has all the same stays, and nothing is held a second time."""
    await hold(Contact(id="c1"), Contact(id="c2"), Contact(id="c3"))
    await deletions.approve("h1")
    sensitive = replace(connection, mass_deletion=MassDeletion(share=0.0, least=0))
    source = cast("Source", Telling(Contact(id="c2")))
    await confirm(source, store, connection=sensitive, clock=clock, new_id=lambda: "h2")

    assert await mirror.ids(RecordKind.CONTACT) == ["c2"]
    assert await deletions.held(connection) == []
    assert (await mirror.stones(RecordKind.CONTACT, "c1", "c2", "c3")).keys() == {"c1", "c3"}


async def test_approved_definitions_go_at_once(deletions, hold, mirror):
    """They were missing in a whole list, and no read by id could tell more."""
    await hold(Tag(id="t1"), kind=RecordKind.TAG)
    await deletions.approve("h1")

    assert await mirror.ids(RecordKind.TAG) == []
    assert (await mirror.stones(RecordKind.TAG, "t1"))["t1"].action is DeletionAction.ARCHIVE


async def test_rejected_records_stay_for_good(deletions, hold, mirror, store):
    """With what belongs to them; their tombstones tell everybody not to ask again."""
    await mirror.put(Task(id="k1", contact_id="c1"))
    await hold(Contact(id="c1"), Contact(id="c2"))
    decision = await deletions.reject("h1")
    stones = await mirror.stones(RecordKind.CONTACT, "c1", "c2") | await mirror.stones(RecordKind.TASK, "k1")

    assert decision.held.state is HeldState.REJECTED
    assert {stone.action for stone in stones.values()} == {DeletionAction.LEAVE}
    assert {"c1", "c2", "k1"} == stones.keys()
    assert await mirror.ids(RecordKind.CONTACT) == ["c1", "c2"]
    assert (await mirror.actions("c1"), await due(store)) == (["leave"], {})


async def test_what_is_gone_by_now_is_not_left(deletions, hold, mirror, store):
    """A record that went in another way meanwhile gets no second tombstone."""
    await hold(Contact(id="c1"))
    async with store.transaction() as session:
        await session.contacts.delete(HERE, ["c1"])
    await deletions.reject("h1")

    assert await mirror.stones(RecordKind.CONTACT, "c1") == {}


@pytest.mark.parametrize("decide", ["approve", "reject"])
async def test_deciding_twice_changes_nothing(deletions, hold, jobs, clock, decide):
    """The second time says so."""
    await hold(Contact(id="c1"))
    first = await getattr(deletions, decide)("h1")
    woken = list(jobs.calls)
    clock.advance(60)
    second = await getattr(deletions, decide)("h1")

    assert (first.again, second.again) == (False, True)
    assert (first.held, woken) == (second.held, jobs.calls)


@pytest.mark.parametrize(("first", "second"), [("approve", "reject"), ("reject", "approve")])
async def test_a_decision_is_not_taken_back(deletions, hold, first, second):
    """The error says what was decided and what can be done."""
    await hold(Contact(id="c1"))
    await getattr(deletions, first)("h1")

    with pytest.raises(FixInput, match=f"were {first}"):
        await getattr(deletions, second)("h1")


async def test_an_unknown_id_is_told(deletions):
    """With the command that lists them."""
    with pytest.raises(FixInput, match="No held deletions have the id h9") as told:
        await deletions.approve("h9")

    assert "invoco deletions list" in told.value.cure


async def test_deletions_of_a_connection_that_is_gone(deletions, hold):
    """There is nothing left to decide."""
    await hold(location_id="elsewhere")

    with pytest.raises(FixInput, match="connection of these deletions is gone"):
        await deletions.approve("h1")
