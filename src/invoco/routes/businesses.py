"""Businesses and the contacts that belong to them (facts 3.2, 9)."""

from __future__ import annotations

from invoco.highlevel.records import Contact
from invoco.routes.calls import Call, Handler, JsonObject
from invoco.routes.queries import business_cursor, whole_number
from invoco.routes.shapes import list_row


async def list_businesses(call: Call) -> JsonObject:
    """Businesses of the location."""
    limit = whole_number(call.query, "limit", default=100, least=1, most=100)
    skip = whole_number(call.query, "skip", default=0)
    businesses = await call.books.reference.businesses(call.location_id, limit=limit, skip=skip)
    return {"businesses": [business.to_wire() for business in businesses]}


async def get_business(call: Call) -> JsonObject:
    """One business."""
    business = await call.books.reference.business(call.location_id, call.path["businessId"])
    return {"business": business.to_wire()}


async def contacts_of_business(call: Call) -> JsonObject:
    """Contacts of the business, and how many there are."""
    limit = whole_number(call.query, "limit", default=25, least=1, most=100)
    skip = whole_number(call.query, "skip", default=0)
    cursor = business_cursor(call.query) if call.v3 else None
    if cursor:
        skip += await _rows_up_to(call, cursor[1])
    contacts, count = await _contacts(call, limit=limit, skip=skip)
    return {"contacts": [list_row(contact, v3=call.v3) for contact in contacts], "count": count}


async def _rows_up_to(call: Call, contact_id: str) -> int:
    """How many rows there are up to a contact; all of them when it is not among them."""
    seen = 0
    while True:
        contacts, count = await _contacts(call, limit=100, skip=seen)
        for contact in contacts:
            seen += 1
            if contact.id == contact_id:
                return seen
        if seen >= count or not contacts:
            return count


async def _contacts(call: Call, *, limit: int, skip: int) -> tuple[list[Contact], int]:
    return await call.books.contacts.of_business(
        call.location_id, call.path["businessId"], limit=limit, skip=skip, query=call.query.get("query") or None
    )


HANDLERS: dict[str, Handler] = {
    "get-businesses-by-location": list_businesses,
    "get-business": get_business,
    "get-contacts-by-businessId": contacts_of_business,
}
"""By operation id."""
