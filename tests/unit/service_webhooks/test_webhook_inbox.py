"""The way of one webhook into the inbox."""

import json

import pytest

from invoco.domain.deliveries import DeliveryState
from invoco.domain.errors import StoreBusy
from invoco.service.webhooks import WebhookInbox

DAY = 1_750_000_000 // 86_400
AT_ONCE, LONG_AGO = "2025-06-15T15:06:40.000Z", "2025-06-15T15:01:39.000Z"


def body(**changes):
    """A good event with these changes."""
    event = {"type": "ContactCreate", "locationId": "location1", "appId": "app1", "webhookId": "w1"}
    return json.dumps(event | {"timestamp": AT_ONCE} | changes).encode()


@pytest.fixture
async def inbox(fake_store, clock):
    """Closed at the end."""
    inbox = WebhookInbox(fake_store, clock=clock)
    yield inbox
    await inbox.close()


async def test_a_good_webhook_waits(inbox, fake_store):
    """With everything that is known of it."""
    await inbox.take(body())
    [row] = fake_store.rows

    assert (DeliveryState.WAITING, "w1", "ContactCreate", "location1", None) == (
        row.state, row.webhook_id, row.type, row.location_id, row.reason
    )  # fmt: skip
    assert (1_750_000_000_000, 1_750_000_000_000, body()) == (row.at, row.received_at, row.body)


async def test_one_of_no_use_is_rejected(inbox, fake_store):
    """It is kept with its reason, and nobody looks for its connection."""
    await inbox.take(b"nonsense")
    [row] = fake_store.rows

    assert (DeliveryState.REJECTED, "The body is not JSON.", "", 0) == (
        row.state, row.reason, row.location_id, fake_store.looks
    )  # fmt: skip


async def test_the_body_of_a_rejected_one_is_cut(inbox, fake_store):
    """There may be many of them."""
    large = body(id="x" * 100_000)
    await inbox.take(large)
    await inbox.take(body(appId="stranger", id="x" * 100_000))

    assert [len(large), 65_536] == [len(row.body) for row in fake_store.rows]


async def test_a_location_that_was_connected_just_now(inbox, fake_store, connected):
    """It is looked for before anything is rejected."""
    await inbox.take(body())
    fake_store.connected.append(connected("l2"))
    await inbox.take(body(locationId="l2"))

    assert [DeliveryState.WAITING] * 2 == [row.state for row in fake_store.rows]


async def test_strangers_are_rejected(inbox, fake_store):
    """After one more look."""
    await inbox.take(body(locationId="l2"))

    assert (DeliveryState.REJECTED, 2) == (fake_store.rows[0].state, fake_store.looks)


async def test_counts(inbox, fake_store):
    """What is old and what is rejected is counted; an old one is taken all the same."""
    await inbox.take(body(timestamp=LONG_AGO))
    await inbox.take(b"nonsense")
    inbox.count("too large")
    await inbox.close()

    assert {
        ("webhooks.old", DAY): 1,
        ("webhooks.rejected", DAY): 1,
        ("webhooks.too large", DAY): 1,
    } == fake_store.counts
    assert DeliveryState.WAITING == fake_store.rows[0].state


@pytest.mark.parametrize("nothing", [body(), b"nonsense"])
async def test_a_store_that_fails(inbox, fake_store, nothing):
    """Whoever sent it is told, and nothing is counted as taken."""
    fake_store.fails = [StoreBusy()]
    with pytest.raises(StoreBusy):
        await inbox.take(nothing)
    await inbox.close()

    assert ([], {}) == (fake_store.rows, fake_store.counts)


async def test_locations_are_told_of(fake_store, clock):
    """Whoever drains the inbox is woken."""
    woken = []

    async def wake(locations):
        woken.extend(locations)

    inbox = WebhookInbox(fake_store, clock=clock, client_id="app2-x", on_stored=wake)
    await inbox.take(body())
    await inbox.take(body(type="INSTALL", appId="app2"))
    await inbox.close()

    assert ["location1", ""] == woken
