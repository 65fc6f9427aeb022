"""What the store promises about records that are gone, and about deletions that wait for approval."""
# ruff: noqa: S101 - these are tests, kept here so that every database can subclass them

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from invoco.domain.deletions import DeletionAction, HeldDeletions, HeldState, Tombstone
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.store.database import Database


def tombstone(record_id: str, **fields: Any) -> Tombstone:
    """An archived contact."""
    usual = {"contact_id": record_id, "action": DeletionAction.ARCHIVE, "gone_at": 1, "archived": b'{"id": "c1"}'}
    return Tombstone(**{"kind": RecordKind.CONTACT, "record_id": record_id, **usual, **fields})


async def put(store: Database, location_id: str, *tombstones: Tombstone) -> None:
    """Set them in a transaction of their own."""
    async with store.transaction() as session:
        await session.tombstones.put(location_id, tombstones)


class TombstonePromises:
    """What is gone stays gone until it is found again."""

    async def test_tombstone_comes_back_as_it_went_in(self, store: Database, location_id: str) -> None:
        """Of its kind and location alone."""
        full = tombstone("c1", action=DeletionAction.DELETE, purge_at=9)
        bare = tombstone("c2", contact_id=None, archived=None, action=DeletionAction.LEAVE)
        await put(store, location_id, full, bare)

        async with store.reading() as session:
            ids = ["c1", "c2", "c3"]
            found = await session.tombstones.get_many(location_id, RecordKind.CONTACT, ids)
            assert await session.tombstones.get_many(location_id, RecordKind.TASK, ids) == {}
            assert await session.tombstones.get_many(new_id(), RecordKind.CONTACT, ids) == {}
        assert found == {"c1": full, "c2": bare}

    async def test_tombstone_is_replaced(self, store: Database, location_id: str) -> None:
        """There is one for each record."""
        await put(store, location_id, tombstone("c1"))
        await put(store, location_id, tombstone("c1", gone_at=2))

        assert await _ids(store, location_id) == ["c1"]

    async def test_record_that_is_back_has_none(self, store: Database, location_id: str) -> None:
        """Others keep theirs."""
        await put(store, location_id, *(tombstone(id_) for id_ in ("c1", "c2", "c3")))
        async with store.transaction() as session:
            await session.tombstones.remove(location_id, RecordKind.CONTACT, ["c1", "c3", "c4"])
            await session.tombstones.remove(location_id, RecordKind.TASK, ["c2"])

        assert await _ids(store, location_id) == ["c2"]

    async def test_newest_come_first(self, store: Database, location_id: str) -> None:
        """Archived ones by default; of one kind if asked."""
        await put(
            store, location_id,
            tombstone("c1", gone_at=1), tombstone("c2", gone_at=3), tombstone("c3", gone_at=4, archived=None),
            tombstone("n1", gone_at=2, kind=RecordKind.NOTE),
        )  # fmt: skip

        assert await _ids(store, location_id) == ["c2", "n1", "c1"]
        assert await _ids(store, location_id, archived_only=False, limit=2) == ["c3", "c2"]
        assert await _ids(store, location_id, kind=RecordKind.NOTE) == ["n1"]

    async def test_tombstones_of_a_contact(self, store: Database, location_id: str) -> None:
        """Its own and those of what belonged to it, archived or not."""
        mine = [
            tombstone("c1", gone_at=3),
            tombstone("n1", kind=RecordKind.NOTE, contact_id="c1", gone_at=2),
            tombstone("t1", kind=RecordKind.TASK, contact_id="c1", archived=None),
        ]
        await put(store, location_id, *mine, tombstone("c2"), tombstone("a1", contact_id=None))

        async with store.reading() as session:
            assert await session.tombstones.of_contact(location_id, "c1") == mine

    async def test_archived_record_is_purged_when_its_time_has_come(self, store: Database, location_id: str) -> None:
        """The tombstone stays, so that a late event revives nothing."""
        over, later, never = tombstone("c1", purge_at=-5), tombstone("c2", purge_at=-4), tombstone("c3")
        await put(store, location_id, over, later, never)
        async with store.transaction() as session:
            assert [await session.tombstones.purge(now=-5) for _ in range(2)] == [1, 0]

            found = await session.tombstones.get_many(location_id, RecordKind.CONTACT, ["c1", "c2", "c3"])
        assert found == {"c1": replace(over, archived=None), "c2": later, "c3": never}

    async def test_count_of_what_went_lately(self, store: Database, location_id: str) -> None:
        """Of one kind, from that instant on."""
        await put(store, location_id, *(tombstone(f"c{at}", gone_at=at) for at in range(5)))
        await put(store, location_id, tombstone("n1", kind=RecordKind.NOTE, gone_at=4))
        async with store.reading() as session:
            counts = [
                await session.tombstones.count_since(location_id, RecordKind.CONTACT, since=at) for at in (0, 3, 9)
            ]
        assert counts == [5, 2, 0]


class HeldPromises:
    """A sudden mass of deletions."""

    async def test_held_deletions_wait_for_a_decision(self, store: Database, location_id: str) -> None:
        """Newest first, until they are decided."""
        old, new = (_held(location_id, found_at=at) for at in (1, 2))
        decided = replace(old, state=HeldState.APPROVED, decided_at=3)
        async with store.transaction() as session:
            for held in (old, new):
                await session.tombstones.hold(held)
            before = await session.tombstones.held(location_id)
            await session.tombstones.hold(decided)

            after = await session.tombstones.held(location_id)
            assert await session.tombstones.held(location_id, waiting_only=False) == [new, decided]
        assert (before, after) == ([new, old], [new])

    async def test_held_deletions_of_all_locations(self, store: Database, location_id: str) -> None:
        """When no location is named."""
        both = [_held(location_id, found_at=2**50), _held(new_id(), found_at=2**50 - 1)]
        async with store.transaction() as session:
            for held in both:
                await session.tombstones.hold(held)

            assert (await session.tombstones.held())[:2] == both


def _held(location_id: str, *, found_at: int) -> HeldDeletions:
    return HeldDeletions(
        id=new_id(),
        location_id=location_id,
        kind=RecordKind.CONTACT,
        record_ids=("c1", "c2"),
        records=9,
        found_at=found_at,
    )


async def _ids(store: Database, location_id: str, **which: Any) -> list[str]:
    async with store.reading() as session:
        return [each.record_id for each in await session.tombstones.page(location_id, **which)]
