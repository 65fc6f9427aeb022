"""What the store promises about connections, keys, imports, history and outbox."""
# ruff: noqa: S101 - these are tests, kept here so that every database can subclass them

from __future__ import annotations

import msgspec
import pytest

from invoco.domain.changes import Change
from invoco.domain.connections import ApiKey, Connection, SetAside
from invoco.domain.errors import BadRequest
from invoco.domain.ids import new_id
from invoco.domain.imports import ImportRun, ImportStep
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact
from invoco.store.database import Database


def connection_named(name: str, *, id_: str) -> Connection:
    """A connection by a private integration token."""
    return Connection(id=id_, name=name, base_url="https://x.test", access="token", scopes=("a", "b"), connected_at=1)


def key_named(name: str) -> ApiKey:
    """A key of some location."""
    return ApiKey(name=name, location_id="l", hash=f"hash of {name}", hint="1234", scopes=("a",), created_at=1)


class ConnectionPromises:
    """Connections and keys; both are told apart by their names."""

    async def test_connection_is_found_by_name_or_id(self, store: Database, location_id: str) -> None:
        """Both on the command line and from a record."""
        connection = connection_named(new_id(), id_=location_id)
        async with store.transaction() as session:
            await session.connections.put(connection)

        async with store.reading() as session:
            assert connection == await session.connections.get(connection.name)
            assert connection == await session.connections.get(location_id)
            assert await session.connections.get("nobody") is None

    async def test_id_wins_over_a_name(self, store: Database, location_id: str) -> None:
        """A connection called like the id of another does not hide it."""
        other = connection_named(location_id, id_=new_id())
        mine = connection_named(new_id(), id_=location_id)
        async with store.transaction() as session:
            await session.connections.put(other)
            await session.connections.put(mine)

        async with store.reading() as session:
            assert mine == await session.connections.get(location_id)

    async def test_connection_is_replaced(self, store: Database, location_id: str) -> None:
        """A location is connected at most once."""
        name = new_id()
        async with store.transaction() as session:
            await session.connections.put(connection_named("before", id_=location_id))
            await session.connections.put(connection_named(name, id_=location_id))

        async with store.reading() as session:
            mine = [each.name for each in await session.connections.all() if each.id == location_id]
        assert [name] == mine

    async def test_names_are_unique(self, store: Database, location_id: str) -> None:
        """The second location of that name is refused."""
        async with store.transaction() as session:
            await session.connections.put(connection_named(location_id, id_=location_id))
            with pytest.raises(BadRequest, match="Another connection is called"):
                await session.connections.put(connection_named(location_id, id_=new_id()))

    async def test_connections_are_listed_by_name(self, store: Database, location_id: str) -> None:
        """As on the command line."""
        names = {f"{location_id}-{letter}" for letter in "cab"}
        async with store.transaction() as session:
            for name in names:
                await session.connections.put(connection_named(name, id_=new_id()))

        async with store.reading() as session:
            listed = [each.name for each in await session.connections.all() if each.name in names]
        assert sorted(names) == listed

    async def test_key_is_found_by_its_hash(self, store: Database) -> None:
        """Nothing else of the key is kept."""
        key = key_named(new_id())
        async with store.transaction() as session:
            await session.keys.put(key)

        async with store.reading() as session:
            assert key == await session.keys.by_hash(key.hash)
            assert await session.keys.by_hash("another hash") is None
            assert key in await session.keys.all()

    async def test_key_is_removed(self, store: Database) -> None:
        """Once."""
        key = key_named(new_id())
        async with store.transaction() as session:
            await session.keys.put(key)
            assert [await session.keys.delete(key.name) for _ in range(2)] == [True, False]
            assert await session.keys.by_hash(key.hash) is None


class ImportPromises:
    """Runs, steps, and what was set aside."""

    async def test_latest_run(self, store: Database, location_id: str) -> None:
        """The one that was started last, as it was stored last."""
        old, new = (ImportRun(id=new_id(), location_id=location_id, started_at=at) for at in (1, 2))
        finished = ImportRun(id=new.id, location_id=location_id, started_at=2, finished_at=3)
        async with store.transaction() as session:
            for run in (new, old, finished):
                await session.imports.put(run)

        async with store.reading() as session:
            assert finished == await session.imports.latest(location_id)
            assert await session.imports.latest(new_id()) is None

    async def test_steps_of_a_run(self, store: Database) -> None:
        """Each kind has its own, and the cursor comes back as it was."""
        run_id = new_id()
        first = ImportStep(run_id=run_id, kind="contacts")
        later = ImportStep(run_id=run_id, kind="contacts", cursor=[1, "a", None], stored=500, pages=1, total=1000)
        tasks = ImportStep(run_id=run_id, kind="tasks", done=True)
        async with store.transaction() as session:
            for step in (first, later, tasks):
                await session.imports.put_step(step)

        async with store.reading() as session:
            assert {"contacts": later, "tasks": tasks} == await session.imports.steps(run_id)

    async def test_record_is_set_aside_once(self, store: Database, location_id: str) -> None:
        """The same kind and id replaces; what has no id is kept each time."""
        first, again, nameless = (
            _aside(location_id, "r1", 1),
            _aside(location_id, "r1", 2),
            _aside(location_id, None, 3),
        )
        async with store.transaction() as session:
            for each in (first, again, nameless, nameless):
                await session.imports.set_aside([each])
            await session.imports.set_aside([nameless, nameless])
            await session.imports.set_aside([])

        async with store.reading() as session:
            assert [*[nameless] * 4, again] == await session.imports.aside(location_id)

    async def test_record_that_could_be_read_is_forgotten(self, store: Database, location_id: str) -> None:
        """Only that one, and only of that kind."""
        records = [_aside(location_id, "r1", 1), _aside(location_id, "r2", 2)]
        async with store.transaction() as session:
            await session.imports.set_aside(records)
            await session.imports.clear_aside(location_id, "tasks", ["r1"])
            await session.imports.clear_aside(location_id, "contacts", ["r2", "nobody"])

        async with store.reading() as session:
            assert records[:1] == await session.imports.aside(location_id)


class JournalPromises:
    """History and outbox."""

    async def test_history_tells_before_and_after(self, store: Database, location_id: str) -> None:
        """In wire form, oldest first, and what told of it."""
        told_by_event = msgspec.structs.replace(
            _change(location_id, at=2), actor="event", event_id="w1", run_id="r1", read_at=3
        )
        async with store.transaction() as session:
            await session.journal.record([_change(location_id, at=1), told_by_event], send=False)

        async with store.reading() as session:
            history = await session.journal.history(location_id, "c1")
            outbox = await session.journal.outbox(location_id)
        told = {
            "at": 1, "actor": "api:x", "action": "update", "operation": "update-contact",
            "before": None, "after": {"id": "c1", "firstName": "Ada", "later": 1},
            "event_id": None, "run_id": None, "read_at": None,
        }  # fmt: skip
        later = told | {"at": 2, "actor": "event", "event_id": "w1", "run_id": "r1", "read_at": 3}
        assert ([told, later], []) == (history, outbox)

    async def test_outbox_keeps_what_is_to_be_sent(self, store: Database, location_id: str) -> None:
        """The operation, its path and its body; absent is not empty."""
        bodiless = Change(
            kind=RecordKind.TASK, action="delete", location_id=location_id, record_id="t1",
            operation_id="delete-task", at=2,
        )  # fmt: skip
        async with store.transaction() as session:
            await session.journal.record([_change(location_id, at=1), bodiless], send=True)
            await session.journal.record([], send=True)

        async with store.reading() as session:
            first, second = await session.journal.outbox(location_id)
        assert first["id"] < second["id"]
        assert {
            "id": first["id"], "at": 1, "operation": "update-contact", "path": {"contactId": "c1"},
            "body": {"firstName": "Ada"}, "contact": "c1",
        } == first  # fmt: skip
        assert (second["path"], second["body"], second["contact"]) == ({}, None, "")

    async def test_journal_of_another_location_is_not_seen(self, store: Database, location_id: str) -> None:
        """The ids of records may be the same."""
        async with store.transaction() as session:
            await session.journal.record([_change(location_id, at=1)], send=True)

        async with store.reading() as session:
            other = new_id()
            assert (await session.journal.history(other, "c1"), await session.journal.outbox(other)) == ([], [])


def _aside(location_id: str, record_id: str | None, at: int) -> SetAside:
    return SetAside(
        location_id=location_id, kind="contacts", record_id=record_id, reason="odd", raw=b'{"id": \xff}',
        run_id=None, at=at,
    )  # fmt: skip


def _change(location_id: str, *, at: int) -> Change:
    return Change(
        kind=RecordKind.CONTACT, action="update", location_id=location_id, record_id="c1", contact_id="c1",
        operation_id="update-contact", path={"contactId": "c1"}, body={"firstName": "Ada"},
        after=Contact(id="c1", first_name="Ada", extra={"later": 1}), at=at, actor="api:x",
    )  # fmt: skip
