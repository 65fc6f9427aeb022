"""Rate limits: windows, days, headers, and whose quota a call uses (facts 7)."""

import pytest

from invoco.sandbox import Limit, Limits
from invoco.sandbox.limits import Caller, Limiter, RateLimits

APP = Caller("app", "location-1", private=False)
NAMES = ("limit-daily", "daily-remaining", "interval-milliseconds", "max", "remaining")
MIDNIGHT = 1_750_032_000.0
"""The next one, UTC."""


@pytest.fixture
def limiter(clock) -> Limiter:
    """Three calls in ten seconds, five a day."""
    return Limiter(Limits(Limit(burst=3, seconds=10.0, daily=5)), clock=clock)


def taken(limiter, *callers):
    """Whether each of these calls may go on."""
    return [limiter.take(caller)[0] for caller in callers]


def left(limiter, caller):
    """The five numbers that a call is told, in the order of `NAMES`."""
    return [int(value) for _, value in limiter.take(caller)[1]]


def test_five_headers(limiter):
    """Limits and what is left of them, this call counted."""
    headers = dict(limiter.take(APP)[1])

    assert dict(zip(NAMES, (5, 4, 10_000, 3, 2), strict=True)) == {
        name.decode().removeprefix("x-ratelimit-"): int(value) for name, value in headers.items()
    }


def test_a_window_is_full_at_its_limit(limiter):
    """The fourth call within ten seconds is refused."""
    assert [True, True, True, False] == taken(limiter, *[APP] * 4)


def test_a_refused_call_costs_nothing(limiter):
    """What is left stays the same, and the refusal is counted."""
    taken(limiter, *[APP] * 3)

    assert [left(limiter, APP), 1] == [[5, 2, 10_000, 3, 0], limiter.refused]


def test_a_window_opens_with_its_first_call(limiter, clock):
    """It does not slide: ten seconds after the first call all are allowed again."""
    taken(limiter, APP)
    clock.advance(9)
    taken(limiter, APP, APP)
    clock.advance(1)

    assert [True, True, False] == taken(limiter, *[APP] * 3)


def test_a_window_lasts_until_its_last_moment(limiter, clock):
    """A moment before its end it is as full as ever."""
    taken(limiter, *[APP] * 3)
    clock.advance(9.999)

    assert [False] == taken(limiter, APP)


def test_a_day_ends_at_midnight(limiter, clock):
    """UTC, whenever its first call came."""
    for _ in range(2):
        taken(limiter, *[APP] * 3)
        clock.advance(10)
    before = taken(limiter, APP)
    clock.advance(MIDNIGHT - clock.now())

    assert [[False], [True]] == [before, taken(limiter, APP)]


@pytest.mark.parametrize(
    "other", [Caller("other", "location-1", private=False), Caller("app", "location-2", private=False)], ids=repr
)
def test_apps_and_locations_are_apart(limiter, other):
    """Each app has its own quota in each location."""
    taken(limiter, *[APP] * 3)

    assert [False, True] == taken(limiter, APP, other)


def test_calls_of_nobody_are_not_counted(limiter):
    """They are told the full quota of an app."""
    assert [[5, 5, 10_000, 3, 3]] * 4 == [left(limiter, None) for _ in range(4)]


def test_a_private_token_is_an_app_of_its_own(limiter):
    """Where no other limit is set for private tokens."""
    first, second = (Caller(token, "location-1", private=True) for token in ("pit-1", "pit-2"))
    taken(limiter, *[first] * 3)

    assert [False, True] == taken(limiter, first, second)


def test_private_tokens_of_a_sandbox_agency_share(limiter):
    """All of a location have one quota, which is not that of apps (facts 2.5)."""
    limiter.limits = Limits(Limit(burst=3), private=Limit(burst=2, daily=7))
    first, second = (Caller(token, "location-1", private=True) for token in ("pit-1", "pit-2"))

    assert [True, True, False, True] == taken(limiter, first, second, first, APP)
    assert [7, 5, 10_000, 2, 0] == left(limiter, second)


def test_a_lowered_limit_leaves_nothing_below_zero(limiter):
    """Calls made under a higher limit are not held against the caller."""
    taken(limiter, *[APP] * 3)
    limiter.limits = Limits(Limit(burst=1, daily=1))

    assert [1, 0, 10_000, 1, 0] == left(limiter, APP)


def test_clear_forgets_all_calls(limiter):
    """Refusals too."""
    taken(limiter, *[APP] * 4)
    limiter.clear()

    assert (0, [True]) == (limiter.refused, taken(limiter, APP))


@pytest.fixture
def layer(limiter, program):
    """The limits around a program that echoes nothing; every token but one is an app."""
    behind = program(name="Ada")
    limited = RateLimits(behind, limiter=limiter, caller_of=lambda bearer: APP if bearer == "known" else None)
    return limited, behind


async def test_the_layer_lets_calls_pass(layer, calling):
    """With the headers on their answers."""
    limited, behind = layer
    async with calling(limited) as client:
        answer = await client.get("/contacts/", headers={"Authorization": "Bearer known"})

    assert (200, {"name": "Ada"}, "2") == (answer.status_code, answer.json(), answer.headers["x-ratelimit-remaining"])
    assert [("GET /contacts/", b"")] == behind.asked


async def test_the_layer_answers_429(layer, calling):
    """In the shape of other errors, with the headers, and without asking the program."""
    limited, behind = layer
    async with calling(limited) as client:
        answers = [await client.get("/", headers={"Authorization": "Bearer known"}) for _ in range(4)]
    told = answers[-1].json()

    assert {"statusCode": 429, "message": "Too Many Requests", "error": "Too Many Requests"} == {
        name: value for name, value in told.items() if name != "traceId"
    }
    assert ("0", 3) == (answers[-1].headers["x-ratelimit-remaining"], len(behind.asked))


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer unknown"}, {"Authorization": "Bearer"}])
async def test_the_layer_does_not_count_strangers(layer, calling, headers):
    """Whoever has no token that is known has no quota to use up."""
    async with calling(layer[0]) as client:
        left = {(await client.get("/", headers=headers)).headers["x-ratelimit-remaining"] for _ in range(4)}

    assert {"3"} == left
