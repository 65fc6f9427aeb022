"""The OAuth side of an app: the consent page, and the calls that make tokens of codes and tokens (facts 2.1 to 2.3)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import httpx2

from invoco import __version__
from invoco.highlevel.answers import read
from invoco.highlevel.clock import Clock, SystemClock
from invoco.highlevel.errors import (
    Blocked,
    HighLevelError,
    InvalidInput,
    NotFound,
    Reconnect,
    TokenRefused,
    Unreachable,
    Unreadable,
    VersionRefused,
    WrongLocation,
    WrongSecret,
)
from invoco.highlevel.operations import BASE_URL, OPERATIONS, Operation
from invoco.highlevel.records import JsonObject
from invoco.highlevel.tokens import Tokens, tokens_in

CONSENT_URL = "https://marketplace.gohighlevel.com/v2/oauth/chooselocation"
"""Where a user grants an app access (facts 1.1)."""
_USER_AGENT = f"invoco/{__version__}"
_TOKEN = OPERATIONS["get-access-token"]
_LOCATION_TOKEN = OPERATIONS["get-location-access-token"]
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


def new_state() -> str:
    """A fresh, unguessable state for one consent."""
    return secrets.token_urlsafe(32)


def code_from(query: Mapping[str, str], *, state: str) -> str:
    """The authorization code in the query that the consent page sends the browser back with.

    Args:
        query: of the request to the redirect URI.
        state: what `authorization_url` was given.

    Raises:
        Reconnect: the state is another one, consent was refused, or there is no code.
    """
    if not hmac.compare_digest(state.encode(), query.get("state", "").encode()):
        raise Reconnect("The answer of the consent page does not belong to this sign-in: its state is another one")
    if "error" in query:
        raise Reconnect(f"Consent was not given: {query.get('error_description') or query['error']}"[:300])
    if not query.get("code"):
        raise Reconnect("The consent page sent no authorization code")
    return query["code"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OAuthApp:
    """One app of HighLevel's marketplace, as its client."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...]
    base_url: str = BASE_URL
    consent_url: str = CONSENT_URL
    version_id: str | None = None
    """Draft and private apps need it in the consent link (facts 2.1)."""
    transport: httpx2.AsyncBaseTransport | None = field(default=None, repr=False)
    timeout: float = 10.0
    """Seconds; short, so that a lost answer leaves time to ask again while HighLevel still replays it (facts 2.2)."""
    clock: Clock = field(default_factory=SystemClock, repr=False)

    @property
    def app_id(self) -> str:
        """The client id without its suffix, as HighLevel's webhooks name the app (facts 2.1)."""
        return self.client_id.partition("-")[0]

    def authorization_url(self, state: str) -> str:
        """The page where a user grants access; it returns to the redirect URI with `code` and `state`."""
        query = {
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "client_id": self.client_id,
            "scope": " ".join(self.scopes),
            "loginWindowOpenMode": "self",
            "state": state,
        }
        if self.version_id:
            query["version_id"] = self.version_id
        joint = "&" if "?" in self.consent_url else "?"
        return f"{self.consent_url}{joint}{urlencode(query, quote_via=quote)}"

    async def exchange(self, code: str) -> Tokens:
        """The tokens for an authorization code.

        Raises:
            WrongSecret: the code, the client id or the client secret was refused.
            RetryLater, Blocked, Unreadable: HighLevel was not reached, or something else answered.
        """
        asked_at = self.clock.now()
        form = self._form("authorization_code", code=code, redirect_uri=self.redirect_uri)
        try:
            answer = await self._call(_TOKEN, form)
        except HighLevelError as error:
            raise _refused_code(error) from None
        return tokens_in(answer, now=asked_at)

    async def refresh(self, tokens: Tokens) -> Tokens:
        """The pair that follows; the old refresh token is used up (facts 2.2).

        Raises:
            Reconnect: the refresh token is used up, too old or missing, or the location is not active.
            WrongSecret: the client id or secret was refused.
            RetryLater, Blocked, Unreadable: HighLevel was not reached, or something else answered; with
                `in_doubt` set it may have made a new pair, and tells it again for 30 seconds.
        """
        if not tokens.refresh_token:
            raise Reconnect("There is no refresh token to renew the access token with")
        asked_at = self.clock.now()
        form = self._form("refresh_token", refresh_token=tokens.refresh_token)
        if tokens.user_type:
            form["user_type"] = tokens.user_type
        try:
            answer = await self._call(_TOKEN, form)
        except HighLevelError as error:
            raise _refused_refresh(error) from None
        return tokens_in(answer, now=asked_at, before=tokens)

    async def location_token(self, company_tokens: Tokens, location_id: str) -> Tokens:
        """The tokens of one location, from those of its company (facts 2.3).

        Raises:
            TokenRefused: the company's token was refused.
            Reconnect: the tokens are no company's, or the location is not active.
            MissingScope: the app was not granted `oauth.write`.
            WrongLocation: the app is not installed in that location, or it belongs to another company.
            RetryLater, Blocked, Unreadable: HighLevel was not reached, or something else answered.
        """
        asked_at = self.clock.now()
        form = {"companyId": company_tokens.company_id or "", "locationId": location_id}
        try:
            answer = await self._call(_LOCATION_TOKEN, form, bearer=company_tokens.access_token)
        except HighLevelError as error:
            raise _refused_location(error) from None
        named = {"companyId": company_tokens.company_id, "locationId": location_id, "userType": "Location"}
        return tokens_in({**named, **answer}, now=asked_at)

    def _form(self, grant: str, **fields: str) -> dict[str, str]:
        return {"client_id": self.client_id, "client_secret": self.client_secret, "grant_type": grant, **fields}

    async def _call(self, operation: Operation, form: dict[str, str], *, bearer: str | None = None) -> JsonObject:
        """One call; the error of a refusal names no secret that was sent."""
        try:
            response = await self._answer(operation, form, bearer=bearer)
            return read(operation, response, path=operation.path, now=self.clock.now())
        except HighLevelError as error:
            hidden = [form[name] for name in ("client_secret", "code", "refresh_token") if form.get(name)]
            raise _without(hidden, error) from None

    async def _answer(self, operation: Operation, form: dict[str, str], *, bearer: str | None) -> httpx2.Response:
        headers = {"User-Agent": _USER_AGENT, "Accept": "application/json"}
        if operation.version:
            headers["Version"] = operation.version
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        try:
            async with httpx2.AsyncClient(transport=self.transport, timeout=self.timeout) as http:
                return await http.post(self.base_url.rstrip("/") + operation.path, data=form, headers=headers)
        except (httpx2.RequestError, httpx2.InvalidURL) as cause:
            raise _unreachable(operation, cause) from None  # its chain would carry the request with the secrets


def _unreachable(operation: Operation, cause: Exception) -> Unreachable:
    reason = str(cause) or type(cause).__name__
    error = Unreachable(
        f"HighLevel's token endpoint cannot be reached: {reason}", method=operation.method, path=operation.path
    )
    error.passing = True
    error.in_doubt = not isinstance(cause, (*_NEVER_SENT, httpx2.UnsupportedProtocol, httpx2.InvalidURL))
    return error


def _without(hidden: list[str], error: HighLevelError) -> HighLevelError:
    for secret in hidden:
        error.message = error.message.replace(secret, "[hidden]")
    error.args = (error.message,)
    return error


def _refused_code(error: HighLevelError) -> HighLevelError:
    """What a refused exchange means: wrong codes and wrong clients answer alike with 400, 401 or 422 (facts 2.1)."""
    if not _is_refusal(error):
        return _elsewhere(error)
    if _blames_client(error):
        return _as(WrongSecret, f"The client id or the client secret was refused: {error.message}", error)
    return _as(
        WrongSecret,
        f"The authorization code was refused; it is used up, too old or of another app: {error.message}",
        error,
    )


def _refused_refresh(error: HighLevelError) -> HighLevelError:
    if not _is_refusal(error):
        return _elsewhere(error)
    if _is_paused(error):
        return _paused(error)
    if _blames_client(error):
        return _as(WrongSecret, f"The client id or the client secret was refused: {error.message}", error)
    return _as(Reconnect, f"The refresh token was refused; it is used up or too old: {error.message}", error)


def _refused_location(error: HighLevelError) -> HighLevelError:
    if _is_paused(error):
        return _paused(error)
    if isinstance(error, Reconnect):
        return _as(TokenRefused, f"The company's token was refused: {error.message}", error)
    if isinstance(error, WrongLocation) and error.status == 401:
        return _as(Reconnect, f"This is no company's token: {error.message}", error)
    if isinstance(error, InvalidInput | NotFound) and not _is_unknown_route(error):
        return _as(
            WrongLocation,
            f"The company's token cannot open that location; is the app installed? {error.message}",
            error,
        )
    return _elsewhere(error)


def _is_refusal(error: HighLevelError) -> bool:
    return error.status in {400, 401, 403, 422} and not isinstance(error, Blocked | Unreadable | VersionRefused)


def _is_paused(error: HighLevelError) -> bool:
    return "location is not active" in error.message.lower()


def _paused(error: HighLevelError) -> HighLevelError:
    return _as(Reconnect, "HighLevel says: Location is not active. It was paused or closed; activate it there", error)


def _blames_client(error: HighLevelError) -> bool:
    text = error.message.lower()
    blames_grant = "code" in text or "refresh" in text
    return not blames_grant and ("client" in text or "secret" in text)


def _is_unknown_route(error: HighLevelError) -> bool:
    return error.message.startswith("Cannot ")


def _elsewhere(error: HighLevelError) -> HighLevelError:
    """A 404 of the token endpoint means that this is no HighLevel API."""
    if isinstance(error, NotFound):
        return _as(Unreadable, f"There is no HighLevel API under the base URL: {error.message}", error)
    return error


def _as(kind: type[HighLevelError], message: str, error: HighLevelError) -> HighLevelError:
    return kind(message, method=error.method, path=error.path, status=error.status, trace_id=error.trace_id)
