"""What happened to a contact, and why a field has its value."""

import time
from typing import Any

import pytest

from invoco.domain.changes import Change
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Conflict, Deviation, Finding
from invoco.highlevel.records import Contact, CustomField, CustomFieldValue, Task
from invoco.service.history import HistoryService, last_change

HERE = "location-of-the-tests"
CONTACT, TASK = RecordKind.CONTACT, RecordKind.TASK


@pytest.fixture
def history(store):
    """The service."""
    return HistoryService(store)


@pytest.fixture
def told(store, connection):
    """Tells of changes: (action, before, after), one millisecond after the other."""

    async def tell(*steps, **more):
        changes = [
            Change(
                kind=TASK if isinstance(after or before, Task) else CONTACT, action=action, location_id=HERE,
                record_id=(after or before).id, contact_id=getattr(after or before, "contact_id", (after or before).id),
                before=before, after=after, at=at, actor=f"actor {at}", **more,
            )
            for at, (action, before, after) in enumerate(steps, 1)
        ]  # fmt: skip
        async with store.transaction() as session:
            await session.journal.record(changes, send=False)

    return tell


def ada(id_="c1", **fields):
    """A contact."""
    return Contact(id=id_, first_name="Ada", email="ada@example.com", **fields)


async def test_everything_is_told_newest_first(history, told, mirror, connection):
    """With which fields changed from what to what, of a contact and what is its own."""
    await mirror.put(ada(city="Rome"))
    await told(
        ("create", None, ada()), ("create", None, Task(id="k1", contact_id="c1", title="Call")),
        ("update", ada(), ada(city="Rome")), event_id="e1", run_id="r1", read_at=9,
    )  # fmt: skip
    found = await history.of_contact(connection, "c1")
    newest, task, first = found.happenings

    assert (found.contact_id, found.former_ids, found.name) == ("c1", (), "ada@example.com")
    assert [(each.field, each.before, each.after) for each in newest.changes] == [("city", None, "Rome")]
    assert (newest.at, newest.actor, newest.event_id, newest.run_id, newest.read_at) == (3, "actor 3", "e1", "r1", 9)
    assert (task.kind, task.record_id, first.action) == (TASK, "k1", "create")
    assert [each.at for each in (await history.of_contact(connection, "c1", limit=1)).happenings] == [3]


async def test_a_contact_keeps_its_history_under_its_new_id(history, told, mirror, store, connection):
    """Asked for by either id; that it was renamed changes no field."""
    await mirror.put(ada("h1"))
    async with store.transaction() as session:
        await session.aliases.put(HERE, CONTACT, {"c1": "h1"})
    await told(("create", None, ada()), ("rename", ada(), None), ("rename", None, ada("h1")))
    found = await history.of_contact(connection, "c1")
    why = await history.why(connection, "c1", "firstName")

    assert (found.contact_id, found.former_ids) == ("h1", ("c1",))
    assert [(each.action, len(each.changes)) for each in found.happenings] == [
        ("rename", 0), ("rename", 0), ("create", 2),
    ]  # fmt: skip
    assert (why.contact_id, why.value, why.before, why.happening.at) == ("h1", "Ada", None, 1)


async def test_a_contact_is_found_by_its_e_mail(history, mirror, connection):
    """If it is the only one; nothing need have happened to it."""
    await mirror.put(ada())

    assert (await history.of_contact(connection, "ADA@example.com")).happenings == ()
    await mirror.put(ada("c2"))
    with pytest.raises(FixInput, match="2 contacts have"):
        await history.of_contact(connection, "ada@example.com")
    with pytest.raises(FixInput, match="No contact has"):
        await history.why(connection, "bob@example.com", "city")


async def test_why_tells_the_last_change_of_the_field(history, told, mirror, connection):
    """Not of others, nor of other records, however many came later."""
    await mirror.put(ada(city="Rome", source="1"))
    later = [
        ("update", ada(city="Rome", source=str(n % 2)), ada(city="Rome", source=str((n + 1) % 2))) for n in range(40)
    ]
    task = ("create", None, Task(id="k1", contact_id="c1", title="Call"))
    await told(("update", ada(city="Paris"), ada(city="Rome")), *later, task, event_id="e1", read_at=9)
    why = await history.why(connection, "c1", "city")

    assert (why.value, why.before, why.happening.at, why.happening.event_id) == ("Rome", "Paris", 1, "e1")


async def test_a_field_that_never_changed_says_so(history, told, mirror, connection):
    """It has been so since the contact arrived."""
    await mirror.put(ada(city="Rome"))
    await told(("update", ada(city="Rome"), ada(city="Rome", source="x")))
    why = await history.why(connection, "c1", "city")

    assert (why.value, why.happening, why.before) == ("Rome", None, None)


@pytest.mark.parametrize("name", ["customFields.f", "f", "contact.club", "club", "Club of hers"])
async def test_a_custom_field_is_told_by_any_of_its_names(history, told, mirror, store, connection, name):
    """By id, key or name."""
    async with store.transaction() as session:
        field = CustomField(id="f", field_key="contact.club", name="Club of hers")
        await session.shelf(RecordKind.CUSTOM_FIELD).put(HERE, [field])
    member = ada(custom_fields=[CustomFieldValue(id="f", value="chess")])
    await mirror.put(member)
    await told(("update", ada(), member))
    why = await history.why(connection, "c1", name)

    assert (why.field, why.value, why.happening.at) == ("customFields.f", "chess", 1)


async def test_what_is_open_of_the_field_is_told(history, mirror, store, connection):
    """Findings and conflicts, not those of others."""
    await mirror.put(ada())
    whose: Any = {"location_id": HERE, "kind": CONTACT, "record_id": "c1", "contact_id": "c1", "found_at": 1}
    async with store.transaction() as session:
        await session.findings.put([
            Finding(id=f"f-{field}", field=field, deviation=Deviation.CUT, message="?", **whose)
            for field in ("city", "source")
        ])  # fmt: skip
        await session.conflicts.put([Conflict(id=f"x-{field}", field=field, **whose) for field in ("city", "source")])
    why = await history.why(connection, "c1", "city")

    assert ([each.id for each in why.findings], [each.id for each in why.conflicts]) == (["f-city"], ["x-city"])


async def test_a_contact_that_is_gone_has_a_history(history, told, connection):
    """Its fields have no value any more, since then."""
    await told(("create", None, ada(city="Rome")), ("delete", ada(city="Rome"), None))
    why = await history.why(connection, "c1", "city")

    assert (why.value, why.before, why.happening.action) == (None, "Rome", "delete")
    assert (await history.why(connection, "c1", "phone")).happening is None
    assert (await history.of_contact(connection, "c1")).name is None


async def test_nobody_knows(history, mirror, connection):
    """Neither the contact nor the field."""
    with pytest.raises(FixInput, match="Nobody knows a contact c9"):
        await history.of_contact(connection, "c9")
    with pytest.raises(FixInput, match="Nobody knows a contact c9"):
        await history.why(connection, "c9", "city")
    with pytest.raises(FixInput, match="no field shoe"):
        await history.why(connection, "c1", "shoe")


async def test_the_last_change_of_a_task_is_found(store, told, connection):
    """Among what happened to its contact."""
    call, write = (Task(id="k1", contact_id="c1", title=title) for title in ("Call", "Write"))
    await told(("create", None, call), ("update", call, write), ("update", ada(), ada(city="Rome")))
    async with store.reading() as session:
        found = await last_change(session, HERE, TASK, "k1", contact_id="c1", field="title")
        none = await last_change(session, HERE, TASK, "k1", contact_id="c1", field="body")

    assert found is not None
    assert (found.at, none) == (2, None)


async def test_much_history_of_others_is_no_matter(history, told, mirror, connection):
    """What is read is found by an index."""
    await mirror.put(ada(city="Rome"))
    await told(*(("create", None, ada(f"x{n}")) for n in range(20_000)))
    await told(("update", ada(), ada(city="Rome")))
    began = time.perf_counter()
    why = await history.why(connection, "c1", "city")

    assert why.happening is not None
    assert time.perf_counter() - began < 1
