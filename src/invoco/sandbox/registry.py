"""Who may call the twin: apps, codes, token pairs, private tokens and installations.

Kept in memory for the hot path, and written through to one table so that a twin with `--data` keeps them.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from invoco.store.database import Database

metadata = sa.MetaData()
entries = sa.Table(
    "twin_registry",
    metadata,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the registry keeps, found by its key."""

    @property
    def key(self) -> str:
        """What it is found by."""
        raise TypeError(f"{type(self).__name__} has no key")


class App(Entry, frozen=True, kw_only=True):
    """An OAuth app of the marketplace (facts 2.1)."""

    client_id: str
    client_secret: str
    version_id: str
    plan_id: str
    company_id: str
    company_name: str
    name: str
    scopes: tuple[str, ...]
    installer_id: str
    """The user who sits before the consent page."""
    redirect_uris: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The client id."""
        return self.client_id

    @property
    def app_id(self) -> str:
        """The part of the client id that names the app."""
        return self.client_id.partition("-")[0]

    def __repr__(self) -> str:
        """Without the secret."""
        return f"App({self.client_id!r})"


class Place(Entry, frozen=True, kw_only=True):
    """A location, as the consent page and the list of installed locations show it."""

    location_id: str
    company_id: str
    name: str
    address: str = ""
    active: bool = True

    @property
    def key(self) -> str:
        """The location's id."""
        return self.location_id


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a code or a token pair was given to."""

    client_id: str
    scopes: tuple[str, ...]
    company_id: str
    location_id: str | None
    """None for a company token."""
    user_id: str

    @property
    def user_type(self) -> str:
        """`Company` or `Location`."""
        return "Location" if self.location_id else "Company"


class Code(Entry, frozen=True, kw_only=True):
    """An authorization code: works once, for minutes."""

    code: str
    holder: Holder
    redirect_uri: str
    until: int
    """Milliseconds since 1970."""

    @property
    def key(self) -> str:
        """The code itself."""
        return self.code

    def __repr__(self) -> str:
        """Without the code."""
        return f"Code({self.holder.client_id!r})"


class Grant(Entry, frozen=True, kw_only=True):
    """A pair of tokens (facts 2.2)."""

    access_token: str
    refresh_token: str
    holder: Holder
    access_until: int
    refresh_until: int
    used_at: int | None = None
    """When the refresh token was used."""
    successor: str | None = None
    """The refresh token of the pair that followed."""

    @property
    def key(self) -> str:
        """The refresh token."""
        return self.refresh_token

    def __repr__(self) -> str:
        """Without the tokens."""
        return f"Grant({self.holder!r})"


class PrivateToken(Entry, frozen=True, kw_only=True):
    """A private integration token (facts 2.5)."""

    token: str
    company_id: str
    location_id: str | None
    scopes: tuple[str, ...]
    until: int | None = None
    """When it stops working after a rotation; None: never."""

    @property
    def key(self) -> str:
        """The token itself."""
        return self.token

    def __repr__(self) -> str:
        """Without the token."""
        return f"PrivateToken({self.location_id!r})"


class Installation(Entry, frozen=True, kw_only=True):
    """An app that is installed in a location."""

    client_id: str
    location_id: str
    installed_at: int

    @property
    def key(self) -> str:
        """App and location."""
        return f"{self.client_id}:{self.location_id}"


E = TypeVar("E", bound=Entry)
_INSERT = insert(entries)
# In place, so that the order stays the one in which entries came.
_PUT = _INSERT.on_conflict_do_update(index_elements=["kind", "key"], set_={"body": _INSERT.excluded.body})
_KINDS: tuple[type[Entry], ...] = (App, Place, Code, Grant, PrivateToken, Installation)


class Registry:
    """All entries; read from memory, written to both."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[type[Entry], dict[str, Entry]] = {kind: {} for kind in _KINDS}
        self._by_access_token: dict[str, str] = {}

    async def load(self) -> None:
        """Read what an earlier run has kept."""
        named = {kind.__name__: kind for kind in _KINDS}
        async with self._database.reading() as session:
            rows = (
                await session.connection.execute(sa.select(entries.c.kind, entries.c.body).order_by(sa.text("rowid")))
            ).all()
        for kind, body in rows:
            self._remember(msgspec.json.decode(body, type=named[kind]))

    def find(self, kind: type[E], key: str | None) -> E | None:
        """The entry with that key."""
        return self._kept[kind].get(key or "")  # type: ignore[return-value]  # each kind has a shelf of its own

    def all(self, kind: type[E]) -> list[E]:
        """Every entry of that kind, as they were added."""
        return list(self._kept[kind].values())  # type: ignore[arg-type]  # each kind has a shelf of its own

    def app(self, client_id: str) -> App:
        """The app that a token was given to; an app that has given tokens is never removed."""
        return cast("App", self._kept[App][client_id])

    def grant_of(self, access_token: str) -> Grant | None:
        """The pair with that access token."""
        return self.find(Grant, self._by_access_token.get(access_token))

    async def keep(self, *kept: Entry) -> None:
        """Keep the entries; memory changes at once, so that two callers never see an entry unused."""
        for entry in kept:
            self._remember(entry)
        async with self._database.transaction() as session:
            await session.connection.execute(_PUT, [_row(entry) for entry in kept])

    async def forget(self, *forgotten: Entry) -> None:
        """Remove the entries; as with `keep`, memory first."""
        for entry in forgotten:
            self._kept[type(entry)].pop(entry.key, None)
            if isinstance(entry, Grant):
                self._by_access_token.pop(entry.access_token, None)
        async with self._database.transaction() as session:
            for entry in forgotten:
                mine = (entries.c.kind == type(entry).__name__, entries.c.key == entry.key)
                await session.connection.execute(sa.delete(entries).where(*mine))

    def clear(self) -> None:
        """Empty the memory; the table is emptied with all others."""
        for kept in self._kept.values():
            kept.clear()
        self._by_access_token.clear()

    def _remember(self, entry: Entry) -> None:
        self._kept[type(entry)][entry.key] = entry
        if isinstance(entry, Grant):
            self._by_access_token[entry.access_token] = entry.refresh_token


def _row(entry: Entry) -> dict[str, Any]:
    return {"kind": type(entry).__name__, "key": entry.key, "body": msgspec.json.encode(entry)}
