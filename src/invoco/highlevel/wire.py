"""One call to HighLevel, in concentric steps: check, prepare, repeat, authorise, wait out, take a turn, send, read."""

from __future__ import annotations

import random
import ssl
from collections.abc import Mapping
from typing import Any

import httpx2

from invoco.highlevel import answers
from invoco.highlevel.auth import Credentials
from invoco.highlevel.clock import Clock
from invoco.highlevel.errors import HighLevelError, Reconnect, TokenRefused, Unreachable
from invoco.highlevel.operations import OPERATIONS
from invoco.highlevel.quota import Priority, Quota
from invoco.highlevel.records import JsonObject
from invoco.highlevel.requests import Prepared, prepared
from invoco.highlevel.retries import repeated, waited_out

_NOTHING: Mapping[str, Any] = {}


class Wire:
    """Sends calls of one app to one location."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        credentials: Credentials,
        quota: Quota,
        clock: Clock,
        version: str | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._http, self._credentials, self._quota, self._clock = http, credentials, quota, clock
        self._chance = chance or random.Random()
        self.version = version
        """The `Version` asked of every call that does not ask for its own; None takes the operation's."""

    async def call(
        self,
        operation: str,
        *,
        path: Mapping[str, str] = _NOTHING,
        query: Mapping[str, Any] = _NOTHING,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        priority: Priority = Priority.INTERACTIVE,
        version: str | None = None,
    ) -> JsonObject:
        """Make one call and return the JSON object it answered.

        Args:
            operation: an id of the operations table.
            path: values for the names in its path.
            query: query parameters; None leaves one out.
            body: the JSON body under v2 wire names, whatever the version.
            form: a form body instead.
            priority: who goes first when the quota is short.
            version: a `Version` for this call alone.

        Raises:
            HighLevelError: the subclass says what to do next, see `errors`.
        """
        row = OPERATIONS[operation]
        call = prepared(row, path=path, query=query, body=body, form=form, version=version or self.version)
        try:
            return await repeated(
                lambda: self._authorised(call, priority=priority), operation=row, clock=self._clock, chance=self._chance
            )
        except HighLevelError as error:
            _locate(error, call)
            raise

    async def _authorised(self, call: Prepared, *, priority: Priority) -> JsonObject:
        """A refused token is tried once more as it is, since good tokens are refused now and then, then renewed."""
        token = await self._credentials.token()
        try:
            return await self._patient(call, token, priority=priority)
        except TokenRefused:
            pass
        current = await self._credentials.token()
        try:
            return await self._patient(call, current, priority=priority)
        except TokenRefused as refusal:
            renewed = await self._renewed(current, refusal)
        return await self._patient(call, renewed, priority=priority)

    async def _renewed(self, refused: str, refusal: TokenRefused) -> str:
        try:
            return await self._credentials.renewed(refused)
        except Reconnect as dead:
            if dead.method is None:  # nothing was asked of HighLevel: its own refusal says more
                raise refusal from dead
            raise

    async def _patient(self, call: Prepared, token: str, *, priority: Priority) -> JsonObject:
        return await waited_out(lambda: self._in_turn(call, token, priority=priority), clock=self._clock)

    async def _in_turn(self, call: Prepared, token: str, *, priority: Priority) -> JsonObject:
        async with self._quota.turn(priority) as turn:
            response = await self._sent(call, token)
            turn.learn(response.status_code, response.headers)
        return answers.read(call.operation, response, path=call.path, now=self._clock.now())

    async def _sent(self, call: Prepared, token: str) -> httpx2.Response:
        try:
            request = self._http.build_request(
                call.operation.method,
                call.path,
                params=call.query or None,
                content=call.content,
                data=call.form,
                headers={**call.headers, "Authorization": f"Bearer {token}"},
            )
            return await self._http.send(request)
        except (httpx2.RequestError, httpx2.InvalidURL) as cause:
            raise unreachable(cause, host=self._http.base_url.host, call=call) from cause


def unreachable(cause: Exception, *, host: str, call: Prepared) -> Unreachable:
    """One sentence for what kept a call from its answer."""
    no_url = not host or isinstance(cause, httpx2.UnsupportedProtocol | httpx2.InvalidURL)
    sentence = "The base URL must start with https:// and name a host" if no_url else _sentence(cause, host=host)
    error = Unreachable(sentence, method=call.operation.method, path=call.path)
    unsent = isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    error.passing = not (no_url or _is_tls(cause))
    error.in_doubt = error.passing and not unsent
    return error


def _sentence(cause: Exception, *, host: str) -> str:
    match cause:
        case httpx2.ConnectTimeout():
            return f"{host} did not accept the connection in time"
        case httpx2.TimeoutException():
            return f"{host} did not answer in time"
        case httpx2.ConnectError() if _is_tls(cause):
            return f"The TLS connection to {host} failed: {_innermost(cause)}"
        case httpx2.ConnectError():
            return f"{host} cannot be connected: {_innermost(cause)}"
        case _:
            return f"The connection to {host} broke before the answer was complete"


def _is_tls(cause: Exception) -> bool:
    return any(isinstance(error, ssl.SSLError) for error in _chain(cause))


def _innermost(cause: Exception) -> str:
    innermost = _chain(cause)[-1]
    if isinstance(innermost, ssl.SSLCertVerificationError):
        return innermost.verify_message
    return getattr(innermost, "strerror", None) or str(innermost)


def _chain(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (deeper := chain[-1].__cause__ or chain[-1].__context__) and deeper not in chain:
        chain.append(deeper)
    return chain


def _locate(error: HighLevelError, call: Prepared) -> None:
    """Name the call in an error that was raised before anything was sent."""
    if error.method is None:
        error.method, error.path = call.operation.method, call.path
