"""What HighLevel grants: a pair of tokens, the key it is kept under, and where it is kept (facts 2.1 to 2.4)."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol

import msgspec

from invoco.highlevel.errors import Unreadable
from invoco.highlevel.records import JsonObject

_A_DAY = 86_400
"""Seconds an access token lives when the answer does not say (facts 2.4)."""


class TokenKey(NamedTuple):
    """Whose tokens: company and location tokens of one app are kept apart."""

    app_id: str
    resource_id: str
    """Location id or company id."""


class Tokens(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One pair of tokens; the repr hides the secrets."""

    access_token: str
    refresh_token: str | None = None
    """Good for one refresh (facts 2.2); location tokens may come without one."""
    expires_at: int
    """Milliseconds since 1970, of the access token."""
    scope: str = ""
    """The granted scopes, separated by spaces."""
    user_type: str | None = None
    """`Company` or `Location`."""
    company_id: str | None = None
    location_id: str | None = None
    user_id: str | None = None
    approved_locations: tuple[str, ...] = ()
    """The locations chosen at a company install; often left out by HighLevel."""
    is_bulk_installation: bool = False

    @property
    def scopes(self) -> frozenset[str]:
        """The granted scopes."""
        return frozenset(self.scope.split())

    @property
    def resource_id(self) -> str | None:
        """What the pair is good for: its location, else its company."""
        return self.location_id or self.company_id

    def __repr__(self) -> str:
        return f"Tokens(user_type={self.user_type!r}, resource_id={self.resource_id!r}, expires_at={self.expires_at})"

    def __rich_repr__(self) -> Any:
        yield "user_type", self.user_type
        yield "resource_id", self.resource_id
        yield "expires_at", self.expires_at


class TokenStore(Protocol):
    """Where tokens are kept between calls, processes and restarts."""

    async def load(self, key: TokenKey) -> Tokens | None:
        """The pair, or None."""

    async def save(self, key: TokenKey, tokens: Tokens) -> None:
        """Keep the pair, replacing the one before; it is safe when this returns."""

    async def delete(self, key: TokenKey) -> None:
        """Forget the pair; an unknown key is no error."""

    def lock(self, key: TokenKey) -> AbstractAsyncContextManager[None]:
        """Held by one coroutine of one process at a time; the death of its holder releases it.

        The holder of a location's lock may take its company's lock too, never the other way round.
        """


class _Answer(msgspec.Struct, kw_only=True):
    """A token answer under snake_case names."""

    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None
    scope: str | list[str] | None = None
    user_type: str | None = None
    company_id: str | None = None
    location_id: str | None = None
    user_id: str | None = None
    approved_locations: tuple[str, ...] | None = None
    is_bulk_installation: bool | None = None


def tokens_in(answer: JsonObject, *, now: float, before: Tokens | None = None) -> Tokens:
    """The pair in a token answer, whose names may be camelCase or snake_case (facts 1.3, 2.1).

    Args:
        answer: the JSON object.
        now: seconds since 1970, when the call was sent.
        before: the pair this one replaces; what the answer leaves out stays as it was.

    Raises:
        Unreadable: the answer has no access token, or a field of the wrong type.
    """
    try:
        named = {_snake(name): value for name, value in answer.items() if value is not None}
        said = msgspec.convert(named, _Answer, strict=False)
    except msgspec.ValidationError as cause:
        raise Unreadable(f"The answer is no pair of tokens: {cause}") from None
    seconds = _A_DAY if said.expires_in is None else said.expires_in
    given = {
        "refresh_token": said.refresh_token,
        "scope": " ".join(said.scope) if isinstance(said.scope, list) else said.scope,
        "user_type": said.user_type,
        "company_id": said.company_id,
        "location_id": said.location_id,
        "user_id": said.user_id,
        "approved_locations": said.approved_locations,
        "is_bulk_installation": said.is_bulk_installation,
    }
    kept = msgspec.structs.asdict(before) if before else {}
    known = kept | {name: value for name, value in given.items() if value is not None}
    return Tokens(**(known | {"access_token": said.access_token, "expires_at": int((now + seconds) * 1000)}))


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
