"""What could not be read is listed, tried again and forgotten."""

import msgspec
import pytest

from invoco.domain.connections import SetAside
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.schedules import Job
from invoco.service.failures import FailureService, Problem

HERE = "location-of-the-tests"


@pytest.fixture
def failures(store, jobs, clock):
    """The service."""
    return FailureService(store, jobs=jobs, clock=clock)


@pytest.fixture
def aside(store, connection):
    """Sets a row aside."""

    async def set_aside(kind, record_id, at=5, **raw):
        row = SetAside(
            location_id=HERE, kind=kind, record_id=record_id, reason="Expected `str`",
            raw=msgspec.json.encode(raw), run_id=None, at=at,
        )  # fmt: skip
        async with store.transaction() as session:
            await session.imports.set_aside([row])

    return set_aside


@pytest.fixture
def given_up(store, connection):
    """Gives a reread up."""

    async def fail(subject, subject_id, at=9, cure="Wait."):
        reread = Reread(
            subject=subject, subject_id=subject_id, since=3, asked_at=3, due_at=3, urgency=1, cause=Cause.EVENT,
            event_id="e1", attempts=10, failed_at=at, reason="HighLevel answered 500.", cure=cure,
        )  # fmt: skip
        async with store.transaction() as session:
            await session.rereads.put(HERE, [reread])

    return fail


@pytest.fixture
def asked(store, now):
    """What is to be read again now: (subject, id)."""

    async def due():
        async with store.reading() as session:
            return {(each.subject, each.subject_id): each for each in await session.rereads.due(HERE, now=now, limit=9)}

    return due


async def test_both_kinds_of_failures_are_one_list(failures, aside, given_up, connection):
    """Newest first, each with its advice."""
    await aside("contacts", "c1", tags=1)
    await given_up(Subject.NOTES, "c2")
    second, first = reversed(await failures.all(connection))

    assert (first.problem, first.kind, first.id, first.attempts) == (Problem.GIVEN_UP, RecordKind.NOTE, "c2", 10)
    assert (first.reason, first.cure, first.at) == ("HighLevel answered 500.", "Wait.", 9)
    assert (second.problem, second.kind, second.id, second.raw) == (
        Problem.UNREADABLE, RecordKind.CONTACT, "c1", b'{"tags":1}',
    )  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "subject_id", "kind", "told"),
    [
        (Subject.CONTACT, "c1", RecordKind.CONTACT, "c1"),
        (Subject.LOST_TASK, "k1", RecordKind.TASK, "k1"),
        (Subject.USERS, "", RecordKind.USER, "users"),
    ],
)
async def test_a_reread_is_told_by_its_kind(failures, given_up, connection, subject, subject_id, kind, told):
    """A list as a whole by its name."""
    await given_up(subject, subject_id, cure=None)
    (failure,) = await failures.find(connection, told)

    assert (failure.kind, failure.id) == (kind, told)
    assert "failures retry" in failure.cure


async def test_a_reread_is_tried_again(failures, given_up, connection, asked, jobs, now):
    """Now, with its failures forgotten and the event that asked remembered."""
    await given_up(Subject.CONTACT, "c1")
    retried = await failures.retry(connection, "c1")
    reread = (await asked())[Subject.CONTACT, "c1"]

    assert (len(retried.asked), retried.waiting, jobs.calls) == (1, (), [(Job.CONFIRM, HERE)])
    assert (reread.due_at, reread.attempts, reread.failed_at, reread.reason) == (now, 0, None, None)
    assert (reread.event_id, reread.since) == ("e1", 3)
    assert await failures.all(connection) == []


@pytest.mark.parametrize(
    ("kind", "raw", "subject", "subject_id"),
    [
        ("contacts", {}, Subject.CONTACT, "x1"),
        ("appointments", {}, Subject.APPOINTMENT, "x1"),
        ("tasks", {"contactId": "c1"}, Subject.TASKS, "c1"),
        ("tasks", {"title": "Call"}, Subject.LOST_TASK, "x1"),
        ("notes", {"contactId": "c1"}, Subject.NOTES, "c1"),
        ("users", {}, Subject.USERS, ""),
    ],
)
async def test_an_unreadable_record_is_read_again(
    failures, aside, connection, asked, kind, raw, subject, subject_id
):  # fmt: skip
    """By its id, with its contact, or with its list; it leaves the list of failures."""
    await aside(kind, "x1", **raw)
    await failures.retry(connection, "x1")
    (reread,) = (await asked()).values()

    assert (reread.subject, reread.subject_id, reread.cause) == (subject, subject_id, Cause.RETRY)
    assert reread.hint == ("Call" if subject is Subject.LOST_TASK else None)
    assert await failures.all(connection) == []


@pytest.mark.parametrize(
    ("kind", "record_id"), [("tags", "t1"), ("notes", "n1"), ("contacts", "without-id-0123456789ab")]
)
async def test_what_cannot_be_read_alone_stays_on_the_list(failures, aside, connection, asked, jobs, kind, record_id):
    """The next reconcile reads it."""
    await aside(kind, record_id)
    retried = await failures.retry(connection, record_id)

    assert ([each.id for each in retried.waiting], retried.asked) == ([record_id], ())
    assert (await asked(), jobs.calls, len(await failures.all(connection))) == ({}, [], 1)


async def test_a_row_that_is_no_object_is_read_again_by_its_id(failures, store, connection, asked):
    """Whatever HighLevel sent instead."""
    row = SetAside(location_id=HERE, kind="tasks", record_id="k1", reason="?", raw=b"[]", run_id=None, at=1)
    async with store.transaction() as session:
        await session.imports.set_aside([row])
    await failures.retry(connection)

    assert [reread.subject for reread in (await asked()).values()] == [Subject.LOST_TASK]


async def test_everything_is_tried_again(failures, aside, given_up, connection, asked):
    """Several rows of one contact ask for it once; a kind narrows it down."""
    await aside("tasks", "k1", contactId="c1")
    await aside("tasks", "k2", contactId="c1")
    await given_up(Subject.CONTACT, "c1")
    await failures.retry(connection, kind=RecordKind.TASK)

    assert (await asked()).keys() == {(Subject.TASKS, "c1")}
    assert [failure.id for failure in await failures.all(connection)] == ["c1"]


async def test_what_is_dropped_is_forgotten(failures, aside, given_up, connection, asked, jobs):
    """Neither listed nor read."""
    await aside("contacts", "c1")
    await given_up(Subject.CONTACT, "c2")
    dropped = await failures.drop(connection)

    assert {each.id for each in dropped} == {"c1", "c2"}
    assert (await failures.all(connection), await asked(), jobs.calls) == ([], {}, [])


async def test_one_is_dropped(failures, aside, connection):
    """The others stay."""
    await aside("contacts", "c1")
    await aside("contacts", "c2")
    await failures.drop(connection, "c1", kind=RecordKind.CONTACT)

    assert [each.id for each in await failures.all(connection)] == ["c2"]


@pytest.mark.parametrize("kind", [None, RecordKind.TAG])
async def test_an_unknown_id_is_told(failures, aside, connection, kind):
    """Of another kind as well."""
    await aside("contacts", "c1")

    with pytest.raises(FixInput, match="Nothing that failed has the id"):
        await failures.drop(connection, "c9" if kind is None else "c1", kind=kind)
