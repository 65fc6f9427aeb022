"""What a location's settings say about its contacts (facts 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session
from invoco.highlevel.records import Location

IDENTIFIERS: Final = ("email", "phone")
"""The fields by which contacts can be matched, in the order HighLevel starts with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LocationRules:
    """How a location reads phones and tells contacts apart."""

    country: str | None = None
    """Whose phone numbers are written without a country code; ISO-2."""
    allow_duplicates: bool = False
    identifiers: tuple[str, ...] = IDENTIFIERS
    """First the field that is matched first."""


async def rules_of(session: Session, location_id: str) -> LocationRules:
    """The rules of a location; a location nobody told of allows no duplicates and matches by e-mail first."""
    location: Location | None = await session.shelf(RecordKind.LOCATION).get(location_id, location_id)
    return _rules(location) if location else LocationRules()


def _rules(location: Location) -> LocationRules:
    chosen = location.settings.get("contactUniqueIdentifiers") or ()
    return LocationRules(
        country=location.country,
        allow_duplicates=bool(location.settings.get("allowDuplicateContact")),
        identifiers=tuple(name for name in chosen if name in IDENTIFIERS) or IDENTIFIERS,
    )
