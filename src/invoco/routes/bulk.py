"""Writes to many contacts at once (facts 3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoco.domain.errors import InvalidFields
from invoco.routes.calls import Call, Handler, JsonObject
from invoco.routes.flags import succeeded

if TYPE_CHECKING:
    from invoco.service.books import BulkTagResult

_MOST_IDS_V3 = 50


async def bulk_tags(call: Call) -> JsonObject:
    """What became of each contact; errors of single contacts stand inside a successful answer."""
    kind = call.path["type"]
    if kind not in {"add", "remove"}:
        raise InvalidFields(["type must be one of the following values: add, remove"])
    results = await call.books.contacts.bulk_tags(
        call.location_id,
        call.body["contacts"],
        call.body["tags"],
        remove=kind == "remove",
        remove_all=kind == "remove" and call.body.get("removeAllTags", False),
        actor=call.actor,
    )
    errors = sum(not result.ok for result in results)
    return {**succeeded(call), "errorCount": errors, "responses": [_response(result) for result in results]}


async def bulk_business(call: Call) -> JsonObject:
    """The contacts that were put into the business, or taken out of theirs when it is null."""
    ids = call.body["ids"]
    if call.v3 and len(ids) > _MOST_IDS_V3:
        raise InvalidFields([f"ids must contain no more than {_MOST_IDS_V3} elements"])
    business_id = call.body["businessId"] or None
    done = await call.books.contacts.bulk_business(call.location_id, ids, business_id, actor=call.actor)
    return {"success": True, "ids": done}


def _response(result: BulkTagResult) -> JsonObject:
    told = {"contactId": result.contact_id, "message": result.message}
    if not result.ok:
        return {**told, "type": "error"}
    return {
        **told,
        "type": "success",
        "oldTags": result.old_tags,
        "tagsAdded": result.tags_added,
        "tagsRemoved": result.tags_removed,
    }


HANDLERS: dict[str, Handler] = {
    "create-association": bulk_tags,
    "add-remove-contact-from-business": bulk_business,
}
"""By operation id."""
