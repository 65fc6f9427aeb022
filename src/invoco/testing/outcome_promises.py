"""What the store promises about findings, conflicts and mappings."""
# ruff: noqa: S101 - these are tests, kept here so that every database can subclass them

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import (
    Conflict,
    ConflictState,
    Deviation,
    Finding,
    MappingState,
    MappingVersion,
)  # fmt: skip
from invoco.store.database import Database

CONTACT = RecordKind.CONTACT


def finding(location_id: str, **fields: Any) -> Finding:
    """An open one."""
    usual = {"kind": CONTACT, "record_id": "c1", "contact_id": "c1", "field": "phone", "deviation": Deviation.DROPPED}
    told = {"wished": {"a": [1, None]}, "got": "2", "message": "It kept the phone.", "found_at": 1}
    return Finding(**{"id": new_id(), "location_id": location_id, **usual, **told, **fields})


def conflict(location_id: str, **fields: Any) -> Conflict:
    """An open one."""
    usual = {"kind": CONTACT, "record_id": "c1", "contact_id": "c1", "field": "email", "found_at": 1}
    return Conflict(**{"id": new_id(), "location_id": location_id, **usual, **fields})


class FindingPromises:
    """Fields that are not as somebody wished."""

    async def test_finding_comes_back_as_it_went_in(self, store: Database, location_id: str) -> None:
        """In its location alone."""
        full = finding(location_id)
        bare = finding(location_id, contact_id=None, field="", wished=None, got=None, closed_at=3)
        async with store.transaction() as session:
            await session.findings.put([full, bare])
            await session.findings.put([])

            assert await session.findings.find(location_id, full.id) == full
            assert await session.findings.find(location_id, bare.id) == bare
            assert await session.findings.find(new_id(), full.id) is None

    async def test_open_finding_is_replaced_and_keeps_its_id(self, store: Database, location_id: str) -> None:
        """One of another field or deviation, or a closed one, is another."""
        first = finding(location_id)
        again = [finding(location_id, found_at=at, got=str(at)) for at in (4, 5)]
        others = [
            finding(location_id, field="email"), finding(location_id, deviation=Deviation.CUT),
            finding(location_id, record_id="c2"), finding(location_id, kind=RecordKind.TASK),
        ]  # fmt: skip
        async with store.transaction() as session:
            await session.findings.put([first, *others])
            await session.findings.put(again)

            assert await session.findings.find(location_id, first.id) == replace(again[-1], id=first.id)
            assert [await session.findings.find(location_id, it.id) for it in again] == [None, None]
            assert [await session.findings.find(location_id, it.id) for it in others] == others
            assert await session.findings.counts(location_id) == {"dropped": 4, "cut": 1}

    async def test_closed_finding_may_be_found_again(self, store: Database, location_id: str) -> None:
        """The old one stays; only what is open is closed."""
        old, new = finding(location_id), finding(location_id, found_at=2)
        async with store.transaction() as session:
            findings = session.findings
            await findings.put([old])
            assert await findings.close(new_id(), [old.id], at=3) == 0
            assert [await findings.close(location_id, [old.id, "?"], at=at) for at in (3, 4)] == [1, 0]
            assert await findings.close(location_id, [], at=3) == 0
            await findings.put([new])

            assert await findings.of_record(location_id, CONTACT, "c1") == [new, replace(old, closed_at=3)]
            assert await findings.of_record(location_id, CONTACT, "c2") == []
            assert await findings.counts(location_id) == {"dropped": 1}

    async def test_finding_is_closed_and_found_again_at_once(self, store: Database, location_id: str) -> None:
        """Whatever the order in which they are put."""
        old, new = finding(location_id), finding(location_id, found_at=2)
        async with store.transaction() as session:
            await session.findings.put([old])
            await session.findings.put([new, replace(old, closed_at=3)])

            assert await session.findings.of_record(location_id, CONTACT, "c1") == [new, replace(old, closed_at=3)]

    async def test_findings_are_paged_newest_first(self, store: Database, location_id: str) -> None:
        """Open ones or closed ones, each once; nothing is behind one that there is not."""
        rows = [finding(location_id, field=f"f{at}", found_at=at // 2) for at in range(6)]
        closed = finding(location_id, field="old", closed_at=9)
        async with store.transaction() as session:
            await session.findings.put([*rows, closed, finding(new_id())])

            first = await session.findings.page(location_id, limit=4)
            rest = await session.findings.page(location_id, after=first[-1].id, limit=4)
            assert await session.findings.page(location_id, is_open=False) == [closed]
            assert await session.findings.page(location_id, after="?") == []
        assert sorted(rows, key=lambda it: (it.found_at, it.id), reverse=True) == [*first, *rest]


class ConflictPromises:
    """Fields that wait for somebody to choose."""

    async def test_conflict_comes_back_as_it_went_in(self, store: Database, location_id: str) -> None:
        """In its location alone."""
        full = conflict(location_id, base="a", theirs={"b": [1]}, ours=None, theirs_at=1, ours_at=2, ours_actor="api:x")
        async with store.transaction() as session:
            await session.conflicts.put([full])
            await session.conflicts.put([])

            assert await session.conflicts.find(location_id, full.id) == full
            assert await session.conflicts.find(new_id(), full.id) is None

    async def test_open_conflicts_of_records(self, store: Database, location_id: str) -> None:
        """By record, in the order of their fields."""
        email, phone, other = (
            conflict(location_id), conflict(location_id, field="phone"), conflict(location_id, record_id="c2"),
        )  # fmt: skip
        settled = conflict(location_id, record_id="c3", state=ConflictState.SETTLED)
        async with store.transaction() as session:
            await session.conflicts.put([phone, email, other, settled])

            found = await session.conflicts.open_of(location_id, CONTACT, ["c1", "c2", "c3"])
            assert await session.conflicts.open_of(location_id, CONTACT, []) == {}
            assert await session.conflicts.open_of(location_id, RecordKind.TASK, ["c1"]) == {}
            assert await session.conflicts.count(location_id) == 3
        assert found == {"c1": [email, phone], "c2": [other]}

    async def test_one_conflict_of_a_field_is_open(self, store: Database, location_id: str) -> None:
        """The next one takes its place until it is settled, and is another after that."""
        first, second, third = (conflict(location_id, found_at=at) for at in (1, 2, 3))
        async with store.transaction() as session:
            await session.conflicts.put([first])
            await session.conflicts.put([second])
            again = replace(second, id=first.id)
            assert await session.conflicts.open_of(location_id, CONTACT, ["c1"]) == {"c1": [again]}

            settled = replace(again, state=ConflictState.SETTLED, chosen="a", settled_at=4, settled_by="cli")
            await session.conflicts.put([third, settled])

            assert await session.conflicts.open_of(location_id, CONTACT, ["c1"]) == {"c1": [third]}
            assert await session.conflicts.page(location_id, is_open=False) == [settled]

    async def test_conflicts_are_paged_newest_first(self, store: Database, location_id: str) -> None:
        """Each once."""
        rows = [conflict(location_id, field=f"f{at}", found_at=at // 2) for at in range(5)]
        async with store.transaction() as session:
            await session.conflicts.put([*rows, conflict(new_id())])

            first = await session.conflicts.page(location_id, limit=3)
            rest = await session.conflicts.page(location_id, after=first[-1].id, limit=3)
        assert sorted(rows, key=lambda it: (it.found_at, it.id), reverse=True) == [*first, *rest]


class MappingPromises:
    """The versions of a mapping."""

    async def test_versions_are_kept(self, store: Database, location_id: str) -> None:
        """Newest first; a version is replaced when its state changes."""
        old, live, draft, newest = (
            _version(location_id, number, state)
            for number, state in ((2, "former"), (9, "live"), (10, "draft"), (11, "draft"))
        )
        async with store.transaction() as session:
            for version in (live, old, draft, newest, replace(live, state=MappingState.SHADOW), live):
                await session.mappings.put(version)
            await session.mappings.put(_version(new_id(), 12, "live"))

            assert await session.mappings.all(location_id) == [newest, draft, live, old]
            assert await session.mappings.get(location_id, 9) == live
            assert await session.mappings.get(location_id, 1) is None
            assert await session.mappings.newest(location_id, MappingState.DRAFT) == newest
            assert await session.mappings.newest(location_id, MappingState.SHADOW) is None


def _version(location_id: str, number: int, state: str) -> MappingVersion:
    return MappingVersion(
        location_id=location_id, version=number, state=MappingState(state), document='{"rules": []}', made_at=1,
        made_by="cli", promoted_at=2, run_id="r1",
    )  # fmt: skip
