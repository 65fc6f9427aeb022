"""A location of HighLevel behind the `Destination` port."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from invoco.domain.errors import DuplicateContact, InvalidFields, InvocoError
from invoco.domain.kinds import RecordKind
from invoco.gateway.errors import our_errors
from invoco.highlevel.client import HighLevel
from invoco.highlevel.errors import Duplicate, InvalidInput, NotFound
from invoco.highlevel.records import Contact, Record, Tag

_GONE: Final = (NotFound, InvalidInput)
"""How a read by id ends when there is no such record: the id is all that it could refuse (facts 6.2)."""

_Order = Callable[[Mapping[str, str], Mapping[str, Any]], Awaitable[None]]


class HighLevelDestination:
    """Writes to one location through the client; every error is an `InvocoError`."""

    def __init__(self, client: HighLevel, *, base_url: str) -> None:
        self._client, self._base_url = client, base_url
        contacts = client.contacts
        self._orders: dict[str, _Order] = {
            "add-contact-to-campaign": lambda path, _: contacts.join_campaign(path["contactId"], path["campaignId"]),
            "remove-contact-from-campaign": lambda path, _: contacts.leave_campaign(
                path["contactId"], path["campaignId"]
            ),
            "remove-contact-from-every-campaign": lambda path, _: contacts.leave_all_campaigns(path["contactId"]),
            "add-contact-to-workflow": lambda path, body: contacts.join_workflow(
                path["contactId"], path["workflowId"], event_start_time=body.get("eventStartTime")
            ),
            "delete-contact-from-workflow": lambda path, body: contacts.leave_workflow(
                path["contactId"], path["workflowId"], event_start_time=body.get("eventStartTime")
            ),
        }

    async def create(self, kind: RecordKind, contact_id: str, fields: Mapping[str, Any]) -> Record:
        """A new record."""
        with self._write_errors():
            match kind:
                case RecordKind.TASK:
                    return await self._client.tasks.create(contact_id, fields)
                case RecordKind.NOTE:
                    return await self._client.notes.create(contact_id, fields)
            return await self._client.contacts.create(fields)

    async def update(self, kind: RecordKind, contact_id: str, record_id: str, fields: Mapping[str, Any]) -> None:
        """Write these fields."""
        with self._write_errors():
            match kind:
                case RecordKind.TASK:
                    await self._client.tasks.update(contact_id, record_id, fields)
                case RecordKind.NOTE:
                    await self._client.notes.update(contact_id, record_id, fields)
                case _:
                    await self._client.contacts.update(contact_id, fields)

    async def delete(self, kind: RecordKind, contact_id: str, record_id: str) -> None:
        """Delete it."""
        with self._write_errors():
            match kind:
                case RecordKind.TASK:
                    await self._client.tasks.delete(contact_id, record_id)
                case RecordKind.NOTE:
                    await self._client.notes.delete(contact_id, record_id)
                case _:
                    await self._client.contacts.delete(contact_id)

    async def tag(self, contact_id: str, *, add: Sequence[str], remove: Sequence[str]) -> None:
        """Put tags on and take others off."""
        with self._write_errors():
            if remove:
                await self._client.contacts.remove_tags(contact_id, remove)
            if add:
                await self._client.contacts.add_tags(contact_id, add)

    async def follow(self, contact_id: str, *, add: Sequence[str], remove: Sequence[str]) -> None:
        """Let users follow, and others no longer."""
        with self._write_errors():
            if remove:
                await self._client.contacts.remove_followers(contact_id, remove)
            if add:
                await self._client.contacts.add_followers(contact_id, add)

    async def place(self, contact_id: str, business_id: str | None) -> None:
        """Put a contact into a business, or take it out."""
        with self._write_errors():
            await self._client.contacts.bulk_business([contact_id], business_id)

    async def order(self, operation: str, path: Mapping[str, str], body: Mapping[str, Any] | None) -> None:
        """Join or leave a campaign or workflow."""
        with self._write_errors():
            await self._orders[operation](path, body or {})

    async def read(self, kind: RecordKind, contact_id: str, record_id: str) -> Record | None:
        """The record as it is now; None when it is gone."""
        with our_errors(self._base_url):
            try:
                match kind:
                    case RecordKind.TASK:
                        return await self._client.tasks.get(contact_id, record_id)
                    case RecordKind.NOTE:
                        return await self._client.notes.get(contact_id, record_id)
                return await self._client.contacts.get(record_id)
            except _GONE:
                return None

    async def children(self, kind: RecordKind, contact_id: str) -> Sequence[Record]:
        """All tasks or all notes of a contact."""
        with our_errors(self._base_url):
            if kind is RecordKind.TASK:
                return (await self._client.tasks.of_contact(contact_id)).records
            return (await self._client.notes.of_contact(contact_id)).records

    async def namesakes(self, *, email: str | None, phone: str | None) -> list[Contact]:
        """The contacts that have the e-mail and the phone."""
        keys = [key for key in ({"email": email}, {"number": phone}) if any(key.values())]
        with our_errors(self._base_url):
            found = [await self._client.contacts.duplicate(**key) for key in keys]
        return [contact for contact in found if contact is not None]

    async def tags(self) -> Sequence[Tag]:
        """The tag dictionary."""
        with our_errors(self._base_url):
            return (await self._client.locations.tags()).records

    @contextmanager
    def _write_errors(self) -> Iterator[None]:
        with our_errors(self._base_url):
            try:
                yield
            except (InvalidInput, Duplicate) as refusal:
                raise _refused(refusal) from refusal


def _refused(refusal: InvalidInput | Duplicate) -> InvocoError:
    if isinstance(refusal, Duplicate):
        return DuplicateContact(
            refusal.existing_id or "", contact_name=None, matching_field=refusal.matching_field or ""
        )
    problems = [f"{field}: {reason}" for field, reason in refusal.fields.items()] or [refusal.message]
    return InvalidFields(problems, refused=refusal.fields)
