"""What is ours."""

import asyncio

import pytest

from invoco.domain.errors import StoreBusy
from invoco.service.webhooks.directory import Directory


@pytest.fixture
async def directory(fake_store, clock):
    """Without an app of its own."""
    directory = Directory(fake_store, clock=clock, client_id=None)
    yield directory
    await directory.close()


async def test_connections_and_apps(directory, fake_store, connected):
    """Locations count whichever way they are connected, apps where there is one."""
    fake_store.connected += [connected("l2", None), connected("l3", "app2-x")]
    known = await directory.known()

    assert ({"location1", "l2", "l3"}, {"app1", "app2"}) == (known.locations, known.apps)


async def test_the_app_of_the_settings(fake_store, clock):
    """It is known before its first connection."""
    fake_store.connected = []
    known = await Directory(fake_store, clock=clock, client_id="app9-x").known()

    assert {"app9"} == known.apps


async def test_it_is_remembered(directory, fake_store, clock):
    """For half a minute nobody looks again."""
    await directory.known()
    clock.advance(29)
    await directory.known()
    looks = fake_store.looks
    clock.advance(2)
    await directory.known()

    assert [1, 2] == [looks, fake_store.looks]


async def test_looks_are_a_second_apart(directory, clock):
    """However many strangers come."""
    started = clock.now()
    await directory.looked_up()
    await directory.looked_up()
    await directory.looked_up()

    assert 2.0 == pytest.approx(clock.now() - started)


async def test_everybody_who_waits_shares_one_look(directory, fake_store):
    """A crowd of strangers costs one."""
    await directory.known()
    await asyncio.gather(*(directory.looked_up() for _ in range(50)))

    assert 2 == fake_store.looks


async def test_a_look_sees_what_was_there_when_it_was_asked_for(directory, fake_store, connected):
    """A connection that was made just after the last look is found."""
    await directory.known()
    fake_store.connected.append(connected("l2"))

    assert "l2" in (await directory.looked_up()).locations


async def test_one_who_leaves_takes_the_look_from_nobody(directory):
    """The others still get their answer."""
    await directory.known()
    left, stays = (asyncio.create_task(directory.looked_up()) for _ in range(2))
    await asyncio.sleep(0)
    left.cancel()

    assert "location1" in (await stays).locations


async def test_a_store_that_fails(directory, fake_store):
    """It is told, and the next look is a new one."""
    fake_store.fails = [StoreBusy()]
    with pytest.raises(StoreBusy):
        await directory.known()

    assert "location1" in (await directory.known()).locations


async def test_closing_gives_up_a_look(directory):
    """Whoever waits for it is told so."""
    await directory.known()
    waiting = asyncio.create_task(directory.looked_up())
    await asyncio.sleep(0)
    await directory.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting
