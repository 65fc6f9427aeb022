"""Fields that are not in HighLevel as somebody wished."""

from __future__ import annotations

from typing import Final

import msgspec

from invoco.domain.connections import Connection
from invoco.domain.errors import FixInput
from invoco.domain.outbound import Deviation, Finding
from invoco.domain.ports import Session, Store
from invoco.highlevel.clock import Clock, milliseconds

ADVICE: Final[dict[Deviation, str]] = {
    Deviation.DROPPED: "HighLevel ignores this value: choose one that it takes, or set it in HighLevel.",
    Deviation.CUT: "The text is too long for HighLevel: shorten it here.",
    Deviation.CHANGED: "HighLevel spells it its own way; if that is right, close the finding.",
    Deviation.UNCLEARED: "Clear the field in HighLevel.",
    Deviation.REFUSED: "Correct the value here; it is sent again then.",
    Deviation.DUPLICATE: "Merge the two contacts in HighLevel, or change the e-mail or phone here.",
    Deviation.GONE: "Nothing needs to be done, unless the record was deleted in HighLevel by mistake.",
    Deviation.SCHEMA: "Correct the mapping: see `invoco mapping`.",
    Deviation.UNMAPPED: "Correct the value, or the rule of the mapping.",
    Deviation.SHADOW: "Look whether the new mapping is right before it goes live.",
}
"""What to do, by what happened."""
_PAGE: Final = 500


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Some findings, and how many there are."""

    findings: tuple[Finding, ...]
    """Newest first."""
    counts: dict[str, int]
    """All open ones, by deviation."""


class FindingService:
    """Shows findings and closes them."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def page(self, connection: Connection, *, is_open: bool = True, limit: int = 100) -> Found:
        """The newest that are open, or that are closed."""
        async with self._store.reading() as session:
            findings = await session.findings.page(connection.id, is_open=is_open, limit=limit)
            return Found(findings=tuple(findings), counts=await session.findings.counts(connection.id))

    async def show(self, finding_id: str) -> Finding:
        """The finding of that id, of whatever connection.

        Raises:
            FixInput: there is none.
        """
        async with self._store.reading() as session:
            return await _find(session, finding_id)

    async def close(self, finding_id: str) -> Finding:
        """Take it off the list; one that is closed stays so. If the field deviates again, it is found again.

        Raises:
            FixInput: there is none.
        """
        async with self._store.transaction() as session:
            finding = await _find(session, finding_id)
            await session.findings.close(finding.location_id, [finding_id], at=milliseconds(self._clock))
            return await _find(session, finding_id)

    async def close_all(self, connection: Connection) -> int:
        """Close all that are open now; tells how many."""
        now, closed = milliseconds(self._clock), 0
        while True:
            async with self._store.transaction() as session:
                page = await session.findings.page(connection.id, limit=_PAGE)
                closed += await session.findings.close(connection.id, [finding.id for finding in page], at=now)
            if len(page) < _PAGE:
                return closed


async def _find(session: Session, finding_id: str) -> Finding:
    for connection in await session.connections.all():
        finding = await session.findings.find(connection.id, finding_id)
        if finding is not None:
            return finding
    raise FixInput(f"No finding has the id {finding_id}.", cure="See `invoco findings list`.")
