"""What shelves promise: records come back as they went in, and locations never see each other's."""
# ruff: noqa: S101 - these are tests, kept here so that every database can subclass them

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from invoco.domain.ids import new_id
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.search import TaskSearch
from invoco.highlevel.records import Appointment, Business, Contact, CustomFieldValue, Note, Task
from invoco.store.database import Database
from invoco.store.rows import moment

FULL = Contact(
    id="FullContact000000001",
    name="Zoë O'Neil 李",
    email="Zoe@Example.com",
    additional_emails=["Second@Example.com"],
    additional_phones=["+4930123456"],
    phone="+15550100",
    dnd=True,
    dnd_settings={"Email": {"status": "active"}},
    tags=["vip", "größe"],
    custom_fields=[CustomFieldValue(id="list", value=["a", 1, None, {"deep": [True]}])],
    date_added="2025-01-02T03:04:05.678Z",
    extra={"unknown": {"kept": [1.5, "\u0000 and \\u0000"]}},
)


async def put(store: Database, location_id: str, kind: RecordKind, *records: Any) -> None:
    """Store records in a transaction of their own."""
    async with store.transaction() as session:
        await session.shelf(kind).put(location_id, records)


class ShelfPromises:
    """Every shelf."""

    @pytest.mark.parametrize("kind", RecordKind)
    async def test_record_comes_back_as_it_went_in(self, store: Database, location_id: str, kind: RecordKind) -> None:
        """Whatever the kind, extra fields are kept."""
        record = RECORD_TYPES[kind](id="one", extra={"fieldOfTomorrow": [1]})
        await put(store, location_id, kind, record)

        async with store.reading() as session:
            assert record == await session.shelf(kind).get(location_id, "one")

    async def test_every_field_of_a_contact_is_kept(self, store: Database, location_id: str) -> None:
        """No text, list or object is lost or changed."""
        await put(store, location_id, RecordKind.CONTACT, FULL)

        async with store.reading() as session:
            assert await session.contacts.get(location_id, FULL.id) == FULL

    @pytest.mark.parametrize("kind", RecordKind)
    async def test_put_replaces(self, store: Database, location_id: str, kind: RecordKind) -> None:
        """The same id twice is one record, the later one."""
        await put(store, location_id, kind, RECORD_TYPES[kind](id="one", extra={"turn": 1}))
        await put(store, location_id, kind, RECORD_TYPES[kind](id="one", extra={"turn": 2}))

        async with store.reading() as session:
            shelf = session.shelf(kind)
            assert [RECORD_TYPES[kind](id="one", extra={"turn": 2})] == await shelf.page(location_id)

    async def test_unknown_id_is_none(self, store: Database, location_id: str) -> None:
        """Even one that no database could hold."""
        async with store.reading() as session:
            assert await session.contacts.get(location_id, "nobody\0\ud800") is None

    async def test_ids_differ_by_case(self, store: Database, location_id: str) -> None:
        """Ids are compared letter by letter (facts 10.2)."""
        await put(store, location_id, RecordKind.TAG, *(RECORD_TYPES[RecordKind.TAG](id=id_) for id_ in ("aB", "Ab")))

        async with store.reading() as session:
            assert await session.shelf(RecordKind.TAG).get(location_id, "ab") is None
            assert await session.shelf(RecordKind.TAG).count(location_id) == 2

    async def test_get_many_gives_those_that_exist(self, store: Database, location_id: str) -> None:
        """However many are asked for."""
        await put(store, location_id, RecordKind.NOTE, Note(id="n1"), Note(id="n2"))

        async with store.reading() as session:
            found = await session.notes.get_many(location_id, [*(str(n) for n in range(1200)), "n2", "n1"])
        assert {"n1": Note(id="n1"), "n2": Note(id="n2")} == found

    async def test_delete_forgets_unknown_ids(self, store: Database, location_id: str) -> None:
        """Unknown ids are no error."""
        await put(store, location_id, RecordKind.BUSINESS, Business(id="b1"), Business(id="b2"))
        async with store.transaction() as session:
            await session.shelf(RecordKind.BUSINESS).delete(location_id, ["b1", "nobody"])

        async with store.reading() as session:
            assert await session.shelf(RecordKind.BUSINESS).page(location_id) == [Business(id="b2")]

    async def test_pages_walk_by_id(self, store: Database, location_id: str) -> None:
        """Ascending by code point, each record once."""
        await put(store, location_id, RecordKind.NOTE, *(Note(id=id_) for id_ in ("b", "a", "B", "_")))

        async with store.reading() as session:
            first = await session.notes.page(location_id, limit=3)
            second = await session.notes.page(location_id, after=first[-1].id, limit=3)
        assert ([note.id for note in first], [note.id for note in second]) == (["B", "_", "a"], ["b"])

    @pytest.mark.parametrize("kind", RecordKind)
    async def test_locations_never_see_each_other(self, store: Database, location_id: str, kind: RecordKind) -> None:
        """The same id in two locations is two records."""
        other = new_id()
        await put(store, location_id, kind, RECORD_TYPES[kind](id="one", extra={"of": "mine"}))
        await put(store, other, kind, RECORD_TYPES[kind](id="one", extra={"of": "other"}))
        async with store.transaction() as session:
            await session.shelf(kind).delete(other, ["one"])

        async with store.reading() as session:
            shelf = session.shelf(kind)
            assert await shelf.count(other) == 0
            assert await shelf.page(location_id) == [RECORD_TYPES[kind](id="one", extra={"of": "mine"})]

    async def test_many_records_are_put_at_once(self, store: Database, location_id: str) -> None:
        """More than one statement could hold."""
        await put(store, location_id, RecordKind.CONTACT, *(Contact(id=str(n)) for n in range(1500)))

        async with store.reading() as session:
            assert await session.contacts.count(location_id) == 1500

    @pytest.mark.parametrize("kind", RecordKind)
    async def test_last_of_many_with_an_id_is_kept(self, store: Database, location_id: str, kind: RecordKind) -> None:
        """However many records are put at once, the later of two with the same id replaces the earlier."""
        make = RECORD_TYPES[kind]
        many = [make(id=f"r{number % 60}", extra={"turn": number}) for number in range(100)]
        await put(store, location_id, kind, FULL if kind is RecordKind.CONTACT else make(id="r0"), *many)

        async with store.reading() as session:
            kept = await session.shelf(kind).get_many(location_id, ["r0", "r59"])
        assert {record_id: record.extra for record_id, record in kept.items()} == {
            "r0": {"turn": 60},
            "r59": {"turn": 59},
        }

    async def test_nothing_is_put(self, store: Database, location_id: str) -> None:
        """An empty page is stored as easily as a full one."""
        await put(store, location_id, RecordKind.CONTACT)

        async with store.reading() as session:
            assert await session.contacts.page(location_id) == []


class ChangePromises:
    """Storing what the caller knows the state before of."""

    @pytest.mark.parametrize(
        "after",
        [
            Contact(id="c", email="a@x.org", city="Paris"),
            Contact(id="c", email="b@x.org"),
            Contact(id="c", email="a@x.org", date_updated="2025-01-01T00:00:00.000Z", tags=["vip"]),
            Contact(id="c", phone="+12125550100", additional_emails=["a@x.org"]),
            Contact(id="c", email="a@x.org", date_added="2025-01-01T00:00:00.000Z", business_id="b"),
        ],
    )
    async def test_changed_contact(self, store: Database, location_id: str, after: Contact) -> None:
        """It is stored, searched and found as if it had been put."""
        before = Contact(id="c", email="a@x.org", additional_emails=["c@x.org"], phone="+12125550199")
        await put(store, location_id, RecordKind.CONTACT, before)
        async with store.transaction() as session:
            await session.contacts.change(location_id, [(before, after), (None, Contact(id="n", email="n@x.org"))])

            assert {"c": after} == await session.contacts.get_many(location_id, ["c", "x"])
            assert [Contact(id="n", email="n@x.org")] == await session.contacts.with_email(location_id, "n@x.org")
            found = [await session.contacts.with_email(location_id, f"{name}@x.org") for name in "abc"]
            dated = await session.contacts.added(location_id, after=(0, ""), before=None, limit=9)
        emails = {after.email, *after.additional_emails}
        assert [[after] if f"{name}@x.org" in emails else [] for name in "abc"] == found
        assert [moment(after.date_added) or 0] == [at for at, id_ in dated if id_ == "c"]

    async def test_changed_records_of_other_kinds(self, store: Database, location_id: str) -> None:
        """A change of a task is a put."""
        before, after = Task(id="t", contact_id="c", title="Old"), Task(id="t", contact_id="c", title="New")
        await put(store, location_id, RecordKind.TASK, before)
        async with store.transaction() as session:
            await session.tasks.change(location_id, [(before, after)])

            assert [after] == await session.tasks.of_contact(location_id, "c")

    async def test_children_of_several_contacts(self, store: Database, location_id: str) -> None:
        """Of these, and of no others."""
        tasks = [Task(id=id_, contact_id=owner) for id_, owner in (("t1", "a"), ("t2", "b"), ("t3", "a"), ("t4", "c"))]
        await put(store, location_id, RecordKind.TASK, *tasks)

        async with store.reading() as session:
            found = await session.tasks.of_contacts(location_id, ["a", "b", "x"])
            assert await session.tasks.of_contacts(location_id, []) == []
        assert {task.id for task in found} == {"t1", "t2", "t3"}


class ComparisonPromises:
    """What comparing contacts with HighLevel needs."""

    async def test_texts_are_what_msgspec_writes(self, store: Database, location_id: str) -> None:
        """So an equal record has an equal text, however many are asked for."""
        await put(store, location_id, RecordKind.CONTACT, FULL, Contact(id="c1"))

        async with store.reading() as session:
            texts = await session.contacts.texts(location_id, [*(str(n) for n in range(1200)), FULL.id, "c1"])
        assert {FULL.id: msgspec.json.encode(FULL).decode(), "c1": '{"id":"c1"}'} == texts

    @pytest.mark.parametrize(
        ("after", "before", "limit", "ids"),
        [
            ((0, ""), None, 9, ["none", "B", "a", "b", "late"]),
            ((0, ""), None, 2, ["none", "B"]),
            ((1000, ""), None, 9, ["B", "a", "b", "late"]),
            ((1000, "B"), None, 2, ["a", "b"]),
            ((1000, "b"), 2001, 9, ["late"]),
            ((1000, ""), 2000, 9, ["B", "a", "b"]),
            ((1000, ""), 1000, 9, []),
        ],
    )
    async def test_added(
        self,
        store: Database,
        location_id: str,
        *,
        after: tuple[int, str],
        before: int | None,
        limit: int,
        ids: list[str],
    ) -> None:
        """Oldest first, those of one moment by code point; without a date that is the beginning of time."""
        await put(
            store, location_id, RecordKind.CONTACT,
            *(Contact(id=id_, date_added="1970-01-01T00:00:01.000Z") for id_ in ("a", "B", "b")),
            Contact(id="late", date_added="1970-01-01T00:00:02Z"),
            Contact(id="none"),
        )  # fmt: skip

        async with store.reading() as session:
            found = await session.contacts.added(location_id, after=after, before=before, limit=limit)
        moments = {"none": 0, "late": 2000}
        assert [(moments.get(id_, 1000), id_) for id_ in ids] == found


class ChildPromises:
    """Tasks, notes and appointments."""

    async def test_notes_of_a_contact_are_oldest_first(self, store: Database, location_id: str) -> None:
        """By the day they were added."""
        newer = Note(id="a", contact_id="c", date_added="2025-01-02T00:00:00.000Z")
        older = Note(id="b", contact_id="c", date_added="2025-01-01T00:00:00.000Z")
        await put(store, location_id, RecordKind.NOTE, newer, older, Note(id="other", contact_id="d"))

        async with store.reading() as session:
            assert [older, newer] == await session.notes.of_contact(location_id, "c")

    async def test_tasks_of_a_contact_keep_their_order(self, store: Database, location_id: str) -> None:
        """Tasks have no age: the order in which they came stays, also when one is replaced."""
        await put(store, location_id, RecordKind.TASK, *(Task(id=id_, contact_id="c") for id_ in ("z", "m", "a")))
        await put(store, location_id, RecordKind.TASK, Task(id="z", contact_id="c", title="changed"))

        async with store.reading() as session:
            assert [task.id for task in await session.tasks.of_contact(location_id, "c")] == ["z", "m", "a"]

    async def test_what_belongs_to_a_contact_goes_with_it(self, store: Database, location_id: str) -> None:
        """The records of other contacts stay."""
        await put(store, location_id, RecordKind.TASK, Task(id="t1", contact_id="c"), Task(id="t2", contact_id="d"))
        async with store.transaction() as session:
            await session.tasks.delete_of_contacts(location_id, ["c", "nobody"])

        async with store.reading() as session:
            assert [Task(id="t2", contact_id="d")] == await session.tasks.page(location_id)

    @pytest.mark.parametrize(
        ("wanted", "ids"),
        [
            ({}, ["t1", "t2", "t3"]),
            ({"contact_ids": ("c1", "c3")}, ["t1", "t3"]),
            ({"completed": True}, ["t2"]),
            ({"completed": False}, ["t1", "t3"]),
            ({"assigned_to": ("u1",)}, ["t1"]),
            ({"query": "CALL ü"}, ["t3"]),
            ({"query": "100%"}, ["t2"]),
            ({"business_id": "b1"}, ["t2"]),
            ({"limit": 1, "skip": 1}, ["t2"]),
        ],
    )
    async def test_task_search(self, store: Database, location_id: str, wanted: dict[str, Any], ids: list[str]) -> None:
        """Every condition narrows the search (facts 9)."""
        await put(store, location_id, RecordKind.CONTACT, Contact(id="c2", business_id="b1"))
        await put(
            store, location_id, RecordKind.TASK,
            Task(id="t1", contact_id="c1", title="Write", assigned_to="u1", completed=False),
            Task(id="t2", contact_id="c2", title="Give 100% off", completed=True),
            Task(id="t3", contact_id="c3", title="Call", body="call Über"),
        )  # fmt: skip

        async with store.reading() as session:
            found = await session.tasks.search(TaskSearch(location_id=location_id, **wanted))
        assert ids == [task.id for task in found]

    @pytest.mark.parametrize(
        ("owner", "ids"),
        [
            ({}, ["early", "late"]),
            ({"calendar_id": "k1"}, ["early"]),
            ({"user_id": "u1"}, ["late"]),
            ({"group_id": "g1"}, ["early"]),
            ({"calendar_id": "k1", "user_id": "u1"}, []),
        ],
    )
    async def test_appointments_between(
        self, store: Database, location_id: str, owner: dict[str, str], ids: list[str]
    ) -> None:
        """Those that start within the window, its ends included."""
        await put(
            store, location_id, RecordKind.APPOINTMENT,
            Appointment(id="late", assigned_user_id="u1", start_time="2025-01-01T01:00:00+01:00"),
            Appointment(id="early", calendar_id="k1", group_id="g1", start_time="2024-12-31T23:59:59Z"),
            Appointment(id="outside", calendar_id="k1", start_time="2025-01-01T00:00:00.001Z"),
            Appointment(id="odd", start_time="some day"),
        )  # fmt: skip
        new_year = 1_735_689_600_000

        async with store.reading() as session:
            found = await session.appointments.between(location_id, start=new_year - 1000, end=new_year, **owner)
        assert ids == [appointment.id for appointment in found]
