"""Campaigns and workflows: HighLevel runs them, so only the request is kept (facts 3.5, 3.7)."""

from __future__ import annotations

from typing import Any

from invoco.domain.kinds import RecordKind
from invoco.service.books.desk import Desk, found


class ContactMemberships:
    """Joining and leaving; each raises NoSuchRecord when the location has no such contact."""

    _desk: Desk

    async def join_campaign(self, location_id: str, contact_id: str, campaign_id: str, *, actor: str) -> None:
        """Start a campaign for the contact."""
        path = {"contactId": contact_id, "campaignId": campaign_id}
        await self._ask(location_id, "campaign", "add-contact-to-campaign", path=path, actor=actor)

    async def leave_campaign(self, location_id: str, contact_id: str, campaign_id: str, *, actor: str) -> None:
        """End a campaign for the contact."""
        path = {"contactId": contact_id, "campaignId": campaign_id}
        await self._ask(location_id, "campaign", "remove-contact-from-campaign", path=path, actor=actor)

    async def leave_all_campaigns(self, location_id: str, contact_id: str, *, actor: str) -> None:
        """End every campaign for the contact."""
        path = {"contactId": contact_id}
        await self._ask(location_id, "campaign", "remove-contact-from-every-campaign", path=path, actor=actor)

    async def join_workflow(
        self, location_id: str, contact_id: str, workflow_id: str, *, event_start_time: str | None = None, actor: str
    ) -> None:
        """Start a workflow for the contact; the time is ISO-8601 with an offset."""
        path = {"contactId": contact_id, "workflowId": workflow_id}
        body = _workflow_body(event_start_time)
        await self._ask(location_id, "workflow", "add-contact-to-workflow", path=path, body=body, actor=actor)

    async def leave_workflow(
        self, location_id: str, contact_id: str, workflow_id: str, *, event_start_time: str | None = None, actor: str
    ) -> None:
        """End a workflow for the contact."""
        path = {"contactId": contact_id, "workflowId": workflow_id}
        body = _workflow_body(event_start_time)
        await self._ask(location_id, "workflow", "delete-contact-from-workflow", path=path, body=body, actor=actor)

    async def _ask(
        self, location_id: str, action: str, operation_id: str, *, path: dict[str, str], actor: str,
        body: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        async with self._desk.writing(location_id, actor=actor) as writing:
            contact = await found(writing.session.contacts, location_id, path["contactId"], noun="Contact")
            writing.note(RecordKind.CONTACT, action, operation_id, before=contact, after=contact, path=path, body=body)


def _workflow_body(event_start_time: str | None) -> dict[str, Any]:
    return {} if event_start_time is None else {"eventStartTime": event_start_time}
