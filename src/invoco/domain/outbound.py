"""The way out: what is still to be sent to HighLevel, on what both sides agreed last, and what did not go as wished."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Record


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """A record of which Invoco's state is not simply HighLevel's.

    A record without one is the same on both sides.
    """

    kind: RecordKind
    record_id: str
    contact_id: str | None
    """The contact it belongs to; a contact's own id."""
    theirs: Record | None
    """HighLevel's state as it was last agreed on; None: HighLevel has never had the record."""
    deleted: bool = False
    """Whether it was deleted here, which HighLevel has not been told yet."""


class WriteState(StrEnum):
    """What became of a write."""

    WAITING = "waiting"
    SENT = "sent"
    """HighLevel was told, and read again."""
    NEEDLESS = "needless"
    """HighLevel had it already, or a later state won."""
    FAILED = "failed"
    """It was given up; an operator decides."""


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One write of the outbox."""

    id: int
    """In the order in which they were made."""
    location_id: str
    kind: RecordKind
    record_id: str
    contact_id: str
    operation: str
    """Of `highlevel.operations`."""
    actor: str
    at: int
    path: dict[str, str] = {}
    body: dict[str, Any] | None = None
    state: WriteState = WriteState.WAITING
    attempts: int = 0
    due_at: int = 0
    """Not to be sent before."""
    tried_at: int | None = None
    """When it was first about to be sent: from then on HighLevel may have it."""
    settled_at: int | None = None
    reason: str | None = None
    """Why it was postponed or given up."""
    cure: str | None = None


class Deviation(StrEnum):
    """How HighLevel's state differs from what was written."""

    DROPPED = "dropped"
    """It kept what it had (facts 3.7, i313)."""
    CUT = "cut"
    """It kept the beginning (facts 10.3)."""
    CHANGED = "changed"
    """It has something else."""
    UNCLEARED = "uncleared"
    """It would not clear the field (facts 10.5)."""
    REFUSED = "refused"
    """It refused the write, and said why."""
    DUPLICATE = "duplicate"
    """The e-mail or phone belongs to another contact."""
    GONE = "gone"
    """The record was gone when it was to be written."""
    SCHEMA = "schema"
    """A definition changed, so that a rule of the mapping no longer fits."""
    UNMAPPED = "unmapped"
    """A rule of the mapping failed."""
    SHADOW = "shadow"
    """A mapping that is tried out would have made something else of it."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One field that is not as somebody wished; there is one open finding per record, field and deviation at most."""

    id: str
    location_id: str
    kind: RecordKind
    record_id: str
    contact_id: str | None
    field: str
    """By its wire name, `customFields.<id>` for a custom field; empty for the record as a whole."""
    deviation: Deviation
    wished: Any = None
    got: Any = None
    message: str
    """One sentence for an operator."""
    found_at: int
    closed_at: int | None = None


class ConflictState(StrEnum):
    """Whether a conflict is decided."""

    OPEN = "open"
    SETTLED = "settled"


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """A field that both sides changed to different values: somebody must choose. One per field is open at most."""

    id: str
    location_id: str
    kind: RecordKind
    record_id: str
    contact_id: str | None
    field: str
    base: Any = None
    theirs: Any = None
    """HighLevel's value."""
    ours: Any = None
    """Invoco's value."""
    theirs_at: int | None = None
    """When HighLevel's record changed, milliseconds since 1970, as far as it is known."""
    ours_at: int | None = None
    ours_actor: str | None = None
    found_at: int
    state: ConflictState = ConflictState.OPEN
    chosen: Any = None
    settled_at: int | None = None
    settled_by: str | None = None


class MappingState(StrEnum):
    """What a version of a mapping is for."""

    DRAFT = "draft"
    SHADOW = "shadow"
    """Tried beside the live one: it changes nothing and tells where it differs."""
    LIVE = "live"
    FORMER = "former"


class MappingVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the mapping of a connection."""

    location_id: str
    version: int
    """From 1 on."""
    state: MappingState
    document: str
    """As JSON."""
    made_at: int
    made_by: str
    promoted_at: int | None = None
    run_id: str | None = None
    """The run that promoted it."""
