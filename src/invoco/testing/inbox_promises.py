"""What the store promises about received webhooks."""
# ruff: noqa: S101 - these are tests, kept here so that every database can subclass them

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.sync_ports import EventFigures, Unannounced
from invoco.store.database import Database
from invoco.store.session import StoreSession


def delivery(location_id: str, **fields: Any) -> Delivery:
    """A webhook of a location."""
    usual = {"webhook_id": new_id(), "type": "ContactUpdate", "at": 1, "received_at": 2, "body": b'{"a": 1}'}
    return Delivery(**{"location_id": location_id, **usual, **fields})


async def append(store: Database, *deliveries: Delivery) -> None:
    """Keep them, as the webhook route does."""
    async with store.appending() as session:
        await session.inbox.append(deliveries)


async def settle(session: StoreSession, location_id: str, state: DeliveryState, *, reason: str | None = None) -> None:
    """Settle all that wait of a location."""
    waiting = await session.inbox.waiting(location_id, limit=1000)
    await session.inbox.settle([each.position for each in waiting], state, reason=reason)


class InboxPromises:
    """Nothing that was acknowledged is lost, and nothing is taken in twice."""

    async def test_delivery_comes_back_as_it_went_in(self, store: Database, location_id: str) -> None:
        """Byte by byte, at a place of its own."""
        sent = delivery(location_id, type="", at=None, body=bytes(range(256)))
        await append(store, sent)

        async with store.reading() as session:
            found = await session.inbox.find(sent.webhook_id)
            assert await session.inbox.find(new_id()) is None
        assert found is not None
        assert found.position > 0
        assert _sent(found) == sent

    async def test_text_that_no_database_holds_does_not_stop_the_rest(self, store: Database, location_id: str) -> None:
        """A NUL in an id or a type is replaced."""
        odd, usual = delivery(location_id, webhook_id=f"{location_id}\0", type="Odd\0"), delivery(location_id)
        await append(store, odd, usual)

        async with store.reading() as session:
            found = await session.inbox.find(odd.webhook_id)
            assert found is not None
            assert (found.type, await session.inbox.find(usual.webhook_id) is None) == (
                "Odd\N{REPLACEMENT CHARACTER}",
                False,
            )

    @pytest.mark.parametrize("number", [0, 1, 2, 3, 65, 700])
    async def test_deliveries_wait_in_order(self, store: Database, location_id: str, number: int) -> None:
        """However many are appended at once, the oldest are handed out first."""
        sent = [delivery(location_id, at=index) for index in range(number)]
        await append(store, *sent)

        async with store.reading() as session:
            waiting = await session.inbox.waiting(location_id, limit=500)
        assert [_sent(each) for each in waiting] == sent[:500]

    async def test_known_webhook_only_counts(self, store: Database, location_id: str) -> None:
        """In the same batch or in a later one, settled or not, the first copy stays what it is."""
        first = delivery(location_id)
        copy = delivery(location_id, webhook_id=first.webhook_id, received_at=9, body=b"another")
        await append(store, first, copy)
        async with store.transaction() as session:
            await settle(session, location_id, DeliveryState.DONE)
        await append(store, copy, delivery(location_id), copy)

        async with store.reading() as session:
            found = await session.inbox.find(first.webhook_id)
            waiting = await session.inbox.waiting(location_id, limit=10)
        assert found is not None
        assert (found.copies, found.state, found.received_at, found.body) == (4, DeliveryState.DONE, 2, first.body)
        assert first.webhook_id not in {each.webhook_id for each in waiting}

    async def test_settled_deliveries_do_not_wait(self, store: Database, location_id: str) -> None:
        """They keep what became of them, and why."""
        kept, rejected, waiting = (delivery(location_id) for _ in range(3))
        await append(store, kept, rejected, waiting)
        async with store.transaction() as session:
            inbox = session.inbox
            first, second, _ = await inbox.waiting(location_id, limit=3)
            await inbox.settle([first.position], DeliveryState.KEPT)
            await inbox.settle([second.position], DeliveryState.REJECTED, reason="odd")
            await inbox.settle([], DeliveryState.DONE)

        async with store.reading() as session:
            assert [_sent(each) for each in await session.inbox.waiting(location_id, limit=3)] == [waiting]
            found = [await session.inbox.find(each.webhook_id) for each in (kept, rejected)]
        assert [each and (each.state, each.reason) for each in found] == [
            (DeliveryState.KEPT, None), (DeliveryState.REJECTED, "odd"),
        ]  # fmt: skip

    async def test_locations_with_something_waiting(self, store: Database, location_id: str) -> None:
        """Each once; events of companies stand under the empty text."""
        other = new_id()
        await append(store, *(delivery(owner) for owner in (location_id, "", location_id, other)))
        async with store.transaction() as session:
            await settle(session, other, DeliveryState.DONE)

            found = await session.inbox.waiting_locations()
        assert [found.count(owner) for owner in ("", location_id, other)] == [1, 1, 0]

    async def test_newest_come_first(self, store: Database, location_id: str) -> None:
        """Of all, or of one state."""
        far = 2**50
        sent = [delivery(location_id, received_at=far + index) for index in range(3)]
        await append(store, *sent)
        async with store.transaction() as session:
            first, second, third = await session.inbox.waiting(location_id, limit=3)
            await session.inbox.settle([first.position, third.position], DeliveryState.REJECTED)

            newest = await session.inbox.newest(limit=2)
            rejected = await session.inbox.newest(limit=2, state=DeliveryState.REJECTED)
        assert [each.position for each in newest] == [third.position, second.position]
        assert [each.position for each in rejected] == [third.position, first.position]

    async def test_counts_by_state(self, store: Database, location_id: str) -> None:
        """Copies do not count."""
        async with store.reading() as session:
            before = await session.inbox.counts()
        await append(store, *(delivery(location_id) for _ in range(3)))
        async with store.transaction() as session:
            first, *_ = await session.inbox.waiting(location_id, limit=3)
            await session.inbox.settle([first.position], DeliveryState.KEPT)

            after = await session.inbox.counts()
        assert [after[state] - before.get(state, 0) for state in ("waiting", "kept")] == [2, 1]

    async def test_old_deliveries_are_forgotten(self, store: Database, location_id: str) -> None:
        """What waits is never among them; what arrived later stays."""
        old, late, waiting = (delivery(location_id, received_at=at) for at in (-10, 20, -10))
        await append(store, old, late)
        async with store.transaction() as session:
            await settle(session, location_id, DeliveryState.DONE)
            await session.inbox.append([waiting])

            assert await session.inbox.forget(before=-5, keep_rejected=1000) == 1
            found = [await session.inbox.find(each.webhook_id) for each in (old, late, waiting)]
        assert [each is not None for each in found] == [False, True, True]

    async def test_few_rejected_deliveries_are_kept(self, store: Database, location_id: str) -> None:
        """The newest; whoever sends many of them does not fill the disk."""
        sent = [delivery(location_id, received_at=2**51 + index) for index in range(4)]
        await append(store, *sent)
        async with store.transaction() as session:
            await settle(session, location_id, DeliveryState.REJECTED, reason="odd")

            assert await session.inbox.forget(before=-(2**51), keep_rejected=2) >= 2
            found = [await session.inbox.find(each.webhook_id) for each in sent]
        assert [each is not None for each in found] == [False, False, True, True]

    async def test_appending_waits_for_no_reader(self, store: Database, location_id: str) -> None:
        """Nor the reader for it."""
        async with store.reading() as reading:
            await reading.inbox.counts()
            await append(store, delivery(location_id))

            assert await reading.inbox.waiting(location_id, limit=1) == []

    async def test_failed_append_leaves_nothing(self, store: Database, location_id: str) -> None:
        """What was not committed was not acknowledged."""

        async def append_and_fail() -> None:
            async with store.appending() as session:
                await session.inbox.append([delivery(location_id)])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await append_and_fail()

        async with store.reading() as session:
            assert await session.inbox.waiting(location_id, limit=1) == []

    async def test_batches_that_cross_do_not_hinder_each_other(self, store: Database, location_id: str) -> None:
        """Each copy is counted, in whatever order the batches name them."""
        sent = [delivery(location_id) for _ in range(40)]
        await asyncio.gather(*(append(store, *(sent if turn % 2 else reversed(sent))) for turn in range(8)))

        async with store.reading() as session:
            waiting = await session.inbox.waiting(location_id, limit=100)
        assert [each.copies for each in waiting] == [8] * 40


class EventFigurePromises:
    """How webhooks did."""

    async def test_figures_of_a_type(self, store: Database, location_id: str) -> None:
        """Different events, further copies, and how late the first ones came."""
        sent = [delivery(location_id, at=100, received_at=100 + delay) for delay in range(1, 101)]
        await append(store, *sent, sent[0], sent[0], delivery(location_id, type="NoteCreate", at=100, received_at=90))

        assert await _figures(store, location_id, since=100, until=101) == [
            EventFigures(type="ContactUpdate", received=100, duplicates=2, delay_p50=50, delay_p99=99),
            EventFigures(type="NoteCreate", received=1, duplicates=0, delay_p50=-10, delay_p99=-10),
        ]

    async def test_figures_of_a_time(self, store: Database, location_id: str) -> None:
        """By when it happened; what does not say when is left out, as is another location."""
        await append(store, *(delivery(location_id, at=at) for at in (9, 10, 19, 20, None)), delivery(new_id(), at=10))

        assert [each.received for each in await _figures(store, location_id, since=10, until=20)] == [2]

    async def test_missed_changes_stand_beside_the_events(self, store: Database, location_id: str) -> None:
        """Of the same time; a type of which nothing arrived has a line of its own."""
        missed = [
            Unannounced(kind=RecordKind.CONTACT, record_id=f"c{at}", event_type=type_, changed_at=at, found_at=50)
            for at, type_ in ((9, "ContactUpdate"), (10, "ContactUpdate"), (19, "ContactDelete"), (20, "ContactDelete"))
        ]
        announced = Unannounced(
            kind=RecordKind.CONTACT,
            record_id="c0",
            event_type="ContactUpdate",
            changed_at=11,
            found_at=50,
            announced_at=60,
        )
        await append(store, delivery(location_id, at=10, received_at=10))
        async with store.transaction() as session:
            await session.runs.note_unannounced(location_id, [*missed, announced])

        assert await _figures(store, location_id, since=10, until=20) == [
            EventFigures(type="ContactDelete", received=0, duplicates=0, missed=1),
            EventFigures(type="ContactUpdate", received=1, duplicates=0, delay_p50=0, delay_p99=0, missed=1),
        ]


async def _figures(store: Database, location_id: str, *, since: int, until: int) -> list[EventFigures]:
    async with store.reading() as session:
        return await session.inbox.figures(location_id, since=since, until=until)


def _sent(found: Delivery) -> Delivery:
    """As it was before it had a place."""
    return Delivery(
        webhook_id=found.webhook_id, type=found.type, location_id=found.location_id, at=found.at,
        received_at=found.received_at, body=found.body, state=found.state, reason=found.reason, copies=found.copies,
    )  # fmt: skip
