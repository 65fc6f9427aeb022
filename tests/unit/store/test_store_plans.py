"""What the sync engine asks all the time is answered by an index, however much there is of what is done."""

import asyncio
import re

import pytest
import sqlalchemy as sa

from invoco.domain.deliveries import DeliveryState
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Subject
from invoco.domain.schedules import Job
from invoco.store.database import Database
from invoco.store.schema import create_all

STEP = re.compile(
    r"(?:SEARCH|SCAN) \w+ USING (?:COVERING INDEX |INDEX |INTEGER )(\w+)|(?:SCAN) (?!anon_|locations)(\w+)"
)
CONTACT = RecordKind.CONTACT


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A database with all tables, which nobody fills: the plans are the same."""
    path = tmp_path_factory.mktemp("plans") / "books.db"

    async def create():
        database = await Database.open(f"sqlite:///{path}", durable=False)
        await create_all(database)
        await database.close()

    asyncio.run(create())
    return path


@pytest.fixture
async def database(path):
    """The database."""
    database = await Database.open(f"sqlite:///{path}", durable=False)
    yield database
    await database.close()


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [
        (lambda it: it.inbox.waiting("l", limit=9), {"ix_inbox_waiting"}),
        (lambda it: it.inbox.waiting_locations(), {"ix_inbox_waiting"}),
        (lambda it: it.inbox.settle([1, 2], DeliveryState.DONE), {"PRIMARY"}),
        (lambda it: it.inbox.find("w"), {"sqlite_autoindex_inbox_1"}),
        (lambda it: it.inbox.newest(limit=9, state=DeliveryState.REJECTED), {"ix_inbox_settled"}),
        (lambda it: it.inbox.newest(limit=9, state=DeliveryState.WAITING), {"ix_inbox_waiting"}),
        (lambda it: it.inbox.counts(), {"ix_inbox_waiting", "ix_inbox_settled"}),
        (lambda it: it.inbox.forget(before=1, keep_rejected=9), {"PRIMARY", "ix_inbox_settled"}),
        (lambda it: it.inbox.figures("l", since=1, until=2), {"ix_inbox_at", "ix_unannounced_changed_at"}),
        (lambda it: it.rereads.due("l", now=1, limit=9), {"ix_rereads_due"}),
        (lambda it: it.rereads.next_due("l"), {"ix_rereads_due"}),
        (lambda it: it.rereads.due_locations(now=1), {"ix_rereads_due"}),
        (lambda it: it.rereads.find_many("l", Subject.CONTACT, ["a", "b"]), {"sqlite_autoindex_rereads_1"}),
        (lambda it: it.rereads.drop("l", Subject.CONTACT, "a"), {"sqlite_autoindex_rereads_1"}),
        (lambda it: it.rereads.failed("l"), {"ix_rereads_due"}),
        (lambda it: it.rereads.count("l"), {"ix_rereads_due"}),
        (lambda it: it.rereads.count("l", gone=Subject.CONTACT), {"ix_rereads_deleted"}),
        (lambda it: it.provisional.get_many("l", CONTACT, ["a", "b"]), {"sqlite_autoindex_provisional_1"}),
        (lambda it: it.provisional.confirm("l", CONTACT, ["a", "b"]), {"sqlite_autoindex_provisional_1"}),
        (lambda it: it.provisional.confirm_of_contacts("l", CONTACT, ["c"]), {"ix_provisional_contact_id"}),
        (lambda it: it.tombstones.get_many("l", CONTACT, ["a", "b"]), {"sqlite_autoindex_tombstones_1"}),
        (lambda it: it.tombstones.of_contact("l", "c"), {"ix_tombstones_contact_id"}),
        (lambda it: it.tombstones.page("l"), {"ix_tombstones_gone_at"}),
        (lambda it: it.tombstones.purge(now=1), {"ix_tombstones_purge_at"}),
        (lambda it: it.tombstones.count_since("l", CONTACT, since=1), {"ix_tombstones_gone_at"}),
        (lambda it: it.tombstones.held("l"), {"ix_held_deletions_found_at"}),
        (lambda it: it.runs.latest("l", Job.POLL), {"ix_runs_job"}),
        (lambda it: it.runs.newest("l", limit=9), {"ix_runs_started_at"}),
        (
            lambda it: it.runs.announce("l", [(CONTACT, "c", "ContactUpdate", 1)], at=2),
            {"sqlite_autoindex_unannounced_1"},
        ),
    ],
)
async def test_index_answers(database, ask, indexes):
    """The one that was made for it, and never a scan of a whole table."""
    asked = []
    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    async with database.transaction() as session:
        await ask(session)
        steps = []
        for statement, parameters in asked[1:]:
            plan = await session.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps += [row.detail for row in plan]

    assert indexes == {name for step in steps for names in STEP.findall(step) for name in names if name}
