"""The entrance: one client for one location."""

from __future__ import annotations

import copy
from types import TracebackType
from typing import Self, get_type_hints

import httpx2

from invoco import __version__
from invoco.highlevel.auth import Credentials
from invoco.highlevel.clock import Clock, SystemClock
from invoco.highlevel.operations import BASE_URL
from invoco.highlevel.quota import Priority, Quotas
from invoco.highlevel.resources.appointments import Appointments
from invoco.highlevel.resources.contacts import Contacts
from invoco.highlevel.resources.notes import Notes
from invoco.highlevel.resources.oauth import OAuth
from invoco.highlevel.resources.reference import Businesses, Calendars, Locations, Users
from invoco.highlevel.resources.tasks import Tasks
from invoco.highlevel.wire import Wire

__all__ = ["BASE_URL", "USER_AGENT", "HighLevel"]

USER_AGENT = f"invoco/{__version__}"
"""Sent with every call: without one the firewall in front of HighLevel may refuse it (facts 1.1)."""


class HighLevel:
    """HighLevel as one location's token sees it.

    ```python
    async with HighLevel(credentials=PrivateToken("pit-…"), location_id="ve9EPM428h8vShlRW1KT") as hl:
        contact = await hl.contacts.get("ocQHyuzHvysMo5N5VsXc")
        async for page in hl.contacts.pages():
            print(len(page))
    ```
    """

    contacts: Contacts
    tasks: Tasks
    notes: Notes
    appointments: Appointments
    businesses: Businesses
    locations: Locations
    calendars: Calendars
    users: Users
    oauth: OAuth

    def __init__(
        self,
        *,
        credentials: Credentials,
        location_id: str,
        base_url: str = BASE_URL,
        quotas: Quotas | None = None,
        priority: Priority = Priority.INTERACTIVE,
        version: str | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        timeout: float = 30.0,
        clock: Clock | None = None,
    ) -> None:
        """A client; nothing is sent yet.

        Args:
            credentials: whose right to call is used.
            location_id: the location, or for a company's token the company.
            base_url: where the API is: HighLevel, its twin, or Invoco.
            quotas: the registry that all clients of the program share; None makes one for this client alone.
            priority: of all calls, until `at` says otherwise.
            version: a `Version` for all operations that exist in it; None takes the proven one of each.
            transport: replaces the network.
            timeout: seconds to wait for a connection, and for each part of an answer.
            clock: where the time comes from.
        """
        clock = clock or SystemClock()
        self._http = httpx2.AsyncClient(
            base_url=_url(base_url),
            transport=transport,
            timeout=timeout,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )
        self.location_id = location_id
        self.quota = (quotas or Quotas(clock=clock)).of(credentials.app_id, location_id)
        """How many calls are left; shared with every client of this app and location in the registry."""
        self.wire = Wire(self._http, credentials=credentials, quota=self.quota, clock=clock, version=version)
        """For calls that no resource offers: `await hl.wire.call("get-contact", path={"contactId": "…"})`."""
        _furnish(self, priority)

    def __repr__(self) -> str:
        return f"HighLevel(location_id={self.location_id!r}, base_url={str(self._http.base_url)!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; clients made by `at` share them."""
        await self._http.aclose()

    def at(self, priority: Priority) -> Self:
        """The same client, with all its calls made at that priority."""
        view = copy.copy(self)
        _furnish(view, priority)
        return view


def _url(text: str) -> httpx2.URL:
    """The base URL; one that cannot be read becomes one that cannot be called, so that the first call says so."""
    try:
        return httpx2.URL(text)
    except httpx2.InvalidURL:
        return httpx2.URL("")


def _furnish(client: HighLevel, priority: Priority) -> None:
    for name, kind in get_type_hints(HighLevel).items():
        setattr(client, name, kind(client.wire, location_id=client.location_id, priority=priority))
