"""Ports of the way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Base, Conflict, Finding, MappingState, MappingVersion, Write, WriteState


class BaseShelf(Protocol):
    """Records of which Invoco's state is not simply HighLevel's."""

    async def get_many(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> dict[str, Base]:
        """Those that there are, by id."""

    async def put(self, location_id: str, bases: Sequence[Base]) -> None:
        """Keep them; one of the same kind and id is replaced."""

    async def remove(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> None:
        """Both sides are the same."""

    async def of_contacts(self, location_id: str, kind: RecordKind, contact_ids: Sequence[str]) -> list[Base]:
        """Those of records that belong to these contacts."""

    async def page(
        self, location_id: str, kind: RecordKind, *, after: str | None = None, limit: int = 500
    ) -> list[Base]:
        """The next ones by ascending record id."""

    async def count(self, location_id: str, kind: RecordKind) -> int:
        """How many there are of that kind; most of the time few, but for a location whose mapping changes values."""


class OutboxShelf(Protocol):
    """What is still to be sent; `JournalShelf.record` appends to it."""

    async def waiting(self, location_id: str, *, now: int, contacts: int) -> list[Write]:
        """All waiting writes of so many contacts, in order: of those whose oldest waiting write is due.

        What has been due longest comes first.
        """

    async def waiting_of(self, location_id: str, contact_id: str) -> list[Write]:
        """All waiting writes of one contact, due or not, in order."""

    async def contacts_waiting(self, location_id: str, contact_ids: Sequence[str]) -> set[str]:
        """Those of the contacts that have something waiting."""

    async def next_due(self, location_id: str) -> int | None:
        """When the next contact is due; None when nothing waits."""

    async def due_locations(self, *, now: int) -> list[str]:
        """The locations with something due."""

    async def put(self, location_id: str, writes: Sequence[Write]) -> None:
        """Replace those with the same ids."""

    async def settle(
        self, location_id: str, ids: Sequence[int], state: WriteState, *, at: int, reason: str | None = None,
        cure: str | None = None,
    ) -> None:  # fmt: skip
        """Write down what became of them."""

    async def failed(self, location_id: str) -> list[Write]:
        """Those that were given up, newest first."""

    async def find(self, location_id: str, write_id: int) -> Write | None:
        """The write of that id, whatever its state."""

    async def counts(self, location_id: str) -> dict[str, int]:
        """How many there are, by state."""

    async def forget(self, *, before: int) -> int:
        """Remove what was settled (but did not fail) before that instant; tells how many.

        Many are not removed at once, so that nobody waits for it: there may be more until it tells 0.
        """


class AliasShelf(Protocol):
    """Ids that records had here before HighLevel gave them its own."""

    async def put(self, location_id: str, kind: RecordKind, aliases: Mapping[str, str]) -> None:
        """Remember, by the old id, the id of HighLevel."""

    async def resolve(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> dict[str, str]:
        """HighLevel's ids of those that are aliases."""

    async def of(self, location_id: str, kind: RecordKind, record_id: str) -> list[str]:
        """The aliases of the record."""


class FindingShelf(Protocol):
    """Fields that are not as somebody wished."""

    async def put(self, findings: Sequence[Finding]) -> None:
        """Keep them; an open one of the same record, field and deviation is replaced and keeps its id."""

    async def find(self, location_id: str, finding_id: str) -> Finding | None:
        """The finding of that id."""

    async def of_record(self, location_id: str, kind: RecordKind, record_id: str) -> list[Finding]:
        """Those of a record, newest first, open ones before the others."""

    async def page(
        self, location_id: str, *, is_open: bool = True, after: str | None = None, limit: int = 100
    ) -> list[Finding]:
        """Newest first, behind the finding of that id; those that are open, or those that are closed."""

    async def close(self, location_id: str, finding_ids: Sequence[str], *, at: int) -> int:
        """Close those that are open; tells how many."""

    async def counts(self, location_id: str) -> dict[str, int]:
        """How many are open, by deviation."""


class ConflictShelf(Protocol):
    """Fields that wait for somebody to choose."""

    async def put(self, conflicts: Sequence[Conflict]) -> None:
        """Keep them, replacing those of the same ids; an open one of the same record and field keeps its id."""

    async def find(self, location_id: str, conflict_id: str) -> Conflict | None:
        """The conflict of that id."""

    async def open_of(self, location_id: str, kind: RecordKind, record_ids: Sequence[str]) -> dict[str, list[Conflict]]:
        """The open ones of these records, by record id, in the order of their fields."""

    async def page(
        self, location_id: str, *, is_open: bool = True, after: str | None = None, limit: int = 100
    ) -> list[Conflict]:
        """Newest first, behind the conflict of that id; those that are open, or those that are settled."""

    async def count(self, location_id: str) -> int:
        """How many are open."""


class MappingShelf(Protocol):
    """The versions of the mappings."""

    async def put(self, version: MappingVersion) -> None:
        """Keep it; one of the same location and number is replaced."""

    async def all(self, location_id: str) -> list[MappingVersion]:
        """Every version, newest first."""

    async def get(self, location_id: str, version: int) -> MappingVersion | None:
        """That version."""

    async def newest(self, location_id: str, state: MappingState) -> MappingVersion | None:
        """The newest version of that state."""
