"""What is found when a copy is not as it must be."""

from contextlib import asynccontextmanager

import msgspec
import pytest

from invoco.domain.changes import Change
from invoco.domain.deletions import DeletionAction, DeletionPolicy, HeldDeletions, Tombstone
from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.sync_ports import Provisional
from invoco.highlevel.quota import Priority
from invoco.simulation.comparison import Past, contacts_differ, everything_differs
from invoco.store.database import Database


class Pair:
    """A twin and its mirror, equal at first."""

    def __init__(self, twin, mirror, connection, past):
        self.twin, self.mirror, self.connection, self.past = twin, mirror, connection, past
        self.here = connection.id

    async def contact(self):
        """Somebody who is on both sides."""
        async with self.mirror.reading() as session:
            [contact] = await session.contacts.page(self.here, limit=1)
            return contact

    async def differences(self, *, ever=(), at_first=True):
        """What is found, given contacts that were there once."""
        first = self.past.ever if at_first else {}
        known = {
            kind: ids | (set(ever) if kind is RecordKind.CONTACT else set()) for kind, ids in self.past.ever.items()
        }
        past = Past(ever=known, at_first=first)
        return await everything_differs(self.twin, self.mirror, self.connection, past)


@asynccontextmanager
async def opened(template):
    """The pair of a template's copy."""
    twin = await Database.open(f"sqlite:///{template.twin}", durable=False)
    mirror = await Database.open(f"sqlite:///{template.mirror}", durable=False)
    try:
        async with mirror.reading() as session:
            [connection] = await session.connections.all()
            ever = {
                kind: {record.id for record in await session.shelf(kind).page(connection.id)} for kind in RecordKind
            }
        yield Pair(twin, mirror, connection, Past(ever=ever, at_first=ever))
    finally:
        await twin.close()
        await mirror.close()


@pytest.fixture
def compared(timelessly, templates, tmp_path):
    """What is found after something was done to the pair."""

    def run(change):
        async def work():
            async with opened(templates[1].copied(tmp_path)) as pair:
                return await change(pair)

        return timelessly(work())

    return run


def test_equal(compared):
    """Nothing is found."""

    async def nothing(pair):
        return await pair.differences() + await contacts_differ(pair.twin, pair.mirror, pair.here, untold=set())

    assert [] == compared(nothing)


def test_a_field_differs(compared):
    """It is named with both values, after polling too; but not where no poll could tell."""

    async def change(pair):
        contact = await pair.contact()
        async with pair.mirror.transaction() as session:
            await session.contacts.put(pair.here, [msgspec.structs.replace(contact, city="Elsewhere")])
        lines = await contacts_differ(pair.twin, pair.mirror, pair.here, untold=set())
        untold = await contacts_differ(pair.twin, pair.mirror, pair.here, untold={contact.id})
        return contact, await pair.differences(), lines, untold

    contact, lines, polled, untold = compared(change)
    line = f"contacts {contact.id} differs: city is 'Elsewhere', should be {contact.city!r}"

    assert ([line], [f"after polling: {line}"], []) == (lines, polled, untold)


def test_a_record_is_missing(compared):
    """It is named."""

    async def change(pair):
        contact = await pair.contact()
        async with pair.mirror.transaction() as session:
            await session.contacts.delete(pair.here, [contact.id])
        return contact.id, await pair.differences()

    contact_id, lines = compared(change)

    assert [f"contacts {contact_id} is missing"] == lines


def test_a_record_is_left_over(compared):
    """It is here though it is gone, and has no tombstone."""

    async def change(pair):
        contact = await pair.contact()
        async with pair.twin.transaction() as session:
            await session.contacts.delete(pair.here, [contact.id])
        return contact.id, await pair.differences()

    contact_id, lines = compared(change)

    assert [
        f"contacts {contact_id} is here although it is gone",
        f"contacts {contact_id} is gone and has no tombstone",
    ] == lines


@pytest.mark.parametrize(
    ("action", "archived", "expected"),
    [
        (DeletionAction.LEAVE, None, []),
        (DeletionAction.LEAVE, b"{}", ["is archived"]),
        (DeletionAction.ARCHIVE, b"{}", ["is here although it is gone"]),
        (DeletionAction.ARCHIVE, None, ["is here although it is gone", "is not archived"]),
        (DeletionAction.DELETE, b"{}", ["is here although it is gone", "is archived"]),
    ],
)
def test_a_record_that_is_gone(compared, action, archived, expected):
    """Only what was left on purpose may be here; what is archived is kept, what is deleted is not."""

    async def change(pair):
        contact = await pair.contact()
        stone = Tombstone(
            kind=RecordKind.CONTACT, record_id=contact.id, contact_id=None, action=action, gone_at=1, archived=archived
        )  # fmt: skip
        async with pair.twin.transaction() as session:
            await session.contacts.delete(pair.here, [contact.id])
        async with pair.mirror.transaction() as session:
            await session.tombstones.put(pair.here, [stone])
        pair.connection = msgspec.structs.replace(
            pair.connection, deletion=dict.fromkeys(RecordKind, DeletionPolicy(action=action))
        )
        return contact.id, await pair.differences()

    contact_id, lines = compared(change)

    assert [f"contacts {contact_id} {line}" for line in expected] == lines


@pytest.mark.parametrize(("known", "told"), [(True, "lives"), (False, "never was")])
def test_a_tombstone_of_nobody_dead(compared, known, told):
    """Whoever lives, or never was, has none."""

    async def change(pair):
        record_id = (await pair.contact()).id if known else "nobody"
        stone = Tombstone(
            kind=RecordKind.CONTACT, record_id=record_id, contact_id=None, action=DeletionAction.LEAVE, gone_at=1
        )
        async with pair.mirror.transaction() as session:
            await session.tombstones.put(pair.here, [stone])
        return record_id, await pair.differences()

    record_id, lines = compared(change)

    assert [f"contacts {record_id} has a tombstone although it {told}"] == lines


def test_who_came_and_went_unseen_needs_no_tombstone(compared):
    """The mirror never heard of it."""

    async def nothing(pair):
        return await pair.differences(ever=["unseen"])

    assert [] == compared(nothing)


def delivery(webhook_id, state):
    """A webhook; the number behind the sign is not in its body."""
    body = msgspec.json.encode({"webhookId": webhook_id.partition("#")[0]})
    return Delivery(
        webhook_id=webhook_id, type="X", location_id="l", at=1, received_at=1, body=body, state=state
    )  # fmt: skip


async def undone(session, here):
    """Something of everything that can be left undone."""
    await session.inbox.append([delivery("w", DeliveryState.WAITING)])
    reread = Reread(
        subject=Subject.CONTACT, subject_id="c", since=1, asked_at=1, due_at=1, urgency=Priority.EVENT,
        cause=Cause.EVENT,
    )  # fmt: skip
    await session.rereads.put(
        here, [reread, msgspec.structs.replace(reread, subject_id="d", failed_at=1, reason="It was unreadable.")]
    )
    mark = Provisional(kind=RecordKind.CONTACT, record_id="c", contact_id=None, since=1, shown_at=1)
    await session.provisional.mark(here, [mark])
    held = HeldDeletions(
        id="h", location_id=here, kind=RecordKind.CONTACT, record_ids=("c",), records=1, found_at=1
    )  # fmt: skip
    await session.tombstones.hold(held)


def test_work_is_left_undone(compared):
    """Each kind of it is counted."""

    async def change(pair):
        async with pair.mirror.transaction() as session:
            await undone(session, pair.here)
        return await pair.differences()

    assert [
        "contact d was given up: It was unreadable.",
        "1 webhooks wait",
        "1 rereads wait",
        "1 records are provisional",
        "1 deletions are held",
    ] == compared(change)


def test_a_webhook_is_taken_in_twice(compared):
    """Under whatever name it was kept."""

    async def change(pair):
        async with pair.mirror.transaction() as session:
            await session.inbox.append([delivery(name, DeliveryState.DONE) for name in ("w#1", "w#2", "other")])
        return await pair.differences()

    assert ["webhook w was taken in 2 times"] == compared(change)


@pytest.mark.parametrize(
    ("cities", "expected"),
    [
        ([("Rome", None)], []),
        ([("Rome", "Oslo"), ("Oslo", None)], []),
        ([("Rome", "Oslo"), ("Bern", None)], ["the history breaks before update"]),
        ([("Rome", "Oslo")], ["the history ends with update, which is not what is here"]),
    ],
)
def test_a_history_that_breaks(compared, cities, expected):
    """Each change begins where the one before ended, and the last ends with what is here (None)."""

    async def change(pair):
        contact = await pair.contact()

        def living_in(city):
            return contact if city is None else msgspec.structs.replace(contact, city=city)

        changes = [
            Change(
                kind=RecordKind.CONTACT, action="update", location_id=pair.here, record_id=contact.id,
                before=living_in(before), after=living_in(after), at=1,
            )
            for before, after in cities
        ]  # fmt: skip
        async with pair.mirror.transaction() as session:
            await session.journal.record(changes, send=False)
        return contact.id, await pair.differences()

    contact_id, lines = compared(change)

    assert [f"contacts {contact_id}: {line}" for line in expected] == lines
