"""The duplicate rule of a location; at HighLevel it is set on a page alone (facts 5)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session
from invoco.highlevel.records import JsonObject, Location
from invoco.service.books.location_rules import rules_of


async def set_rule(
    session: Session, location_id: str, *, allow: bool | None = None, order: Sequence[str] | None = None
) -> JsonObject:
    """Allow duplicates or not, and set by which field contacts are matched first; None leaves as it is.

    Returns:
        The rule as it is now.
    """
    shelf = session.shelf(RecordKind.LOCATION)
    location: Location = await shelf.get(location_id, location_id) or Location(id=location_id)
    given = {"allowDuplicateContact": allow, "contactUniqueIdentifiers": order and list(order)}
    changed = {name: value for name, value in given.items() if value is not None}
    await shelf.put(location_id, [msgspec.structs.replace(location, settings=location.settings | changed)])
    rules = await rules_of(session, location_id)
    return {"location": location_id, "allow": rules.allow_duplicates, "order": rules.identifiers}
