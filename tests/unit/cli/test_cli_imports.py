"""What the import command says of its cost, its way and its end."""

import json

import pytest

from invoco.cli import imports
from invoco.domain.imports import ImportRun, ImportStep
from invoco.sync.imports import ImportOutcome
from invoco.sync.plan import ImportPlan


def test_a_waiting_import_says_when_it_goes_on(capsys):
    """In words, and for machines."""
    outcome = ImportOutcome(
        run=ImportRun(id="r", location_id="x", started_at=1),
        steps={"notes": ImportStep(run_id="r", kind="notes", stored=3)},
        waiting_until=86_400_000,
    )
    imports._print_outcome(outcome, as_json=False)
    words = capsys.readouterr().out
    imports._print_outcome(outcome, as_json=True)
    machine = json.loads(capsys.readouterr().out)

    assert "run `invoco import` again after 1970-01-02T00:00:00.000Z to go on." in words
    assert machine["waiting_until"] == "1970-01-02T00:00:00.000Z"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 seconds"), (90, "90 seconds"), (600, "10 minutes"), (7200, "2 hours"), (345_600, "4 days")],
)
def test_durations_are_rounded(seconds, words):
    """To the largest unit that fits twice."""
    assert imports._duration(seconds) == words


def test_the_share_of_the_quota_is_told_when_there_is_one(capsys):
    """A server without limits has none."""
    for quota in (1000, None):
        imports._print_plan(
            ImportPlan(kinds=[], calls=10, daily_quota=quota, quota_share=0.01, seconds=1), as_json=False
        )
    lines = [line for line in capsys.readouterr().out.splitlines() if "calls" in line]

    assert lines == [
        "10 calls, 1.0% of one day's quota, about 1 seconds at the allowed rate.",
        "10 calls, about 1 seconds at the allowed rate.",
    ]
