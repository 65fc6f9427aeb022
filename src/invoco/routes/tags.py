"""Tags and followers of one contact (facts 3.5)."""

from __future__ import annotations

from invoco.routes.calls import Call, Handler, JsonObject


async def add_tags(call: Call) -> JsonObject:
    """All tags after the call, and those that are new."""
    tags, added = await call.books.contacts.add_tags(
        call.location_id, call.path["contactId"], call.body["tags"], actor=call.actor
    )
    return {"tags": tags, "tagsAdded": added}


async def remove_tags(call: Call) -> JsonObject:
    """All tags after the call, and those that are gone."""
    tags, removed = await call.books.contacts.remove_tags(
        call.location_id, call.path["contactId"], call.body["tags"], actor=call.actor
    )
    return {"tags": tags, "tagsRemoved": removed}


async def add_followers(call: Call) -> JsonObject:
    """All followers after the call, and those that are new."""
    followers, added = await call.books.contacts.add_followers(
        call.location_id, call.path["contactId"], call.body["followers"], actor=call.actor
    )
    return {"followers": followers, "followersAdded": added}


async def remove_followers(call: Call) -> JsonObject:
    """All followers after the call, and those that are gone."""
    followers, removed = await call.books.contacts.remove_followers(
        call.location_id, call.path["contactId"], call.body["followers"], actor=call.actor
    )
    return {"followers": followers, "followersRemoved": removed}


HANDLERS: dict[str, Handler] = {
    "add-tags": add_tags,
    "remove-tags": remove_tags,
    "add-followers-contact": add_followers,
    "remove-followers-contact": remove_followers,
}
"""By operation id."""
