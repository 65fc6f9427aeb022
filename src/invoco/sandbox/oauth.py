"""The twin's OAuth server: codes, token pairs that replace each other, location tokens (facts 2.1 to 2.3)."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import msgspec

from invoco.domain.errors import InvalidFields
from invoco.highlevel.clock import Clock, milliseconds
from invoco.sandbox.registry import App, Code, Grant, Holder, Installation, Place, Registry

ACCESS_SECONDS = 86_399
REFRESH_MILLISECONDS = 365 * 86_400_000
CODE_MILLISECONDS = 10 * 60_000
"""How long a code works: minutes; the exact figure is not published."""
REPLAY_MILLISECONDS = 30_000
"""How long a used refresh token still answers with the pair that replaced it."""
MINTED_SCOPES = ("oauth.readonly", "oauth.write")
"""A location token that was minted has these too (facts 2.3)."""
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")
WHOLE_COMPANY = "company"
"""Chosen on the consent page instead of a location."""

Installed = Callable[[App, Holder, list[Place]], Awaitable[None]]
"""Told of every installation."""


class OAuthRefused(Exception):
    """The OAuth server refuses; it has error shapes of its own (facts 1.3, 2.1)."""

    def __init__(self, status: int, code: str, description: str) -> None:
        self.status, self.code, self.description = status, code, description
        super().__init__(description)


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What the consent page was opened for."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None


class Authority:
    """Gives out codes and tokens."""

    def __init__(self, registry: Registry, *, clock: Clock, randomness: random.Random, installed: Installed) -> None:
        self._registry, self._clock, self._random = registry, clock, randomness
        self._installed = installed

    def consent(self, query: Mapping[str, str]) -> Consent:
        """Check what a program asks for.

        Raises:
            OAuthRefused: response type, client, redirect address or scopes cannot be accepted.
        """
        app = self._registry.find(App, query.get("client_id"))
        if app is None:
            raise OAuthRefused(400, "invalid_client", "No app has this client_id.")
        if query.get("response_type") != "code":
            raise OAuthRefused(400, "unsupported_response_type", "The response_type must be code.")
        redirect_uri = query.get("redirect_uri", "")
        if not _allowed(redirect_uri, app):
            raise OAuthRefused(400, "invalid_redirect_uri", "The redirect_uri is not one of this app.")
        scopes = tuple(query.get("scope", "").split()) or app.scopes
        unknown = [scope for scope in scopes if scope not in app.scopes]
        if unknown:
            raise OAuthRefused(400, "invalid_scope", f"The app does not have the scope {' '.join(unknown)}.")
        return Consent(app=app, redirect_uri=redirect_uri, scopes=scopes, state=query.get("state"))

    async def approve(self, consent: Consent, choice: str) -> str:
        """Install the app in the chosen location, or in the whole company; the address to go back to.

        Raises:
            OAuthRefused: there is no such location.
        """
        places = self._chosen(choice)
        holder = Holder(
            client_id=consent.app.client_id,
            scopes=consent.scopes,
            company_id=places[0].company_id,
            location_id=None if choice == WHOLE_COMPANY else choice,
            user_id=consent.app.installer_id,
        )
        until = milliseconds(self._clock) + CODE_MILLISECONDS
        code = Code(code=self._secret(20), holder=holder, redirect_uri=consent.redirect_uri, until=until)
        await self._registry.keep(code, *self._installations(consent.app, places))
        await self._installed(consent.app, holder, places)
        return _with_query(consent.redirect_uri, code=code.code, state=consent.state)

    async def exchange(self, form: Mapping[str, str]) -> Grant:
        """Turn a code or a refresh token into a pair.

        Raises:
            InvalidFields: a required field is missing.
            OAuthRefused: the code, the refresh token or the client is refused, in this order.
        """
        _check_fields(form)
        kinds = {"authorization_code": self._exchange_code, "refresh_token": self._refresh}
        exchange = kinds.get(form["grant_type"])
        if exchange is None:
            raise OAuthRefused(400, "unsupported_grant_type", "This app cannot use client_credentials.")
        return await exchange(form)

    async def mint(self, company: Holder, *, company_id: str, location_id: str) -> Grant:
        """A pair for one location of the company.

        Raises:
            OAuthRefused: the app is not installed there, or the location is paused.
        """
        place = self._registry.find(Place, location_id)
        installation = self._registry.find(Installation, f"{company.client_id}:{location_id}")
        if place is None or installation is None or company_id != company.company_id:
            raise OAuthRefused(400, "RESOURCE_NOT_FOUND", "The app is not installed in this location")
        _check_active(place)
        scopes = (*company.scopes, *(scope for scope in MINTED_SCOPES if scope not in company.scopes))
        grant = self._new_grant(msgspec.structs.replace(company, scopes=scopes, location_id=location_id))
        await self._registry.keep(grant)
        return grant

    async def uninstall(self, app: App, location_id: str | None) -> None:
        """Take the app out of a location, or out of the whole company: its tokens stop working at once."""
        installations = [
            entry
            for entry in self._registry.all(Installation)
            if entry.client_id == app.client_id and location_id in {None, entry.location_id}
        ]
        grants = [
            grant
            for grant in self._registry.all(Grant)
            if grant.holder.client_id == app.client_id and location_id in {None, grant.holder.location_id}
        ]
        await self._registry.forget(*installations, *grants)

    def answer(self, grant: Grant) -> dict[str, object]:
        """The token answer (facts 2.1), snake_case under every version."""
        left = (grant.access_until - milliseconds(self._clock)) // 1000
        holder = grant.holder
        body: dict[str, object] = {
            "access_token": grant.access_token,
            "token_type": "Bearer",
            "expires_in": left,
            "refresh_token": grant.refresh_token,
            "refreshTokenId": grant.refresh_token[-24:],
            "scope": " ".join(holder.scopes),
            "userType": holder.user_type,
            "companyId": holder.company_id,
            "userId": holder.user_id,
            "planId": self._registry.app(holder.client_id).plan_id,
        }
        if holder.location_id:
            chosen = [holder.location_id]
            return {**body, "locationId": chosen[0], "approvedLocations": chosen, "isBulkInstallation": False}
        # Which locations a whole company has chosen is not told (i294).
        return {**body, "isBulkInstallation": True, "installToFutureLocations": False, "approveAllLocations": True}

    def _chosen(self, choice: str) -> list[Place]:
        places = [place for place in self._registry.all(Place) if choice in {WHOLE_COMPANY, place.location_id}]
        if not places:
            raise OAuthRefused(400, "invalid_location", "There is no such location.")
        return places

    def _installations(self, app: App, places: list[Place]) -> list[Installation]:
        now = milliseconds(self._clock)
        return [
            Installation(client_id=app.client_id, location_id=place.location_id, installed_at=now) for place in places
        ]

    async def _exchange_code(self, form: Mapping[str, str]) -> Grant:
        code = self._registry.find(Code, form.get("code"))
        if code is None or code.until <= milliseconds(self._clock):
            raise OAuthRefused(401, "UnAuthorized!", "Authorization code not found")
        self._check_client(form, code.holder.client_id)
        if form.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            raise OAuthRefused(400, "invalid_grant", "The redirect_uri is not the one of the authorization code")
        grant = self._new_grant(code.holder)
        await self._registry.forget(code)
        await self._registry.keep(grant)
        return grant

    async def _refresh(self, form: Mapping[str, str]) -> Grant:
        now = milliseconds(self._clock)
        used = self._registry.find(Grant, form.get("refresh_token"))
        if used is None or used.refresh_until <= now or _spent(used, now):
            raise OAuthRefused(401, "UnAuthorized!", "Refresh token not found")
        self._check_client(form, used.holder.client_id)
        self._check_location(used.holder)
        successor = self._registry.find(Grant, used.successor)
        if successor is not None:
            return successor
        grant = self._new_grant(used.holder)
        await self._registry.keep(msgspec.structs.replace(used, used_at=now, successor=grant.refresh_token), grant)
        return grant

    def _check_client(self, form: Mapping[str, str], client_id: str) -> None:
        app = self._registry.find(App, form["client_id"])
        if app is None or app.client_id != client_id or app.client_secret != form["client_secret"]:
            raise OAuthRefused(401, "UnAuthorized!", "Invalid client credentials!")

    def _check_location(self, holder: Holder) -> None:
        place = self._registry.find(Place, holder.location_id)
        if place is not None:
            _check_active(place)

    def _new_grant(self, holder: Holder) -> Grant:
        now = milliseconds(self._clock)
        return Grant(
            access_token=self._json_web_token(holder, now),
            refresh_token=self._json_web_token(holder, now),
            holder=holder,
            access_until=now + ACCESS_SECONDS * 1000,
            refresh_until=now + REFRESH_MILLISECONDS,
        )

    def _json_web_token(self, holder: Holder, now: int) -> str:
        """A token of the shape HighLevel sends; clients must not look inside."""
        claims = {
            "authClass": holder.user_type,
            "authClassId": holder.location_id or holder.company_id,
            "source": "INTEGRATION",
            "sourceId": holder.client_id,
            "channel": "OAUTH",
            "iat": now // 1000,
        }
        parts = (json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps(claims))
        return ".".join((*(_base64url(part.encode()) for part in parts), self._secret(32)))

    def _secret(self, size: int) -> str:
        return _base64url(self._random.randbytes(size))


def _spent(grant: Grant, now: int) -> bool:
    return grant.used_at is not None and now - grant.used_at > REPLAY_MILLISECONDS


def _check_active(place: Place) -> None:
    if not place.active:
        raise OAuthRefused(400, "LOCATION_INACTIVE", "Location is not active")


def _check_fields(form: Mapping[str, str]) -> None:
    problems = [f"{name} should not be empty" for name in ("client_id", "client_secret") if not form.get(name)]
    if form.get("grant_type") not in GRANT_TYPES:
        problems.append(f"grant_type must be one of the following values: {', '.join(GRANT_TYPES)}")
    if problems:
        raise InvalidFields(problems)


def _allowed(redirect_uri: str, app: App) -> bool:
    """Registered https addresses, and plain http to this machine, which HighLevel itself would refuse."""
    parts = urlsplit(redirect_uri)
    if parts.scheme == "http":
        return is_loopback(parts.hostname)
    return parts.scheme == "https" and bool(parts.hostname) and redirect_uri in (app.redirect_uris or (redirect_uri,))


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address means this machine."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _with_query(url: str, **parameters: str | None) -> str:
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(given)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
