"""The figures behind a quota: HighLevel's five headers, the window of calls it may be counting, the share of the day.

Nothing here waits or reads a clock; every call is told the time, in seconds.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import IntEnum
from typing import NamedTuple

_LIMIT, _INTERVAL, _DAILY_LIMIT = 100, 10.0, 200_000
_GUARD = 0.001
"""Seconds added to each interval: clocks count in steps."""
_BELIEVED_FOR = 3600.0
"""Seconds for which the last word about the day's quota is believed: when it refills is not published."""
_DAY = 86_400.0


class Priority(IntEnum):
    """How urgent a call is; a lower number goes first."""

    INTERACTIVE = 0
    """Somebody waits for the answer."""
    EVENT = 1
    """A webhook said that something changed."""
    RECONCILE = 2
    """The periodic comparison."""
    IMPORT = 3
    """The first copy of everything."""


DAILY_RESERVE = {Priority.INTERACTIVE: 0.0, Priority.EVENT: 0.02, Priority.RECONCILE: 0.05, Priority.IMPORT: 0.10}
"""The share of the day's quota that a priority leaves to the more urgent ones: an import stops when a tenth is left."""


class Figures(NamedTuple):
    """What the headers of one answer said; None where a header was missing or made no sense."""

    limit: int | None = None
    remaining: int | None = None
    interval: float | None = None
    """Seconds."""
    daily_limit: int | None = None
    daily_remaining: int | None = None

    @property
    def are_missing(self) -> bool:
        """Whether the answer said nothing about limits."""
        return self.limit is None and self.daily_limit is None and self.daily_remaining is None


_NOTHING = Figures()


def figures_in(headers: Mapping[str, str]) -> Figures:
    """The five figures of an answer (facts 7)."""
    limit, daily = headers.get("x-ratelimit-max"), headers.get("x-ratelimit-limit-daily")
    if limit is None and daily is None:
        return _NOTHING
    interval = _number(headers.get("x-ratelimit-interval-milliseconds"), least=1)
    return Figures(
        limit=_number(limit, least=1),
        remaining=_number(headers.get("x-ratelimit-remaining"), least=0),
        interval=None if interval is None else interval / 1000,
        daily_limit=_number(daily, least=1),
        daily_remaining=_number(headers.get("x-ratelimit-daily-remaining"), least=0),
    )


def _number(text: str | None, *, least: int) -> int | None:
    try:
        number = int(text or "")
    except ValueError:
        return None
    return number if number >= least else None


def seconds_to_wait(headers: Mapping[str, str], *, now: float) -> float | None:
    """`Retry-After` in seconds, where it is sent (facts 7): a number or a date."""
    text = headers.get("retry-after")
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None


class Window:
    """The calls that HighLevel may be counting: those under way and those answered less than an interval ago."""

    def __init__(self) -> None:
        self.limit: float = _LIMIT
        """Calls per interval; infinite for a server without limits."""
        self.interval = _INTERVAL
        self.in_flight = 0
        self.blocked_until = 0.0
        self._answered: deque[tuple[float, int]] = deque()  # when, and how many at once
        self._counted = 0  # sum of the numbers in _answered
        self._forgotten = 0  # calls that left the window since the start
        self._is_known = False
        self._has_headers = False
        self._was_refused = False

    @property
    def is_limited(self) -> bool:
        """Whether the server sets a limit."""
        return self.limit != math.inf

    def present(self, now: float) -> int:
        """Calls that count at that moment."""
        self._forget(now)
        return self.in_flight + self._counted

    def pause(self, now: float) -> float:
        """Seconds until a call may start: 0 for now, infinity when an answer must arrive first.

        At the start and after a 429 a single call goes ahead: its answer tells what others have left of the window,
        and how large it is; a sandbox allows only 25 calls (facts 2.5).
        """
        if now < self.blocked_until:
            return self.blocked_until - now
        if not self._is_known and self.in_flight:
            return math.inf
        if self.present(now) < self.limit:
            return 0.0
        return self._answered[0][0] + self._span - now if self._answered else math.inf

    def start(self) -> int:
        """Count a call as under way; returns the mark that `learn` wants."""
        self.in_flight += 1
        return self._forgotten

    def withdraw(self) -> None:
        """Uncount a call that was never sent."""
        self.in_flight -= 1

    def end(self, now: float) -> None:
        """Count a call as answered at that moment."""
        self.in_flight -= 1
        if self.is_limited:
            self._add(1, now)
        else:
            self._forgotten += 1

    def learn(self, figures: Figures, *, success: bool, mark: int, now: float) -> None:
        """Take over the limit and the interval, and see whether somebody else calls too."""
        self._has_headers |= not figures.are_missing
        if not self._has_headers:
            self._learn_silence(success=success)
            return
        self._is_known = True
        self.interval = figures.interval or self.interval
        self.limit = figures.limit or self.limit
        if figures.limit is not None and figures.remaining is not None:
            self._count_others(figures.limit - figures.remaining, mark=mark, now=now)

    def block(self, until: float) -> None:
        """Let nobody start before that moment, after a 429."""
        self.blocked_until = max(self.blocked_until, until + _GUARD)
        self._is_known, self._was_refused = False, True
        if not self._has_headers:
            self.limit = _LIMIT  # there is a limit after all

    @property
    def _span(self) -> float:
        return self.interval + _GUARD

    def _learn_silence(self, *, success: bool) -> None:
        """A success without the headers that HighLevel sends with every answer: this server sets no limits."""
        self._is_known |= success
        if success and not self._was_refused:
            self.limit = math.inf

    def _count_others(self, used: int, *, mark: int, now: float) -> None:
        """HighLevel counted more calls than all of ours since the start of this one and still present then."""
        ours = self.in_flight + self._counted + self._forgotten - mark
        if used > ours:
            self._add(used - ours, now)

    def _add(self, calls: int, now: float) -> None:
        self._answered.append((now, calls))
        self._counted += calls

    def _forget(self, now: float) -> None:
        while self._answered and self._answered[0][0] + self._span <= now:
            calls = self._answered.popleft()[1]
            self._counted -= calls
            self._forgotten += calls


class DayShare:
    """What is left of the day's quota, and who may use it."""

    def __init__(self) -> None:
        self.limit: float = _DAILY_LIMIT
        self.left: float = _DAILY_LIMIT
        self._believed_until = 0.0

    def allows(self, priority: Priority, *, now: float) -> bool:
        """Whether a call of that priority may still be made today."""
        self.refill(now)
        return math.isinf(self.left) or self.left > DAILY_RESERVE[priority] * self.limit

    def refill(self, now: float) -> None:
        """Hope for a full quota again once the last word about it is too old; the next answer tells the truth."""
        if now >= self._believed_until:
            self.left = self.limit
            self._believe(now)

    def spend(self, calls: int = 1) -> None:
        """Count calls; a negative number takes them back."""
        self.left -= calls

    def learn(self, figures: Figures, *, in_flight: int, limited: bool, now: float) -> None:
        """Take over what an answer said; calls under way may not be in its figures yet."""
        if not limited:
            self.limit = self.left = math.inf
        self.limit = figures.daily_limit or self.limit
        if figures.daily_remaining is not None:
            self.left = figures.daily_remaining - in_flight
            self._believe(now)

    def _believe(self, now: float) -> None:
        """Until an hour has passed, or the UTC day ends, whichever is first."""
        self._believed_until = min(now + _BELIEVED_FOR, (now // _DAY + 1) * _DAY)
