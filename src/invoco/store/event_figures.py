"""Adds up how webhooks did, type by type."""

from __future__ import annotations

from collections import Counter, defaultdict

from invoco.domain.sync_ports import EventFigures


class EventTally:
    """Is told of all events, and then tells the figures."""

    def __init__(self) -> None:
        self._delays: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._copies: Counter[str] = Counter()
        self._missed: Counter[str] = Counter()

    def received(self, type_: str, *, number: int, copies: int, delay: int) -> None:
        """So many events, in so many copies, first arrived so many milliseconds after they happened."""
        self._delays[type_][delay] += number
        self._copies[type_] += copies

    def missed(self, type_: str, number: int) -> None:
        """So many changes were told by no event of that type."""
        self._missed[type_] += number

    def figures(self) -> list[EventFigures]:
        """By type."""
        return [self._of(type_) for type_ in sorted(self._delays.keys() | self._missed.keys())]

    def _of(self, type_: str) -> EventFigures:
        delays = self._delays[type_]
        received = delays.total()
        return EventFigures(
            type=type_,
            received=received,
            duplicates=self._copies[type_] - received,
            delay_p50=_percentile(delays, 50),
            delay_p99=_percentile(delays, 99),
            missed=self._missed[type_],
        )


def _percentile(numbers: Counter[int], percent: int) -> int | None:
    """The smallest number that so many percent of all do not exceed; None of none."""
    left = numbers.total() * percent
    for number in sorted(numbers):
        left -= numbers[number] * 100
        if left <= 0:
            return number
    return None
