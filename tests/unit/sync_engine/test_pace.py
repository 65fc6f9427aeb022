"""What comes next finds calls left."""

from invoco.domain.imports import Allowance
from invoco.sync.confirm import Confirmed
from invoco.sync.pace import Pace

EVENTS = Confirmed(read=3, events=True)


def some(number):
    """A round of so many."""
    return Confirmed(read=number, follow_ups=number)


def test_in_calm_any_number_is_allowed():
    """The quota decides."""
    pace = Pace()
    pace.note(some(400), 1000.0)

    assert pace.follow_ups(1000.0) > 400


def test_while_events_come_only_a_few_are_allowed():
    """Some at once, and then some every second."""
    pace = Pace()
    pace.note(EVENTS, 1000.0)
    at_once = pace.follow_ups(1000.0)
    pace.note(some(at_once), 1000.0)

    assert (at_once, pace.follow_ups(1000.1), pace.follow_ups(1002.1), pace.follow_ups(1009.9)) == (16, 0, 6, 16)


def test_the_calm_comes_back():
    """Ten seconds after the last event."""
    pace = Pace()
    pace.note(EVENTS, 1000.0)
    few = pace.follow_ups(1009.0)
    pace.note(EVENTS, 1009.0)

    assert pace.follow_ups(1018.0) == few < pace.follow_ups(1019.0)


def test_calls_are_spared_when_many_were_made():
    """A second is waited for more to be read by one call; ten seconds later the calls no longer count."""
    pace, allowance = Pace(), Allowance(burst=100, interval=10.0)
    pauses = [
        pace.pause(calls, allowance, now) for calls, now in ((500, 1000.0), (550, 1001.0), (551, 1002.0), (551, 1012.1))
    ]

    assert pauses == [0.0, 0.0, 1.0, 0.0]


def test_follow_ups_leave_half_of_the_window():
    """Even in calm: an event may come at any moment."""
    pace, allowance = Pace(), Allowance(burst=100, interval=10.0)
    allowed = []
    for calls in (0, 30, 60):
        pace.pause(calls, allowance, 1000.0)
        allowed.append(pace.follow_ups(1000.0))

    assert allowed == [50, 20, 0]


def test_without_a_limit_nothing_is_spared():
    """No quota, no pause."""
    pace, allowance = Pace(), Allowance(burst=None)

    assert [pace.pause(calls, allowance, 1000.0) for calls in (0, 10_000)] == [0.0, 0.0]
