"""How many calls may be made: one limiter per app and location, fed by HighLevel's own figures (facts 7).

HighLevel allows 100 calls in 10 seconds and 200 000 a day for each app in each location. How its windows lie in time is
not published, so the limiter assumes the worst: a call may start when fewer than the allowed number of calls are under
way or were *answered* less than one interval ago. HighLevel has counted a call by the time its answer arrives, so
whatever the phase of its windows, and however the network delays a call, none ever holds one call too many.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import msgspec

from invoco.highlevel.clock import Clock, SystemClock
from invoco.highlevel.errors import RateLimited
from invoco.highlevel.limits import DAILY_RESERVE, DayShare, Figures, Priority, Window, figures_in, seconds_to_wait

__all__ = ["DAILY_RESERVE", "Priority", "Quota", "Quotas", "Turn", "Usage"]

_LONGEST_WAIT = 600.0
"""Seconds; when HighLevel asks for a longer pause, callers are told instead of kept waiting."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """A look at one quota, for dashboards."""

    limit: int | None
    """Calls allowed per interval; None when the server sets no limit."""
    interval: float
    """Seconds."""
    in_flight: int
    """Calls sent and not answered yet."""
    in_window: int
    """Calls that count against the limit now, those under way and those of other programs included."""
    daily_limit: int | None
    daily_remaining: int | None
    """Calls left of the day's quota, as far as known; None when the server sets no limit."""
    calls: dict[Priority, int]
    """Calls made since the program started."""
    waiting: dict[Priority, int]
    """Callers waiting for their turn."""
    refused: int
    """Answers 429 since the program started."""
    blocked_for: float
    """Seconds until calls may start again after a 429; 0 when not blocked."""


class Quotas:
    """The quotas of all apps and locations; one registry is shared by all callers of a process and event loop."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._quotas: dict[tuple[str, str], Quota] = {}

    def of(self, app_id: str, resource_id: str) -> Quota:
        """The quota of that app in that location or company."""
        key = (app_id, resource_id)
        if key not in self._quotas:
            self._quotas[key] = Quota(clock=self._clock)
        return self._quotas[key]

    def usage(self) -> dict[tuple[str, str], Usage]:
        """A look at every quota, by (app id, location or company id)."""
        return {key: quota.usage() for key, quota in self._quotas.items()}


class Turn:
    """One call: entered when it may start, told what HighLevel answered, left when it is over."""

    __slots__ = ("_mark", "_over", "_priority", "_quota")

    def __init__(self, quota: Quota, priority: Priority) -> None:
        self._quota, self._priority = quota, priority
        self._mark, self._over = 0, False

    async def __aenter__(self) -> Self:
        self._mark = await self._quota.start(self._priority)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._over:
            self._quota.end()

    def learn(self, status: int, headers: Mapping[str, str]) -> None:
        """Say that the answer has arrived.

        Args:
            status: of the answer.
            headers: of the answer; a mapping that ignores case, or one in lower case.
        """
        if not self._over:
            self._over = True
            self._quota.learn(status, headers, mark=self._mark)


class Quota:
    """The calls of one app in one location: who may call now, and who next."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._window, self._day = Window(), DayShare()
        self._queue: list[tuple[Priority, int, asyncio.Future[int]]] = []
        self._order = itertools.count()
        self._calls, self._waiting = dict.fromkeys(Priority, 0), dict.fromkeys(Priority, 0)
        self._refused = 0
        self._waker: asyncio.Task[None] | None = None
        self._wakes_at = math.inf

    def turn(self, priority: Priority) -> Turn:
        """A place in the queue: `async with quota.turn(priority) as turn: … turn.learn(status, headers)`.

        The more urgent priority goes first, among equals the first come.

        Raises:
            RateLimited: the rest of the day's quota is kept for more urgent calls, or used up (`daily` is set); or
                HighLevel asked for a pause of more than ten minutes.
        """
        return Turn(self, priority)

    async def start(self, priority: Priority) -> int:
        """Wait until a call may start, and count it; returns its mark for `learn`. `turn` does this for a caller."""
        now = self._clock.now()
        if self._queue or not self._day.allows(priority, now=now) or self._window.pause(now) > 0:
            return await self._queued(priority)
        return self._started(priority)

    def learn(self, status: int, headers: Mapping[str, str], *, mark: int) -> None:
        """Count a call as answered now, and take over the figures of its answer. `turn` does this for a caller."""
        now = self._clock.now()
        self._window.end(now)
        figures = figures_in(headers)
        self._window.learn(figures, success=status < 400, mark=mark, now=now)
        self._day.learn(figures, in_flight=self._window.in_flight, limited=self._window.is_limited, now=now)
        if status == 429:
            self._refused += 1
            self._block(figures, headers, now=now)
        self._admit()

    def end(self) -> None:
        """Count a call as answered now, although no answer came: HighLevel may have counted it."""
        self._window.end(self._clock.now())
        self._admit()

    def usage(self) -> Usage:
        """A look at the quota."""
        now = self._clock.now()
        window, day = self._window, self._day
        day.refill(now)
        return Usage(
            limit=_whole(window.limit),
            interval=window.interval,
            in_flight=window.in_flight,
            in_window=window.present(now),
            daily_limit=_whole(day.limit),
            daily_remaining=_whole(max(0, day.left)),
            calls=dict(self._calls),
            waiting=dict(self._waiting),
            refused=self._refused,
            blocked_for=max(0.0, window.blocked_until - now),
        )

    def _block(self, figures: Figures, headers: Mapping[str, str], *, now: float) -> None:
        if figures.daily_remaining == 0:
            return  # the day is used up: callers are told so instead of waiting
        self._window.block(now + (seconds_to_wait(headers, now=now) or self._window.interval))

    def _started(self, priority: Priority) -> int:
        self._calls[priority] += 1
        self._day.spend()
        return self._window.start()

    async def _queued(self, priority: Priority) -> int:
        place: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._order), place))
        self._waiting[priority] += 1
        try:
            self._admit()
            return await place
        except asyncio.CancelledError:
            self._give_back(place, priority)
            raise
        finally:
            self._waiting[priority] -= 1
            self._rest()

    def _give_back(self, place: asyncio.Future[int], priority: Priority) -> None:
        """A caller was cancelled in the very moment its turn came: the next one takes it."""
        if place.done() and not place.cancelled() and place.exception() is None:
            self._calls[priority] -= 1
            self._day.spend(-1)
            self._window.withdraw()
            self._admit()

    def _rest(self) -> None:
        """Nobody waits: whoever is left in the queue was cancelled, and there is nothing to wake up for."""
        if not any(self._waiting.values()):
            self._queue.clear()
            self._stop_waking()

    def _admit(self) -> None:
        """Let in everybody who may start now, and wake up again when the next one may."""
        now = self._clock.now()
        while self._queue:
            priority, _, place = self._queue[0]
            if not place.done():
                pause = self._window.pause(now)
                if refusal := self._refusal(priority, now=now):
                    place.set_exception(refusal)
                elif pause > 0:
                    self._wake_in(pause, now=now)
                    return
                else:
                    place.set_result(self._started(priority))
            heapq.heappop(self._queue)

    def _refusal(self, priority: Priority, *, now: float) -> RateLimited | None:
        """Why waiting makes no sense for that caller."""
        if not self._day.allows(priority, now=now):
            return _out_of_calls(self._day)
        blocked_for = self._window.blocked_until - now
        return _blocked(blocked_for) if blocked_for > _LONGEST_WAIT else None

    def _wake_in(self, pause: float, *, now: float) -> None:
        if now + pause < self._wakes_at:
            self._stop_waking()
            self._wakes_at = now + pause
            self._waker = asyncio.get_running_loop().create_task(self._wake(pause))

    def _stop_waking(self) -> None:
        if self._waker is not None:
            self._waker.cancel()
        self._waker, self._wakes_at = None, math.inf

    async def _wake(self, pause: float) -> None:
        await self._clock.sleep(pause)
        self._waker, self._wakes_at = None, math.inf
        self._admit()


def _whole(number: float) -> int | None:
    return None if math.isinf(number) else int(number)


def _blocked(seconds: float) -> RateLimited:
    error = RateLimited(f"HighLevel allows no calls of this app in this location for {seconds:.0f} seconds")
    error.wait = seconds
    return error


def _out_of_calls(day: DayShare) -> RateLimited:
    if day.left <= 0:
        error = RateLimited("The day's quota of this app in this location is used up")
    else:
        error = RateLimited(
            f"Only {day.left:.0f} of the day's {day.limit:.0f} calls are left, and they are kept for more urgent work"
        )
    error.daily = True
    return error
