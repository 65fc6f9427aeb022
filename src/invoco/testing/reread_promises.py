"""What the store promises about rereads, and about records that are shown and not confirmed."""
# ruff: noqa: S101 - these are tests, kept here so that every database can subclass them

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause, Reread, Subject, merged
from invoco.domain.sync_ports import Provisional
from invoco.highlevel.quota import Priority
from invoco.store.database import Database


def reread(subject_id: str = "c1", **fields: Any) -> Reread:
    """A contact that an event told of."""
    usual = {"since": 1, "asked_at": 1, "due_at": 1, "urgency": Priority.EVENT, "cause": Cause.EVENT, "event_id": "w1"}
    return Reread(**{"subject": Subject.CONTACT, "subject_id": subject_id, **usual, **fields})


async def ask(store: Database, location_id: str, *rereads: Reread) -> None:
    """Ask for them in a transaction of their own."""
    async with store.transaction() as session:
        await session.rereads.ask(location_id, rereads)


async def _due(store: Database, location_id: str, *, now: int = 10, limit: int = 100) -> list[Reread]:
    async with store.reading() as session:
        return await session.rereads.due(location_id, now=now, limit=limit)


class RereadPromises:
    """What must be read again is kept until it was read."""

    async def test_reread_comes_back_as_it_went_in(self, store: Database, location_id: str) -> None:
        """With all that is known of it; another location has none."""
        asked = reread(
            since=2, asked_at=3, due_at=4, urgency=Priority.RECONCILE, cause=Cause.RECONCILE, run_id="r1", deleted=True,
            gone=1, hint="title", attempts=2, reason="slow", cure="wait",
        )  # fmt: skip
        await ask(store, location_id, asked)

        async with store.reading() as session:
            assert await session.rereads.find(location_id, Subject.CONTACT, "c1") == asked
            assert await session.rereads.find(location_id, Subject.TASKS, "c1") is None
            assert await session.rereads.find(new_id(), Subject.CONTACT, "c1") is None

    async def test_asking_again_merges(self, store: Database, location_id: str) -> None:
        """Whether in the same call or in a later one, there is one of each subject and id."""
        first, second, third = reread(due_at=5), reread(since=7, event_id="w2", due_at=3), reread(deleted=True)
        await ask(store, location_id, first, second, reread(subject=Subject.NOTES))
        await ask(store, location_id, third)

        async with store.reading() as session:
            found = await session.rereads.find(location_id, Subject.CONTACT, "c1")
            assert await session.rereads.count(location_id) == 2
        assert found == merged(merged(first, second), third)

    @pytest.mark.parametrize("number", [0, 3, 120, 700])
    async def test_many_are_asked_for_at_once(self, store: Database, location_id: str, number: int) -> None:
        """And settled at once."""
        asked = [reread(f"c{index:03}", due_at=index) for index in range(number)]
        await ask(store, location_id, *asked)
        await ask(store, location_id, *asked)

        found = await _due(store, location_id, now=1000, limit=1000)
        async with store.transaction() as session:
            await session.rereads.settle(location_id, found)
            left = await session.rereads.count(location_id)
        assert (found, left) == (asked, 0)

    async def test_most_urgent_is_due_first(self, store: Database, location_id: str) -> None:
        """Then the oldest; what is due later or was given up is left out."""
        urgencies = {"d": Priority.RECONCILE, "a": Priority.INTERACTIVE, "c": Priority.EVENT, "b": Priority.EVENT}
        dues = {"d": 1, "a": 9, "c": 5, "b": 2}
        asked = {id_: reread(id_, urgency=urgency, due_at=dues[id_]) for id_, urgency in urgencies.items()}
        await ask(store, location_id, *asked.values(), reread("later", due_at=11), reread("given up", failed_at=3))

        assert await _due(store, location_id, now=10) == [asked[id_] for id_ in "abcd"]
        assert await _due(store, location_id, now=10, limit=2) == [asked[id_] for id_ in "ab"]

    async def test_next_due(self, store: Database, location_id: str) -> None:
        """The soonest of those that were not given up, whatever its urgency."""
        async with store.transaction() as session:
            before = await session.rereads.next_due(location_id)
            await session.rereads.ask(
                location_id,
                [
                    reread("a", due_at=9),
                    reread("b", due_at=7, urgency=Priority.IMPORT),
                    reread("c", due_at=1, failed_at=1),
                ],
            )

            assert (before, await session.rereads.next_due(location_id)) == (None, 7)

    async def test_locations_with_something_due(self, store: Database, location_id: str) -> None:
        """Each once; what waits for later or for an operator is not due."""
        later, given_up = new_id(), new_id()
        await ask(store, location_id, reread("a", due_at=5), reread("b", due_at=5, urgency=Priority.RECONCILE))
        await ask(store, later, reread(due_at=6))
        await ask(store, given_up, reread(failed_at=1))

        async with store.reading() as session:
            found = await session.rereads.due_locations(now=5)
        assert [found.count(each) for each in (location_id, later, given_up)] == [1, 0, 0]

    async def test_postponed_reread_is_due_later(self, store: Database, location_id: str) -> None:
        """It takes the place of the one before."""
        asked = reread()
        postponed = replace(asked, due_at=20, attempts=1, reason="slow")
        await ask(store, location_id, asked)
        async with store.transaction() as session:
            await session.rereads.put(location_id, [postponed])

        assert (await _due(store, location_id), await _due(store, location_id, now=20)) == ([], [postponed])

    @pytest.mark.parametrize("again", [{"since": 2}, {"event_id": "w2"}])
    async def test_what_was_asked_for_again_stays(
        self, store: Database, location_id: str, again: dict[str, Any]
    ) -> None:
        """What was read meanwhile may be older than what the second asker knows: nothing settles or postpones it."""
        asked = reread()
        await ask(store, location_id, asked)
        await ask(store, location_id, reread(**again))
        async with store.transaction() as session:
            await session.rereads.settle(location_id, [asked])
            await session.rereads.put(location_id, [replace(asked, due_at=99)])

        assert await _due(store, location_id) == [reread(**again)]

    async def test_failed_rereads_wait_for_an_operator(self, store: Database, location_id: str) -> None:
        """Newest first; they no longer count among those that wait."""
        given_up = [reread(id_, failed_at=at) for id_, at in (("a", 1), ("b", 3), ("c", 2))]
        async with store.transaction() as session:
            await session.rereads.put(location_id, [*given_up, reread("d")])

            assert [each.subject_id for each in await session.rereads.failed(location_id)] == ["b", "c", "a"]
            assert await session.rereads.count(location_id) == 1

    async def test_deletions_are_counted(self, store: Database, location_id: str) -> None:
        """Those of records for whose end anything speaks."""
        some = [
            reread("a", deleted=True),
            reread("b"),
            reread("c", deleted=True, failed_at=1),
            reread("d", missed=True, subject=Subject.APPOINTMENT),
            reread("e", gone=1),
            reread("f", gone=1, subject=Subject.LOST_TASK),
        ]
        await ask(store, location_id, *some)

        async with store.reading() as session:
            counts = [
                await session.rereads.count(location_id, gone=subject)
                for subject in (None, Subject.CONTACT, Subject.APPOINTMENT)
            ]
        assert counts == [5, 2, 1]

    async def test_follow_ups_may_be_left_out(self, store: Database, location_id: str) -> None:
        """So many of the least urgent are told, and everything else."""
        follow_ups = [reread(f"f{number}", urgency=Priority.IMPORT) for number in range(3)]
        await ask(store, location_id, *follow_ups, reread("a"))

        async with store.reading() as session:
            told = [
                [each.subject_id for each in await session.rereads.due(location_id, now=9, limit=9, follow_ups=few)]
                for few in (0, 2)
            ]
        assert [len(ids) for ids in told] == [1, 3]
        assert {ids[0] for ids in told} == {"a"}

    async def test_found_by_their_ids(self, store: Database, location_id: str) -> None:
        """Of one subject."""
        await ask(store, location_id, reread("a"), reread("b"), reread("c", subject=Subject.TASKS))

        async with store.reading() as session:
            found = await session.rereads.find_many(location_id, Subject.CONTACT, ["a", "c", "x"])
            assert await session.rereads.find_many(location_id, Subject.CONTACT, []) == {}
        assert found == {"a": reread("a")}

    async def test_reread_is_dropped(self, store: Database, location_id: str) -> None:
        """Once."""
        await ask(store, location_id, reread("a"), reread("b"))
        async with store.transaction() as session:
            dropped = [await session.rereads.drop(location_id, Subject.CONTACT, "a") for _ in range(2)]

        assert (dropped, await _due(store, location_id)) == ([True, False], [reread("b")])

    async def test_ids_of_odd_characters(self, store: Database, location_id: str) -> None:
        """An event may name any text; it is read again and settled all the same."""
        odd = reread('a\0b"c\\ü')
        await ask(store, location_id, odd)
        await ask(store, location_id, odd)
        async with store.transaction() as session:
            found = await session.rereads.due(location_id, now=1, limit=9)
            await session.rereads.settle(location_id, found)
            left = await session.rereads.count(location_id)
        assert (found, left) == ([odd], 0)


class ProvisionalPromises:
    """Marks of what only an event told."""

    async def test_mark_is_replaced(self, store: Database, location_id: str) -> None:
        """By the next of the same record; another kind or location has its own."""
        first, second = (_mark("c1", since=since) for since in (1, 2))
        async with store.transaction() as session:
            await session.provisional.mark(location_id, [first, _mark("n1", kind=RecordKind.NOTE)])
            await session.provisional.mark(location_id, [second])

            found = await session.provisional.get_many(location_id, RecordKind.CONTACT, ["c1", "n1", "c2"])
            assert await session.provisional.get_many(new_id(), RecordKind.CONTACT, ["c1"]) == {}
            assert await session.provisional.count(location_id) == 2
        assert found == {"c1": second}

    async def test_mark_is_taken_away(self, store: Database, location_id: str) -> None:
        """From the records that were confirmed, and no others."""
        async with store.transaction() as session:
            await session.provisional.mark(location_id, [_mark(id_) for id_ in ("c1", "c2", "c3")])
            await session.provisional.confirm(location_id, RecordKind.CONTACT, ["c1", "c3", "c4"])
            await session.provisional.confirm(location_id, RecordKind.TASK, ["c2"])
            await session.provisional.confirm(location_id, RecordKind.CONTACT, [])

            left = await session.provisional.get_many(location_id, RecordKind.CONTACT, ["c1", "c2", "c3"])
        assert list(left) == ["c2"]

    async def test_marks_of_a_contact_are_taken_away(self, store: Database, location_id: str) -> None:
        """Of all its records of a kind."""
        marks = [
            _mark(id_, kind=RecordKind.NOTE, contact_id=owner)
            for id_, owner in (("n1", "c1"), ("n2", "c1"), ("n3", "c2"))
        ]
        async with store.transaction() as session:
            await session.provisional.mark(location_id, [*marks, _mark("c1", contact_id="c1")])
            await session.provisional.confirm_of_contacts(location_id, RecordKind.NOTE, ["c1"])

            left = await session.provisional.get_many(location_id, RecordKind.NOTE, ["n1", "n2", "n3"])
            assert await session.provisional.count(location_id) == 2
        assert list(left) == ["n3"]


def _mark(
    record_id: str, *, kind: RecordKind = RecordKind.CONTACT, contact_id: str | None = None, since: int = 1
) -> Provisional:
    return Provisional(kind=kind, record_id=record_id, contact_id=contact_id, since=since, shown_at=since + 1)
