"""Users (facts 9)."""

from __future__ import annotations

from invoco.highlevel.records import User
from invoco.routes.calls import Call, Handler, JsonObject
from invoco.routes.queries import whole_number


async def list_users(call: Call) -> JsonObject:
    """All users of the location."""
    return {"users": [user.to_wire() for user in await call.books.reference.users(call.location_id)]}


async def search_users(call: Call) -> JsonObject:
    """A page of the location's users with those ids or that text in their name, e-mail or phone."""
    skip = whole_number(call.query, "skip", default=0)
    limit = whole_number(call.query, "limit", default=25, least=1, most=100)
    ids = {part for part in call.query.get("ids", "").split(",") if part}
    text = call.query.get("query", "").lower()
    users = [
        user
        for user in await call.books.reference.users(call.location_id)
        if (not ids or user.id in ids) and text in _searchable(user)
    ]
    return {"users": [user.to_wire() for user in users[skip : skip + limit]], "count": len(users)}


async def get_user(call: Call) -> JsonObject:
    """One user; the only record that HighLevel answers without a name around it."""
    user = await call.books.reference.user(call.location_id, call.path["userId"])
    return user.to_wire()


def _searchable(user: User) -> str:
    parts = (user.name, user.first_name, user.last_name, user.email, user.phone)
    return "\n".join(part for part in parts if part).lower()


HANDLERS: dict[str, Handler] = {
    "get-user-by-location": list_users,
    "search-users": search_users,
    "get-user": get_user,
}
"""By operation id."""
