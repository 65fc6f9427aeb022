"""The HTTP face of the OAuth server: tokens, location tokens, installed locations (facts 1.3, 2.1, 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from invoco.domain.errors import BadRequest, InvalidFields
from invoco.highlevel.operations import VERSIONS
from invoco.routes.answers import traced
from invoco.routes.errors import Refused, no_such_route
from invoco.sandbox.gate import TwinGate
from invoco.sandbox.installed import Wanted, installed_page, installed_slice
from invoco.sandbox.limits import bearer_of
from invoco.sandbox.oauth import Authority, OAuthRefused
from invoco.sandbox.registry import Grant, Holder, Registry

_CAMEL_CASE = {
    "clientId": "client_id",
    "clientSecret": "client_secret",
    "grantType": "grant_type",
    "refreshToken": "refresh_token",
    "userType": "user_type",
    "redirectUri": "redirect_uri",
}
_OF_INSTALLATIONS = ("approvedLocations", "isBulkInstallation")
"""What only the exchange of a code or a refresh token tells (facts 2.1, 2.3)."""
_RESOLUTION = "Check the request and authorise again if need be."


def oauth_routes(authority: Authority, registry: Registry, gate: TwinGate) -> APIRouter:
    """Everything under /oauth that programs call."""
    router = APIRouter()
    offices = _Offices(authority, registry, gate)
    served = (
        ("POST", "/oauth/token", offices.token),
        ("POST", "/oauth/locationToken", offices.location_token),
        ("POST", "/oauth/location-token", offices.location_token_v3),
        ("GET", "/oauth/installedLocations", offices.installed),
        ("GET", "/oauth/installed-locations", offices.installed_v3),
        ("POST", "/oauth/reconnect", offices.reconnect),
    )
    for method, path, answer in served:
        for form in (path, f"{path}/"):
            router.add_route(form, answer, methods=[method], include_in_schema=False)
    return router


def install_oauth_errors(app: FastAPI) -> None:
    """Answer refusals of the OAuth server in its own shapes."""

    async def on_refused(request: Request, refused: Exception) -> Response:
        if not isinstance(refused, OAuthRefused):  # pragma: no cover  # Starlette hands over what was registered
            raise refused
        version = request.headers.get("version")
        return traced(_refusal(refused, version), status=refused.status)

    app.add_exception_handler(OAuthRefused, on_refused)


class _Offices:
    """What is done at each path."""

    def __init__(self, authority: Authority, registry: Registry, gate: TwinGate) -> None:
        self._authority, self._registry, self._gate = authority, registry, gate

    async def token(self, request: Request) -> Response:
        """A pair for a code or a refresh token."""
        form = await _form(request)
        if request.headers.get("version") == "v3":
            form = {_CAMEL_CASE.get(name, name): value for name, value in form.items()}
        grant = await self._authority.exchange(form)
        return traced(self._authority.answer(grant), status=200)

    async def location_token(self, request: Request) -> Response:
        """A pair for one location of the company."""
        holder = await self._company(request, scope="oauth.write")
        form = await _form(request)
        _require(form, "companyId", "locationId")
        grant = await self._authority.mint(holder, company_id=form["companyId"], location_id=form["locationId"])
        answer = {**self._authority.answer(grant), **self._app_of(grant)}
        return traced({name: value for name, value in answer.items() if name not in _OF_INSTALLATIONS}, status=201)

    async def location_token_v3(self, request: Request) -> Response:
        """The same, under the path that only v3 has."""
        await self._only_v3(request)
        return await self.location_token(request)

    async def installed(self, request: Request) -> Response:
        """Where the app is installed, by skip and limit."""
        holder = await self._company(request, scope="oauth.readonly")
        wanted = _wanted(request.query_params, holder)
        return traced(installed_slice(self._registry, wanted, request.query_params), status=200)

    async def installed_v3(self, request: Request) -> Response:
        """Where the app is installed, by page token."""
        await self._only_v3(request)
        holder = await self._company(request, scope="oauth.readonly")
        wanted = _wanted(request.query_params, holder)
        return traced(installed_page(self._registry, wanted, request.query_params), status=200)

    async def reconnect(self, _request: Request) -> Response:
        """What remains of an endpoint that was taken away (facts 2.2)."""
        raise BadRequest("API endpoint has been removed")

    async def _only_v3(self, request: Request) -> None:
        await self._gate.access(bearer_of(request.scope), None)
        if _published(request) != "v3":
            raise no_such_route(request)

    async def _company(self, request: Request, *, scope: str) -> Holder:
        """The company that calls: Authorization, then Version, then kind of token, then scope."""
        bearer = bearer_of(request.scope)
        access = await self._gate.access(bearer, None)
        _published(request)
        grant = self._registry.grant_of(bearer)
        if grant is None:
            raise Refused(401, "The token is not authorized for this scope.")
        if access.location_id is not None:
            raise Refused(401, f"This authClass type is not allowed to access this scope. Scope: {scope}")
        if scope not in access.scopes:
            raise Refused(401, "The token is not authorized for this scope.")
        return grant.holder

    def _app_of(self, grant: Grant) -> dict[str, str]:
        app = self._registry.app(grant.holder.client_id)
        return {"appId": app.app_id, "versionId": app.version_id}


def _published(request: Request) -> str:
    version = request.headers.get("version")
    if not version:
        raise Refused(401, "version header was not found.", error="Error", from_gateway=True)
    if version not in VERSIONS:
        raise Refused(401, "version header is invalid", error="Error", from_gateway=True)
    return version


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form or of a JSON object."""
    body = await request.body()
    if not request.headers.get("content-type", "").startswith("application/json"):
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise BadRequest("The body is not a JSON object") from error
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _require(given: Mapping[str, str], *names: str) -> None:
    missing = [f"{name} must be a string" for name in names if not given.get(name)]
    if missing:
        raise InvalidFields(missing)


def _wanted(query: Mapping[str, str], holder: Holder) -> Wanted:
    _require(query, "companyId", "appId")
    if query["companyId"] != holder.company_id:
        raise Refused(403, "The token does not have access to this company.")
    return Wanted(client_id=holder.client_id, query=query)


def _refusal(refused: OAuthRefused, version: str | None) -> dict[str, Any]:
    if version == "v3":
        details = {"code": refused.code, "message": refused.description, "details": [], "resolution": _RESOLUTION}
        return {"error": details}
    if refused.status == 401:
        return {"error": refused.code, "error_description": refused.description}
    return {"statusCode": refused.status, "message": refused.description, "error": refused.code}
