"""Chance that can be had again: while it is open, every source of chance of the process depends on a seed alone."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

_make = random.Random.__init__


@contextmanager
def seeded(seed: str) -> Iterator[random.Random]:
    """Dice of the seed. Identifiers, tokens and generators that nobody seeded come from them too.

    Nothing in the process is secret or unguessable meanwhile.
    """
    dice = random.Random(seed)

    def unseeded(self: random.Random, x: object = None) -> None:
        _make(self, dice.getrandbits(64) if x is None else x)  # type: ignore[arg-type]  # whatever seeds may be

    with (
        mock.patch.object(os, "urandom", dice.randbytes),
        mock.patch.object(random, "_urandom", dice.randbytes),
        mock.patch.object(random.Random, "__init__", unseeded),
    ):
        yield dice
