"""Keys for Invoco's own API."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from invoco.domain.access import Access
from invoco.domain.connections import ApiKey
from invoco.domain.errors import FixInput, Unauthorized
from invoco.domain.ports import Store
from invoco.highlevel.clock import Clock, milliseconds
from invoco.highlevel.operations import OPERATIONS, READ

_PREFIX = "invoco_"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_NOTE_USE_EVERY = 3_600_000
"""Milliseconds between two notes of a key's last use, so that reading does not mean writing."""


class NewKey(NamedTuple):
    """A key that was just made; its secret is shown this once."""

    key: ApiKey
    secret: str


class KeyService:
    """Makes, lists, revokes and recognises API keys."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def add(self, name: str, *, location_id: str, read_only: bool) -> NewKey:
        """Make a key for one location.

        Raises:
            FixInput: the name is taken or unfit.
        """
        if not _NAME.fullmatch(name):
            raise FixInput(f"The name {name!r} cannot be used.", cure="Use letters, digits, dots and dashes.")
        secret = _PREFIX + secrets.token_urlsafe(32)
        key = ApiKey(
            name=name,
            location_id=location_id,
            hash=_hash(secret),
            hint=secret[-4:],
            scopes=tuple(sorted(_scopes(read_only=read_only))),
            created_at=milliseconds(self._clock),
        )
        async with self._store.transaction() as session:
            if any(other.name == name for other in await session.keys.all()):
                raise FixInput(
                    f"There is a key named {name} already.", cure=f"Revoke it with `invoco keys revoke {name}`."
                )
            await session.keys.put(key)
        return NewKey(key, secret)

    async def all(self) -> Sequence[ApiKey]:
        """Every key, by name."""
        async with self._store.reading() as session:
            return await session.keys.all()

    async def revoke(self, name: str) -> None:
        """Make a key useless at once.

        Raises:
            FixInput: no key has that name.
        """
        async with self._store.transaction() as session:
            if not await session.keys.delete(name):
                raise FixInput(f"There is no key named {name}.", cure="See `invoco keys list`.")

    async def access(self, secret: str) -> Access:
        """What the bearer of a key may do.

        Raises:
            Unauthorized: nobody made this key, or it was revoked.
        """
        async with self._store.reading() as session:
            session.brief()
            key = await session.keys.by_hash(_hash(secret))
        if key is None:
            raise Unauthorized
        await self._note_use(key)
        return Access(
            location_id=key.location_id,
            scopes=frozenset(key.scopes),
            channel="key",
            app_id=key.name,
            actor=f"api:{key.name}",
        )

    async def _note_use(self, key: ApiKey) -> None:
        now = milliseconds(self._clock)
        if key.last_used_at is not None and now - key.last_used_at < _NOTE_USE_EVERY:
            return
        async with self._store.transaction() as session:
            if await session.keys.by_hash(key.hash) is not None:
                await session.keys.put(replace(key, last_used_at=now))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _scopes(*, read_only: bool) -> set[str]:
    scopes = {operation.scope for operation in OPERATIONS.values() if operation.scope} | {READ}
    return {scope for scope in scopes if not read_only or scope.endswith(".readonly")}
