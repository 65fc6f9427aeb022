"""A location and its definitions (facts 9)."""

from __future__ import annotations

import msgspec

from invoco.domain.errors import InvalidFields
from invoco.routes.calls import Call, Handler, JsonObject

_MODELS = ("contact", "opportunity", "all")
_NOT_TOLD = "contactUniqueIdentifiers"
"""A setting of locations that HighLevel keeps to itself."""


async def get_location(call: Call) -> JsonObject:
    """The location, but not in what order its contacts are matched (facts 5)."""
    location = await call.books.reference.location(call.location_id)
    told = {name: value for name, value in location.settings.items() if name != _NOT_TOLD}
    return {"location": msgspec.structs.replace(location, settings=told).to_wire()}


async def list_tags(call: Call) -> JsonObject:
    """The tag dictionary."""
    return {"tags": [tag.to_wire() for tag in await call.books.reference.tags(call.location_id)]}


async def list_custom_fields(call: Call) -> JsonObject:
    """The definitions of custom fields."""
    model = call.query.get("model") or "all"
    if model not in _MODELS:
        raise InvalidFields([f"model must be one of the following values: {', '.join(_MODELS)}"])
    fields = await call.books.reference.custom_fields(call.location_id, model)
    return {"customFields": [field.to_wire() for field in fields]}


async def list_custom_values(call: Call) -> JsonObject:
    """The custom values."""
    values = await call.books.reference.custom_values(call.location_id)
    return {"customValues": [value.to_wire() for value in values]}


HANDLERS: dict[str, Handler] = {
    "get-location": get_location,
    "get-location-tags": list_tags,
    "get-custom-fields": list_custom_fields,
    "get-custom-values": list_custom_values,
}
"""By operation id."""
