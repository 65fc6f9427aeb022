"""What is to be sent is listed, tried again and forgotten."""

import pytest
from msgspec.structs import replace

from invoco.domain.changes import Change
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Base, Conflict, WriteState
from invoco.domain.schedules import Job
from invoco.highlevel.records import Contact, Note, Task
from invoco.service.agreements import Agreements
from invoco.service.outbox import OutboxService
from invoco.sync.agreement import Agreement, Identity

HERE = "location-of-the-tests"
CONTACT, TASK, NOTE = RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE
THEIRS = Contact(id="c1", first_name="Ada")
OURS = Contact(id="c1", first_name="Grace")


@pytest.fixture
def outbox(store, jobs, clock):
    """The service."""
    return OutboxService(store, jobs=jobs, agreements=Agreements(store, clock=clock), clock=clock)


@pytest.fixture
def written(store, mirror):
    """Writes something here that HighLevel is to be told; it fails if asked."""

    async def write(record=OURS, *, kind=CONTACT, failed=False, theirs=THEIRS, operation="update-contact", **base):
        contact_id = getattr(record, "contact_id", record.id)
        change = Change(
            kind=kind, action="update", location_id=HERE, record_id=record.id, contact_id=contact_id,
            operation_id=operation, path={"contactId": contact_id}, body={}, after=record, at=5, actor="api:shop",
        )  # fmt: skip
        async with store.transaction() as session:
            if not base.get("deleted"):
                await session.shelf(kind).put(HERE, [record])
            known = Base(kind=kind, record_id=record.id, contact_id=contact_id, theirs=theirs, **base)
            await session.bases.put(HERE, [known])
            await session.journal.record([change], send=True)
            made = (await session.outbox.waiting_of(HERE, contact_id))[-1]
            if failed:
                await session.outbox.put(HERE, [replace(made, tried_at=6, attempts=3)])
                await session.outbox.settle(
                    HERE, [made.id], WriteState.FAILED, at=7, reason="Refused.", cure="Mend it."
                )
        return made.id

    return write


@pytest.fixture
def held(store):
    """What is held of a record: (record, base)."""

    async def read(kind=CONTACT, record_id="c1"):
        async with store.reading() as session:
            bases = await session.bases.get_many(HERE, kind, [record_id])
            return await session.shelf(kind).get(HERE, record_id), bases.get(record_id)

    return read


@pytest.fixture
def found(store):
    """The write of that id."""

    async def read(write_id):
        async with store.reading() as session:
            return await session.outbox.find(HERE, write_id)

    return read


async def test_what_failed_is_listed_before_what_waits(outbox, written, connection):
    """Or one of the two; the counts tell of both."""
    failed, waiting = await written(failed=True), await written()
    everything = await outbox.all(connection)

    assert [write.id for write in everything.writes] == [failed, waiting]
    assert everything.counts == {"failed": 1, "waiting": 1}
    assert [write.id for write in (await outbox.all(connection, state=WriteState.FAILED)).writes] == [failed]
    assert [write.id for write in (await outbox.all(connection, state=WriteState.WAITING)).writes] == [waiting]


@pytest.mark.parametrize("by_id", [True, False])
async def test_what_failed_is_tried_again(outbox, written, connection, found, jobs, now, by_id):
    """Now, with its failures forgotten; that HighLevel may have it is remembered."""
    failed = await written(failed=True)
    again = await outbox.retry(connection, failed if by_id else None)
    write = await found(failed)

    assert [each.id for each in again] == [failed]
    assert (write.state, write.due_at, write.attempts, write.tried_at) == (WriteState.WAITING, now, 0, 6)
    assert (write.reason, write.cure, write.settled_at) == (None, None, None)
    assert jobs.calls == [(Job.SEND, HERE)]


async def test_a_record_has_its_new_id_when_it_is_tried_again(outbox, written, connection, store, found):
    """It may have come to HighLevel meanwhile."""
    failed = await written(failed=True)
    async with store.transaction() as session:
        await session.aliases.put(HERE, CONTACT, {"c1": "h1"})
    await outbox.retry(connection, failed)
    write = await found(failed)

    assert (write.record_id, write.contact_id, write.path) == ("h1", "h1", {"contactId": "h1"})


async def test_what_was_postponed_is_due_now(outbox, written, connection, store, found, now):
    """With the oldest of its contact, since everything goes in order."""
    first, second = await written(), await written()
    async with store.transaction() as session:
        await session.outbox.put(HERE, [replace(await session.outbox.find(HERE, first), due_at=now + 99)])
    again = await outbox.retry(connection, second)

    assert ([each.id for each in again], (await found(first)).due_at) == ([first], now)


async def test_nothing_is_tried_again(outbox, connection, jobs):
    """Nobody is woken."""
    assert (await outbox.retry(connection), jobs.calls) == ([], [])


async def test_what_is_dropped_is_forgotten_and_given_up(outbox, written, connection, held, found, mirror):
    """With all that failed of the record, which is HighLevel's again; history tells."""
    first, second = await written(failed=True), await written(failed=True)
    dropped = await outbox.drop(connection, first)

    assert ({write.id for write in dropped.writes}, dropped.given_way) == ({first, second}, True)
    assert ((await found(first)).state, (await found(first)).reason) == (WriteState.NEEDLESS, "dropped")
    assert await held() == (THEIRS, None)
    assert (await mirror.actions("c1"))[-1] == "update"


async def test_what_was_deleted_here_comes_back(outbox, written, connection, held, store, mirror):
    """A contact with what went with it."""
    task = Task(id="k1", contact_id="c1")
    failed = await written(failed=True, deleted=True, operation="delete-contact")
    async with store.transaction() as session:
        gone = Base(kind=TASK, record_id="k1", contact_id="c1", theirs=task, deleted=True)
        await session.bases.put(HERE, [gone])
    await outbox.drop(connection, failed)

    assert (await held(), await held(TASK, "k1")) == ((THEIRS, None), (task, None))
    assert (await mirror.actions("k1"))[-1] == "restore"


async def test_what_went_with_its_contact_stays_gone(outbox, written, connection, held, store):
    """Nobody would find it without."""
    task = Task(id="k1", contact_id="c1")
    failed = await written(task, kind=TASK, failed=True, deleted=True, theirs=task, operation="delete-task")
    async with store.transaction() as session:
        await session.bases.put(
            HERE, [Base(kind=CONTACT, record_id="c1", contact_id="c1", theirs=THEIRS, deleted=True)]
        )
    dropped = await outbox.drop(connection, failed)

    assert (dropped.given_way, (await held(TASK, "k1"))[0]) == (False, None)


async def test_what_was_never_sent_stays(outbox, written, connection, held):
    """Here alone."""
    note = Note(id="n1", contact_id="c1", body="New")
    failed = await written(note, kind=NOTE, failed=True, theirs=None, operation="create-note")
    dropped = await outbox.drop(connection, failed)
    record, base = await held(NOTE, "n1")

    assert (dropped.given_way, record, base.theirs) == (False, note, None)
    assert "stays here" in dropped.reason


async def test_what_is_newer_is_kept(outbox, written, connection, held, found):
    """It is about to be sent, and says all that differs."""
    failed, newer = await written(failed=True), await written()
    dropped = await outbox.drop(connection, failed)

    assert (dropped.given_way, (await held())[0], (await found(newer)).state) == (False, OURS, WriteState.WAITING)
    assert (await found(failed)).state is WriteState.NEEDLESS


async def test_an_order_that_changes_no_record_is_forgotten(outbox, written, connection, held):
    """The record stays as it is."""
    failed = await written(failed=True, operation="add-contact-to-workflow")
    dropped = await outbox.drop(connection, failed)

    assert (dropped.given_way, (await held())[0]) == (False, OURS)


async def test_what_waited_to_be_chosen_is_settled(outbox, written, connection, store):
    """By HighLevel's value."""
    failed = await written(failed=True)
    async with store.transaction() as session:
        open_one = Conflict(
            id="x1", location_id=HERE, kind=CONTACT, record_id="c1", contact_id="c1", field="firstName", found_at=1
        )
        await session.conflicts.put([open_one])
    await outbox.drop(connection, failed)
    async with store.reading() as session:
        settled = await session.conflicts.find(HERE, "x1")

    assert (settled.state, settled.chosen, settled.settled_by) == ("settled", "Ada", "cli")


async def test_what_is_the_same_already_needs_nothing(outbox, written, connection, store, held):
    """Both sides have agreed meanwhile."""
    failed = await written(failed=True)
    async with store.transaction() as session:
        await session.bases.remove(HERE, CONTACT, ["c1"])
    dropped = await outbox.drop(connection, failed)

    assert (dropped.given_way, (await held())[0]) == (True, OURS)


async def test_what_waits_is_not_dropped(outbox, written, connection):
    """It may be on its way."""
    waiting = await written()

    with pytest.raises(FixInput, match="waits to be sent"):
        await outbox.drop(connection, waiting)


async def test_an_unknown_id_is_told(outbox, written, connection):
    """And one that is done with."""
    failed = await written(failed=True)
    await outbox.drop(connection, failed)

    with pytest.raises(FixInput, match="Nothing that is to be sent"):
        await outbox.retry(connection, failed)
    with pytest.raises(FixInput, match="Nothing that failed"):
        await outbox.drop(connection, 99)


class Otherwise(Identity):
    """A mapping that makes something else of every record."""

    def __init__(self, becomes):
        self._becomes = becomes

    def inward(self, _kind, _theirs, _held):
        """What Invoco makes of the record."""
        return self._becomes


@pytest.mark.parametrize("becomes", [None, Contact(id="c1", first_name="ADA")])
async def test_a_record_is_taken_back_as_the_mapping_says(outbox, monkeypatch, written, connection, held, becomes):
    """Both sides differ then, as they always do."""

    async def within(_self, _session, connection):
        return Agreement(connection=connection, mapping=Otherwise(becomes))

    monkeypatch.setattr(Agreements, "within", within)
    await outbox.drop(connection, await written(failed=True))
    record, base = await held()

    assert (record, base.theirs) == (becomes, THEIRS)
