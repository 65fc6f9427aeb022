"""An Invoco and the twin that it writes to, in one process; nothing happens between them unless a test asks for it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from invoco.domain.conflicts import ConflictRules
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Cause, Reread, Subject
from invoco.gateway.gateway import HighLevelGateway
from invoco.highlevel.clock import milliseconds
from invoco.highlevel.quota import Priority, Quotas
from invoco.highlevel.token_stores import MemoryTokenStore
from invoco.sandbox import TwinSettings, build_twin, read_limits
from invoco.sandbox.webhooks import new_keys
from invoco.service.agreements import Agreements
from invoco.service.books import Books
from invoco.service.connections import ConnectionService
from invoco.service.gateway import MemorySecrets
from invoco.service.imports import ImportService
from invoco.service.journal import JournalRecorder
from invoco.service.verification import VerificationService
from invoco.store.database import Database
from invoco.store.schema import create_all
from invoco.sync.confirm import confirm
from invoco.sync.outbound import send

URL = "http://twin.test"
KEYS = new_keys(rsa_bits=2048)
CONTACT, TASK, NOTE = RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE
ACTOR = "api:test"


class Pair:
    """Both sides of one connection."""

    def __init__(self, twin: Any, store: Database) -> None:
        self.twin, self.store = twin, store
        self.agreements = Agreements(store, clock=twin.clock)
        self._tokens, self._secrets = MemoryTokenStore(), MemorySecrets()
        self._transport = httpx2.ASGITransport(app=twin.app)
        self.gateway = HighLevelGateway(
            tokens=self._tokens, secrets=self._secrets, quotas=Quotas(clock=twin.clock), clock=twin.clock,
            transport=self._transport,
        )  # fmt: skip
        self.ours = Books(store, clock=twin.clock, recorder=JournalRecorder())
        self.theirs = twin.books
        self.connection: Any = None

    async def connect(self) -> None:
        """Connect, and import everything."""
        keys = self.twin.accounts.keys()
        self.here = keys["private_tokens"][0]["location_id"]
        service = ConnectionService(
            self.store, tokens=self._tokens, secrets=self._secrets, gateway=self.gateway, clock=self.twin.clock
        )
        self.connection = await service.connect_with_token(
            base_url=URL, token=keys["private_tokens"][0]["token"], location_id=self.here
        )
        imports = ImportService(self.store, gateway=self.gateway, clock=self.twin.clock, notes_share=1.0)
        await imports.run(self.connection, progress=lambda *_: None)

    def rules(self, **rules: Any) -> None:
        """Let these rules decide about conflicts."""
        self.connection = replace(self.connection, conflicts=ConflictRules(**rules))

    async def send(self) -> Any:
        """Send until nothing is due; the totals."""
        agreement = await self.agreements.of(self.connection)
        total = None
        async with self.gateway.destination(self.connection) as destination:
            while True:
                sent = await send(destination, self.store, agreement=agreement, clock=self.twin.clock, new_id=new_id)
                if not sent.contacts or sent.postponed:
                    return total or sent
                total = sent

    async def take_in(self, contact_id: str) -> None:
        """Read a contact again, as after a webhook."""
        now = milliseconds(self.twin.clock)
        asked = Reread(
            subject=Subject.CONTACT, subject_id=contact_id, since=now, asked_at=now, due_at=now,
            urgency=Priority.EVENT, cause=Cause.EVENT,
        )  # fmt: skip
        async with self.store.transaction() as session:
            await session.rereads.ask(self.here, [asked])
        await self.reread()

    async def reread(self) -> None:
        """Do all rereads that wait, whenever they are due."""
        theirs = self.agreements.theirs(self.store, self.connection, new_id=new_id)
        async with self.gateway.source(self.connection) as source:
            while True:
                self.twin.clock.advance(60)
                done = await confirm(source, theirs, connection=self.connection, clock=self.twin.clock, new_id=new_id)
                if not (done.read or done.postponed):
                    return

    async def drift(self) -> Any:
        """How the sides differ."""
        service = VerificationService(self.store, gateway=self.gateway, clock=self.twin.clock)
        return await service.verify(self.connection, progress=lambda *_: None)

    async def mine(self, kind: RecordKind = CONTACT) -> dict[str, Any]:
        """Invoco's records."""
        async with self.store.reading() as session:
            return {record.id: record for record in await session.shelf(kind).page(self.here, limit=1000)}

    async def there(self, kind: RecordKind = CONTACT) -> dict[str, Any]:
        """HighLevel's records."""
        async with self.twin.database.reading() as session:
            return {record.id: record for record in await session.shelf(kind).page(self.here, limit=1000)}

    async def left(self) -> dict[str, Any]:
        """What is left to be done or looked at."""
        async with self.store.reading() as session:
            return {
                "bases": sum([await session.bases.count(self.here, kind) for kind in (CONTACT, TASK, NOTE)]),
                "outbox": await session.outbox.counts(self.here),
                "findings": [(f.field, f.deviation.value) for f in await session.findings.page(self.here)],
                "conflicts": [c.field for c in await session.conflicts.page(self.here)],
            }


@pytest.fixture
async def pair(tmp_path):
    """Both sides, connected and equal."""
    path = tmp_path / "invoco.db"
    store = await Database.open(f"sqlite:///{path}")
    try:
        await create_all(store)
        async with opened_pair(store) as pair:
            yield pair
    finally:
        await store.close()


@asynccontextmanager
async def opened_pair(store):
    """Both sides over that store."""
    settings = TwinSettings(contacts=12, limits=read_limits("off", None))
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(200))
    async with build_twin(settings, keys=KEYS, transport=transport) as twin:
        pair = Pair(twin, store)
        await pair.connect()
        yield pair
