"""The limiter: never one call too many, hardly one too few, the urgent first."""

import asyncio
import random
from collections import deque
from email.utils import formatdate

import pytest

from invoco.highlevel.clock import SystemClock
from invoco.highlevel.errors import RateLimited
from invoco.highlevel.quota import Priority, Quota, Quotas
from invoco.testing.clock import FakeClock


class Server:
    """Counts arrivals as HighLevel may: in fixed windows of any phase, or in a sliding one."""

    def __init__(self, clock, *, limit=100, interval=10.0, phase=0.0, sliding=False, others=()):
        self.clock, self.limit, self.interval, self.phase, self.sliding = clock, limit, interval, phase, sliding
        self.arrivals: list[float] = []
        self.counted: deque[float] = deque()
        self.others = deque(others)
        self.refused = 0

    def answer(self):
        now = self.clock.now()
        while self.others and self.others[0] <= now:
            self._count(self.others.popleft())
        self._forget(now)
        allowed = len(self.counted) < self.limit
        self.refused += not allowed
        self.arrivals.append(now)
        if allowed:
            self._count(now)
        return (200 if allowed else 429), self.headers()

    def headers(self, **more):
        return {
            "x-ratelimit-max": str(self.limit),
            "x-ratelimit-remaining": str(self.limit - len(self.counted)),
            "x-ratelimit-interval-milliseconds": str(round(self.interval * 1000)),
            **more,
        }

    def _count(self, moment):
        self._forget(moment)
        self.counted.append(moment)

    def _forget(self, now):
        begin = now - self.interval if self.sliding else now - (now - self.phase) % self.interval
        while self.counted and (self.counted[0] <= begin if self.sliding else self.counted[0] < begin):
            self.counted.popleft()


async def call(quota, server, *, there=0.01, back=0.01, priority=Priority.IMPORT):
    """One call that takes its time."""
    async with quota.turn(priority) as turn:
        await server.clock.sleep(there)
        status, headers = server.answer()
        await server.clock.sleep(back)
        turn.learn(status, headers)
        return status


async def answered(quota, status=200, priority=Priority.INTERACTIVE, **headers):
    """One call that is answered at once."""
    async with quota.turn(priority) as turn:
        turn.learn(status, {name.replace("_", "-"): value for name, value in headers.items()})


def limits(limit, remaining=None, interval=10_000):
    """The headers about the interval."""
    return {
        "x_ratelimit_max": str(limit),
        "x_ratelimit_remaining": str(limit - 1 if remaining is None else remaining),
        "x_ratelimit_interval_milliseconds": str(interval),
    }


def day(remaining, limit=200_000):
    """The headers about the day."""
    return {"x_ratelimit_limit_daily": str(limit), "x_ratelimit_daily_remaining": str(remaining)}


@pytest.fixture
def clock():
    """Time that jumps when everybody waits."""
    return FakeClock()


@pytest.fixture
def quota(clock):
    """A quota that knows nothing yet."""
    return Quota(clock=clock)


@pytest.mark.parametrize("sliding", [False, True])
async def test_quota_uses_what_is_allowed(clock, quota, sliding):
    """1 000 calls take at most 2 % longer than HighLevel's limit demands, and none is refused."""
    server = Server(clock, phase=random.Random(7).uniform(0, 10), sliding=sliding)
    began = clock.now()
    await asyncio.gather(*(call(quota, server) for _ in range(1000)))
    shortest = (1000 / 100 - 1) * 10

    assert 0 == server.refused
    assert shortest / (clock.now() - began) >= 0.98


@pytest.mark.parametrize("sliding", [False, True])
async def test_quota_withstands_a_slow_network(clock, quota, sliding):
    """Latencies between nothing and 200 ms never squeeze a call too many into a window."""
    chance = random.Random(3)
    server = Server(clock, limit=20, interval=2.0, phase=chance.uniform(0, 2), sliding=sliding)
    calls = (call(quota, server, there=chance.uniform(0, 0.1), back=chance.uniform(0, 0.1)) for _ in range(200))
    await asyncio.gather(*calls)

    assert (0, 200) == (server.refused, len(server.arrivals))


async def test_quota_learns_a_smaller_limit_before_it_is_passed(clock, quota):
    """A sandbox that allows 25 calls refuses none of the first 60."""
    server = Server(clock, limit=25)
    await asyncio.gather(*(call(quota, server) for _ in range(60)))

    assert 0 == server.refused


async def test_quota_leaves_room_for_other_programs(clock, quota):
    """Calls that HighLevel counted and nobody here made take up their share of the window."""
    now = clock.now()
    server = Server(clock, limit=10, sliding=True, others=[now - 3.0] * 6)
    statuses = await asyncio.gather(*(call(quota, server) for _ in range(10)))

    assert [200] * 10 == statuses
    assert server.arrivals[4] >= now + 7.0


async def test_quota_does_not_take_its_own_calls_for_those_of_others(clock, quota):
    """A count that lags behind or runs ahead within one burst adds nobody's calls."""
    chance = random.Random(5)
    server = Server(clock, limit=10, interval=1.0, sliding=True)
    await asyncio.gather(
        *(call(quota, server, there=chance.uniform(0, 0.4), back=chance.uniform(0, 0.4)) for _ in range(60))
    )

    assert 60 == quota._window.present(clock.now()) + quota._window._forgotten


async def test_quota_waits_after_a_429(clock, quota):
    """After a 429 nobody calls for one interval."""
    await answered(quota, status=429, **limits(100, remaining=90))
    began = clock.now()
    await answered(quota)

    assert clock.now() - began == pytest.approx(10.001)


async def test_quota_feels_its_way_after_a_429(clock, quota):
    """When the window was full of calls of others, a single call finds out whether it still is."""
    now = clock.now()
    others = [now - 5.0] * 10 + [now + 4.0] * 10 + [now + 14.5] * 3
    server = Server(clock, limit=10, sliding=True, others=others)
    statuses = await asyncio.gather(*(call(quota, server) for _ in range(9)))

    assert (2, 7) == (statuses.count(429), statuses.count(200))


async def test_quota_honours_retry_after(clock, quota):
    """A 429 may say how long to wait."""
    await answered(quota, status=429, retry_after="3")
    began = clock.now()
    await answered(quota)

    assert clock.now() - began == pytest.approx(3.001)


async def test_quota_honours_retry_after_a_date(clock, quota):
    """A 429 may name the moment."""
    await answered(quota, status=429, retry_after=formatdate(clock.now() + 30, usegmt=True))
    began = clock.now()
    await answered(quota)

    assert clock.now() - began == pytest.approx(30, abs=1.1)


async def test_quota_ignores_a_retry_after_that_means_nothing(clock, quota):
    """Nonsense counts as one interval."""
    await answered(quota, status=429, retry_after="soon")
    began = clock.now()
    await answered(quota)

    assert clock.now() - began == pytest.approx(10.001)


async def test_quota_does_not_wait_for_hours(quota):
    """When HighLevel asks for a very long pause, callers are told how long."""
    await answered(quota, status=429, retry_after="7200")
    with pytest.raises(RateLimited) as caught:
        await answered(quota)

    assert (False, 7200) == (caught.value.daily, round(caught.value.wait))


async def test_quota_has_a_limit_after_all(clock, quota):
    """A server that sent no limits and then answers 429 is held to HighLevel's from then on."""
    await answered(quota)
    await answered(quota, status=429)
    await answered(quota)

    assert (100, 1) == (quota.usage().limit, quota.usage().refused)


async def test_quota_is_off_without_headers(clock, quota):
    """A server that sends no limits is called as fast as it answers."""
    began = clock.now()
    for _ in range(1000):
        await answered(quota)

    assert clock.now() == began
    assert (None, None, None) == (quota.usage().limit, quota.usage().daily_limit, quota.usage().daily_remaining)


async def test_quota_keeps_its_limit_when_a_failure_has_no_headers(quota):
    """A firewall's page says nothing about limits."""
    await answered(quota, status=520)

    assert 100 == quota.usage().limit


@pytest.mark.parametrize("nonsense", ["", "many", "0", "-5", "1e3"])
async def test_quota_ignores_headers_that_mean_nothing(quota, nonsense):
    """Only positive whole numbers are limits."""
    await answered(quota, **limits(50))
    await answered(quota, x_ratelimit_max=nonsense, x_ratelimit_interval_milliseconds=nonsense)

    assert (50, 10.0) == (quota.usage().limit, quota.usage().interval)


async def test_quota_lets_the_urgent_go_first(clock, quota):
    """An interactive call goes before a thousand import calls that waited longer."""
    await answered(quota, **limits(1, remaining=0))
    order = []

    async def caller(name, priority):
        await answered(quota, priority=priority, **limits(1, remaining=0))
        order.append(name)

    crowd = [asyncio.create_task(caller(f"import {n}", Priority.IMPORT)) for n in range(1000)]
    await asyncio.sleep(0)
    await caller("interactive", Priority.INTERACTIVE)
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)

    assert "interactive" == order[0]


async def test_quota_serves_equals_in_their_order(clock, quota):
    """Within a priority the first come is the first served."""
    await answered(quota, **limits(1, remaining=0))
    order = []

    async def caller(name):
        await answered(quota, priority=Priority.EVENT, **limits(1))
        order.append(name)

    await asyncio.gather(*(caller(n) for n in range(5)))

    assert [0, 1, 2, 3, 4] == order


async def test_quota_loses_nothing_when_a_waiter_is_cancelled(clock, quota):
    """A caller that gives up leaves its place to the next."""
    await answered(quota, **limits(1, remaining=0))
    first, second = (asyncio.create_task(answered(quota, **limits(1))) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await second

    assert (0, 0) == (quota.usage().in_flight, quota.usage().waiting[Priority.INTERACTIVE])


async def test_quota_passes_on_the_turn_of_a_caller_cancelled_at_its_turn(clock, quota):
    """A turn given to a caller that is cancelled in the same moment goes to the next."""
    clock = FakeClock(auto=False)
    quota = Quota(clock=clock)
    await answered(quota, **limits(1, remaining=0))
    first, second = (asyncio.create_task(answered(quota, **limits(1))) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.advance(10.001)
    while not quota.usage().in_flight:  # noqa: ASYNC110 - a turn tells nobody but its owner
        await asyncio.sleep(0)
    first.cancel()
    await second

    assert first.cancelled()
    assert (0, 2) == (quota.usage().in_flight, quota.usage().calls[Priority.INTERACTIVE])


async def test_quota_forgets_a_queue_of_cancelled_callers(clock):
    """When everybody gave up, nothing is left behind that waits."""
    clock = FakeClock(auto=False)
    quota = Quota(clock=clock)
    await answered(quota, **limits(1, remaining=0))
    crowd = [asyncio.create_task(answered(quota)) for _ in range(10)]
    await asyncio.sleep(0)
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    await asyncio.sleep(0)

    assert {asyncio.current_task()} == asyncio.all_tasks()


async def test_quota_counts_a_call_without_an_answer(clock, quota):
    """HighLevel may have counted a call whose answer was lost."""
    await answered(quota, **limits(2))
    with pytest.raises(ConnectionError):
        async with quota.turn(Priority.IMPORT):
            raise ConnectionError
    began = clock.now()
    await answered(quota)

    assert clock.now() - began == pytest.approx(10.001)


async def test_quota_counts_an_answer_once(clock, quota):
    """Learning twice from one answer changes nothing."""
    async with quota.turn(Priority.EVENT) as turn:
        turn.learn(200, {"x-ratelimit-max": "5"})
        turn.learn(200, {"x-ratelimit-max": "9"})

    assert (5, 1, 0) == (quota.usage().limit, quota.usage().in_window, quota.usage().in_flight)


async def test_quota_wakes_earlier_when_the_limit_rises(clock, quota):
    """A higher limit in an answer lets waiting callers in at once."""
    await answered(quota, **limits(2))
    began = clock.now()
    async with quota.turn(Priority.EVENT) as turn:
        waiter = asyncio.create_task(answered(quota, **limits(5)))
        await asyncio.sleep(0)
        turn.learn(200, {"x-ratelimit-max": "5", "x-ratelimit-remaining": "3"})
    await waiter

    assert began == clock.now()


async def test_import_leaves_a_tenth_of_the_day(quota):
    """An import stops when a tenth of the day's quota is left; others go on."""
    await answered(quota, **limits(100), **day(20_000))
    await answered(quota, priority=Priority.RECONCILE, **limits(100), **day(19_999))
    with pytest.raises(RateLimited, match="Only 19999 of the day's 200000 calls are left") as caught:
        await answered(quota, priority=Priority.IMPORT)

    assert caught.value.daily


async def test_interactive_calls_use_the_whole_day(quota):
    """The last call of the day is an interactive one; then everybody is told."""
    await answered(quota, **limits(100), **day(1))
    with pytest.raises(RateLimited, match="kept for more urgent work"):
        await answered(quota, priority=Priority.EVENT)
    await answered(quota, **limits(100), **day(0))
    with pytest.raises(RateLimited, match="used up") as caught:
        await answered(quota)

    assert caught.value.daily


async def test_a_429_at_the_end_of_the_day_keeps_nobody_waiting(clock, quota):
    """When the day is used up, waiting ten seconds would not help."""
    began = clock.now()
    await answered(quota, status=429, **limits(100, remaining=50), **day(0))
    with pytest.raises(RateLimited):
        await answered(quota)

    assert began == clock.now()


async def test_waiting_imports_are_told_when_the_day_ends(clock, quota):
    """Callers in the queue do not wait for calls that will not come."""
    await answered(quota, **limits(2, remaining=1), **day(100_000))
    async with quota.turn(Priority.INTERACTIVE) as turn:
        waiter = asyncio.create_task(answered(quota, priority=Priority.IMPORT))
        await asyncio.sleep(0)
        turn.learn(200, {"x-ratelimit-max": "2", "x-ratelimit-daily-remaining": "7"})
    with pytest.raises(RateLimited):
        await waiter

    assert 0 == quota.usage().waiting[Priority.IMPORT]


async def test_the_day_refills(clock, quota):
    """An hour later an import tries again, since the moment of the refill is not published."""
    await answered(quota, **limits(100), **day(0))
    clock.advance(3600)
    await answered(quota, priority=Priority.IMPORT, **limits(100), **day(199_000))

    assert 199_000 == quota.usage().daily_remaining


async def test_the_day_ends_at_midnight(quota):
    """What was said yesterday is not believed today."""
    clock = FakeClock(start=1_750_031_940.0)  # 23:59 UTC
    quota = Quota(clock=clock)
    await answered(quota, **limits(100), **day(0))
    clock.advance(61)
    await answered(quota, priority=Priority.IMPORT, **limits(100), **day(200_000))

    assert 200_000 == quota.usage().daily_remaining


async def test_quota_shows_its_use(clock, quota):
    """The figures for a dashboard, by priority."""
    await answered(quota, **limits(3), **day(150_000))
    async with quota.turn(Priority.EVENT), quota.turn(Priority.EVENT):
        waiter = asyncio.create_task(answered(quota, priority=Priority.IMPORT))
        await asyncio.sleep(0)
        usage = quota.usage()
    await waiter

    assert (3, 10.0, 2, 3, 0.0) == (usage.limit, usage.interval, usage.in_flight, usage.in_window, usage.blocked_for)
    assert (200_000, 149_998, 0) == (usage.daily_limit, usage.daily_remaining, usage.refused)
    assert {0: 1, 1: 2, 2: 0, 3: 0} == usage.calls
    assert {0: 0, 1: 0, 2: 0, 3: 1} == usage.waiting


async def test_quota_handles_ten_thousand_waiters(clock, quota):
    """Ten thousand waiting callers are let in a window at a time, by one sleeper."""
    await answered(quota, **limits(5000))
    await asyncio.gather(*(answered(quota) for _ in range(10_000)))

    assert 2 == len(clock.slept)


async def test_quota_runs_on_the_clock_of_the_machine():
    """Real time works as well."""
    clock = SystemClock()
    quota = Quota(clock=clock)
    began = clock.now()
    for _ in range(3):
        await answered(quota, **limits(1, interval=20))

    assert clock.now() - began >= 0.042


def test_quotas_are_kept_per_app_and_location():
    """The same app in the same location always gets the same quota, and only then."""
    quotas = Quotas()
    quota = quotas.of("app", "location")

    assert quota is quotas.of("app", "location")
    assert quota is not quotas.of("app", "other")
    assert {("app", "location"), ("app", "other")} == quotas.usage().keys()
