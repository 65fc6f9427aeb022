"""HighLevel's routes over real books in a file, called in process."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from invoco.domain.access import Access
from invoco.domain.changes import Change
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session
from invoco.highlevel.operations import OPERATIONS
from invoco.highlevel.records import (
    Appointment,
    Business,
    Calendar,
    CustomField,
    CustomValue,
    Location,
    Record,
    Tag,
    User,
)
from invoco.routes import Refused, highlevel_routes, install_error_table
from invoco.service.books import Books
from invoco.store.database import Database
from invoco.testing.clock import FakeClock

HERE, GOOD, V2 = "location-of-the-tests", "good", "2021-07-28"
EVERY_SCOPE = frozenset(operation.scope for operation in OPERATIONS.values() if operation.scope)
TOKENS = {
    GOOD: Access(location_id=HERE, scopes=EVERY_SCOPE, channel="oauth", actor="app:1"),
    "static": Access(location_id=HERE, scopes=EVERY_SCOPE, channel="token"),
    "reader": Access(location_id=HERE, scopes=frozenset({"contacts.readonly"}), channel="oauth"),
    "company": Access(location_id=None, company_id="c", scopes=EVERY_SCOPE, channel="oauth"),
    "static-company": Access(location_id=None, company_id="c", scopes=EVERY_SCOPE, channel="token"),
}
RECORDS: dict[RecordKind, tuple[Record, ...]] = {
    RecordKind.LOCATION: (Location(id=HERE, name="Here", country="US", timezone="America/New_York", company_id="c"),),
    RecordKind.BUSINESS: (Business(id="b1", name="Firm 1", location_id=HERE), Business(id="b2", name="Firm 2")),
    RecordKind.TAG: (Tag(id="t1", name="vip"),),
    RecordKind.CUSTOM_FIELD: (
        CustomField(id="size", name="Size", field_key="contact.size", data_type="TEXT", model="contact"),
        CustomField(id="deal", name="Deal", field_key="opportunity.deal", data_type="TEXT", model="opportunity"),
    ),
    RecordKind.CUSTOM_VALUE: (CustomValue(id="v1", name="Slogan", value="Hello"),),
    RecordKind.USER: (
        User(id="u1", name="Uma Thor", first_name="Uma", email="uma@example.com"),
        User(id="u2", name="Ben Oak", phone="+12025550101"),
    ),
    RecordKind.CALENDAR: (
        Calendar(id="k1", name="Sales", group_id="g1"),
        Calendar(id="k2", name="Draft", is_active=False),
    ),
}


class Untold:
    """A recorder that keeps nothing."""

    async def record(self, session: Session, changes: Sequence[Change]) -> None:
        """Forget the changes."""


class PlainGate:
    """Knows the tokens above."""

    async def access(self, bearer: str, version: str | None) -> Access:
        """What the token stands for."""
        if bearer not in TOKENS:
            raise Refused(401, "Invalid JWT")
        return TOKENS[bearer]


class Face:
    """The routes as a caller sees them."""

    def __init__(self, database: Database, client: httpx2.AsyncClient, clock: FakeClock) -> None:
        self.database, self.client, self.clock = database, client, clock

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = GOOD, version: str | None = V2,
        raw: bytes | None = None, **query: Any,
    ) -> tuple[int, Any]:  # fmt: skip
        """The status and the body of the answer, without its traceId."""
        headers = {"Authorization": f"Bearer {token}" if token else None, "Version": version}
        given = {"json": body} if body is not None else {"content": raw} if raw is not None else {}
        answer = await self.client.request(
            method, path, headers={name: value for name, value in headers.items() if value}, params=query, **given
        )
        told = answer.json()
        assert told.pop("traceId")
        return answer.status_code, told

    async def create(self, *, version: str = V2, **body: Any) -> Any:
        """A contact, created a second later."""
        self.clock.advance(1)
        status, told = await self.call("POST", "/contacts/", {"locationId": HERE, **body}, version=version)
        assert (status, "contact" in told) == (201, True), told
        return told["contact"]

    async def put(self, kind: RecordKind, *records: Record) -> None:
        """Store records as an import would."""
        async with self.database.transaction() as session:
            await session.shelf(kind).put(HERE, list(records))


@pytest.fixture(scope="session")
def stocked_stage(empty_mirror, tmp_path_factory, staged) -> Any:
    """A database with one location and its definitions, made once."""
    path = Path(shutil.copy(empty_mirror, tmp_path_factory.mktemp("routes")))

    async def make() -> None:
        database = await Database.open(f"sqlite:///{path}", durable=False)
        async with database.transaction() as session:
            for kind, records in RECORDS.items():
                await session.shelf(kind).put(HERE, list(records))
        await database.close()

    asyncio.run(make())
    return staged(path)


class Shelved:
    """A store that is another database in each test, so that the routes need to be built only once."""

    database: Database

    def transaction(self, *, durable: bool = True) -> AbstractAsyncContextManager[Session]:
        """A writing transaction of today's database."""
        return self.database.transaction(durable=durable)

    def appending(self) -> AbstractAsyncContextManager[Session]:
        """An appending transaction of today's database."""
        return self.database.appending()

    def reading(self) -> AbstractAsyncContextManager[Session]:
        """A reading transaction of today's database."""
        return self.database.reading()


@pytest.fixture(scope="session")
def built() -> tuple[FastAPI, Shelved, FakeClock]:
    """The routes over a store that is yet to be chosen."""
    store, clock = Shelved(), FakeClock(auto=False)
    app = FastAPI(openapi_url=None)
    app.include_router(highlevel_routes(Books(store, clock=clock, recorder=Untold()), PlainGate()))
    install_error_table(app)
    return app, store, clock


@pytest.fixture
async def face(built, stocked_stage) -> AsyncIterator[Face]:
    """The routes over that database."""
    app, store, clock = built
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        stocked_stage.database() as store.database,
        httpx2.AsyncClient(transport=transport, base_url="http://twin.test") as client,
    ):
        yield Face(store.database, client, clock)


@pytest.fixture
async def event(face) -> Appointment:
    """An appointment of a contact, stored as an import would."""
    contact = await face.create(firstName="Ada")
    appointment = Appointment(
        id="a1", contact_id=contact["id"], calendar_id="k1", location_id=HERE, title="Call", group_id="g1",
        start_time="2025-06-15T12:00:00+02:00", end_time="2025-06-15T13:00:00+02:00",
        assigned_user_id="u1", date_added="2025-06-01T10:00:00.000Z",
    )  # fmt: skip
    await face.put(RecordKind.APPOINTMENT, appointment)
    return appointment
