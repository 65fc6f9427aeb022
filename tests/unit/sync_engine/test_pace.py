"""Follow-ups leave room for events."""

from invoco.sync.confirm import Confirmed
from invoco.sync.pace import Pace

EVENTS = Confirmed(read=3, events=True)


def follow_ups(number):
    """A round of so many."""
    return Confirmed(read=number, follow_ups=number)


def test_in_calm_any_number_is_allowed():
    """The quota decides."""
    pace = Pace()
    pace.note(follow_ups(400), 1000.0)

    assert pace.allowed(1000.0) > 400


def test_while_events_come_only_a_few_are_allowed():
    """Some at once, and then some every second."""
    pace = Pace()
    pace.note(EVENTS, 1000.0)
    at_once = pace.allowed(1000.0)
    pace.note(follow_ups(at_once), 1000.0)

    assert (at_once, pace.allowed(1000.1), pace.allowed(1002.1), pace.allowed(1009.9)) == (16, 0, 6, 16)


def test_the_calm_comes_back():
    """Ten seconds after the last event."""
    pace = Pace()
    pace.note(EVENTS, 1000.0)
    few = pace.allowed(1009.0)
    pace.note(EVENTS, 1009.0)

    assert pace.allowed(1018.0) == few < pace.allowed(1019.0)
