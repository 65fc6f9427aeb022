"""Routes made of the operations table, one handler each (facts 3.1, 1.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from invoco.domain.errors import BadRequest, InvocoError, NoSuchRecord
from invoco.highlevel.operations import OPERATIONS, Operation
from invoco.routes import automations, bulk, businesses, calendars, contacts, locations, notes, tags, tasks, users
from invoco.routes.admission import admitted, own_location
from invoco.routes.answers import JsonAnswer, traced
from invoco.routes.calls import Call, Gate, Handler, JsonObject
from invoco.routes.documentation import documented
from invoco.routes.errors import ErrorTable, Refused, answer_error, error_table
from invoco.routes.queries import check_required
from invoco.routes.validation import checked, parsed

if TYPE_CHECKING:
    from invoco.service.books import Books

HANDLERS: dict[str, Handler] = {
    operation_id: handler
    for noun in (contacts, tasks, notes, tags, bulk, automations, businesses, calendars, locations, users)
    for operation_id, handler in noun.HANDLERS.items()
}
"""Who answers which operation of the table; the operations of OAuth are answered by the twin alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """One path of an operation; v3 has renamed some (facts 1.3)."""

    operation: Operation
    path: str
    only_v3: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """What every endpoint of one router works with."""

    books: Books
    gate: Gate
    table: ErrorTable


class BareRoute(APIRoute):
    """A documented route that hands the request over as it came, without FastAPI's own reading of it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint


def highlevel_routes(books: Books, gate: Gate, *, not_found_status: int = 400) -> APIRouter:
    """HighLevel's interface over those books.

    Args:
        books: what is read and written.
        gate: knows the bearer tokens.
        not_found_status: of a record that does not exist; HighLevel was seen to say 400 and 404 (facts 6.2).

    Returns:
        All operations of the table but OAuth's, with and without a slash at the end. `install_error_table` answers
        the paths that are not among them.
    """
    router = APIRouter(route_class=BareRoute)
    face = Face(books=books, gate=gate, table=error_table(not_found_status=not_found_status))
    for served in sorted(_served(), key=_static_first):
        _add(router, served, _endpoint(served, face))
    return router


def _served() -> Iterator[Served]:
    for operation_id in HANDLERS:
        operation = OPERATIONS[operation_id]
        yield Served(operation=operation, path=operation.path, only_v3=not operation.in_v2)
        if operation.v3_path:
            yield Served(operation=operation, path=operation.v3_path, only_v3=True)


def _static_first(served: Served) -> list[bool]:
    """`/contacts/upsert` comes before `/contacts/{contactId}`."""
    return [segment.startswith("{") for segment in served.path.split("/")]


def _add(router: APIRouter, served: Served, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
    other_form = served.path.removesuffix("/") if served.path.endswith("/") else f"{served.path}/"
    method = served.operation.method
    documentation = documented(served.operation, only_v3=served.only_v3)
    router.add_api_route(served.path, endpoint, methods=[method], **documentation)
    router.add_api_route(other_form, endpoint, methods=[method], include_in_schema=False)


def _endpoint(served: Served, face: Face) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await _answer(request, served, face)
        except (InvocoError, Refused) as error:
            return answer_error(error, face.table)

    return endpoint


async def _answer(request: Request, served: Served, face: Face) -> JsonAnswer:
    operation = served.operation
    access, version = await admitted(request, operation, face.gate, only_v3=served.only_v3)
    raw = parsed(await request.body()) if operation.body is not None else {}
    location_id = own_location(request, operation, access, raw)
    _check_readable(request)
    check_required(operation.query, request.query_params)
    call = Call(
        books=face.books,
        location_id=location_id,
        actor=access.actor,
        version=version,
        path=request.path_params,
        query=request.query_params,
        body=checked(operation.body or (), raw),
    )
    return traced(await _handled(operation.id, call), status=operation.success)


async def _handled(operation_id: str, call: Call) -> JsonObject:
    """A record that nobody finds may have had this id before HighLevel gave it its own."""
    handler = HANDLERS[operation_id]
    try:
        return await handler(call)
    except NoSuchRecord:
        path = await call.books.resolved(call.location_id, call.path)
        if path == call.path:
            raise
        return await handler(replace(call, path=path))


def _check_readable(request: Request) -> None:
    """No database keeps NUL in a text, so no id and no query can hold it."""
    if "\x00" in request.url.path or any("\x00" in value for value in request.query_params.values()):
        raise BadRequest("The address holds a character that cannot be read")
