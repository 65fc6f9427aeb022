"""What webhooks arrived, how well they did, and what was refused."""

import pytest

from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.sync_ports import Unannounced
from invoco.service.deliveries import DeliveryService
from invoco.service.reliability import ReliabilityService, loss

HERE = "location-of-the-tests"
DAY = 86_400_000


@pytest.fixture
def received(store, now):
    """Puts webhooks into the inbox."""

    async def append(*webhook_ids, type_="ContactUpdate", ago=1000, delay=100, state=DeliveryState.WAITING):
        deliveries = [
            Delivery(
                webhook_id=webhook_id, type=type_, location_id=HERE, at=now - ago, received_at=now - ago + delay,
                body=b"{}", state=state,
            )
            for webhook_id in webhook_ids
        ]  # fmt: skip
        async with store.transaction() as session:
            await session.inbox.append(deliveries)

    return append


@pytest.fixture
def missed(store, now):
    """Notes changes that only a comparison found."""

    async def note(*record_ids, type_="ContactUpdate", ago=1000):
        found = [
            Unannounced(kind=RecordKind.CONTACT, record_id=each, event_type=type_, changed_at=now - ago, found_at=now)
            for each in record_ids
        ]
        async with store.transaction() as session:
            await session.runs.note_unannounced(HERE, found)

    return note


async def test_loss_is_the_share_that_never_came(store, clock, connection, received, missed):
    """Per type and in all; delays and copies too."""
    await received("w1", "w2", "w3", "w3")
    await received("w4", type_="NoteCreate", delay=500)
    await missed("c1")
    found = await ReliabilityService(store, clock=clock).of(connection, seconds=60)
    types = {each.type: each for each in found.types}

    assert (found.received, found.duplicates, found.missed, found.loss) == (4, 1, 1, 20.0)
    assert list(types) == ["ContactUpdate", "NoteCreate"]
    assert (types["NoteCreate"].delay_p50, types["ContactUpdate"].missed) == (500, 1)


async def test_only_the_time_asked_for_is_counted(store, clock, connection, received, missed):
    """What happened longer ago is left out."""
    await received("w1", ago=120_000)
    await missed("c1", ago=120_000)
    found = await ReliabilityService(store, clock=clock).of(connection, seconds=60)

    assert (found.types, found.loss) == ((), 0.0)


@pytest.mark.parametrize(("received_", "missed_", "percent"), [(0, 0, 0.0), (99, 1, 1.0), (0, 3, 100.0)])
def test_loss_in_percent(received_, missed_, percent):
    """Nothing lost of nothing is no loss."""
    assert loss(received=received_, missed=missed_) == percent


async def test_deliveries_are_listed_and_found(store, clock, received):
    """Newest first, by state, by id."""
    await received("w1", state=DeliveryState.REJECTED)
    await received("w2")
    deliveries = DeliveryService(store, clock=clock)

    assert [each.webhook_id for each in await deliveries.newest(limit=9)] == ["w2", "w1"]
    assert [each.webhook_id for each in await deliveries.newest(limit=9, state=DeliveryState.REJECTED)] == ["w1"]
    assert (await deliveries.find("w1")).state is DeliveryState.REJECTED
    with pytest.raises(FixInput, match="No delivery has the id w9"):
        await deliveries.find("w9")


async def test_the_status_counts_states_and_refusals(store, clock, received, now):
    """Every state is named; counters of the last seven days only, and only those of webhooks."""
    await received("w1", "w2")
    today = now // DAY
    async with store.transaction() as session:
        await session.runs.count_up("webhooks.too large", by=2, day=today - 6)
        await session.runs.count_up("webhooks.too large", by=5, day=today - 7)
        await session.runs.count_up("something else", day=today)
    status = await DeliveryService(store, clock=clock).status()

    assert status.states == {"waiting": 2, "done": 0, "kept": 0, "rejected": 0}
    assert status.counters == {"too large": 2}
