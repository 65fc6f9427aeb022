"""The limiter never lets one call too many into any window."""

import asyncio

import hypothesis.strategies as st
from hypothesis import given, settings

from invoco.highlevel.quota import Priority, Quota
from invoco.testing.clock import FakeClock

LATENCIES = st.tuples(st.integers(0, 3000), st.integers(0, 3000))
"""Milliseconds there and back."""


class Server:
    """Tells what is left of a sliding window, and keeps when calls arrived."""

    def __init__(self, clock, *, limit, interval):
        self.clock, self.limit, self.interval = clock, limit, interval
        self.arrivals: list[float] = []

    def headers(self):
        """The three headers about the interval."""
        crowd = sum(self.clock.now() - self.interval < arrival for arrival in self.arrivals)
        return {
            "x-ratelimit-max": str(self.limit),
            "x-ratelimit-remaining": str(self.limit - crowd),
            "x-ratelimit-interval-milliseconds": str(self.interval * 1000),
        }

    async def call(self, quota, there=0, back=0):
        """One call that takes its time."""
        async with quota.turn(Priority.IMPORT) as turn:
            await self.clock.sleep(there / 1000)
            self.arrivals.append(self.clock.now())
            headers = self.headers()
            await self.clock.sleep(back / 1000)
            turn.learn(200, headers)


@settings(max_examples=40, deadline=None)
@given(limit=st.integers(1, 6), interval=st.integers(1, 4), latencies=st.lists(LATENCIES, min_size=1, max_size=24))
def test_quota_holds_in_every_window(limit, interval, latencies):
    """No half-open stretch of one interval ever holds more arrivals than allowed, wherever it begins."""

    async def run():
        clock = FakeClock()
        server, quota = Server(clock, limit=limit, interval=interval), Quota(clock=clock)
        async with quota.turn(Priority.INTERACTIVE) as turn:
            turn.learn(200, {**server.headers(), "x-ratelimit-remaining": str(limit - 1)})
        await asyncio.gather(*(server.call(quota, *latency) for latency in latencies))
        return server.arrivals

    arrivals = asyncio.run(run())
    crowds = [sum(begin <= arrival < begin + interval for arrival in arrivals) for begin in arrivals]

    assert max(crowds) <= limit
    assert len(latencies) == len(arrivals)
