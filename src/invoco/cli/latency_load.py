"""Changes made in a twin at a steady rate, and how soon each is told by Invoco's API, and confirmed."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec

from invoco.cli.serve_process import Home
from invoco.cli.twin_process import RunningTwin
from invoco.domain.errors import SourceUnavailable
from invoco.highlevel.clock import instant

_VERSION: Final = "2021-07-28"
_LOOK_AGAIN: Final = 0.005
"""Seconds between two looks for the same change."""
_COARSELY: Final = 0.1
"""The error that is allowed for those that take long."""
_LOOK_SELDOM: Final = 0.1
"""The same for those that wait for long."""
_LONG: Final = 2.0
_PATIENCE: Final = 120.0
_OF_ONE_TOKEN: Final = 80
"""Calls in 10 seconds: every token has a quota of its own, apart from that of Invoco's app."""
_WINDOW: Final = 10.0
_CONFIRMED: Final = """
SELECT contacts.id, contacts.city FROM json_each(?) AS wanted
JOIN contacts ON contacts.connection_id = ? AND contacts.id = wanted.value
LEFT JOIN provisional ON provisional.connection_id = contacts.connection_id
    AND provisional.kind = 'contacts' AND provisional.record_id = contacts.id
WHERE provisional.record_id IS NULL
"""


class Change(msgspec.Struct, kw_only=True):
    """One change of one contact; moments in seconds since 1970."""

    contact_id: str
    city: str
    """What it was changed to."""
    sent_at: float
    made_at: float = 0.0
    """As the twin's `dateUpdated` says."""
    visible_at: float | None = None
    """When Invoco's API told it; None for those that were not looked for there."""
    confirmed_at: float | None = None
    """When it was stored and no longer provisional."""


class Load:
    """Makes changes and watches them."""

    def __init__(self, twin: RunningTwin, home: Home, *, url: str, rate: float) -> None:
        """`url` is that of Invoco's API, `rate` how many changes are made a second."""
        self._twin, self._home, self._url, self._rate = twin, home, url, rate
        self._location_id = home.connection.id
        self.changes: list[Change] = []
        self._unconfirmed: dict[str, Change] = {}
        self._ended = False
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self, contact_ids: Sequence[str], *, look_at_every: int) -> float:
        """Change each of these contacts once; returns the seconds from the last change until all were confirmed.

        Args:
            contact_ids: whom to change.
            look_at_every: of how many changes one is looked for in Invoco's API, so that looking costs little.

        Raises:
            SourceUnavailable: a change could not be made, or was not confirmed in time.
        """
        headers = {"Version": _VERSION}
        async with httpx2.AsyncClient(base_url=self._twin.url, headers=headers, timeout=_PATIENCE) as there:
            tokens = await self._tokens(there)
            own = {**headers, "Authorization": f"Bearer {self._home.key}"}
            async with httpx2.AsyncClient(base_url=self._url, headers=own, timeout=_PATIENCE) as here:
                watching = asyncio.create_task(self._watch())
                await self._make(there, here, contact_ids, tokens, look_at_every)
                self._ended, ended = True, time.time()
                await asyncio.wait_for(watching, _PATIENCE)
        return max(0.0, max(change.confirmed_at or 0.0 for change in self.changes) - ended)

    async def _tokens(self, there: httpx2.AsyncClient) -> Iterator[str]:
        count = int(self._rate * _WINDOW / _OF_ONE_TOKEN) + 1
        order = {"location_id": self._location_id}
        made = [(await there.post("/_twin/private-tokens", json=order)).raise_for_status() for _ in range(count)]
        return itertools.cycle([answer.json()["token"] for answer in made])

    async def _make(
        self, there: httpx2.AsyncClient, here: httpx2.AsyncClient, contact_ids: Sequence[str], tokens: Iterator[str],
        look_at_every: int,
    ) -> None:  # fmt: skip
        """An open loop: a change that is late does not hold back the next."""
        began = time.perf_counter()
        for number, contact_id in enumerate(contact_ids):
            await asyncio.sleep(began + number / self._rate - time.perf_counter())
            looking = here if number % look_at_every == 0 else None
            task = asyncio.create_task(self._change(there, looking, contact_id, next(tokens)))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        await asyncio.gather(*self._under_way)

    async def _change(
        self, there: httpx2.AsyncClient, here: httpx2.AsyncClient | None, contact_id: str, token: str
    ) -> None:
        now = time.time()
        change = Change(contact_id=contact_id, city=f"town {now}", sent_at=now)
        self.changes.append(change)
        self._unconfirmed[contact_id] = change
        looking = asyncio.create_task(self._look(here, change)) if here is not None else None
        headers = {"Authorization": f"Bearer {token}"}
        answer = await there.put(f"/contacts/{contact_id}", json={"city": change.city}, headers=headers)
        if not answer.is_success:
            raise SourceUnavailable(f"The twin refused a change with {answer.status_code}.", cure="See its log.")
        change.made_at = instant(answer.json()["contact"]["dateUpdated"]) / 1000
        if looking is not None:
            await looking

    async def _look(self, here: httpx2.AsyncClient, change: Change) -> None:
        """Ask Invoco's API for the contact until it tells the change."""
        path = f"/contacts/{change.contact_id}"
        await asyncio.sleep(2 * _LOOK_AGAIN)
        while (waited := time.time() - change.sent_at) < _PATIENCE:
            answer = await here.get(path)
            if answer.is_success and answer.json()["contact"].get("city") == change.city:
                change.visible_at = time.time()
                return
            # The longer it takes, the less a look may cost those that are under way.
            await asyncio.sleep(max(_LOOK_AGAIN, waited * _COARSELY))

    async def _watch(self) -> None:
        """Look into Invoco's database, without a lock, until every change is confirmed and no more are made."""
        place = str(self._home.given["database_url"]).removeprefix("sqlite:///")
        seldom = 0.0
        with closing(sqlite3.connect(f"{Path(place).as_uri()}?mode=ro", uri=True)) as database:
            while self._unconfirmed or not self._ended:
                now = time.time()
                if is_time := now >= seldom:
                    seldom = now + _LOOK_SELDOM
                looked_for = [
                    each.contact_id for each in self._unconfirmed.values() if is_time or now - each.sent_at < _LONG
                ]
                self._note_confirmed(database, looked_for)
                await asyncio.sleep(_LOOK_AGAIN)

    def _note_confirmed(self, database: sqlite3.Connection, contact_ids: Sequence[str]) -> None:
        wanted = msgspec.json.encode(contact_ids).decode()
        found: list[tuple[str, Any]] = database.execute(_CONFIRMED, (wanted, self._location_id)).fetchall()
        now = time.time()
        for contact_id, city in found:
            change = self._unconfirmed[contact_id]
            if city == change.city:
                change.confirmed_at = now
                del self._unconfirmed[contact_id]
