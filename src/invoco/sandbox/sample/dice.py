"""Seeded chance, quick enough for hundreds of thousands of records."""

from __future__ import annotations

import string
import uuid
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

_LETTERS = (string.ascii_letters + string.digits).encode()
_TO_LETTERS = bytes(_LETTERS[byte % len(_LETTERS)] for byte in range(256))


class Dice:
    """Chance that depends on its seed alone."""

    __slots__ = ("_bits", "share")

    def __init__(self, *seed: object) -> None:
        random = Random("/".join(map(str, seed)))
        self._bits = random.getrandbits
        self.share = random.random
        """A number from 0 to below 1."""

    def hits(self, probability: float) -> bool:
        """Whether something of that probability happens."""
        return self.share() < probability

    def below(self, limit: int) -> int:
        """A whole number from 0 to below the limit."""
        return int(self.share() * limit)

    def pick(self, pool: Sequence[T]) -> T:
        """One of the pool."""
        return pool[int(self.share() * len(pool))]

    def some(self, pool: Sequence[T], count: int) -> list[T]:
        """That many of the pool at most, each once, in the order of the pool."""
        chosen = {self.below(len(pool)) for _ in range(count)}
        return [pool[index] for index in sorted(chosen)]

    def new_id(self) -> str:
        """Twenty letters and digits (facts 10.2)."""
        return self._bytes(20).translate(_TO_LETTERS).decode("ascii")

    def new_object_id(self) -> str:
        """Twenty-four hexadecimal digits (facts 10.2)."""
        return self._bytes(12).hex()

    def new_uuid(self) -> str:
        """A UUID in its usual writing."""
        return str(uuid.UUID(bytes=self._bytes(16), version=4))

    def _bytes(self, count: int) -> bytes:
        return self._bits(8 * count).to_bytes(count, "little")
