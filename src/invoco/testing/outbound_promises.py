"""What the store promises about the way out: the outbox, bases and aliases."""
# ruff: noqa: S101 - these are tests, kept here so that every database can subclass them

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from invoco.domain.changes import Change
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Base, Write, WriteState
from invoco.highlevel.records import Contact, Note
from invoco.store.database import Database
from invoco.store.session import StoreSession

CONTACT, NOTE = RecordKind.CONTACT, RecordKind.NOTE


def change(location_id: str, whose: str, *, at: int, **fields: Any) -> Change:
    """An update of a contact."""
    usual = {"kind": CONTACT, "action": "update", "record_id": whose, "contact_id": whose}
    sent = {"operation_id": "update-contact", "path": {"contactId": whose}, "body": {"firstName": "Ada"}}
    return Change(**{**usual, **sent, "location_id": location_id, "at": at, **fields})


def base(record_id: str, **fields: Any) -> Base:
    """Of a contact."""
    usual = {"kind": CONTACT, "contact_id": record_id, "theirs": Contact(id=record_id, first_name="Ada")}
    return Base(**{"record_id": record_id, **usual, **fields})


async def ask(store: Database, location_id: str, *writes: tuple[str, int]) -> None:
    """Let these contacts be updated at these instants, in a transaction of their own."""
    async with store.transaction() as session:
        await session.journal.record([change(location_id, id_, at=at) for id_, at in writes], send=True)


async def waiting(session: StoreSession, location_id: str, *, now: int, contacts: int = 99) -> list[tuple[str, int]]:
    """Contact and instant of what is to be sent now."""
    return [(it.contact_id, it.at) for it in await session.outbox.waiting(location_id, now=now, contacts=contacts)]


class OutboxPromises:
    """What is to be sent, contact by contact in order."""

    async def test_change_that_is_to_be_sent_waits(self, store: Database, location_id: str) -> None:
        """It is due at once, and belongs to its contact."""
        own = change(location_id, "c1", at=5, contact_id=None, actor="api:x")
        note = change(location_id, "c2", at=6, kind=NOTE, record_id="n1", operation_id="delete-note", body=None)
        async with store.transaction() as session:
            await session.journal.record([own, note], send=True)
            first, second = await session.outbox.waiting(location_id, now=6, contacts=9)

            assert first == await session.outbox.find(location_id, first.id)
            assert await session.outbox.find(new_id(), first.id) is None
        assert first == Write(
            id=first.id, location_id=location_id, kind=CONTACT, record_id="c1", contact_id="c1",
            operation="update-contact", actor="api:x", at=5, path={"contactId": "c1"}, body={"firstName": "Ada"},
            due_at=5,
        )  # fmt: skip
        assert first.id < second.id
        assert (second.contact_id, second.record_id, second.kind, second.body) == ("c2", "n1", NOTE, None)

    async def test_what_is_not_to_be_sent_is_not_in_the_outbox(self, store: Database, location_id: str) -> None:
        """Nor is anything of another location."""
        async with store.transaction() as session:
            await session.journal.record([change(location_id, "c1", at=1)], send=False)
            await session.journal.record([change(new_id(), "c1", at=1)], send=True)

            assert await waiting(session, location_id, now=9) == []
            assert await session.outbox.next_due(location_id) is None
            assert await session.outbox.counts(location_id) == {}
            assert await session.outbox.contacts_waiting(location_id, ["c1"]) == set()
            assert location_id not in await session.outbox.due_locations(now=9)

    async def test_all_of_a_contact_is_told_together(self, store: Database, location_id: str) -> None:
        """So many contacts, the one due longest first; their later writes come along, due or not."""
        await ask(store, location_id, ("c1", 1), ("c2", 2), ("c1", 3), ("c3", 4), ("c2", 9))

        async with store.reading() as session:
            assert await waiting(session, location_id, now=4, contacts=1) == [("c1", 1), ("c1", 3)]
            assert await waiting(session, location_id, now=4, contacts=2) == [
                ("c1", 1),
                ("c2", 2),
                ("c1", 3),
                ("c2", 9),
            ]
            assert await waiting(session, location_id, now=3) == [("c1", 1), ("c2", 2), ("c1", 3), ("c2", 9)]
            assert await waiting(session, location_id, now=0) == []

    async def test_oldest_write_decides_when_a_contact_is_due(self, store: Database, location_id: str) -> None:
        """What was asked for later never overtakes it."""
        await ask(store, location_id, ("c1", 1), ("c1", 2), ("c2", 6))
        async with store.transaction() as session:
            postponed, later = await session.outbox.waiting_of(location_id, "c1")
            postponed = replace(postponed, due_at=8, attempts=1, tried_at=1, reason="busy", cure="wait")
            await session.outbox.put(location_id, [postponed])

            assert await session.outbox.waiting_of(location_id, "c1") == [postponed, later]
            assert await waiting(session, location_id, now=5) == []
            assert location_id not in await session.outbox.due_locations(now=5)
            assert await session.outbox.next_due(location_id) == 6
            assert await waiting(session, location_id, now=8, contacts=1) == [("c2", 6)]
            assert await waiting(session, location_id, now=8) == [("c1", 1), ("c1", 2), ("c2", 6)]
            assert location_id in await session.outbox.due_locations(now=6)

    async def test_settled_write_makes_way(self, store: Database, location_id: str) -> None:
        """It tells what became of it; what failed is listed, newest first."""
        await ask(store, location_id, *(("c1", at) for at in range(1, 6)))
        async with store.transaction() as session:
            outbox = session.outbox
            sent, needless, old, new, left = await outbox.waiting_of(location_id, "c1")
            await outbox.settle(location_id, [sent.id], WriteState.SENT, at=7)
            await outbox.settle(location_id, [needless.id], WriteState.NEEDLESS, at=7, reason="A later one won.")
            await outbox.settle(location_id, [old.id], WriteState.FAILED, at=7, reason="no", cure="Ask.")
            await outbox.settle(location_id, [new.id], WriteState.FAILED, at=8)
            await outbox.settle(location_id, [], WriteState.FAILED, at=8)
            await outbox.settle(new_id(), [left.id], WriteState.FAILED, at=8)

            assert await outbox.waiting_of(location_id, "c1") == [left]
            assert [it.id for it in await outbox.failed(location_id)] == [new.id, old.id]
            assert await outbox.find(location_id, old.id) == replace(
                old, state=WriteState.FAILED, settled_at=7, reason="no", cure="Ask."
            )
            assert await outbox.counts(location_id) == {"waiting": 1, "sent": 1, "needless": 1, "failed": 2}
            assert [row["id"] for row in await session.journal.outbox(location_id)] == [left.id]

    async def test_failed_write_can_wait_again(self, store: Database, location_id: str) -> None:
        """In its old place."""
        await ask(store, location_id, ("c1", 1), ("c1", 2))
        async with store.transaction() as session:
            first, second = await session.outbox.waiting_of(location_id, "c1")
            await session.outbox.settle(location_id, [first.id], WriteState.FAILED, at=3)
            await session.outbox.put(location_id, [first, replace(second, record_id="new", contact_id="c2")])
            await session.outbox.put(location_id, [])

            assert await session.outbox.waiting_of(location_id, "c1") == [first]
            assert await session.outbox.contacts_waiting(location_id, ["c1", "c2", "c3"]) == {"c1", "c2"}
            assert await session.outbox.contacts_waiting(location_id, []) == set()

    async def test_what_was_settled_long_ago_is_forgotten(self, store: Database, location_id: str) -> None:
        """But never what waits or failed."""
        await ask(store, location_id, *(("c1", at) for at in range(1, 6)))
        async with store.transaction() as session:
            sent, needless, failed, late, _ = await session.outbox.waiting_of(location_id, "c1")
            for write, state in ((sent, "sent"), (needless, "needless"), (failed, "failed")):
                await session.outbox.settle(location_id, [write.id], WriteState(state), at=-9)
            await session.outbox.settle(location_id, [late.id], WriteState.SENT, at=-8)

            assert [await session.outbox.forget(before=-8) for _ in range(2)] == [2, 0]
            assert await session.outbox.counts(location_id) == {"waiting": 1, "failed": 1, "sent": 1}


class BasePromises:
    """On what both sides agreed last."""

    async def test_base_comes_back_as_it_went_in(self, store: Database, location_id: str) -> None:
        """Of its kind and location alone."""
        known = base("c1", theirs=Contact(id="c1", first_name="Ada", extra={"later": [1]}))
        unknown = base("c2", theirs=None, contact_id=None, deleted=True)
        note = base("c1", kind=NOTE, theirs=Note(id="c1", body="Hello"))
        async with store.transaction() as session:
            await session.bases.put(location_id, [known, unknown, note])
            await session.bases.put(location_id, [])

            ids = ["c1", "c2", "c3"]
            assert await session.bases.get_many(location_id, CONTACT, ids) == {"c1": known, "c2": unknown}
            assert await session.bases.get_many(location_id, NOTE, ids) == {"c1": note}
            assert await session.bases.get_many(location_id, CONTACT, []) == {}
            assert await session.bases.get_many(new_id(), CONTACT, ids) == {}

    async def test_base_is_replaced_and_removed(self, store: Database, location_id: str) -> None:
        """There is one for each record."""
        async with store.transaction() as session:
            await session.bases.put(location_id, [base("c1"), base("c2"), base("c3")])
            await session.bases.put(location_id, [base("c1", deleted=True)])
            await session.bases.remove(location_id, CONTACT, ["c2", "c9"])
            await session.bases.remove(location_id, CONTACT, [])
            await session.bases.remove(location_id, NOTE, ["c3"])

            found = await session.bases.get_many(location_id, CONTACT, ["c1", "c2", "c3"])
        assert found == {"c1": base("c1", deleted=True), "c3": base("c3")}

    async def test_bases_of_contacts(self, store: Database, location_id: str) -> None:
        """Of what belongs to them."""
        notes = [
            base(id_, kind=NOTE, contact_id=whose, theirs=Note(id=id_))
            for id_, whose in (("n1", "c1"), ("n2", "c2"), ("n3", "c3"))
        ]
        async with store.transaction() as session:
            await session.bases.put(location_id, [*notes, base("c1")])

            found = await session.bases.of_contacts(location_id, NOTE, ["c1", "c3"])
            assert await session.bases.of_contacts(location_id, NOTE, []) == []
        assert sorted(found, key=lambda it: it.record_id) == [notes[0], notes[2]]

    async def test_bases_are_paged_by_id(self, store: Database, location_id: str) -> None:
        """Those of one kind, each once."""
        async with store.transaction() as session:
            await session.bases.put(location_id, [base(f"c{number}") for number in (3, 1, 2)])
            await session.bases.put(location_id, [base("n1", kind=NOTE, theirs=None)])

            first = await session.bases.page(location_id, CONTACT, limit=2)
            rest = await session.bases.page(location_id, CONTACT, after="c2", limit=2)
            counts = [await session.bases.count(location_id, kind) for kind in (CONTACT, NOTE, RecordKind.TASK)]
        assert ([base("c1"), base("c2")], [base("c3")], [3, 1, 0]) == (first, rest, counts)


class AliasPromises:
    """Ids from before HighLevel gave its own."""

    async def test_alias_leads_to_the_record(self, store: Database, location_id: str) -> None:
        """Of its kind and location; what is no alias is not told."""
        async with store.transaction() as session:
            await session.aliases.put(location_id, CONTACT, {"b": "c1", "a": "wrong", "x": "c2"})
            await session.aliases.put(location_id, CONTACT, {"a": "c1"})
            await session.aliases.put(location_id, CONTACT, {})

            assert await session.aliases.resolve(location_id, CONTACT, ["a", "x", "c1"]) == {"a": "c1", "x": "c2"}
            assert await session.aliases.resolve(location_id, CONTACT, []) == {}
            assert await session.aliases.resolve(location_id, NOTE, ["a"]) == {}
            assert await session.aliases.resolve(new_id(), CONTACT, ["a"]) == {}
            assert await session.aliases.of(location_id, CONTACT, "c1") == ["a", "b"]
            assert await session.aliases.of(location_id, CONTACT, "a") == []


class TracePromises:
    """What the history tells of runs, records and contacts."""

    async def test_changes_of_a_run_are_paged(self, store: Database, location_id: str) -> None:
        """Oldest first, each once, with all that is known."""
        before, after = Contact(id="c2", first_name="Ada"), Contact(id="c2", extra={"later": 1})
        last = change(
            location_id, "c2", at=3, run_id="r1", event_id="w1", read_at=2, actor="poll", before=before, after=after
        )
        others = [change(location_id, "c1", at=1, run_id=run_id) for run_id in ("r1", "r2", None, "r1")]
        async with store.transaction() as session:
            await session.journal.record([*others, last], send=False)
            await session.journal.record([replace(last, location_id=new_id())], send=False)

            first = await session.journal.of_run(location_id, "r1", limit=2)
            (rest,) = await session.journal.of_run(location_id, "r1", after=first[-1]["position"], limit=2)
        assert [row["record_id"] for row in first] == ["c1", "c1"]
        assert rest == {
            "position": rest["position"], "kind": "contacts", "record_id": "c2", "contact_id": "c2", "action": "update",
            "operation": "update-contact", "actor": "poll", "at": 3, "run_id": "r1", "event_id": "w1", "read_at": 2,
            "before": {"id": "c2", "firstName": "Ada"}, "after": {"id": "c2", "later": 1},
        }  # fmt: skip

    async def test_newest_changes_of_a_record(self, store: Database, location_id: str) -> None:
        """Newest first, of that kind alone."""
        mixed = [change(location_id, "c1", at=at, kind=NOTE if at == 2 else CONTACT) for at in range(1, 5)]
        async with store.transaction() as session:
            await session.journal.record(mixed, send=False)

            newest = await session.journal.newest(location_id, CONTACT, "c1", limit=2)
            everything = await session.journal.newest(location_id, CONTACT, "c1", limit=9)
        assert tuple([row["at"] for row in rows] for rows in (newest, everything)) == ([4, 3], [4, 3, 1])

    async def test_changes_of_a_contact_and_what_is_its_own(self, store: Database, location_id: str) -> None:
        """Newest first, page by page."""
        own = change(location_id, "c1", at=1, contact_id=None)
        note = change(location_id, "c1", at=2, kind=NOTE, record_id="n1")
        async with store.transaction() as session:
            await session.journal.record([own, note, change(location_id, "c2", at=3)], send=False)

            (first,) = await session.journal.of_contact(location_id, "c1", limit=1)
            (second,) = await session.journal.of_contact(location_id, "c1", before=first["position"], limit=9)
        assert [(row["record_id"], row["contact_id"], row["at"]) for row in (first, second)] == [
            ("n1", "c1", 2),
            ("c1", "c1", 1),
        ]
