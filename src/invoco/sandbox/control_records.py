"""The part of the control API that writes records: what people do on HighLevel's own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.routes.answers import JsonAnswer
from invoco.sandbox.backstage import MOST_MERGED
from invoco.sandbox.control_orders import read_order
from invoco.sandbox.pages import DEFINITIONS

if TYPE_CHECKING:
    from invoco.sandbox.twin import Twin

Fields = dict[str, Any]
"""Fields of a record by wire name; null clears one."""


class MergeOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Contacts to be merged into one."""

    master: str
    others: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=MOST_MERGED - 1)]
    location: str | None = None
    """Its id, here as in every order; None: the main location."""


class RestoreOrder(msgspec.Struct, forbid_unknown_fields=True):
    """A deleted contact to be brought back."""

    contact: str
    location: str | None = None


class VanishOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Contacts to be deleted at once: a number of them, or a share."""

    count: Annotated[int, msgspec.Meta(ge=0)] | None = None
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    seed: int = 1
    events: bool = True
    location: str | None = None


class AppointmentOrder(msgspec.Struct, forbid_unknown_fields=True):
    """An appointment to be made (`contact`), changed (`id`) or removed (`id` and `delete`)."""

    id: str | None = None
    contact: str | None = None
    fields: Fields = {}
    delete: bool = False
    events: bool = True
    location: str | None = None


class DefinitionOrder(msgspec.Struct, forbid_unknown_fields=True):
    """A definition to be made, changed (`id`) or removed (`id` and `delete`)."""

    kind: RecordKind
    id: str | None = None
    fields: Fields = {}
    delete: bool = False
    events: bool = True
    location: str | None = None


def record_routes(twin: Twin) -> list[Route]:
    """The paths under which records are written."""
    desk = _RecordDesk(twin)
    return [
        Route("/merge", desk.merge, methods=["POST"]),
        Route("/restore", desk.restore, methods=["POST"]),
        Route("/vanish", desk.vanish, methods=["POST"]),
        Route("/appointments", desk.appointment, methods=["POST"]),
        Route("/definitions", desk.definition, methods=["POST"]),
    ]


class _RecordDesk:
    """What is done at each path."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    async def merge(self, request: Request) -> Response:
        """Merge contacts."""
        order = await read_order(request, MergeOrder)
        contact = await self._twin.backstage.merge(self._place(order.location), order.master, order.others)
        return JsonAnswer({"contact": contact.to_wire()})

    async def restore(self, request: Request) -> Response:
        """Bring a contact back."""
        order = await read_order(request, RestoreOrder)
        contact = await self._twin.backstage.restore(self._place(order.location), order.contact)
        return JsonAnswer({"contact": contact.to_wire()})

    async def vanish(self, request: Request) -> Response:
        """Delete many contacts."""
        order = await read_order(request, VanishOrder)
        if (order.count is None) == (order.share is None):
            raise FixInput("Either a count or a share of the contacts vanishes.", cure="Name one of the two.")
        gone = await self._twin.backstage.vanish(
            self._place(order.location), count=order.count, share=order.share, seed=order.seed, events=order.events
        )
        return JsonAnswer({"gone": gone})

    async def appointment(self, request: Request) -> Response:
        """Make, change or remove an appointment."""
        order = await read_order(request, AppointmentOrder)
        return JsonAnswer(await self._appointed(order, self._place(order.location)))

    async def definition(self, request: Request) -> Response:
        """Make, change or remove a definition."""
        order = await read_order(request, DefinitionOrder)
        return JsonAnswer(await self._defined(order, self._place(order.location)))

    async def _appointed(self, order: AppointmentOrder, location_id: str) -> Fields:
        pages = self._twin.pages
        if order.delete and order.id:
            await pages.cancel(location_id, order.id, events=order.events)
            return {"deleted": order.id}
        if order.id and not order.delete:
            changed = await pages.rebook(location_id, order.id, order.fields, events=order.events)
            return {"appointment": changed.to_wire()}
        if order.contact and not order.delete:
            made = await pages.book(location_id, order.contact, order.fields, events=order.events)
            return {"appointment": made.to_wire()}
        raise FixInput("The order names no appointment.", cure="Name a contact for a new one, or the id of an old one.")

    async def _defined(self, order: DefinitionOrder, location_id: str) -> Fields:
        pages = self._twin.pages
        if order.kind not in DEFINITIONS:
            kinds = ", ".join(sorted(DEFINITIONS))
            raise FixInput(f"A location does not define its {order.kind.value}.", cure=f"Choose from: {kinds}.")
        if not order.delete:
            made = await pages.define(order.kind, location_id, order.id, order.fields, events=order.events)
            return {order.kind.value: made.to_wire()}
        if order.id is None:
            raise FixInput("The order names no definition.", cure="Name its id.")
        await pages.undefine(order.kind, location_id, order.id, events=order.events)
        return {"deleted": order.id}

    def _place(self, location_id: str | None) -> str:
        """The location's id; a location that is none is refused."""
        return self._twin.accounts.place(location_id).location_id
