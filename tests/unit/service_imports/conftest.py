"""The services over a twin of HighLevel in this process, and a store in a file."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest_asyncio

from invoco.gateway.gateway import HighLevelGateway
from invoco.gateway.source import Reading
from invoco.highlevel.quota import Quotas
from invoco.highlevel.token_stores import MemoryTokenStore
from invoco.sandbox import Twin, TwinSettings, build_twin, read_limits
from invoco.service.connections import Authorisation, ConnectionService
from invoco.service.gateway import MemorySecrets
from invoco.service.imports import ImportService
from invoco.service.verification import VerificationService
from invoco.store.database import Database
from invoco.testing.clock import FakeClock

URL = "http://twin.test"


class Desk:
    """What a test has at hand."""

    def __init__(self, twin: Twin, database: Database) -> None:
        self.twin, self.database = twin, database
        self.clock = FakeClock(start=twin.clock.now())
        self.tokens, self.secrets = MemoryTokenStore(), MemorySecrets()
        self.transport = httpx2.ASGITransport(app=twin.app)
        self.gateway = HighLevelGateway(
            tokens=self.tokens,
            secrets=self.secrets,
            quotas=Quotas(clock=self.clock),
            clock=self.clock,
            transport=self.transport,
            reading=Reading(days_back=60, days_ahead=60),
        )
        self.connections = ConnectionService(
            database, tokens=self.tokens, secrets=self.secrets, gateway=self.gateway, clock=self.clock
        )
        self.imports = ImportService(database, gateway=self.gateway, clock=self.clock, notes_share=0.5)
        self.verification = VerificationService(database, gateway=self.gateway, clock=self.clock)
        self.keys: dict[str, Any] = twin.accounts.keys()
        self.here, self.elsewhere = (place["id"] for place in self.keys["locations"][:2])

    async def token(self, *scopes: str) -> str:
        """A private integration token of the main location, with all scopes or these."""
        return await self.twin.accounts.new_private_token(self.here, scopes or None)

    async def connected(self, name: str | None = None) -> Any:
        """The main location, connected with a token."""
        return await self.connections.connect_with_token(
            base_url=URL, token=await self.token(), location_id=self.here, name=name
        )

    def authorise(self, **changed: str) -> Authorisation:
        """A sign-in that has begun."""
        app = {"base_url": URL, "client_id": self.keys["client_id"], "client_secret": self.keys["client_secret"]}
        return self.connections.authorise(**(app | {"redirect_uri": "http://127.0.0.1:1/callback"} | changed))

    async def consent(self, authorisation: Authorisation, choice: str) -> str:
        """The address the browser is sent to when a user chooses that location, or `company`."""
        page = urlsplit(authorisation.url)
        async with httpx2.AsyncClient(transport=self.transport, base_url=URL) as browser:
            answer = await browser.post(f"{page.path}?{page.query}", data={"location_id": choice})
        return answer.headers["Location"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def twin() -> AsyncIterator[Twin]:
    """A small account, made once."""
    async with build_twin(TwinSettings(contacts=12, limits=read_limits("off", None))) as twin:
        yield twin


@pytest_asyncio.fixture(loop_scope="session")
async def desk(twin, empty_stage) -> AsyncIterator[Desk]:
    """The services over that account, with nothing connected."""
    async with empty_stage.database() as database:
        yield Desk(twin, database)
