"""What happens here to a record that is gone in HighLevel."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from invoco.domain.kinds import RecordKind


class DeletionAction(StrEnum):
    """The three policies."""

    LEAVE = "leave"
    """It stays as it is; it no longer counts as drift."""
    ARCHIVE = "archive"
    """It is hidden, kept, and comes back when HighLevel restores it or an operator does."""
    DELETE = "delete"
    """It is hidden, and removed for good after some days."""


class DeletionPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The policy of one connection for one kind of records."""

    action: DeletionAction = DeletionAction.ARCHIVE
    after_days: int = 0
    """Days until a `delete` is final; 0 removes at once."""


class MassDeletion(msgspec.Struct, frozen=True, kw_only=True):
    """From when on deletions are held for approval: more than `least`, and more than `share` of the kind's records."""

    share: float = 0.05
    least: int = 20


class Tombstone(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is gone in HighLevel: a late event cannot revive it, only a read that finds it."""

    kind: RecordKind
    record_id: str
    contact_id: str | None
    action: DeletionAction
    gone_at: int
    purge_at: int | None = None
    """When the archived record is removed for good; None: never."""
    archived: bytes | None = None
    """The record as JSON, where it is hidden and not yet removed."""


class HeldState(StrEnum):
    """What became of held deletions."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


class HeldDeletions(msgspec.Struct, frozen=True, kw_only=True):
    """A sudden mass of deletions of one kind, which waits for an operator."""

    id: str
    location_id: str
    kind: RecordKind
    record_ids: tuple[str, ...]
    """Each was confirmed to be gone in HighLevel."""
    records: int
    """How many of the kind the mirror held when they were found."""
    found_at: int
    state: HeldState = HeldState.WAITING
    decided_at: int | None = None
