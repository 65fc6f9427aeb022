"""Tasks, notes and appointments of contacts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from invoco.highlevel.clock import instant, iso
from invoco.highlevel.records import Appointment, Calendar, Contact, Location, Note, Task
from invoco.sandbox.sample.definitions import Definitions
from invoco.sandbox.sample.dice import Dice
from invoco.sandbox.sample.texts import (
    APPOINTMENT_TITLES,
    FUTURE_STATUSES,
    MEETING_PLACES,
    NOTE_COLORS,
    PAST_STATUSES,
    SENTENCES,
    TASK_TITLES,
)  # fmt: skip

_DAY_MS: Final = 24 * 3_600_000
_TEXTS: Final = 500

# How many a contact has: one of a hundred equally likely counts; 0.6, 0.8 and 0.25 on average.
_TASKS: Final = (0,) * 60 + (1,) * 25 + (2,) * 10 + (3,) * 5
_NOTES: Final = (0,) * 54 + (1,) * 25 + (2,) * 11 + (3,) * 7 + (4,) * 3
_APPOINTMENTS: Final = (0,) * 80 + (1,) * 16 + (2,) * 3 + (3,)


class Children:
    """Makes what belongs to the contacts of one location."""

    def __init__(self, location: Location, known: Definitions, *, seed: int, now_ms: int) -> None:
        self._location_id = location.id
        self._zone = ZoneInfo(location.timezone or "UTC")
        self._dice = Dice(seed, "children", location.id)
        self._users = [user.id for user in known.users]
        self._texts = {sentences: self._some_texts(sentences) for sentences in (2, 3, 30)}
        self._calendars = known.calendars
        self._now_ms = now_ms
        self._today = datetime.fromtimestamp(now_ms / 1000, tz=self._zone).date()

    def tasks(self, contact: Contact) -> list[Task]:
        """None to three tasks."""
        return [self._task(contact.id) for _ in range(self._dice.pick(_TASKS))]

    def notes(self, contact: Contact) -> list[Note]:
        """None to four notes."""
        return [self._note(contact) for _ in range(self._dice.pick(_NOTES))]

    def appointments(self, contact: Contact) -> list[Appointment]:
        """None to three appointments."""
        return [self._appointment(contact) for _ in range(self._dice.pick(_APPOINTMENTS))]

    def _task(self, contact_id: str) -> Task:
        dice = self._dice
        due_in = dice.below(120 * _DAY_MS) - 60 * _DAY_MS
        return Task(
            id=dice.new_id(),
            contact_id=contact_id,
            title=dice.pick(TASK_TITLES),
            body=self._text(2) if dice.hits(0.6) else None,
            due_date=iso((self._now_ms + due_in) // 60_000 * 60_000),
            completed=dice.hits(0.65 if due_in < 0 else 0.1),
            assigned_to=dice.pick(self._users) if dice.hits(0.8) else None,
        )

    def _note(self, contact: Contact) -> Note:
        dice = self._dice
        titled = dice.hits(0.15)
        return Note(
            id=dice.new_id(),
            contact_id=contact.id,
            body=self._text(30 if dice.hits(0.02) else 3),
            user_id=dice.pick(self._users) if dice.hits(0.9) else None,
            title=dice.pick(TASK_TITLES) if titled else None,
            color=dice.pick(NOTE_COLORS) if titled else None,
            pinned=dice.hits(0.05),
            date_added=iso(self._since(contact)),
        )

    def _appointment(self, contact: Contact) -> Appointment:
        dice = self._dice
        calendar: Calendar = dice.pick(self._calendars)
        user = dice.pick(self._users)
        day = self._day(contact)
        return Appointment(
            id=dice.new_id(),
            contact_id=contact.id,
            calendar_id=calendar.id,
            group_id=calendar.group_id,
            location_id=self._location_id,
            title=f"{dice.pick(APPOINTMENT_TITLES)}: {contact.name or contact.email or contact.phone}",
            address=dice.pick(MEETING_PLACES) or None,
            notes=self._text(2) if dice.hits(0.3) else None,
            appointment_status=dice.pick(PAST_STATUSES if day < self._today else FUTURE_STATUSES),
            assigned_user_id=user,
            users=[user],
            **self._times(day, calendar),
        )

    def _times(self, day: date, calendar: Calendar) -> dict[str, Any]:
        """Start and end with the offset of the location's zone; written down before (facts 10.1)."""
        dice = self._dice
        start = datetime.combine(day, time(8 + dice.below(10), dice.pick((0, 15, 30, 45))), self._zone)
        end = start + timedelta(minutes=calendar.extra["slotDuration"])
        booked = min(int(start.timestamp() * 1000), self._now_ms) - dice.below(21 * _DAY_MS)
        return {
            "start_time": start.isoformat(),
            "end_time": end.isoformat(),
            "date_added": iso(booked),
            "date_updated": iso(booked + dice.below(self._now_ms - booked + 1)),
        }

    def _day(self, contact: Contact) -> date:
        """Mostly within 90 days of today, seldom long ago; never before the contact was added."""
        dice = self._dice
        distance = dice.below(181) - 90 if dice.hits(0.93) else -91 - dice.below(600)
        day = self._today + timedelta(days=distance)
        return max(day, datetime.fromtimestamp(_added(contact) / 1000, tz=UTC).date())

    def _since(self, contact: Contact) -> int:
        """A moment between the contact's birth and now."""
        added = _added(contact)
        return added + self._dice.below(self._now_ms - added + 1)

    def _text(self, sentences: int) -> str:
        return self._dice.pick(self._texts[sentences])

    def _some_texts(self, sentences: int) -> list[str]:
        """Texts of up to so many sentences; several records share one."""
        dice = self._dice
        return [" ".join(dice.pick(SENTENCES) for _ in range(1 + dice.below(sentences))) for _ in range(_TEXTS)]


def _added(contact: Contact) -> int:
    return instant(contact.date_added or "")
