"""When jobs are due next."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from invoco.domain.errors import FixInput
from invoco.domain.schedules import Job, Modes
from invoco.service.scheduling import next_run

HOUR = 3_600_000
SUMMER, WINTER = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))


def at(text: str) -> int:
    """Milliseconds of an instant with its offset."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def batches(cron: str, start: str, number: int, *, place: str = "Europe/Berlin") -> list[str]:
    """The next times of a cron expression, in UTC."""
    modes, now, found = Modes(batch_at=cron, timezone=place), at(start), []
    for _ in range(number):
        following = next_run(modes, Job.RECONCILE, now)
        assert following is not None
        now = following
        found.append(f"{datetime.fromtimestamp(now / 1000, tz=UTC):%m-%d %H:%M}")
    return found


def test_polls_follow_each_other():
    """After the seconds that were chosen."""
    assert 90_000 == next_run(Modes(poll_every=90), Job.POLL, 0)


@pytest.mark.parametrize(
    ("modes", "job"),
    [
        (Modes(poll_every=None), Job.POLL),
        (Modes(batch_at=None), Job.RECONCILE),
        (Modes(), Job.DRAIN),
        (Modes(), Job.CONFIRM),
    ],
)
def test_no_schedule(modes, job):
    """What is turned off, and what runs whenever there is something to do, has no time."""
    assert next_run(modes, job, 0) is None


def test_housekeeping_cannot_be_turned_off():
    """Tokens live a day, and what is to be removed is so within the hour."""
    modes = Modes(realtime=False, poll_every=None, batch_at=None)

    assert (HOUR, 6 * HOUR) == (next_run(modes, Job.RETENTION, 0), next_run(modes, Job.REFRESH, 0))


def test_batch_in_its_zone():
    """In summer an hour earlier than in winter, as UTC counts."""
    assert ["07-02 01:30", "07-03 01:30"] == batches("30 3 * * *", "2026-07-01T12:00+02:00", 2)
    assert ["01-02 02:30"] == batches("30 3 * * *", "2026-01-01T12:00+01:00", 1)


def test_batch_in_the_hour_that_is_skipped():
    """It comes right after the gap, once, and at its own time again the next day."""
    assert ["03-28 01:30", "03-29 01:00", "03-30 00:30"] == batches("30 2 * * *", "2026-03-27T12:00+01:00", 3)


def test_batch_in_the_hour_that_is_repeated():
    """It comes once."""
    assert ["10-25 00:30", "10-26 01:30"] == batches("30 2 * * *", "2026-10-24T12:00+02:00", 2)


def test_batch_asked_for_within_the_repeated_hour():
    """The time that has passed already is not told again."""
    assert ["10-26 01:30"] == batches("30 2 * * *", "2026-10-25T02:15+01:00", 1)


def test_batch_every_quarter_of_an_hour_while_clocks_change():
    """The repeated hour has four quarters more."""
    assert ["10-25 00:45", "10-25 01:00", "10-25 01:15"] == batches("*/15 * * * *", "2026-10-25T02:30+02:00", 3)


def test_milliseconds_do_not_repeat_a_batch():
    """A time that has just passed is not due again."""
    due = at("2026-07-02T03:30+02:00")

    assert due + 24 * HOUR == next_run(Modes(batch_at="30 3 * * *", timezone="Europe/Berlin"), Job.RECONCILE, due + 1)


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("30 3 * *", "it has not five fields"),
        ("* * * * * *", "it has not five fields"),
        ("", "it has not five fields"),
        ("61 3 * * *", "bad minute"),
        ("0 0 30 2 *", "bad day-of-month"),
        ("often * * * *", "bad minute"),
    ],
)
def test_unusable_cron_expression(cron, why):
    """It is told what is wrong with it."""
    with pytest.raises(FixInput) as refused:
        next_run(Modes(batch_at=cron), Job.RECONCILE, 0)

    assert f"The cron expression {cron!r} cannot be used: {why}." == refused.value.message


def test_cron_expression_of_a_day_that_never_comes():
    """A fifth Monday is no first day of February."""
    with pytest.raises(FixInput, match="names no day that comes"):
        next_run(Modes(batch_at="0 0 */30 2 MON#5"), Job.RECONCILE, 0)


@pytest.mark.parametrize("place", ["Berlin", "", "Europe", "../etc/passwd", "x\0y", "Z" * 300])
def test_unknown_zone(place):
    """It is named."""
    with pytest.raises(FixInput) as refused:
        next_run(Modes(timezone=place), Job.RECONCILE, 0)

    assert f"There is no time zone {place!r}." == refused.value.message
