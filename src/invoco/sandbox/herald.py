"""Tells the subscriber that the app was installed or taken out (facts 2.8)."""

from __future__ import annotations

from invoco.highlevel.clock import Clock, milliseconds
from invoco.sandbox.accounts import Accounts
from invoco.sandbox.registry import App, Holder, Place
from invoco.sandbox.webhooks import WebhookSender, app_events


class Herald:
    """Sends the events of the app itself."""

    def __init__(self, sender: WebhookSender, accounts: Accounts, *, clock: Clock) -> None:
        self._sender, self._accounts, self._clock = sender, accounts, clock

    async def installed(self, app: App, holder: Holder, places: list[Place]) -> None:
        """One event per location; an agency has one of its own before them."""
        told = [holder.location_id] if holder.location_id else [None, *(place.location_id for place in places)]
        for location_id in told:
            body = app_events.install(
                company_id=holder.company_id,
                company_name=app.company_name,
                at=milliseconds(self._clock),
                plan_id=app.plan_id,
                location_id=location_id,
                user_id=holder.user_id,
            )
            await self._sender.emit("INSTALL", body)

    async def uninstalled(self, location_id: str | None) -> None:
        """One event, of the location or of the company."""
        company_id = None if location_id else self._accounts.app().company_id
        await self._sender.emit("UNINSTALL", app_events.uninstall(location_id=location_id, company_id=company_id))
