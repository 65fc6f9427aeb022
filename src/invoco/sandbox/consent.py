"""The consent page: a person chooses the location in which an app is installed (facts 2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from invoco.sandbox.oauth import WHOLE_COMPANY, Authority, Consent, OAuthRefused
from invoco.sandbox.registry import Place, Registry

_PAGE = Template(files("invoco.sandbox").joinpath("consent.html").read_text(encoding="utf-8"))
PATHS = ("/v2/oauth/chooselocation", "/oauth/chooselocation")


def consent_routes(authority: Authority, registry: Registry) -> APIRouter:
    """The page, and what its buttons send: the query it was opened with, and `location_id`."""
    router = APIRouter()

    async def ask(request: Request) -> Response:
        """The page."""
        try:
            consent = authority.consent(dict(request.query_params))
        except OAuthRefused as refused:
            return _refusal(refused)
        return HTMLResponse(_page(consent, registry.all(Place)))

    async def approve(request: Request) -> Response:
        """Install and go back to the program."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        try:
            consent = authority.consent(dict(request.query_params))
            url = await authority.approve(consent, form.get("location_id", ""))
        except OAuthRefused as refused:
            return _refusal(refused)
        return RedirectResponse(url, status_code=302)

    for path in PATHS:
        router.add_route(path, ask, methods=["GET"], include_in_schema=False)
        router.add_route(path, approve, methods=["POST"], include_in_schema=False)
    return router


def _page(consent: Consent, places: Sequence[Place]) -> str:
    buttons = [_button(place.location_id, place.name, place.address or place.location_id) for place in places]
    buttons.append(_button(WHOLE_COMPANY, "All locations", "As the agency: a company token"))
    scopes = "".join(f"<code>{escape(scope)}</code>" for scope in consent.scopes)
    return _PAGE.substitute(
        title=f"Connect {escape(consent.app.name)}",
        lead="Choose the location whose data the app may use.",
        content=f"<details><summary>{len(consent.scopes)} permissions</summary>{scopes}</details>"
        f'<form method="post">{"".join(buttons)}</form>',
    )


def _button(choice: str, name: str, detail: str) -> str:
    value, label, small = escape(choice), escape(name), escape(detail)
    return f'<button name="location_id" value="{value}"><strong>{label}</strong><small>{small}</small></button>'


def _refusal(refused: OAuthRefused) -> HTMLResponse:
    page = _PAGE.substitute(
        title="The app cannot be connected",
        lead=escape(refused.description),
        content=f"<p><code>{escape(refused.code)}</code></p>",
    )
    return HTMLResponse(page, status_code=refused.status)
