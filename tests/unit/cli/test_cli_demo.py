"""Parts of the demo that a run without trouble does not show."""

import asyncio
from types import SimpleNamespace

import pytest

from invoco.cli.demo import changes, command, live
from invoco.cli.demo.changes import Observer, Seen, Unseen, percentile
from invoco.cli.demo.live import Events
from invoco.cli.twin_process import RunningTwin

TWIN = RunningTwin(url="http://x", location_id="l", client_id="c", client_secret="s", token="t")


async def test_a_change_that_does_not_arrive_is_told(monkeypatch):
    """Nobody waits for ever."""
    monkeypatch.setattr(changes, "_PATIENCE", 0.0)
    monkeypatch.setattr(changes, "_LOOK_AGAIN", 0.0)

    async def never() -> bool:
        return False

    with pytest.raises(Unseen, match=r"delete of notes"):
        await Observer(TWIN, url="http://y", key="k")._watch("notes", "delete", never)


async def test_stopping_the_api_ends_the_demo():
    """What is under way no longer matters."""
    begun = asyncio.Event()

    async def work() -> int:
        begun.set()
        await asyncio.Event().wait()
        return 5

    api = SimpleNamespace(ended=asyncio.create_task(begun.wait()))

    assert await command._until_stopped(api, work()) == 0  # type: ignore[arg-type]


async def test_an_error_of_the_work_is_told():
    """The API is served still."""

    async def work() -> int:
        raise Unseen

    api = SimpleNamespace(ended=asyncio.create_task(asyncio.Event().wait()))
    with pytest.raises(Unseen):
        await command._until_stopped(api, work())  # type: ignore[arg-type]
    api.ended.cancel()


async def test_what_is_never_confirmed_is_waited_for_in_vain(monkeypatch):
    """For so long and no longer."""
    monkeypatch.setattr(live, "_CONFIRMED_WITHIN", 0.001)
    monkeypatch.setattr(live, "_LOOK_AGAIN", 0.0)

    class Settings:
        async def figures(self, _connection):
            return SimpleNamespace(waiting=0, rereads=1, provisional=0)

    invoco = SimpleNamespace(connection_settings=Settings())

    assert await live.confirmed(invoco, None) >= 0.001  # type: ignore[arg-type]


def test_deletions_of_contacts_are_measured_apart():
    """They have a grace of two seconds."""
    seen = tuple(
        Seen(kind=kind, action=action, milliseconds=milliseconds)
        for kind, action, milliseconds in (
            ("contacts", "delete", 2000),
            ("notes", "delete", 30),
            ("contacts", "update", 10),
        )
    )
    told = Events(received=3, applied=3, seen=seen, confirmed_after=0.5).as_json()

    assert (told["p50_ms"], told["p99_ms"], told["contact_deletion_p50_ms"]) == (30, 30, 2000)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 3), (0.99, 4)])
def test_percentiles(share, value):
    """Of what was measured; 0 of nothing."""
    assert percentile([4, 1, 3, 2], share) == value
    assert percentile([], share) == 0
