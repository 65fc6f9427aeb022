"""Invoco's recorder: every change goes to the history, and what HighLevel must be told to the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session
from invoco.sync.parting import part


class JournalRecorder:
    """Writes changes to history and outbox in the transaction that stores them."""

    async def record(self, session: Session, changes: Sequence[Change]) -> None:
        """Append the changes; what goes away with its contact is not sent, for HighLevel does the same by itself."""
        own = [change for change in changes if not _goes_with_contact(change)]
        cascaded = [change for change in changes if _goes_with_contact(change)]
        await part(session, changes)
        await session.journal.record(own, send=True)
        if cascaded:
            await session.journal.record(cascaded, send=False)


def _goes_with_contact(change: Change) -> bool:
    return change.operation_id == "delete-contact" and change.kind is not RecordKind.CONTACT
