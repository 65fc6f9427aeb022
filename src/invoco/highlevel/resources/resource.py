"""What all resources share: the wire, the location and the priority of their calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from invoco.highlevel.answers import succeeded
from invoco.highlevel.errors import HighLevelError, Uncertain
from invoco.highlevel.operations import OPERATIONS
from invoco.highlevel.pages import Page, R, incomplete
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import JsonObject
from invoco.highlevel.wire import Wire


class Resource:
    """One noun of HighLevel in one location."""

    def __init__(self, wire: Wire, *, location_id: str, priority: Priority) -> None:
        self._wire, self._location_id, self._priority = wire, location_id, priority

    async def _call(
        self,
        operation: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **path: str,
    ) -> JsonObject:
        """One call; values of the path are keywords under their wire names."""
        return await self._wire.call(operation, path=path, query=query or {}, body=body, priority=self._priority)

    async def _confirmed(self, operation: str, *, body: Mapping[str, Any] | None = None, **path: str) -> JsonObject:
        """One write whose answer says no more than that it was done."""
        answer = await self._call(operation, query=None, body=body, **path)
        if not succeeded(answer):
            row = OPERATIONS[operation]
            raise HighLevelError("HighLevel answered that it was not done", method=row.method, path=row.path)
        return answer

    async def _located(self, operation: str, *, query: Mapping[str, Any] | None = None, **path: str) -> JsonObject:
        """One read of this location, whose id goes into the query."""
        return await self._call(operation, query={"locationId": self._location_id, **(query or {})}, body=None, **path)


def texts_in(answer: JsonObject, name: str, *, operation: str) -> list[str]:
    """The list of texts under that name; null and missing are an empty list.

    Raises:
        Unreadable: it is no list of texts.
    """
    texts = answer.get(name) or []
    if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
        return texts
    raise incomplete(operation, answer, missing=f"a list of texts as {name}")


def may_have_happened(doubt: HighLevelError) -> bool:
    """Whether a create that ended so may have been done all the same (facts 3.4, i64: even after a 422)."""
    return isinstance(doubt, Uncertain) or doubt.status == 422


async def adopted(listing: Awaitable[Page[R]], is_same: Callable[[R], bool], *, doubt: HighLevelError) -> R:
    """The one record of the list that is what was sent.

    Raises:
        HighLevelError: the doubt itself, when none, several, or no list at all was found.
    """
    try:
        page = await listing
    except HighLevelError:
        raise doubt from None
    candidates = [record for record in page if is_same(record)]
    if len(candidates) == 1:
        return candidates[0]
    raise doubt
