"""The last part of the demo: people edit in Invoco and in HighLevel at once, and both sides become equal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from invoco.cli.demo.changes import Unseen
from invoco.highlevel import HighLevel, PrivateToken

if TYPE_CHECKING:
    from invoco.bootstrap import Invoco
    from invoco.cli.demo.live import Served
    from invoco.cli.twin_process import RunningTwin
    from invoco.domain.connections import Connection

_EDITED, _MADE = 10, 3
_PATIENCE = 60.0
_LOOK_AGAIN = 0.05
_DUE = "2030-01-03T09:00:00.000Z"


class Outbound(msgspec.Struct, frozen=True, kw_only=True):
    """What the edits came to."""

    sent: int
    """Writes of Invoco that HighLevel was told of."""
    verified: int
    """Those of them that HighLevel has as they were sent, as a read told."""
    findings: int
    """Fields that HighLevel has otherwise."""
    conflicts: int
    """Fields that wait for somebody to choose."""
    seconds: float = 0.0
    """From the last edit until all was sent and read back."""


async def edit_both(invoco: Invoco, connection: Connection, twin: RunningTwin, api: Served) -> Outbound:
    """Edit contacts on both sides, make some in Invoco, delete one, and wait until all is sent.

    Raises:
        Unseen: something was not sent in time.
    """
    here = HighLevel(credentials=PrivateToken(api.key), location_id=connection.id, base_url=api.url)
    there = HighLevel(credentials=PrivateToken(twin.token), location_id=twin.location_id, base_url=twin.url)
    async with here, there:
        contacts = await here.contacts.search(page_limit=_EDITED + 1)
        ids = [contact.id for contact in contacts]
        await asyncio.gather(*(_edit(here, there, id_, number) for number, id_ in enumerate(ids[:_EDITED])))
        await asyncio.gather(*(_make(here, number) for number in range(_MADE)))
        for id_ in ids[_EDITED:]:
            await here.contacts.delete(id_)
    return await _sent(invoco, connection)


async def _edit(here: HighLevel, there: HighLevel, contact_id: str, number: int) -> None:
    """A field is changed here, another one there, and a third on both sides: then HighLevel's is taken by the rule."""
    await asyncio.gather(
        here.contacts.update(contact_id, {"city": f"Port {number}", "state": "Invoco"}),
        there.contacts.update(contact_id, {"website": f"https://example.com/{number}", "state": "HighLevel"}),
    )


async def _make(here: HighLevel, number: int) -> None:
    contact = await here.contacts.create({"firstName": "Made", "lastName": f"Here {number}"})
    task = await here.tasks.create(contact.id, {"title": "Welcome", "dueDate": _DUE, "completed": False})
    await here.notes.create(contact.id, {"body": "Made in Invoco"})
    await here.tasks.complete(contact.id, task.id)


async def _sent(invoco: Invoco, connection: Connection) -> Outbound:
    began = time.monotonic()
    while (took := time.monotonic() - began) < _PATIENCE:
        async with invoco.database.reading() as session:
            counts = await session.outbox.counts(connection.id)
            findings = sum((await session.findings.counts(connection.id)).values())
            conflicts = await session.conflicts.count(connection.id)
        if not counts.get("waiting"):
            sent = counts.get("sent", 0)
            return Outbound(
                sent=sent, verified=sent - findings, findings=findings, conflicts=conflicts, seconds=round(took, 2)
            )
        await asyncio.sleep(_LOOK_AGAIN)
    raise Unseen("What was written in Invoco was not sent to HighLevel in time.")


def told(outbound: Outbound) -> Sequence[tuple[str, int]]:
    """For a table."""
    return [
        ("writes sent to HighLevel", outbound.sent),
        ("read back as they were sent", outbound.verified),
        ("fields that HighLevel has otherwise", outbound.findings),
        ("conflicts that wait for a choice", outbound.conflicts),
    ]
