"""Changes that somebody makes in HighLevel, and how soon each is seen in Invoco."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Self

import httpx2
import msgspec

from invoco.domain.errors import InvocoError
from invoco.highlevel import HighLevel, PrivateToken

if TYPE_CHECKING:
    from invoco.cli.twin_process import RunningTwin

CHAINS = 5
"""Contacts that go through all changes."""
_ABREAST = 3
"""Chains under way at once."""
_PATIENCE = 60.0
"""Seconds within which a change must be seen."""
_LOOK_AGAIN = 0.004
"""Seconds between two looks."""
_VERSION = "2021-07-28"
_DUE = "2030-01-02T09:00:00.000Z"

Look = Callable[[], Awaitable[bool]]


class Unseen(InvocoError):
    """A change made in HighLevel was not seen in Invoco in time."""

    cure = "Run the demo again with INVOCO_LOG_LEVEL=info, and report what it prints."


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One change that was made and seen."""

    kind: str
    action: str
    """`create`, `update`, `complete` or `delete`."""
    milliseconds: float
    """From the moment it was made until Invoco's API told it."""


class Observer:
    """Edits in the twin through its API, and looks for each edit in Invoco's API."""

    def __init__(self, twin: RunningTwin, *, url: str, key: str) -> None:
        """`url` and `key` are those of Invoco's API."""
        self._twin, self._url, self._key = twin, url, key
        self.seen: list[Seen] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        credentials = PrivateToken(self._twin.token)
        there = HighLevel(credentials=credentials, location_id=self._twin.location_id, base_url=self._twin.url)
        self._there = await self._stack.enter_async_context(there)
        headers = {"Authorization": f"Bearer {self._key}", "Version": _VERSION}
        self._here = await self._stack.enter_async_context(httpx2.AsyncClient(base_url=self._url, headers=headers))
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def make_all(self) -> None:
        """Edit contacts that exist, and let new ones go through their whole life.

        Raises:
            Unseen: a change was not seen in time.
        """
        known = await self._there.contacts.search(page_limit=CHAINS)
        turns = asyncio.Semaphore(_ABREAST)

        async def one(number: int, contact_id: str | None) -> None:
            async with turns:
                if contact_id is not None:
                    await self._edit_contact(contact_id, number)
                await self._whole_life(number)

        ids: list[str | None] = [contact.id for contact in known]
        ids += [None] * (CHAINS - len(ids))
        async with asyncio.TaskGroup() as group:
            for number, contact_id in enumerate(ids):
                group.create_task(one(number, contact_id))

    async def _whole_life(self, number: int) -> None:
        contact = await self._there.contacts.create({"firstName": "Event", "lastName": f"Number {number}"})
        await self._watch("contacts", "create", self._is_told(f"/contacts/{contact.id}", "contact"))
        await self._task_of(contact.id)
        await self._note_of(contact.id)
        await self._edit_contact(contact.id, number)
        await self._there.contacts.delete(contact.id)
        await self._watch("contacts", "delete", self._is_gone(f"/contacts/{contact.id}"))

    async def _edit_contact(self, contact_id: str, number: int) -> None:
        city = f"Town {number} of {time.monotonic_ns()}"
        await self._there.contacts.update(contact_id, {"city": city})
        await self._watch("contacts", "update", self._is_told(f"/contacts/{contact_id}", "contact", city=city))

    async def _task_of(self, contact_id: str) -> None:
        tasks = self._there.tasks
        task = await tasks.create(contact_id, {"title": "Call back", "dueDate": _DUE, "completed": False})
        path = f"/contacts/{contact_id}/tasks/{task.id}"
        await self._watch("tasks", "create", self._is_told(path, "task"))
        await tasks.complete(contact_id, task.id)
        await self._watch("tasks", "complete", self._is_told(path, "task", completed=True))
        await tasks.delete(contact_id, task.id)
        await self._watch("tasks", "delete", self._is_gone(path))

    async def _note_of(self, contact_id: str) -> None:
        notes = self._there.notes
        note = await notes.create(contact_id, {"body": "Met at the fair."})
        path = f"/contacts/{contact_id}/notes/{note.id}"
        await self._watch("notes", "create", self._is_told(path, "note"))
        await notes.update(contact_id, note.id, {"body": "Met again."})
        await self._watch("notes", "update", self._is_told(path, "note", body="Met again."))
        await notes.delete(contact_id, note.id)
        await self._watch("notes", "delete", self._is_gone(path))

    def _is_told(self, path: str, noun: str, **fields: object) -> Look:
        async def look() -> bool:
            answer = await self._here.get(path)
            if not answer.is_success:
                return False
            told: dict[str, Any] = answer.json()[noun]
            return all(told.get(name) == value for name, value in fields.items())

        return look

    def _is_gone(self, path: str) -> Look:
        async def look() -> bool:
            return not (await self._here.get(path)).is_success

        return look

    async def _watch(self, kind: str, action: str, look: Look) -> None:
        """Look until the change is seen; it was made just now."""
        made = time.perf_counter()
        while not await look():
            if time.perf_counter() - made > _PATIENCE:
                raise Unseen(f"A change made in HighLevel ({action} of {kind}) was not seen in Invoco in time.")
            await asyncio.sleep(_LOOK_AGAIN)
        self.seen.append(Seen(kind=kind, action=action, milliseconds=1000 * (time.perf_counter() - made)))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
