"""Deletion policies are set, and how a connection stands is told."""

import pytest

from invoco.domain.conflicts import ConflictRule, ConflictRules
from invoco.domain.connections import SetAside
from invoco.domain.deletions import DeletionAction, DeletionPolicy, HeldDeletions, MassDeletion
from invoco.domain.deliveries import Delivery
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.domain.schedules import Job, Run
from invoco.domain.sync_ports import Provisional
from invoco.highlevel.records import Contact
from invoco.service.connection_settings import ConnectionSettingsService
from invoco.service.verification import VERIFIED

HERE = "location-of-the-tests"


@pytest.fixture
def settings(store, clock):
    """The service."""
    return ConnectionSettingsService(store, clock=clock)


@pytest.fixture
def kept(store):
    """The connection as it is stored."""

    async def look():
        async with store.reading() as session:
            return await session.connections.get(HERE)

    return look


async def test_a_policy_is_set_for_one_kind(settings, connection, kept):
    """The others stay as they are."""
    await settings.set_policy(connection, RecordKind.TASK, action=DeletionAction.LEAVE)
    changed = await settings.set_policy(connection, RecordKind.CONTACT, action=DeletionAction.DELETE, after_days=30)

    assert changed == await kept()
    assert (changed.policy(RecordKind.CONTACT), changed.policy(RecordKind.TASK).action) == (
        DeletionPolicy(action=DeletionAction.DELETE, after_days=30),
        DeletionAction.LEAVE,
    )
    assert changed.policy(RecordKind.NOTE).action is DeletionAction.ARCHIVE


@pytest.mark.parametrize("action", [DeletionAction.LEAVE, DeletionAction.ARCHIVE])
async def test_days_without_a_deletion_make_no_sense(settings, connection, action):
    """The error says what to leave out."""
    with pytest.raises(FixInput, match="removes nothing"):
        await settings.set_policy(connection, RecordKind.CONTACT, action=action, after_days=3)


async def test_the_brake_is_set(settings, connection, kept):
    """What is not given stays."""
    await settings.set_mass(connection, share=0.2)
    changed = await settings.set_mass(connection, least=100)

    assert changed == await kept()
    assert changed.mass_deletion == MassDeletion(share=0.2, least=100)


async def test_a_fresh_connection_has_no_figures(settings, connection):
    """It was never compared."""
    figures = await settings.figures(connection)

    assert (figures.waiting, figures.rereads, figures.provisional, figures.failures, figures.held) == (0, 0, 0, 0, 0)
    assert (figures.runs, figures.equal_at, figures.drift_age) == ((), None, None)


async def test_everything_is_counted(settings, connection, mirror, store, now):
    """Records, and all that waits."""
    await mirror.put(Contact(id="c1"), Contact(id="c2"))
    async with store.transaction() as session:
        await session.inbox.append(
            [Delivery(webhook_id="w", type="ContactUpdate", location_id=HERE, at=1, received_at=1, body=b"{}")]
        )
        rereads = [
            Reread(
                subject=subject, subject_id="c1", since=1, asked_at=1, due_at=1, urgency=1, cause=Cause.EVENT,
                failed_at=failed_at,
            )
            for subject, failed_at in ((Subject.CONTACT, None), (Subject.TASKS, None), (Subject.NOTES, 5))
        ]  # fmt: skip
        await session.rereads.put(HERE, rereads)
        await session.provisional.mark(
            HERE, [Provisional(kind=RecordKind.CONTACT, record_id="c1", contact_id="c1", since=1, shown_at=1)]
        )
        aside = SetAside(location_id=HERE, kind="tags", record_id="t", reason="?", raw=b"{}", run_id=None, at=1)
        await session.imports.set_aside([aside])
        await session.tombstones.hold(
            HeldDeletions(
                id="h", location_id=HERE, kind=RecordKind.TAG, record_ids=("a", "b", "c"), records=4, found_at=1
            )
        )
    figures = await settings.figures(connection)

    assert (figures.records["contacts"], figures.records["notes"]) == (2, 0)
    assert (figures.waiting, figures.rereads, figures.provisional, figures.failures, figures.held) == (1, 2, 1, 2, 3)


@pytest.mark.parametrize(
    ("finished_at", "verified", "equal_at"),
    [
        (None, None, None),
        (5000, None, 5000),
        (5000, {"at": 7000, "drift": 0, "skipped": []}, 7000),
        (9000, {"at": 7000, "drift": 0, "skipped": []}, 9000),
        (5000, {"at": 7000, "drift": 2, "skipped": []}, 5000),
        (None, {"at": 7000, "drift": 0, "skipped": ["notes"]}, None),
    ],
)
async def test_the_copy_is_as_old_as_its_last_proof(settings, connection, store, now, finished_at, verified, equal_at):
    """A finished reconcile or a verification of everything without drift, whichever was last."""
    async with store.transaction() as session:
        run = Run(id="r", location_id=HERE, job=Job.RECONCILE, started_at=1, finished_at=finished_at)
        await session.runs.put(run)
        await session.runs.move(HERE, VERIFIED, verified)
    figures = await settings.figures(connection)

    assert (figures.equal_at, figures.runs) == (equal_at, (run,))
    assert figures.drift_age == (None if equal_at is None else (now - equal_at) / 1000)


async def test_rules_for_conflicts_are_set(settings, connection, kept):
    """What is not given stays; a field may follow the default again."""
    await settings.set_conflicts(connection, fields={"phone": ConflictRule.INVOCO, "dueDate": ConflictRule.NEWEST})
    await settings.set_conflicts(connection, default=ConflictRule.ASK, fields={"dueDate": None, "customFields.f": None})

    assert (await kept()).conflicts == ConflictRules(default=ConflictRule.ASK, fields={"phone": ConflictRule.INVOCO})


@pytest.mark.parametrize(("field", "why"), [("shoe", "have a field shoe"), ("tags", "never in conflict")])
async def test_a_field_that_has_no_conflicts_is_told(settings, connection, kept, field, why):
    """Nothing is set then."""
    with pytest.raises(FixInput, match=why):
        await settings.set_conflicts(connection, default=ConflictRule.ASK, fields={field: ConflictRule.ASK})
    assert (await kept()).conflicts == ConflictRules()


async def test_a_policy_is_set_on_the_connection_as_it_is_now(settings, connection, store, kept):
    """What somebody else changed meanwhile is not undone."""
    await settings.set_mass(connection, least=7)
    await settings.set_policy(connection, RecordKind.TASK, action=DeletionAction.LEAVE)

    assert (await kept()).mass_deletion.least == 7
