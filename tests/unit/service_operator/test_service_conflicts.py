"""Conflicts are listed, shown and decided."""

import pytest

from invoco.domain.changes import Change
from invoco.domain.errors import FixInput
from invoco.domain.fields import fields_of
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Base, Conflict
from invoco.domain.schedules import Job
from invoco.highlevel.records import Contact, CustomFieldValue, Note, Task
from invoco.service.agreements import Agreements
from invoco.service.conflicts import ConflictService

HERE = "location-of-the-tests"
CONTACT, TASK, NOTE = RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE
THEIRS = Contact(id="c1", name="Ada B", first_name="Ada", last_name="B", city="Rome", dnd=False)
OURS = Contact(id="c1", name="Grace B", first_name="Grace", last_name="B", city="Rome", dnd=True)


@pytest.fixture
def conflicts(store, jobs, clock):
    """The service."""
    return ConflictService(store, jobs=jobs, agreements=Agreements(store, clock=clock), clock=clock)


@pytest.fixture
def parted(store, connection):
    """Lets a record be in conflict; conflict `x1`."""

    async def part(field, *, ours=OURS, theirs=THEIRS, kind=CONTACT, is_here=True):
        async with store.transaction() as session:
            if is_here:
                await session.shelf(kind).put(HERE, [ours])
            await session.bases.put(HERE, [Base(kind=kind, record_id=ours.id, contact_id="c1", theirs=theirs)])
            conflict = Conflict(
                id="x1", location_id=HERE, kind=kind, record_id=ours.id, contact_id="c1", field=field, found_at=1,
                ours=fields_of(ours).get(field), theirs=fields_of(theirs).get(field),
            )  # fmt: skip
            await session.conflicts.put([conflict])

    return part


@pytest.fixture
def state(store):
    """What is held of a record, and what waits to be sent: (record, base, writes)."""

    async def read(kind=CONTACT, record_id="c1"):
        async with store.reading() as session:
            bases = await session.bases.get_many(HERE, kind, [record_id])
            waiting = await session.outbox.waiting_of(HERE, "c1")
            return await session.shelf(kind).get(HERE, record_id), bases.get(record_id), waiting

    return read


async def test_highlevels_value_is_taken(conflicts, parted, connection, state, jobs, mirror, now):
    """The whole name follows; what else differs is still to be sent, and this is not."""
    await parted("firstName")
    resolved = await conflicts.resolve("x1", "highlevel")
    record, base, waiting = await state()

    assert (record.first_name, record.name, record.dnd, base.theirs, waiting) == ("Ada", "Ada B", True, THEIRS, [])
    assert (resolved.is_sent, jobs.calls, await mirror.actions("c1")) == (False, [], ["update"])
    settled = resolved.conflict
    assert (settled.state, settled.chosen, settled.settled_at, settled.settled_by) == ("settled", "Ada", now, "cli")
    assert await conflicts.page(connection) == []
    assert [each.id for each in await conflicts.page(connection, is_open=False)] == ["x1"]


async def test_both_sides_are_the_same_again(conflicts, parted, state):
    """When that was the only difference."""
    await parted("city", ours=Contact(id="c1", city="Paris"), theirs=Contact(id="c1", city="Rome"))
    await conflicts.resolve("x1", "highlevel")

    assert (await state())[:2] == (Contact(id="c1", city="Rome"), None)


async def test_invocos_value_is_sent(conflicts, parted, state, jobs):
    """It stays as it is."""
    await parted("firstName")
    resolved = await conflicts.resolve("x1", "invoco")
    record, base, (write,) = await state()

    assert (record, base.theirs, resolved.conflict.chosen) == (OURS, THEIRS, "Grace")
    assert (write.operation, write.path, write.body, write.actor) == (
        "update-contact", {"contactId": "c1"}, {"firstName": "Grace"}, "cli",
    )  # fmt: skip
    assert (resolved.is_sent, jobs.calls) == (True, [(Job.SEND, HERE)])


async def test_a_value_is_set_and_sent(conflicts, parted, state):
    """A name is put together from its parts."""
    await parted("firstName")
    await conflicts.resolve("x1", "Emmy")
    record, _, (write,) = await state()

    assert (record.first_name, record.name, write.body) == ("Emmy", "Emmy B", {"firstName": "Emmy"})


@pytest.mark.parametrize(
    ("kind", "ours", "path", "operation"),
    [
        (TASK, Task(id="k1", contact_id="c1", title="Call"), {"contactId": "c1", "taskId": "k1"}, "update-task"),
        (NOTE, Note(id="n1", contact_id="c1", title="Call"), {"contactId": "c1", "id": "n1"}, "update-note"),
    ],
)
async def test_tasks_and_notes_are_sent_too(conflicts, parted, state, kind, ours, path, operation):
    """By their own operations."""
    await parted("title", ours=ours, theirs=type(ours)(id=ours.id, contact_id="c1", title="Write"), kind=kind)
    await conflicts.resolve("x1", "invoco")
    _, _, (write,) = await state(kind, ours.id)

    assert (write.operation, write.path, write.record_id, write.body) == (operation, path, ours.id, {"title": "Call"})


@pytest.fixture
def numbers():
    """A contact with a number in a custom field, on either side."""
    return {
        side: Contact(id="c1", custom_fields=[CustomFieldValue(id="f", value=value)])
        for side, value in (("ours", 1), ("theirs", 2))
    }


async def test_a_value_is_read_as_the_field_holds_it(conflicts, parted, state, numbers):
    """A number as a number, in the spelling of writes."""
    await parted("customFields.f", **numbers)
    await conflicts.resolve("x1", "3")
    record, _, (write,) = await state()

    assert (record.custom_fields[0].value, write.body) == (3, {"customFields": [{"id": "f", "field_value": 3}]})


async def test_an_empty_value_clears(conflicts, parted, state, numbers):
    """On both sides."""
    await parted("customFields.f", **numbers)
    await conflicts.resolve("x1", "")
    record, _, (write,) = await state()

    assert (record.custom_fields, write.body) == ([], {"customFields": [{"id": "f", "field_value": ""}]})


@pytest.mark.parametrize(("field", "value"), [("customFields.f", "three"), ("dnd", "3")])
async def test_a_value_that_does_not_fit_is_told(conflicts, parted, connection, numbers, field, value):
    """The conflict waits on."""
    await parted(field, **(numbers if "." in field else {}))

    with pytest.raises(FixInput, match="be a value of"):
        await conflicts.resolve("x1", value)
    assert len(await conflicts.page(connection)) == 1


async def test_a_record_that_is_gone_leaves_nothing_to_choose(conflicts, parted, state):
    """Whoever was to be taken."""
    await parted("firstName", is_here=False)
    resolved = await conflicts.resolve("x1", "invoco")

    assert (resolved.is_gone, resolved.is_sent, (await state())[2]) == (True, False, [])


async def test_a_conflict_is_decided_once(conflicts, parted):
    """Neither twice nor without being there."""
    await parted("firstName")
    await conflicts.resolve("x1", "invoco")

    with pytest.raises(FixInput, match="settled already, by cli"):
        await conflicts.resolve("x1", "highlevel")
    with pytest.raises(FixInput, match="No conflict has the id x9"):
        await conflicts.show("x9")


async def test_a_conflict_is_shown(conflicts, parted, store, connection):
    """With who gave Invoco's value, and when."""
    await parted("firstName")
    before = Contact(id="c1", last_name="B")
    change = Change(
        kind=CONTACT, action="update", location_id=HERE, record_id="c1", contact_id="c1", before=before, after=OURS,
        at=8, actor="api:shop",
    )  # fmt: skip
    async with store.transaction() as session:
        await session.journal.record([change], send=False)
    shown = await conflicts.show("x1")

    assert (shown.conflict.id, shown.connection.name, shown.ours.actor, shown.ours.at) == ("x1", "acme", "api:shop", 8)
