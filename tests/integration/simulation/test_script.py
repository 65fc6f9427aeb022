"""What happens in a simulation, decided by its seed."""

import pytest

from invoco.simulation.hands import Hands
from invoco.simulation.our_hands import OUR_ACTS, OurHands
from invoco.simulation.script import ACTS, script_of
from invoco.simulation.world import OWN_ACTS

SCRIPTS = [script_of(seed, accounts=3) for seed in range(200)]


def test_the_seed_decides():
    """The same seed writes the same script, another seed another."""
    assert SCRIPTS[1] == script_of(1, accounts=3) != SCRIPTS[2]


def test_length():
    """Twenty steps to sixty."""
    lengths = {len(script.steps) for script in SCRIPTS}

    assert (20, True, True) == (min(lengths), max(lengths) <= 60, max(lengths) > 50)


def test_every_act_happens():
    """Somewhere in some hundred scripts."""
    assert {*ACTS, *OUR_ACTS} == {step.act for script in SCRIPTS for step in script.steps}


@pytest.mark.parametrize("act", [*ACTS, *OUR_ACTS])
def test_somebody_does_each_act(act):
    """People on either side and bad luck, or the world itself."""
    assert act in OWN_ACTS or callable(getattr(OurHands if act in OUR_ACTS else Hands, act))


def test_every_account_is_used():
    """And no other."""
    assert {0, 1, 2} == {script.setting.account for script in SCRIPTS}


def test_pauses_are_as_long_as_outages():
    """Now and then; mostly there is hardly any."""
    pauses = sorted(step.pause for script in SCRIPTS for step in script.steps)

    assert (True, True) == (pauses[-1] > 3600, pauses[len(pauses) // 3] < 2)
