"""What an import will cost."""

import pytest

from invoco.domain.imports import Allowance
from invoco.domain.kinds import RecordKind
from invoco.sync.plan import ORDER, SCOPES, plan


async def test_every_kind_is_asked_once_but_notes(source):
    """One cheap call per kind; notes are known from the contacts."""
    await plan(source, notes_share=0.5)

    assert [(kind.value, "outlook") for kind in ORDER if kind is not RecordKind.NOTE] == source.reads


async def test_notes_cost_a_call_per_contact(source):
    """How many notes there are is not known beforehand."""
    notes = (await plan(source, notes_share=0.5)).kinds[-1]

    assert (notes.kind, notes.records, notes.calls, notes.exact) == ("notes", 0, 5, False)


async def test_the_calls_are_a_share_of_the_daily_quota(source):
    """All calls together, against one day."""
    source.allowance = Allowance(daily=160)
    planned = await plan(source, notes_share=0.5)

    assert (planned.calls, planned.daily_quota, planned.quota_share) == (16, 160, 0.1)


async def test_kinds_without_a_total_are_marked(source):
    """Of tasks HighLevel tells no total."""
    planned = await plan(source, notes_share=0.5)

    assert [kind.kind for kind in planned.kinds if not kind.exact] == [RecordKind.TASK, RecordKind.NOTE]


@pytest.mark.parametrize(
    ("allowance", "seconds"),
    [
        (Allowance(daily=100, burst=100, interval=10.0), 1.6),
        (Allowance(daily=100, burst=2, interval=10.0), 80.0),
        (Allowance(daily=None, burst=None), 0.0),
        (Allowance(daily=4, burst=100, interval=10.0), 2 * 86_400 + 1.2),
    ],
)
async def test_the_time_follows_from_the_rate_and_the_budget_of_notes(source, allowance, seconds):
    """Calls at the allowed rate, and a night for every day on which notes must wait."""
    source.allowance = allowance

    assert pytest.approx(seconds) == (await plan(source, notes_share=0.5)).seconds


async def test_without_a_limit_there_is_no_share(source):
    """A server without limits has no quota to share."""
    source.allowance = Allowance(daily=None, burst=None)
    planned = await plan(source, notes_share=0.5)

    assert (planned.daily_quota, planned.quota_share) == (None, 0.0)


def test_every_kind_has_its_scope():
    """Each kind is read by an operation of the table, which names the scope."""
    assert set(ORDER) == set(SCOPES)
    assert SCOPES[RecordKind.NOTE] == "contacts.readonly"
    assert all(SCOPES.values())
