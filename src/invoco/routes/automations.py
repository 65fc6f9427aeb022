"""Campaigns and workflows of a contact (facts 3.5)."""

from __future__ import annotations

from invoco.routes.calls import Call, Handler, JsonObject
from invoco.routes.flags import succeeded


async def join_campaign(call: Call) -> JsonObject:
    """Nothing but the flag."""
    await call.books.contacts.join_campaign(
        call.location_id, call.path["contactId"], call.path["campaignId"], actor=call.actor
    )
    return succeeded(call)


async def leave_campaign(call: Call) -> JsonObject:
    """Nothing but the flag."""
    await call.books.contacts.leave_campaign(
        call.location_id, call.path["contactId"], call.path["campaignId"], actor=call.actor
    )
    return succeeded(call)


async def leave_all_campaigns(call: Call) -> JsonObject:
    """Nothing but the flag."""
    await call.books.contacts.leave_all_campaigns(call.location_id, call.path["contactId"], actor=call.actor)
    return succeeded(call)


async def join_workflow(call: Call) -> JsonObject:
    """Nothing but the flag."""
    await call.books.contacts.join_workflow(
        call.location_id,
        call.path["contactId"],
        call.path["workflowId"],
        event_start_time=call.body.get("eventStartTime"),
        actor=call.actor,
    )
    return succeeded(call)


async def leave_workflow(call: Call) -> JsonObject:
    """Nothing but the flag."""
    await call.books.contacts.leave_workflow(
        call.location_id,
        call.path["contactId"],
        call.path["workflowId"],
        event_start_time=call.body.get("eventStartTime"),
        actor=call.actor,
    )
    return succeeded(call)


HANDLERS: dict[str, Handler] = {
    "add-contact-to-campaign": join_campaign,
    "remove-contact-from-campaign": leave_campaign,
    "remove-contact-from-every-campaign": leave_all_campaigns,
    "add-contact-to-workflow": join_workflow,
    "delete-contact-from-workflow": leave_workflow,
}
"""By operation id."""
