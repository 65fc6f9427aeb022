"""One seed, from its script to its outcome."""

from unittest import mock

import msgspec
import pytest

from invoco.domain.errors import Misconfigured
from invoco.service.sync import SyncService
from invoco.simulation.play import Log, play
from invoco.simulation.sabotage import SABOTAGES, sabotaged
from invoco.simulation.script import Script, Step, script_of
from invoco.store.inbox import InboxShelf
from invoco.store.tombstones import TombstoneShelf


def told(*acts: str, pause: float = 5.0) -> Script:
    """A script of those acts, in an ordinary setting."""
    ordinary = script_of(3, accounts=1)
    steps = tuple(Step(act, number, pause) for number, act in enumerate(acts))
    return msgspec.structs.replace(ordinary, steps=steps)


def test_a_quiet_day(templates):
    """The copy equals the source in the end; webhooks came, nothing died, nothing failed."""
    outcome = play(told("edit_contact", "write_note", "create_task"), templates)

    assert ((), 0, {}, True) == (outcome.differences, outcome.crashes, outcome.faults, outcome.events > 1)


def test_a_bad_day(templates):
    """Crashes at commits, an outage, faults and lost webhooks are counted, and healed."""
    acts = ("trouble_webhooks", "fault", "doom", "burst", "delete_contact", "doom", "edit_contact", "outage", "burst")
    outcome = play(told(*acts, *acts, pause=90.0), templates)

    assert ((), True, True) == (outcome.differences, outcome.crashes > 1, bool(outcome.faults))


def test_the_same_seed_plays_the_same(templates):
    """Call for call, at the same moments, whatever was played before."""
    script, other = script_of(5, accounts=3), script_of(6, accounts=3)
    first, log = play(script, templates), Log()
    play(other, templates)
    second = play(script, templates, log=log)

    assert (first, second.print) == (second, log.print())
    assert len(log.lines) > 50


def test_another_seed_plays_another_story(templates):
    """Its print is another."""
    prints = {play(script_of(seed, accounts=3), templates).print for seed in (7, 8)}

    assert 2 == len(prints)


def test_an_error_is_a_difference(templates):
    """It is told with its kind."""
    outcome = play(told("edit_contact", "no_such_act"), templates)

    assert ("AttributeError: 'Hands' object has no attribute 'no_such_act'",) == outcome.differences


def test_an_error_in_the_engine_is_a_difference(templates):
    """Also one after which it goes on."""

    async def poll(self, connection):
        raise ZeroDivisionError

    with mock.patch.object(SyncService, "_poll", poll):
        outcome = play(told("edit_contact"), templates)

    assert any("ZeroDivisionError" in difference for difference in outcome.differences)


def test_an_engine_that_never_rests(templates):
    """It is given up."""

    async def count(self, location_id):
        return 1

    with mock.patch("invoco.store.rereads.RereadShelf.count", count):
        outcome = play(told("edit_contact"), templates)

    assert ("NeverQuiet: After poll the engine does not come to rest.",) == outcome.differences


@pytest.mark.parametrize("name", SABOTAGES)
def test_sabotage_ends(name):
    """Afterwards the engine is whole again."""
    before = (InboxShelf.append, TombstoneShelf.put)
    with sabotaged(name):
        pass

    assert before == (InboxShelf.append, TombstoneShelf.put)


def test_no_such_sabotage():
    """It is said which there are."""
    with pytest.raises(Misconfigured, match="There is no sabotage 'no-typos'") as refusal:
        sabotaged("no-typos")

    assert all(name in refusal.value.cure for name in SABOTAGES)
