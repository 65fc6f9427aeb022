"""What contacts belong to: tags, followers, campaigns, workflows, businesses (facts 3.5, 3.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from invoco.highlevel.pages import incomplete, rows_of
from invoco.highlevel.records import JsonObject
from invoco.highlevel.resources.resource import Resource, texts_in


class Membership(msgspec.Struct, frozen=True):
    """Tags or followers of a contact after a change."""

    all: list[str]
    """All that the contact has now."""
    changed: list[str]
    """Those that were added or removed, where HighLevel tells."""


class BulkTagged(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a bulk change of tags did to one contact."""

    contact_id: str | None = None
    type: str | None = None
    """`success` or `error`."""
    message: str | None = None
    old_tags: list[str] | None = None
    tags_added: list[str] | None = None
    tags_removed: list[str] | None = None

    @property
    def ok(self) -> bool:
        """Whether this contact was changed."""
        return self.type == "success"


class Memberships(Resource):
    """The part of the contacts that says what they belong to."""

    async def add_tags(self, contact_id: str, tags: Sequence[str]) -> Membership:
        """Add tags; those already there stay."""
        return await self._changed("add-tags", contact_id, "tags", tags, changed="tagsAdded")

    async def remove_tags(self, contact_id: str, tags: Sequence[str]) -> Membership:
        """Remove tags; those not there are no error."""
        return await self._changed("remove-tags", contact_id, "tags", tags, changed="tagsRemoved")

    async def add_followers(self, contact_id: str, user_ids: Sequence[str]) -> Membership:
        """Let users follow the contact."""
        return await self._changed("add-followers-contact", contact_id, "followers", user_ids, changed="followersAdded")

    async def remove_followers(self, contact_id: str, user_ids: Sequence[str]) -> Membership:
        """Let users follow the contact no longer."""
        return await self._changed(
            "remove-followers-contact", contact_id, "followers", user_ids, changed="followersRemoved"
        )

    async def join_campaign(self, contact_id: str, campaign_id: str) -> None:
        """Add the contact to a campaign."""
        await self._confirmed("add-contact-to-campaign", contactId=contact_id, campaignId=campaign_id)

    async def leave_campaign(self, contact_id: str, campaign_id: str) -> None:
        """Remove the contact from a campaign."""
        await self._confirmed("remove-contact-from-campaign", contactId=contact_id, campaignId=campaign_id)

    async def leave_all_campaigns(self, contact_id: str) -> None:
        """Remove the contact from every campaign."""
        await self._confirmed("remove-contact-from-every-campaign", contactId=contact_id)

    async def join_workflow(self, contact_id: str, workflow_id: str, *, event_start_time: str | None = None) -> None:
        """Add the contact to a workflow; one that is still a draft answers success and does nothing (facts 3.7).

        Args:
            contact_id: whom to add.
            workflow_id: where to.
            event_start_time: ISO-8601 with offset.
        """
        await self._confirmed(
            "add-contact-to-workflow", body=_start(event_start_time), contactId=contact_id, workflowId=workflow_id
        )

    async def leave_workflow(self, contact_id: str, workflow_id: str, *, event_start_time: str | None = None) -> None:
        """Remove the contact from a workflow."""
        await self._confirmed(
            "delete-contact-from-workflow",
            body=_start(event_start_time),
            contactId=contact_id,
            workflowId=workflow_id,
        )

    async def bulk_add_tags(self, contact_ids: Sequence[str], tags: Sequence[str]) -> list[BulkTagged]:
        """Add tags to many contacts; one that fails does not fail the others."""
        return await self._bulk_tagged("add", {"contacts": list(contact_ids), "tags": list(tags)})

    async def bulk_remove_tags(
        self, contact_ids: Sequence[str], tags: Sequence[str], *, remove_all: bool = False
    ) -> list[BulkTagged]:
        """Remove tags, or with `remove_all` every tag, from many contacts."""
        body: JsonObject = {"contacts": list(contact_ids), "tags": list(tags)}
        return await self._bulk_tagged("remove", {**body, "removeAllTags": True} if remove_all else body)

    async def bulk_business(self, contact_ids: Sequence[str], business_id: str | None) -> list[str]:
        """Put contacts into a business, or with None take them out of theirs; returns the ids that were changed.

        v3 takes at most 50 ids (facts 1.3).
        """
        operation = "add-remove-contact-from-business"
        body = {"locationId": self._location_id, "ids": list(contact_ids), "businessId": business_id}
        return texts_in(await self._confirmed(operation, body=body), "ids", operation=operation)

    async def _changed(
        self, operation: str, contact_id: str, name: str, values: Sequence[str], *, changed: str
    ) -> Membership:
        answer = await self._call(operation, body={name: list(values)}, contactId=contact_id)
        return Membership(texts_in(answer, name, operation=operation), texts_in(answer, changed, operation=operation))

    async def _bulk_tagged(self, type_: str, body: Mapping[str, Any]) -> list[BulkTagged]:
        # Not `_confirmed`: contacts that failed are told one by one.
        operation = "create-association"
        answer = await self._call(operation, body={**body, "locationId": self._location_id}, type=type_)
        try:
            return msgspec.convert(rows_of(answer, "responses", operation=operation), list[BulkTagged])
        except msgspec.ValidationError as error:
            raise incomplete(operation, answer, missing=f"readable responses: {error}") from error


def _start(event_start_time: str | None) -> JsonObject:
    return {} if event_start_time is None else {"eventStartTime": event_start_time}
