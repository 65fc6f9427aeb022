"""Policies for what is gone, and the way back."""

import pytest
from msgspec.structs import replace

from invoco.domain.deletions import DeletionAction, DeletionPolicy, MassDeletion, Tombstone
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause
from invoco.highlevel.records import Contact, Task
from invoco.sync.apply import AllOfContact, apply_all_of_contacts
from invoco.sync.deletions import bring_back, bury, is_sudden
from invoco.sync.noticed import Noticed

CONTACT, TASK = RecordKind.CONTACT, RecordKind.TASK
NOTICED = Noticed(cause=Cause.EVENT, at=1_000, event_id="w1", read_at=1_000)


async def test_what_belongs_to_a_contact_goes_its_way(here):
    """The policy of the contact decides, not that of its tasks."""
    policies = {
        CONTACT: DeletionPolicy(action=DeletionAction.LEAVE),
        TASK: DeletionPolicy(action=DeletionAction.DELETE),
    }
    connection = replace(here.connection, deletion=policies)
    contact, task = Contact(id="c1"), Task(id="t1", contact_id="c1")
    await here.put(CONTACT, contact)
    await here.put(TASK, task)
    async with here.store.transaction() as session:
        changes = await bury(session, connection, CONTACT, [contact], noticed=NOTICED)

    assert [(change.kind, change.action) for change in changes] == [(TASK, "leave"), (CONTACT, "leave")]
    assert task == await here.get(TASK, "t1")


async def test_a_task_that_was_left_is_not_buried_again(here):
    """Every later read tells that it is missing; once is enough."""
    connection = replace(here.connection, deletion={TASK: DeletionPolicy(action=DeletionAction.LEAVE)})
    await here.put(TASK, Task(id="t1", contact_id="c1"))
    async with here.store.transaction() as session:
        nothing = [AllOfContact(contact_id="c1", records=[], noticed=NOTICED)]
        first = await apply_all_of_contacts(session, connection, TASK, nothing)
        second = await apply_all_of_contacts(session, connection, TASK, nothing)

    assert (len(first), len(second)) == (1, 0)


async def test_an_archived_record_is_brought_back(here):
    """It is seen again, and marked as left here on purpose."""
    contact = Contact(id="c1", first_name="Ada")
    await here.put(CONTACT, contact)
    async with here.store.transaction() as session:
        await bury(session, here.connection, CONTACT, [contact], noticed=NOTICED)
    stone = await here.tombstone(CONTACT, "c1")
    async with here.store.transaction() as session:
        change = await bring_back(session, here.connection.id, stone, noticed=NOTICED)

    assert change is not None
    assert change.action == "restore"
    assert contact == await here.get(CONTACT, "c1")
    assert (await here.tombstone(CONTACT, "c1")).action is DeletionAction.LEAVE


async def test_a_record_that_is_not_kept_cannot_be_brought_back(here):
    """Its tombstone holds nothing."""
    stone = Tombstone(kind=CONTACT, record_id="c1", contact_id="c1", action=DeletionAction.DELETE, gone_at=1)
    async with here.store.transaction() as session:
        assert await bring_back(session, here.connection.id, stone, noticed=NOTICED) is None


@pytest.mark.parametrize(
    ("deletions", "records", "expected"),
    [(0, 10, False), (20, 100, False), (21, 1000, False), (21, 100, True), (51, 1000, True)],
)
async def test_a_mass_is_more_than_both_limits(here, deletions, records, expected):
    """Many, and many of all there are."""
    connection = replace(here.connection, mass_deletion=MassDeletion(share=0.05, least=20))
    await here.put(CONTACT, *(Contact(id=str(number)) for number in range(records)))
    async with here.store.reading() as session:
        assert expected == await is_sudden(session, connection, CONTACT, deletions, at=1)


async def test_deletions_of_the_last_hour_count_together(here):
    """A mass that comes one by one is a mass."""
    connection = replace(here.connection, mass_deletion=MassDeletion(share=0.05, least=3))
    contacts = [Contact(id=str(number)) for number in range(20)]
    await here.put(CONTACT, *contacts)
    async with here.store.transaction() as session:
        await bury(session, connection, CONTACT, contacts[:3], noticed=NOTICED)
        assert await is_sudden(session, connection, CONTACT, 1, at=NOTICED.at)
        assert not await is_sudden(session, connection, CONTACT, 1, at=NOTICED.at + 3_600_001)
