"""Group commit."""

import asyncio

import pytest

from invoco.domain.deliveries import Delivery, DeliveryState
from invoco.domain.errors import StoreBusy
from invoco.service.webhooks.appender import Appender


def delivery(name, *, location_id="l1", state=DeliveryState.WAITING, body=b"{}"):
    """A delivery of that name."""
    return Delivery(
        webhook_id=name, type="ContactCreate", location_id=location_id, at=None, received_at=1, body=body, state=state
    )


class Bell:
    """Notes for which locations it rang."""

    def __init__(self):
        self.rung, self.fails = [], []
        self.open = asyncio.Event()
        self.open.set()

    async def ring(self, locations):
        """Note them."""
        await self.open.wait()
        if self.fails:
            raise self.fails.pop()
        self.rung.append(sorted(locations))


@pytest.fixture
def bell():
    """Rung after each commit."""
    return Bell()


@pytest.fixture
async def appender(fake_store, clock, bell):
    """Closed at the end."""
    appender = Appender(fake_store, clock=clock, on_stored=bell.ring)
    yield appender
    await appender.close()


async def begun(*works):
    """The works as tasks that have run as far as they can."""
    tasks = [asyncio.create_task(work) for work in works]
    for _ in range(10):
        await asyncio.sleep(0)
    return tasks


async def test_stored_when_it_returns(appender, fake_store):
    """A delivery is in the store when `append` returns."""
    await appender.append(delivery("w1"))

    assert ["w1"] == [row.webhook_id for row in fake_store.rows]


async def test_what_comes_meanwhile_is_stored_together(appender, fake_store):
    """While one transaction is under way the next ones gather, in their order."""
    fake_store.open.clear()
    tasks = await begun(*(appender.append(delivery(f"w{number}")) for number in range(5)))
    fake_store.open.set()
    await asyncio.gather(*tasks)

    assert [["w0", "w1", "w2", "w3", "w4"]] == [[row.webhook_id for row in batch] for batch in fake_store.batches]


async def test_after_a_large_transaction_the_next_waits_a_little(appender, fake_store, clock):
    """Until nothing more has come for a millisecond; a webhook that comes alone does not wait."""
    await asyncio.gather(*(appender.append(delivery(f"w{number}")) for number in range(5)))
    await appender.append(delivery("w5"))
    await appender.append(delivery("w6"))

    assert ([5, 1, 1], [0.001]) == ([len(batch) for batch in fake_store.batches], clock.slept)


async def test_gathering_comes_to_an_end(appender, fake_store, clock):
    """However many keep coming, a transaction waits for eight milliseconds at most."""

    async def come():
        for number in range(20):
            coming.append(asyncio.create_task(appender.append(delivery(f"late{number}"))))
            await clock.sleep(0.0009)

    coming: list[asyncio.Task[None]] = []
    await asyncio.gather(*(appender.append(delivery(f"w{number}")) for number in range(5)))
    await come()
    await asyncio.gather(*coming)

    assert [5, 9, 9, 2] == [len(batch) for batch in fake_store.batches]


async def test_five_hundred_at_once(appender, fake_store):
    """No transaction stores more."""
    await asyncio.gather(*(appender.append(delivery(f"w{number}")) for number in range(1001)))

    assert [500, 500, 1] == [len(batch) for batch in fake_store.batches]


async def test_nobody_is_told_before_the_commit(appender, fake_store):
    """Until it is safe nobody is answered."""
    fake_store.open.clear()
    [task] = await begun(appender.append(delivery("w1")))
    was_done = task.done()
    fake_store.open.set()
    await task

    assert not was_done


async def test_a_failure_is_everybodys(appender, fake_store):
    """When the store fails, all of the batch must be sent again; the next ones are not hit."""
    fake_store.fails = [StoreBusy()]
    outcomes = await asyncio.gather(
        appender.append(delivery("w1")), appender.append(delivery("w2")), return_exceptions=True
    )
    await appender.append(delivery("w3"))

    assert ([StoreBusy, StoreBusy], ["w3"]) == (
        [type(outcome) for outcome in outcomes], [row.webhook_id for row in fake_store.rows]
    )  # fmt: skip


async def test_one_that_cannot_be_stored_does_not_hurt_the_others(appender, fake_store):
    """When nobody foresaw the error, each is stored alone."""
    outcomes = await asyncio.gather(
        appender.append(delivery("w1")),
        appender.append(delivery("w2", body=b"poison")),
        appender.append(delivery("w3")),
        return_exceptions=True,
    )

    assert ([type(None), ZeroDivisionError, type(None)], ["w1", "w3"]) == (
        [type(outcome) for outcome in outcomes], [row.webhook_id for row in fake_store.rows]
    )  # fmt: skip


@pytest.mark.parametrize("failure", [None, StoreBusy()])
async def test_one_who_left_is_not_told(appender, fake_store, failure):
    """A sender that went away takes nothing from the others."""
    fake_store.fails = [failure] if failure else []
    fake_store.open.clear()
    left, stays = await begun(appender.append(delivery("w1")), appender.append(delivery("w2")))
    left.cancel()
    fake_store.open.set()
    outcomes = await asyncio.gather(left, stays, return_exceptions=True)

    assert [asyncio.CancelledError, type(failure)] == [type(outcome) for outcome in outcomes]


async def test_locations_are_told_of(appender, bell):
    """After the commit it is told where something waits; what was rejected waits nowhere."""
    await asyncio.gather(
        appender.append(delivery("w1", location_id="l2")),
        appender.append(delivery("w2", location_id="")),
        appender.append(delivery("w3", location_id="l3", state=DeliveryState.REJECTED)),
        appender.append(delivery("w4", location_id="l2")),
    )
    await appender.close()

    assert [["", "l2"]] == bell.rung


async def test_rejected_ones_wake_nobody(appender, bell):
    """There is nothing to do."""
    await appender.append(delivery("w1", state=DeliveryState.REJECTED))
    await appender.close()

    assert [] == bell.rung


async def test_waking_does_not_hold_up_storing(appender, bell):
    """Deliveries are stored while somebody is being woken; what came meanwhile is told at once."""
    bell.open.clear()
    for location_id in ("l1", "l2", "l3"):
        await appender.append(delivery(f"w-{location_id}", location_id=location_id))
    bell.open.set()
    await appender.close()

    assert [["l1"], ["l2", "l3"]] == bell.rung


async def test_waking_that_fails(appender, bell):
    """It loses time, nothing else."""
    bell.fails = [ZeroDivisionError()]
    await appender.append(delivery("w1"))
    await appender.close()
    await appender.append(delivery("w2"))
    await appender.close()

    assert [["l1"]] == bell.rung
