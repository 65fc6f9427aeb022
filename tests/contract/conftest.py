"""Who keeps the promises: each subject served in process, with the promised account and a token for it."""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg
import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import FastAPI
from psycopg import sql

from invoco.api.app import build_api
from invoco.domain.access import Access
from invoco.domain.ids import new_id
from invoco.highlevel import HighLevel
from invoco.highlevel.auth import PrivateToken
from invoco.highlevel.clock import SystemClock
from invoco.highlevel.operations import OPERATIONS
from invoco.routes import Refused, highlevel_routes, install_error_table
from invoco.sandbox.app import app_of, build_twin
from invoco.sandbox.registry import Grant, Holder
from invoco.sandbox.settings import TwinSettings, read_limits
from invoco.sandbox.twin import Twin
from invoco.service.books import Books
from invoco.service.journal import JournalRecorder
from invoco.service.keys import KeyService
from invoco.store.database import Database
from invoco.store.schema import create_all
from invoco.testing.promised_account import furnish

SCOPES = frozenset(operation.scope for operation in OPERATIONS.values() if operation.scope)


@dataclass(frozen=True)
class Subject:
    """Somebody who serves HighLevel's API."""

    app: FastAPI
    location_id: str
    token: str

    @asynccontextmanager
    async def client(self) -> AsyncIterator[HighLevel]:
        """A client of the subject."""
        transport = httpx2.ASGITransport(app=self.app)
        credentials = PrivateToken(self.token)
        async with HighLevel(
            credentials=credentials, location_id=self.location_id, base_url="http://subject.test", transport=transport
        ) as highlevel:
            yield highlevel


class OneToken:
    """A gate that knows one token, whose bearer may do everything in one location."""

    def __init__(self, token: str, location_id: str) -> None:
        self._token = token
        self._access = Access(location_id=location_id, scopes=SCOPES, channel="oauth")

    async def access(self, bearer: str, version: str | None) -> Access:
        """What the token stands for."""
        if bearer != self._token:
            raise Refused(401, "Invalid JWT")
        return self._access


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory) -> Path:
    """A file with all tables and no rows, made once."""
    path: Path = tmp_path_factory.mktemp("contract") / "empty.sqlite3"
    asyncio.run(_create_tables(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def sqlite_database(empty_sqlite, tmp_path) -> AsyncIterator[Database]:
    """A database in a file of its own."""
    async with _opened(f"sqlite:///{shutil.copy(empty_sqlite, tmp_path / 'books.sqlite3')}") as database:
        yield database


@pytest.fixture(scope="session")
def postgres_url(own_postgres) -> Iterator[str]:
    """A database of its own with all tables; without a server the tests are skipped, but never on CI."""
    with own_postgres("contract") as url:
        asyncio.run(_create_tables(url))
        yield url


@pytest.fixture
async def postgres_database(postgres_url) -> AsyncIterator[Database]:
    """The database on the server; tests share it and have a location each."""
    async with _opened(postgres_url) as database:
        yield database


@pytest.fixture
def own_schema(postgres_url) -> Iterator[str]:
    """A schema without tables in that database, for a test that makes its own."""
    name = f"own_{uuid.uuid4().hex[:12]}"
    admin = sa.make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        url = sa.make_url(postgres_url).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


@pytest.fixture
async def sqlite_app(sqlite_database) -> Subject:
    """HighLevel's routes over books on SQLite."""
    return await routes_over(sqlite_database)


@pytest.fixture
async def postgres_app(postgres_database) -> Subject:
    """HighLevel's routes over books on PostgreSQL."""
    return await routes_over(postgres_database)


@pytest.fixture
async def api_app(sqlite_database) -> Subject:
    """Invoco's own API."""
    location_id = new_id()
    keys = KeyService(sqlite_database, clock=SystemClock())
    async with sqlite_database.transaction() as session:
        await furnish(session, location_id)
    books = Books(sqlite_database, clock=SystemClock(), recorder=JournalRecorder())
    key = await keys.add("promises", location_id=location_id, read_only=False)
    return Subject(build_api(books, keys, ping=sqlite_database.ping), location_id, key.secret)


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def twin() -> AsyncIterator[Twin]:
    """A twin for all tests of a class; tests have a location each."""
    async with build_twin(TwinSettings(contacts=1, limits=read_limits("off", None))) as twin:
        yield twin


@pytest_asyncio.fixture(loop_scope="class")
async def twin_app(twin) -> Subject:
    """The twin, with a location of its own beside the sample account."""
    location_id, token = new_id(), f"token-{uuid.uuid4()}"
    async with twin.database.transaction() as session:
        await furnish(session, location_id)
        await twin.index.fill(session)
    await twin.registry.keep(_grant(twin, location_id, token))
    return Subject(app_of(twin), location_id, token)


def _grant(twin: Twin, location_id: str, token: str) -> Grant:
    """What the consent page and the token endpoint would have given out."""
    app = twin.accounts.app()
    holder = Holder(
        client_id=app.client_id,
        scopes=app.scopes,
        company_id=app.company_id,
        location_id=location_id,
        user_id=app.installer_id,
    )
    forever = 2**52
    return Grant(
        access_token=token,
        refresh_token=f"refresh-{token}",
        holder=holder,
        access_until=forever,
        refresh_until=forever,
    )


async def routes_over(database: Database) -> Subject:
    """The routes over books in that database, for a location of its own."""
    location_id, token = new_id(), f"token-{uuid.uuid4()}"
    async with database.transaction() as session:
        await furnish(session, location_id)
    app = FastAPI()
    books = Books(database, clock=SystemClock(), recorder=JournalRecorder())
    app.include_router(highlevel_routes(books, OneToken(token, location_id)))
    install_error_table(app)
    return Subject(app, location_id, token)


async def _create_tables(url: str) -> None:
    async with _opened(url) as database:
        await create_all(database)


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = await Database.open(url, durable=False)
    try:
        yield database
    finally:
        await database.close()
