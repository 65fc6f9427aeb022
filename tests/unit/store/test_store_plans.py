"""What the sync engine asks all the time is answered by an index, however much there is of what is done."""

import asyncio
import re

import pytest
import sqlalchemy as sa

from invoco.domain.deliveries import DeliveryState
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Deviation, Finding, MappingState, Write, WriteState
from invoco.domain.rereads import Subject
from invoco.domain.schedules import Job
from invoco.store.database import Database
from invoco.store.schema import create_all

STEP = re.compile(
    r"(?:SEARCH|SCAN) \w+ USING (?:COVERING INDEX |INDEX |INTEGER )(\w+)|(?:SCAN) (?!anon_|locations|CONSTANT)(\w+)"
)
CONTACT = RecordKind.CONTACT
WRITE = Write(
    id=1, location_id="l", kind=CONTACT, record_id="c", contact_id="c", operation="update-contact", actor="api", at=1
)
FINDING = Finding(
    id="f", location_id="l", kind=CONTACT, record_id="c", contact_id="c", field="phone", deviation=Deviation.DROPPED,
    message="", found_at=1,
)  # fmt: skip


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
        (lambda it: it.bases.get_many("l", CONTACT, ["a", "b"]), {"sqlite_autoindex_bases_1"}),
        (lambda it: it.bases.of_contacts("l", CONTACT, ["c"]), {"ix_bases_contact_id"}),
        (lambda it: it.bases.remove("l", CONTACT, ["a", "b"]), {"sqlite_autoindex_bases_1"}),
        (lambda it: it.bases.page("l", CONTACT, after="a"), {"sqlite_autoindex_bases_1"}),
        (lambda it: it.outbox.waiting("l", now=1, contacts=9), {"ix_outbox_due", "ix_outbox_waiting"}),
        (lambda it: it.outbox.waiting_of("l", "c"), {"ix_outbox_waiting"}),
        (lambda it: it.outbox.contacts_waiting("l", ["c", "d"]), {"ix_outbox_waiting"}),
        (lambda it: it.outbox.next_due("l"), {"ix_outbox_due", "ix_outbox_waiting"}),
        (lambda it: it.outbox.due_locations(now=1), {"ix_outbox_due", "ix_outbox_waiting"}),
        (lambda it: it.outbox.put("l", [WRITE]), {"PRIMARY"}),
        (lambda it: it.outbox.settle("l", [1, 2], WriteState.SENT, at=1), {"PRIMARY"}),
        (lambda it: it.outbox.failed("l"), {"ix_outbox_settled"}),
        (lambda it: it.outbox.find("l", 1), {"PRIMARY"}),
        (lambda it: it.outbox.forget(before=1), {"PRIMARY", "ix_outbox_settled"}),
        (lambda it: it.aliases.resolve("l", CONTACT, ["a", "b"]), {"sqlite_autoindex_aliases_1"}),
        (lambda it: it.aliases.of("l", CONTACT, "a"), {"ix_aliases_record_id"}),
        (lambda it: it.findings.of_record("l", CONTACT, "a"), {"ix_findings_record_id"}),
        (lambda it: it.findings.page("l"), {"ix_findings_open"}),
        (lambda it: it.findings.page("l", is_open=False), {"ix_findings_closed"}),
        (lambda it: it.findings.close("l", ["f"], at=1), {"sqlite_autoindex_findings_1"}),
        (lambda it: it.conflicts.open_of("l", CONTACT, ["a", "b"]), {"uq_conflicts_open"}),
        (lambda it: it.conflicts.page("l"), {"ix_conflicts_open"}),
        (lambda it: it.conflicts.page("l", is_open=False), {"ix_conflicts_settled"}),
        (lambda it: it.mappings.newest("l", MappingState.LIVE), {"sqlite_autoindex_mapping_versions_1"}),
        (lambda it: it.journal.history("l", "a"), {"ix_history_record_id"}),
        (lambda it: it.journal.newest("l", CONTACT, "a", limit=9), {"ix_history_record_id"}),
        (lambda it: it.journal.of_run("l", "r", after=1, limit=9), {"ix_history_run_id"}),
        (lambda it: it.journal.of_contact("l", "c", limit=9), {"ix_history_contact_id"}),
    ],
)
async def test_index_answers(database, ask, indexes):
    """The one that was made for it, and never a scan of a whole table."""
    assert indexes == await _used(database, ask)


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [
        (lambda it: it.bases.count("l", CONTACT), {"sqlite_autoindex_bases_1", "ix_bases_contact_id"}),
        (lambda it: it.outbox.counts("l"), {"ix_outbox_waiting", "ix_outbox_due", "ix_outbox_settled"}),
        (lambda it: it.findings.put([FINDING]), {"uq_findings_open", "ix_findings_record_id"}),
        (lambda it: it.findings.counts("l"), {"ix_findings_open", "uq_findings_open"}),
        (lambda it: it.conflicts.count("l"), {"ix_conflicts_open", "uq_conflicts_open"}),
        (lambda it: it.journal.outbox("l"), {"ix_outbox_waiting", "ix_outbox_due"}),
    ],
)
async def test_any_of_these_indexes_answers(database, ask, indexes):
    """They are equally good, so that SQLite may take either; and never a scan of a whole table."""
    used = await _used(database, ask)

    assert used == used & indexes
    assert used


async def _used(database, ask):
    """The indexes that what is asked goes by, or the tables that it scans."""
    asked = []
    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    async with database.transaction() as session:
        await ask(session)
        steps = []
        for statement, parameters in asked[1:]:
            plan = await session.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps += [row.detail for row in plan]

    return {name for step in steps for names in STEP.findall(step) for name in names if name}
