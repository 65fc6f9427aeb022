"""Who may come in: Authorization, Version, path, scope and location, in that order (facts 12)."""

from __future__ import annotations

from starlette.requests import Request

from invoco.domain.access import Access
from invoco.highlevel.operations import VERSIONS, Operation
from invoco.routes.calls import Gate, JsonObject
from invoco.routes.errors import Refused, no_such_route


async def admitted(request: Request, operation: Operation, gate: Gate, *, only_v3: bool) -> tuple[Access, str]:
    """What the caller's token stands for, and the version asked for.

    Raises:
        Refused: by the gate, or because the version, the path or the scope is wrong.
    """
    version = request.headers.get("version")
    access = await gate.access(_bearer(request), version)
    published = _published(version)
    if only_v3 and published != "v3":
        raise no_such_route(request)
    _check_scope(operation, access)
    return access, published


def own_location(request: Request, operation: Operation, access: Access, body: JsonObject) -> str:
    """The token's location, compared with the one that the request names.

    Raises:
        Refused: the request names another one.
    """
    own = access.location_id or ""
    asked = _asked_location(request, operation, body)
    if asked and asked != own:
        raise Refused(403, "The token does not have access to this location.")
    return own


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused(401, "Invalid token: access token is invalid")
    return token.strip()


def _published(version: str | None) -> str:
    """The version, whichever operation it is for: HighLevel takes all of them everywhere (facts 1.2)."""
    if not version:
        raise Refused(401, "version header was not found.", error="Error", from_gateway=True)
    if version not in VERSIONS:
        raise Refused(401, "version header is invalid", error="Error", from_gateway=True)
    return version


def _check_scope(operation: Operation, access: Access) -> None:
    if access.location_id is None:
        raise Refused(401, _of_company(operation, access))
    too_static = operation.oauth_only and access.channel == "token"
    if too_static or (operation.scope and operation.scope not in access.scopes):
        raise Refused(401, "The token is not authorized for this scope.")


def _of_company(operation: Operation, access: Access) -> str:
    """What a company's token is told on the route of a location (facts 6.2)."""
    if access.channel == "token":
        return "Token's user type mismatch!"
    scope = operation.scope or operation.id
    return f"This authClass type is not allowed to access this scope. Please check the token. Scope: {scope}"


def _asked_location(request: Request, operation: Operation, body: JsonObject) -> object:
    if "locationId" in request.path_params:
        return request.path_params["locationId"]
    if any(field.name == "locationId" for field in operation.query):
        return request.query_params.get("locationId")
    if any(field.name == "locationId" for field in operation.body or ()):
        return body.get("locationId")
    return None
