"""A connection: the authorised link from Invoco to one location."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from invoco.domain.conflicts import ConflictRules
from invoco.domain.deletions import DeletionPolicy, MassDeletion
from invoco.domain.kinds import RecordKind
from invoco.domain.schedules import Modes


class ConnectionState(StrEnum):
    """Whether HighLevel lets Invoco in."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    """The app was uninstalled, or the credentials are refused; the data is kept."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One connected location. Its id is the location's id: a location is connected at most once."""

    id: str
    name: str
    """Chosen by the operator, unique, used on the command line."""
    base_url: str
    company_id: str | None = None
    access: str
    """`oauth` or `token`."""
    client_id: str | None = None
    """Of the OAuth app; None for a private integration token."""
    scopes: tuple[str, ...] = ()
    connected_at: int
    """Milliseconds since 1970."""
    state: ConnectionState = ConnectionState.CONNECTED
    state_reason: str | None = None
    """Why it is disconnected."""
    modes: Modes = Modes()
    deletion: dict[RecordKind, DeletionPolicy] = {}
    """By kind; a kind that is not named is archived."""
    mass_deletion: MassDeletion = MassDeletion()
    conflicts: ConflictRules = ConflictRules()
    """Who wins where both sides changed a field."""

    @property
    def app_id(self) -> str | None:
        """The part of the client id that events name (facts 2.1); None for a private integration token."""
        return self.client_id.partition("-")[0] if self.client_id else None

    def policy(self, kind: RecordKind) -> DeletionPolicy:
        """What happens to records of that kind that are gone in HighLevel."""
        return self.deletion.get(kind, DeletionPolicy())


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer key for Invoco's own API; only its hash is kept."""

    name: str
    location_id: str
    hash: str
    """SHA-256 of the key, in hex; a key has 256 random bits, so no slow hash is needed."""
    hint: str
    """The last four characters, to tell keys apart."""
    scopes: tuple[str, ...]
    created_at: int
    last_used_at: int | None = None


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be read, kept with its reason so that nothing is lost."""

    location_id: str
    kind: str
    record_id: str | None
    reason: str
    raw: bytes
    """What HighLevel sent, as JSON."""
    run_id: str | None
    at: int
