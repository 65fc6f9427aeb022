"""Which webhook should have told of a change."""

import pytest

from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause
from invoco.highlevel.clock import iso
from invoco.highlevel.records import Appointment, Business, Contact, Note, Task
from invoco.sync.announcing import event_type
from invoco.sync.apply import apply_records
from invoco.sync.noticed import Noticed, change_of

CONTACT, TASK = RecordKind.CONTACT, RecordKind.TASK
DND = {"SMS": {"status": "active"}}


def changed(kind, before, after, action="update"):
    """A change that a comparison found."""
    return change_of("here", kind, action, before, after, noticed=Noticed(cause=Cause.POLL, at=1))


@pytest.mark.parametrize(
    ("kind", "before", "after", "action", "expected"),
    [
        (CONTACT, None, Contact(id="c"), "create", "ContactCreate"),
        (CONTACT, Contact(id="c"), None, "delete", "ContactDelete"),
        (CONTACT, Contact(id="c"), Contact(id="c", city="Rome"), "update", "ContactUpdate"),
        (CONTACT, Contact(id="c"), Contact(id="c", tags=["a"], date_updated="x"), "update", "ContactTagUpdate"),
        (CONTACT, Contact(id="c"), Contact(id="c", dnd=True, dnd_settings=DND), "update", "ContactDndUpdate"),
        (CONTACT, Contact(id="c"), Contact(id="c", dnd=True, tags=["a"]), "update", "ContactUpdate"),
        (CONTACT, Contact(id="c"), Contact(id="c", followers=["u"]), "update", None),
        (CONTACT, None, Contact(id="c"), "restore", None),
        (TASK, None, Task(id="t"), "create", "TaskCreate"),
        (TASK, Task(id="t"), Task(id="t", completed=True), "update", "TaskComplete"),
        (TASK, Task(id="t"), Task(id="t", title="New"), "update", None),
        (RecordKind.NOTE, Note(id="n"), Note(id="n", body="b"), "update", "NoteUpdate"),
        (RecordKind.APPOINTMENT, Appointment(id="a"), None, "delete", "AppointmentDelete"),
        (RecordKind.BUSINESS, None, Business(id="b"), "create", None),
    ],
)
def test_the_event_that_should_have_told(kind, before, after, action, expected):
    """Edits of tasks, followers and restores have none (facts 8.3)."""
    assert expected == event_type(changed(kind, before, after, action))


@pytest.mark.parametrize(("told", "expected"), [(iso(5_000), 5_000), ("not a date", 9_000), (None, 9_000)])
async def test_what_a_comparison_found_is_noted_with_when_it_happened(here, told, expected):
    """As far as HighLevel tells; else it is when it was found."""
    noticed = Noticed(cause=Cause.RECONCILE, at=9_000, read_at=9_000, run_id="r")
    async with here.store.transaction() as session:
        await apply_records(session, "here", CONTACT, [Contact(id="c1", date_updated=told)], noticed=noticed)
        [figures] = await session.inbox.figures("here", since=expected, until=expected + 1)

    assert (figures.type, figures.missed) == ("ContactCreate", 1)


async def test_what_an_event_told_is_not_noted(here):
    """It was announced."""
    noticed = Noticed(cause=Cause.EVENT, at=1, read_at=1, event_id="w")
    async with here.store.transaction() as session:
        await apply_records(session, "here", CONTACT, [Contact(id="c1")], noticed=noticed)
        assert await session.inbox.figures("here", since=0, until=2**52) == []


def test_a_change_names_the_contact_it_belongs_to():
    """A contact itself, or the one that a task is for."""
    changes: list[Change] = [
        changed(CONTACT, None, Contact(id="c"), "create"),
        changed(TASK, Task(id="t", contact_id="c"), None, "delete"),
    ]

    assert ["c", "c"] == [change.contact_id for change in changes]
