"""Contacts: read, found, listed and written (facts 3, 4, 5)."""

from __future__ import annotations

from invoco.domain.search import ContactSearch
from invoco.highlevel.clock import instant
from invoco.highlevel.records import Contact
from invoco.routes.calls import Call, Handler, JsonObject
from invoco.routes.filters import check_types, custom_conditions
from invoco.routes.flags import succeeded
from invoco.routes.pages import list_meta
from invoco.routes.queries import Place, checked_phone, list_place, read_cursor, whole_number, written_cursor
from invoco.routes.searching import contact_search
from invoco.routes.shapes import contact_created, contact_read, list_row, search_row

_LOOKUP_ROWS = 20


async def search_contacts(call: Call) -> JsonObject:
    """A page of a search, each row with the cursor that reads on after it."""
    search = contact_search(call.location_id, call.body)
    await _check_custom_fields(call, search)
    page = await call.books.contacts.search(search)
    rows = [
        search_row(contact, cursor, v3=call.v3) for contact, cursor in zip(page.contacts, page.cursors, strict=True)
    ]
    return {"contacts": rows, "total": page.total}


async def _check_custom_fields(call: Call, search: ContactSearch) -> None:
    """What may be asked of a custom field depends on its definition (facts 4.2)."""
    asked = custom_conditions(search.filter)
    if asked:
        definitions = await call.books.reference.custom_fields(call.location_id)
        check_types(asked, {definition.id: definition.data_type for definition in definitions})


async def find_duplicate(call: Call) -> JsonObject:
    """The contact that a create with this number or e-mail would meet."""
    number, email = call.query.get("number") or None, call.query.get("email") or None
    contact = await call.books.contacts.duplicate(call.location_id, number=number, email=email)
    return {"contact": contact_read(contact, v3=call.v3) if contact else None}


async def lookup_contacts(call: Call) -> JsonObject:
    """Contacts with an e-mail or phone, additional ones too; a full page says how to read on."""
    limit = min(whole_number(call.query, "limit", default=_LOOKUP_ROWS, least=1), _LOOKUP_ROWS)
    contacts = await call.books.contacts.lookup(
        call.location_id,
        email=call.query.get("email") or None,
        phone=checked_phone(call.query.get("phone")),
        limit=limit,
        after=read_cursor(call.query.get("nextCursor")),
    )
    answer: JsonObject = {"contacts": [contact_read(contact, v3=call.v3) for contact in contacts]}
    if len(contacts) == limit:
        answer["nextCursor"] = written_cursor(_place(contacts[-1]))
    return answer


async def list_contacts(call: Call) -> JsonObject:
    """Contacts, newest first; `meta` says how to read on."""
    limit = whole_number(call.query, "limit", default=20, least=1, most=100)
    contacts, total = await call.books.contacts.newest(
        call.location_id, limit=limit, after=list_place(call.query), query=call.query.get("query") or None
    )
    last = _place(contacts[-1]) if contacts else None
    meta = list_meta(call.query, last=last, total=total, full=len(contacts) == limit)
    return {"contacts": [list_row(contact, v3=call.v3) for contact in contacts], "count": total, "meta": meta}


async def get_contact(call: Call) -> JsonObject:
    """One contact."""
    contact = await call.books.contacts.get(call.location_id, call.path["contactId"])
    return {"contact": contact_read(contact, v3=call.v3)}


async def create_contact(call: Call) -> JsonObject:
    """A new contact."""
    contact = await call.books.contacts.create(call.location_id, call.body, actor=call.actor)
    return {"contact": contact_created(contact, v3=call.v3)}


async def update_contact(call: Call) -> JsonObject:
    """The contact after the update; v3 knows one spelling of the flag here (facts 1.3)."""
    contact_id = call.path["contactId"]
    contact = await call.books.contacts.update(call.location_id, contact_id, call.body, actor=call.actor)
    flag = "succeeded" if call.v3 else "succeded"
    return {flag: True, "contact": contact_read(contact, v3=call.v3)}


async def upsert_contact(call: Call) -> JsonObject:
    """The contact after the upsert, and whether it is new."""
    contact, new = await call.books.contacts.upsert(call.location_id, call.body, actor=call.actor)
    return {"new": new, "contact": contact_read(contact, v3=call.v3)}


async def delete_contact(call: Call) -> JsonObject:
    """Nothing but the flag."""
    await call.books.contacts.delete(call.location_id, call.path["contactId"], actor=call.actor)
    return succeeded(call)


def _place(contact: Contact) -> Place:
    return Place(instant(contact.date_added) if contact.date_added else 0, contact.id)


HANDLERS: dict[str, Handler] = {
    "search-contacts-advanced": search_contacts,
    "get-duplicate-contact": find_duplicate,
    "lookup-contact": lookup_contacts,
    "get-contacts": list_contacts,
    "get-contact": get_contact,
    "create-contact": create_contact,
    "update-contact": update_contact,
    "upsert-contact": upsert_contact,
    "delete-contact": delete_contact,
}
"""By operation id."""
