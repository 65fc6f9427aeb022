"""The port through which HighLevel is written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact, Record


class Destination(Protocol):
    """A location of HighLevel, written to by one connection.

    Every method raises TryAgain when it is not known whether HighLevel did as it was told, or when it could not now;
    Reconnect when the credentials are refused; and, of the errors of `domain.errors` for input:

    - NoSuchRecord: the record, or its contact, is gone;
    - InvalidFields: `refused` names the fields, as far as HighLevel did;
    - DuplicateContact: the location allows no second contact with that e-mail or phone.
    """

    async def create(self, kind: RecordKind, contact_id: str, fields: Mapping[str, Any]) -> Record:
        """A new record; never twice, since an uncertain answer is looked up (facts 11, 8)."""

    async def update(self, kind: RecordKind, contact_id: str, record_id: str, fields: Mapping[str, Any]) -> None:
        """Write these fields; the others stay."""

    async def delete(self, kind: RecordKind, contact_id: str, record_id: str) -> None:
        """Delete it."""

    async def tag(self, contact_id: str, *, add: Sequence[str], remove: Sequence[str]) -> None:
        """Put tags on a contact and take others off; never the whole list (facts 11, 3)."""

    async def follow(self, contact_id: str, *, add: Sequence[str], remove: Sequence[str]) -> None:
        """Let users follow a contact, and others no longer."""

    async def place(self, contact_id: str, business_id: str | None) -> None:
        """Put a contact into a business, or take it out of any."""

    async def order(self, operation: str, path: Mapping[str, str], body: Mapping[str, Any] | None) -> None:
        """Let a contact join or leave a campaign or workflow, by the operation's id."""

    async def read(self, kind: RecordKind, contact_id: str, record_id: str) -> Record | None:
        """The record as it is now; None when it is gone."""

    async def children(self, kind: RecordKind, contact_id: str) -> Sequence[Record]:
        """All tasks or all notes of a contact."""

    async def namesakes(self, *, email: str | None, phone: str | None) -> list[Contact]:
        """The contacts that have the e-mail, then the one that has the phone, as the location's rule finds them."""

    async def tags(self) -> Sequence[Any]:
        """The tag dictionary of the location."""
