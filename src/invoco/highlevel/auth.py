"""Credentials: whoever knows the token to send, and how to get the next one (facts 2)."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Protocol

from invoco.highlevel.errors import (
    Blocked,
    HighLevelError,
    Reconnect,
    RetryLater,
    TokenRefused,
    Unreadable,
    WrongSecret,
)
from invoco.highlevel.oauth_app import CONSENT_URL, OAuthApp, code_from, new_state
from invoco.highlevel.tokens import TokenKey, Tokens, TokenStore, tokens_in

__all__ = [
    "CONSENT_URL",
    "Credentials",
    "OAuthApp",
    "OAuthTokens",
    "PrivateToken",
    "TokenKey",
    "TokenStore",
    "Tokens",
    "code_from",
    "new_state",
    "tokens_in",
]

REPLAY_WINDOW = 30.0
"""Seconds in which HighLevel answers the same refresh with the same new pair (facts 2.2)."""
_RENEW_BEFORE = 300.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0
_PAUSE_AFTER_FAILURE = 30.0


class Credentials(Protocol):
    """What a client needs to know about its right to call."""

    @property
    def app_id(self) -> str:
        """Whose quota is used."""

    async def token(self) -> str:
        """A token that can be sent now.

        Raises:
            Reconnect: there is none, and none can be had.
            RetryLater: there may be one later.
        """

    async def renewed(self, refused: str) -> str:
        """The token to send after a 401 blamed `refused`.

        Raises:
            Reconnect: there is no other.
            RetryLater: there may be one later.
        """


class PrivateToken:
    """A private integration token: it never expires by itself and cannot be renewed (facts 2.5)."""

    def __init__(self, token: str) -> None:
        self._token = token
        self.app_id = f"pit-{hashlib.sha256(token.encode()).hexdigest()[:12]}"

    def __repr__(self) -> str:
        return f"PrivateToken(app_id={self.app_id!r})"

    async def token(self) -> str:
        """The token."""
        return self._token

    async def renewed(self, refused: str) -> str:  # noqa: ARG002 - whichever it was, there is no other
        """Always fails.

        Raises:
            Reconnect: the token was rotated or deleted.
        """
        raise Reconnect("The private integration token is no longer valid")


class OAuthTokens:
    """The tokens of one location or company, kept fresh.

    A pair is renewed once however many coroutines and processes ask: under the store's lock the pair is read again,
    and whoever comes second uses what the first one saved. A new pair is saved before anybody uses it. When the answer
    to a refresh is lost, the same refresh is sent again while HighLevel still replays it; the old pair stays stored
    until then, so a process that dies on the way leaves the next one in the same position.
    """

    def __init__(
        self,
        app: OAuthApp,
        *,
        store: TokenStore,
        resource_id: str,
        company_id: str | None = None,
        renew_before: float = _RENEW_BEFORE,
    ) -> None:
        """Credentials for a stored pair.

        Args:
            app: the app that was granted access.
            store: where the pair is kept.
            resource_id: location id or company id.
            company_id: whose tokens open the location when it has none of its own, or they are refused.
            renew_before: seconds before its end at which a token is renewed.
        """
        self._app, self._store = app, store
        self._key = TokenKey(app.app_id, resource_id)
        self._company_id = company_id
        self._renew_before = renew_before
        self._tokens: Tokens | None = None
        self._unsaved: Tokens | None = None
        self._renewals: dict[str | None, asyncio.Task[Tokens]] = {}
        self._not_again_before = 0.0

    def __repr__(self) -> str:
        return f"OAuthTokens(app_id={self.app_id!r}, resource_id={self._key.resource_id!r})"

    @property
    def app_id(self) -> str:
        """The app whose quota is used."""
        return self._app.app_id

    async def token(self) -> str:
        """An access token that stays valid for a while, renewed when needed.

        Raises:
            Reconnect: no pair is stored, or it was refused and no company token can replace it.
            MissingScope, WrongLocation: the company's token may not open the location.
            RetryLater, Blocked, Unreadable: HighLevel was not reached, and the old token has expired.
        """
        return (await self.tokens()).access_token

    async def tokens(self) -> Tokens:
        """The pair that `token` takes its token from."""
        current = self._tokens or await self._store.load(self._key)
        if current and (self._lasts(current) or self._can_wait(current)):
            self._tokens = current
            return current
        try:
            return await self._renewed(current.access_token if current else None)
        except (RetryLater, Blocked, Unreadable):
            self._not_again_before = self._now() + _PAUSE_AFTER_FAILURE
            if current and self._can_wait(current):
                return current
            raise

    async def renewed(self, refused: str) -> str:
        """The token after `refused`; asks HighLevel only if nobody has renewed it meanwhile.

        Raises:
            As `token`.
        """
        return (await self._renewed(refused)).access_token

    async def _renewed(self, spent: str | None) -> Tokens:
        """Everybody with the same spent token awaits one renewal; it goes on when the one who began it is cancelled."""
        if self._tokens and self._is_usable(self._tokens, spent):
            return self._tokens
        self._renewals = {key: task for key, task in self._renewals.items() if not task.done()}
        if spent not in self._renewals:
            self._renewals[spent] = asyncio.create_task(self._renew(spent))
            self._renewals[spent].add_done_callback(_notice)
        return await asyncio.shield(self._renewals[spent])

    async def _renew(self, spent: str | None) -> Tokens:
        async with self._store.lock(self._key):
            stored = await self._store.load(self._key)
            if stored is None or not self._is_usable(stored, spent):
                stored = await self._replaced(stored, spent)
            self._tokens, self._unsaved = stored, None
            return stored

    async def _replaced(self, stored: Tokens | None, spent: str | None) -> Tokens:
        """A new pair, saved. One that could not be saved is kept: HighLevel would not give it a second time."""
        fresh = self._unsaved
        if fresh is None or not self._is_usable(fresh, spent):
            fresh = await self._obtained(fresh or stored)
        self._unsaved = fresh
        await self._store.save(self._key, fresh)
        return fresh

    async def _obtained(self, stored: Tokens | None) -> Tokens:
        if stored is None:
            nothing = Reconnect("No tokens are stored for this location or company")
            return await self._minted(self._company_id, instead_of=nothing)
        try:
            return await self._refreshed(stored)
        except WrongSecret:
            raise
        except Reconnect as error:
            return await self._minted(self._company_id or stored.company_id, instead_of=error)

    async def _refreshed(self, stored: Tokens) -> Tokens:
        """The next pair; the same refresh again and again while its lost answer can still be had."""
        began, pause, in_doubt = self._now(), _FIRST_PAUSE, False
        while True:
            try:
                return await self._app.refresh(stored)
            except HighLevelError as error:
                in_doubt |= error.passing and error.in_doubt
                if not in_doubt or not error.passing or self._now() + pause - began >= REPLAY_WINDOW:
                    raise
            await self._app.clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _minted(self, company_id: str | None, *, instead_of: Reconnect) -> Tokens:
        """A location token from its company's (facts 2.3), when the location's own pair is dead or was never had."""
        if company_id is None or company_id == self._key.resource_id:
            raise instead_of
        company = OAuthTokens(self._app, store=self._store, resource_id=company_id, renew_before=self._renew_before)
        if await self._store.load(company._key) is None:
            raise instead_of
        tokens = await company.tokens()
        try:
            return await self._app.location_token(tokens, self._key.resource_id)
        except TokenRefused:
            tokens = await company._renewed(tokens.access_token)
            return await self._app.location_token(tokens, self._key.resource_id)

    def _is_usable(self, tokens: Tokens, spent: str | None) -> bool:
        """Another one than the spent one, and alive: somebody else has just renewed it."""
        return tokens.access_token != spent and tokens.expires_at > self._now() * 1000

    def _lasts(self, tokens: Tokens) -> bool:
        return tokens.expires_at > (self._now() + self._renew_before) * 1000

    def _can_wait(self, tokens: Tokens) -> bool:
        """Still valid, and renewing has just failed."""
        return tokens.expires_at > self._now() * 1000 and self._now() < self._not_again_before

    def _now(self) -> float:
        return self._app.clock.now()


def _notice(task: asyncio.Task[Tokens]) -> None:
    """Everybody who asked may have been cancelled; then nobody else looks at the error."""
    if not task.cancelled():
        task.exception()
