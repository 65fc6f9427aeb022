"""What transactions promise, and the secrets that are kept in the same database."""
# ruff: noqa: S101 - these are tests, kept here so that every database can subclass them

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from invoco.domain.errors import Misconfigured
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.highlevel.clock import milliseconds
from invoco.highlevel.records import Contact
from invoco.highlevel.tokens import TokenKey, Tokens
from invoco.store import tables
from invoco.store.database import Database
from invoco.store.secrets import StoredSecrets
from invoco.store.tokens import LEASE_SECONDS, StoredTokens
from invoco.store.vault import Vault
from invoco.testing.clock import FakeClock
from invoco.testing.shelf_promises import put

MARKED = Tokens(access_token="marked-access", refresh_token="marked-refresh", expires_at=1)  # noqa: S106 - no real one


class TransactionPromises:
    """All or nothing, one writer, and readers that see one state."""

    async def test_failed_transaction_leaves_nothing(self, store: Database, location_id: str) -> None:
        """Not even what was written before the failure."""

        async def write_and_fail() -> None:
            async with store.transaction() as session:
                await session.contacts.put(location_id, [Contact(id="c1", additional_emails=["a@x.org"])])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await write_and_fail()

        async with store.reading() as session:
            assert await session.contacts.count(location_id) == 0
            assert await session.contacts.with_email(location_id, "a@x.org") == []

    async def test_cancelled_transaction_leaves_nothing(self, store: Database, location_id: str) -> None:
        """And the next writer is not kept waiting."""

        async def write_and_wait(written: asyncio.Event) -> None:
            async with store.transaction() as session:
                await session.contacts.put(location_id, [Contact(id="c1")])
                written.set()
                await asyncio.Event().wait()

        written = asyncio.Event()
        writer = asyncio.create_task(write_and_wait(written))
        await written.wait()
        writer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writer
        await put(store, location_id, RecordKind.CONTACT, Contact(id="c2"))

        async with store.reading() as session:
            assert [Contact(id="c2")] == await session.contacts.page(location_id)

    async def test_transaction_sees_its_own_writes(self, store: Database, location_id: str) -> None:
        """A rule may look at what was written before."""
        async with store.transaction() as session:
            await session.contacts.put(location_id, [Contact(id="c1", email="a@x.org")])

            assert [Contact(id="c1", email="a@x.org")] == await session.contacts.with_email(location_id, "A@x.org")

    async def test_reader_sees_one_state_while_a_writer_writes(self, store: Database, location_id: str) -> None:
        """What was committed meanwhile is seen by the next reader."""
        await put(store, location_id, RecordKind.CONTACT, Contact(id="c1"))
        async with store.reading() as session:
            before = await session.contacts.count(location_id)
            await put(store, location_id, RecordKind.CONTACT, Contact(id="c2"))
            during = await session.contacts.count(location_id)

        async with store.reading() as session:
            assert (before, during, await session.contacts.count(location_id)) == (1, 1, 2)

    async def test_reader_does_not_see_what_is_not_committed(self, store: Database, location_id: str) -> None:
        """It is not blocked either."""
        async with store.transaction() as writing:
            await writing.contacts.put(location_id, [Contact(id="c1")])
            async with store.reading() as reading:
                assert await reading.contacts.count(location_id) == 0

    async def test_writers_queue(self, store: Database, location_id: str) -> None:
        """What one looked at is still so when it writes: no increment is lost."""

        async def add_one() -> None:
            async with store.transaction() as session:
                count = await session.contacts.count(location_id)
                await asyncio.sleep(0)
                await session.contacts.put(location_id, [Contact(id=str(count))])

        await asyncio.gather(*(add_one() for _ in range(20)))

        async with store.reading() as session:
            assert await session.contacts.count(location_id) == 20

    @pytest.mark.parametrize("durable", [True, False])
    async def test_brief_transaction(self, store: Database, location_id: str, *, durable: bool) -> None:
        """What is done at once is done all the same, or not at all."""
        contacts = [Contact(id=str(number), email="a@x.org") for number in range(3)]
        async with store.transaction(durable=durable) as session:
            session.brief()
            await session.contacts.put(location_id, contacts)

        async def delete_and_fail() -> None:
            async with store.transaction(durable=durable) as session:
                session.brief()
                await session.contacts.delete(location_id, ["0", "1"])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await delete_and_fail()

        async with store.reading() as session:
            session.brief()
            assert contacts == await session.contacts.with_email(location_id, "a@x.org")

    async def test_durable_and_passing_transactions_take_turns(self, store: Database, location_id: str) -> None:
        """Each sees what the others wrote."""
        for number, durable in enumerate([True, False, False, True]):
            async with store.transaction(durable=durable) as session:
                assert await session.contacts.count(location_id) == number
                await session.contacts.put(location_id, [Contact(id=str(number))])

    async def test_ping(self, store: Database) -> None:
        """A database that answers gives no error."""
        await store.ping()


class SecretPromises:
    """Tokens and other secrets, encrypted in the database."""

    @pytest.fixture
    def vault(self) -> Vault:
        """A vault with one key."""
        return Vault([b"k" * 32])

    @pytest.fixture
    def tokens(self, store: Database, vault: Vault) -> StoredTokens:
        """Tokens in the store."""
        return StoredTokens(store, vault, clock=FakeClock())

    @pytest.fixture
    def key(self) -> TokenKey:
        """A key nobody else uses."""
        return TokenKey("app", new_id())

    async def test_tokens_come_back(self, tokens: StoredTokens, key: TokenKey) -> None:
        """The pair that was saved last, and none after it was deleted."""
        assert await tokens.load(key) is None
        await tokens.save(key, Tokens(access_token="first", expires_at=1))  # noqa: S106 - no real one
        await tokens.save(key, MARKED)
        assert await tokens.load(key) == MARKED
        await tokens.delete(key)

        assert await tokens.load(key) is None

    async def test_tokens_are_kept_encrypted(self, store: Database, tokens: StoredTokens, key: TokenKey) -> None:
        """The row tells nothing."""
        await tokens.save(key, MARKED)

        async with store.reading() as session:
            chosen = sa.select(tables.tokens.c.sealed).where(tables.tokens.c.resource_id == key.resource_id)
            sealed = await session.connection.scalar(chosen)
        assert b"marked" not in (sealed or b"marked")

    async def test_tokens_of_another_key_ring_say_so(
        self, store: Database, tokens: StoredTokens, key: TokenKey
    ) -> None:
        """The error names the setting."""
        await tokens.save(key, MARKED)

        with pytest.raises(Misconfigured) as lost:
            await StoredTokens(store, Vault([b"x" * 32]), clock=FakeClock()).load(key)
        assert "INVOCO_SECRET_KEY" in lost.value.cure

    async def test_sealed_tokens_cannot_be_moved(self, store: Database, tokens: StoredTokens, key: TokenKey) -> None:
        """The pair of one location is of no use in the row of another."""
        await tokens.save(key, MARKED)
        thief = TokenKey("app", new_id())
        async with store.transaction() as session:
            row = sa.update(tables.tokens).where(tables.tokens.c.resource_id == key.resource_id)
            await session.connection.execute(row.values(resource_id=thief.resource_id))

        with pytest.raises(Misconfigured):
            await tokens.load(thief)

    async def test_lock_is_held_by_one(self, store: Database, vault: Vault, key: TokenKey) -> None:
        """Two holders of two processes never overlap, and each saves under its lock."""
        clock, inside, most = FakeClock(), 0, 0

        async def renew() -> None:
            nonlocal inside, most
            stored = StoredTokens(store, vault, clock=clock)
            async with stored.lock(key):
                inside += 1
                most = max(most, inside)
                await stored.save(key, MARKED)
                await clock.sleep(1)
                inside -= 1

        await asyncio.gather(*(renew() for _ in range(3)))

        assert most == 1

    async def test_lock_is_held_as_long_as_it_takes(self, store: Database, vault: Vault, key: TokenKey) -> None:
        """A holder that lives is not robbed when its lease would have ended."""
        clock = FakeClock()
        slow, patient = (StoredTokens(store, vault, clock=clock) for _ in range(2))
        begun, held = clock.now(), asyncio.Event()

        async def hold() -> None:
            async with slow.lock(key):
                held.set()
                await clock.sleep(5 * LEASE_SECONDS)

        holder = asyncio.create_task(hold())
        await held.wait()
        async with patient.lock(key):
            waited = clock.now() - begun
        await holder

        assert waited >= 5 * LEASE_SECONDS

    async def test_lock_of_the_dead_is_taken_over(self, store: Database, tokens: StoredTokens, key: TokenKey) -> None:
        """When its lease has ended, not before."""
        clock = FakeClock()
        end = milliseconds(clock) + int(LEASE_SECONDS * 1000)
        await tokens.save(key, MARKED)
        async with store.transaction() as session:
            row = sa.update(tables.tokens).where(tables.tokens.c.resource_id == key.resource_id)
            await session.connection.execute(row.values(lease_owner="dead", lease_until=end))

        async with StoredTokens(store, Vault([b"k" * 32]), clock=clock).lock(key):
            assert end <= milliseconds(clock) <= end + 1000

    async def test_lock_outlives_the_deletion_of_the_tokens(self, tokens: StoredTokens, key: TokenKey) -> None:
        """Who deletes under the lock goes on holding it."""
        await tokens.save(key, MARKED)
        async with tokens.lock(key):
            await tokens.delete(key)
            waiting = asyncio.create_task(tokens.lock(key).__aenter__())
            await asyncio.wait([waiting], timeout=0.05)
            assert not waiting.done()
            waiting.cancel()
            await asyncio.wait([waiting])

    async def test_secrets_come_back(self, store: Database, vault: Vault) -> None:
        """The text that was put last, and none after it was deleted."""
        secrets, name = StoredSecrets(store, vault), new_id()
        assert await secrets.get(name) is None
        await secrets.put(name, "first")
        await secrets.put(name, "sécond")
        assert await secrets.get(name) == "sécond"
        await secrets.delete(name)

        assert await secrets.get(name) is None
