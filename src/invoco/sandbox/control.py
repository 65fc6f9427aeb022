"""The control API under /_twin: move the clock, switch faults, look inside (facts 12, "Admin API").

It is for this machine alone: a call that names another host is refused, so that no web page can reach it by a name
that points here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from invoco.domain.errors import FixInput, InvocoError
from invoco.routes.answers import JsonAnswer
from invoco.sandbox.control_orders import read_order
from invoco.sandbox.control_records import record_routes
from invoco.sandbox.duplicates import set_rule
from invoco.sandbox.faults import FAULTS
from invoco.sandbox.oauth import is_loopback
from invoco.sandbox.settings import FaultSwitch, read_limits
from invoco.sandbox.webhooks import EVENTS, POLICIES, Chaos

if TYPE_CHECKING:
    from invoco.sandbox.twin import Twin

PREFIX = "/_twin"
_CENTURY = 36_525 * 86_400.0


class SeedOrder(msgspec.Struct, forbid_unknown_fields=True):
    """How large a new sample account shall be."""

    contacts: Annotated[int, msgspec.Meta(ge=0)] = 1000
    seed: int = 1


class ClockOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What the clock shall do."""

    advance: Annotated[float, msgspec.Meta(ge=0, le=_CENTURY)] = 0.0
    """Seconds."""
    frozen: bool | None = None


class LagOrder(msgspec.Struct, forbid_unknown_fields=True):
    """How late the search index shall be."""

    seconds: Annotated[float, msgspec.Meta(ge=0)]


class LimitOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Limits, written as on the command line."""

    limit: str | None = None
    daily: Annotated[int, msgspec.Meta(ge=1)] | None = None


class TokenOrder(msgspec.Struct, forbid_unknown_fields=True):
    """A private token to be made; without a location it is the agency's."""

    location_id: str | None = None
    scopes: tuple[str, ...] | None = None


class RotateOrder(msgspec.Struct, forbid_unknown_fields=True):
    """A private token to be replaced: now, or with 7 days in which both work."""

    token: str
    now: bool = False


class AccountOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Changes of the account."""

    scopes: tuple[str, ...] | None = None
    """What the app may ask for."""
    paused: str | None = None
    """A location that refuses new tokens from now on."""
    resumed: str | None = None
    """A location that gives them again."""
    uninstalled: str | None = None
    """A location that the app is taken out of, or `company` for all."""


class DuplicateOrder(msgspec.Struct, forbid_unknown_fields=True):
    """The duplicate rule of a location; what is not named stays."""

    allow: bool | None = None
    order: Annotated[tuple[Literal["email", "phone"], ...], msgspec.Meta(min_length=1)] | None = None
    """By what contacts are matched, first of all first."""
    location: str | None = None
    """Its id; None: the main location."""


class EventOrder(msgspec.Struct, forbid_unknown_fields=True):
    """An event to be sent."""

    event: str
    """Its name, or the `type` it carries."""
    body: dict[str, Any] = {}


class WebhookOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Changes of the subscription."""

    url: str | msgspec.UnsetType | None = msgspec.UNSET
    urls: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    thin: bool | msgspec.UnsetType = msgspec.UNSET
    policy: Literal["new", "old"] | msgspec.UnsetType = msgspec.UNSET
    chaos: Chaos | msgspec.UnsetType = msgspec.UNSET


def control_app(twin: Twin) -> Starlette:
    """The control API of a twin."""
    desk = _Desk(twin)
    routes = [
        Route("/reset", desk.reset, methods=["POST"]),
        Route("/seed", desk.seed, methods=["POST"]),
        Route("/clock", desk.clock, methods=["GET"]),
        Route("/clock", desk.move_clock, methods=["POST"]),
        Route("/lag", desk.set_lag, methods=["POST"]),
        Route("/limits", desk.set_limits, methods=["POST"]),
        Route("/faults", desk.faults, methods=["GET"]),
        Route("/faults", desk.switch_on, methods=["POST"]),
        Route("/faults", desk.switch_off, methods=["DELETE"]),
        Route("/faults/{name}", desk.switch_off, methods=["DELETE"]),
        Route("/account", desk.account, methods=["GET"]),
        Route("/account", desk.change_account, methods=["POST"]),
        Route("/private-tokens", desk.new_token, methods=["POST"]),
        Route("/private-tokens/rotate", desk.rotate_token, methods=["POST"]),
        Route("/duplicates", desk.set_duplicates, methods=["POST"]),
        Route("/events", desk.events, methods=["GET"]),
        Route("/events", desk.trigger, methods=["POST"]),
        Route("/webhooks", desk.webhooks, methods=["GET"]),
        Route("/webhooks", desk.change_webhooks, methods=["POST"]),
        Route("/deliveries/{id:int}/resend", desk.resend, methods=["POST"]),
        Route("/dump", desk.dump, methods=["GET"]),
        *record_routes(twin),
    ]
    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {InvocoError: _told}
    return Starlette(routes=routes, exception_handlers=handlers, middleware=[Middleware(_ThisMachineOnly)])


class _Desk:
    """What is done at each path."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    async def reset(self, _request: Request) -> Response:
        """Begin anew."""
        await self._twin.reset()
        return JsonAnswer(await self._twin.state())

    async def seed(self, request: Request) -> Response:
        """Replace the account."""
        order = await read_order(request, SeedOrder)
        await self._twin.seed(contacts=order.contacts, seed=order.seed)
        return JsonAnswer(self._twin.accounts.keys())

    async def clock(self, _request: Request) -> Response:
        """What time it is."""
        return JsonAnswer({"now": self._twin.clock.now(), "frozen": self._twin.clock.frozen})

    async def move_clock(self, request: Request) -> Response:
        """Advance, freeze, thaw."""
        order, clock = await read_order(request, ClockOrder), self._twin.clock
        if order.frozen is not None:
            (clock.freeze if order.frozen else clock.thaw)()
        clock.advance(order.advance)
        return await self.clock(request)

    async def set_lag(self, request: Request) -> Response:
        """Let searches lag."""
        self._twin.index.lag = (await read_order(request, LagOrder)).seconds
        return JsonAnswer({"seconds": self._twin.index.lag})

    async def set_limits(self, request: Request) -> Response:
        """Change the limits; the calls counted so far are forgotten."""
        order = await read_order(request, LimitOrder)
        self._twin.limiter.limits = read_limits(order.limit, order.daily)
        self._twin.limiter.clear()
        return JsonAnswer(self._twin.limiter.limits)

    async def faults(self, _request: Request) -> Response:
        """Every fault, and those that are on with the number of calls they hit."""
        described = {name: fault.description for name, fault in FAULTS.items()}
        return JsonAnswer({"faults": described, "on": self._twin.switchboard.hits()})

    async def switch_on(self, request: Request) -> Response:
        """Switch a fault on."""
        self._twin.switchboard.on(await read_order(request, FaultSwitch))
        return await self.faults(request)

    async def switch_off(self, request: Request) -> Response:
        """Switch one fault off, or all."""
        name = request.path_params.get("name")
        if name is None:
            self._twin.switchboard.clear()
        else:
            self._twin.switchboard.off(name)
        return await self.faults(request)

    async def account(self, _request: Request) -> Response:
        """The keys that a program needs to connect."""
        return JsonAnswer(self._twin.accounts.keys())

    async def change_account(self, request: Request) -> Response:
        """Change scopes, pause or resume a location, uninstall the app."""
        order = await read_order(request, AccountOrder)
        if order.scopes is not None:
            await self._twin.accounts.set_scopes(order.scopes)
        for location_id, active in ((order.paused, False), (order.resumed, True)):
            if location_id is not None:
                await self._twin.accounts.set_active(location_id, active=active)
        if order.uninstalled is not None:
            await self._twin.uninstall(order.uninstalled)
        return await self.account(request)

    async def new_token(self, request: Request) -> Response:
        """Make a private token."""
        order = await read_order(request, TokenOrder)
        return JsonAnswer({"token": await self._twin.accounts.new_private_token(order.location_id, order.scopes)})

    async def rotate_token(self, request: Request) -> Response:
        """Replace a private token."""
        order = await read_order(request, RotateOrder)
        return JsonAnswer({"token": await self._twin.accounts.rotate(order.token, now=order.now)})

    async def set_duplicates(self, request: Request) -> Response:
        """Set the duplicate rule of a location, which no API of HighLevel's can."""
        order = await read_order(request, DuplicateOrder)
        location_id = self._twin.accounts.place(order.location).location_id
        async with self._twin.database.transaction() as session:
            return JsonAnswer(await set_rule(session, location_id, allow=order.allow, order=order.order))

    async def events(self, _request: Request) -> Response:
        """The names of all events that can be sent."""
        return JsonAnswer({"events": list(EVENTS)})

    async def trigger(self, request: Request) -> Response:
        """Send any event."""
        order = await read_order(request, EventOrder)
        return JsonAnswer({"webhook_id": await self._twin.webhooks.emit(order.event, order.body)})

    async def webhooks(self, _request: Request) -> Response:
        """The subscription, and the public keys that check its signatures."""
        return JsonAnswer(
            {**msgspec.to_builtins(self._twin.subscription), "public_keys": self._twin.keys.public_pems()}
        )

    async def change_webhooks(self, request: Request) -> Response:
        """Change where events go and what goes wrong on the way; fields that are not named stay."""
        order = await read_order(request, WebhookOrder)
        for name in order.__struct_fields__:
            value = getattr(order, name)
            if value is not msgspec.UNSET:
                setattr(self._twin.subscription, name, POLICIES[value] if name == "policy" else value)
        return await self.webhooks(request)

    async def resend(self, request: Request) -> Response:
        """Try a failed delivery once more."""
        return JsonAnswer((await self._twin.webhooks.resend(request.path_params["id"])).summary())

    async def dump(self, request: Request) -> Response:
        """Look inside: `figures`, `state`, `requests` or `deliveries`; of the last two the newest `limit`."""
        what = request.query_params.get("what", "state")
        limit = _limit(request.query_params.get("limit", "100"))
        if what == "figures":
            return JsonAnswer(self._twin.figures())
        if what == "state":
            return JsonAnswer(await self._twin.state())
        if what == "requests":
            return JsonAnswer({"requests": list(self._twin.log.requests)[-limit:]})
        if what == "deliveries":
            newest = await self._twin.webhooks.deliveries(limit=limit)
            return JsonAnswer({"deliveries": [delivery.summary() for delivery in newest]})
        raise FixInput(
            f"There is nothing to dump under {what!r}.", cure="Ask for figures, state, requests or deliveries."
        )


class _ThisMachineOnly:
    """Refuses calls that name another host than this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the `Host` header."""
        host = Request(scope).url.hostname if scope["type"] == "http" else None
        if is_loopback(host):
            await self._app(scope, receive, send)
        else:
            refusal = JsonAnswer({"message": "The control API answers calls to this machine alone."}, status_code=403)
            await refusal(scope, receive, send)


def _limit(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise FixInput("The limit is no number.", cure="Give a number from 1 on.")
    return int(text)


async def _told(_request: Request, error: Exception) -> Response:
    cure = error.cure if isinstance(error, InvocoError) else None
    return JsonAnswer({"message": str(error), "cure": cure}, status_code=400)
