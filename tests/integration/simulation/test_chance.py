"""Chance that can be had again."""

import os
import random
import uuid

from invoco.domain.ids import new_id
from invoco.simulation.chance import seeded


def drawn(seed):
    """Something of every source of chance."""
    with seeded(seed) as dice:
        return new_id(), uuid.uuid4(), os.urandom(4), random.Random().random(), dice.random()


def test_the_same_seed_gives_the_same():
    """Identifiers, bytes and generators that nobody seeded."""
    assert drawn("a") == drawn("a")


def test_another_seed_gives_others():
    """All of them."""
    assert not set(drawn("a")) & set(drawn("b"))


def test_seeds_of_others_stay():
    """A generator with a seed of its own is as ever."""
    expected = random.Random(7).random()
    with seeded("a"):
        found = random.Random(7).random()

    assert expected == found


def test_chance_is_chance_again():
    """Afterwards nothing can be foreseen."""
    drawn("a")

    assert new_id() != new_id()
    assert random.Random().random() != random.Random().random()
