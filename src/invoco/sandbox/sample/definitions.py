"""What a location defines once and its contacts refer to: users, tags, custom fields and values, calendars."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Calendar, CustomField, CustomValue, Location, Tag, User
from invoco.sandbox.sample.accounts import Account
from invoco.sandbox.sample.custom_fields import custom_fields
from invoco.sandbox.sample.dice import Dice
from invoco.sandbox.sample.texts import TAGS

_STAFF: Final = (
    ("Maya", "Lindholm", "admin"), ("Tom", "Okafor", "admin"), ("Inês", "Duarte", "user"), ("Kenji", "Sato", "user"),
    ("Lea", "Brandt", "user"), ("Omar", "Haddad", "user"), ("Zuzana", "Králová", "user"), ("Priya", "Nair", "user"),
)  # fmt: skip
_VALUES: Final = (
    ("Business hours", "business_hours", "Mon-Fri 9:00-17:00"),
    ("Booking link", "booking_link", "https://book.example.com/harbour"),
    ("Footer", "footer", "Harbour & Hill 🌊, all rights reserved"),
    ("Discount", "discount", "15%"),
)
_CALENDARS: Final = (("Consultation", 30), ("Demo", 45), ("Beratung vor Ort", 60))


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    """All definitions of one location."""

    users: list[User]
    tags: list[Tag]
    custom_fields: list[CustomField]
    custom_values: list[CustomValue]
    calendars: list[Calendar]

    def by_kind(self) -> dict[RecordKind, list[Any]]:
        """The records under the kind of their shelf."""
        return {
            RecordKind.USER: self.users,
            RecordKind.TAG: self.tags,
            RecordKind.CUSTOM_FIELD: self.custom_fields,
            RecordKind.CUSTOM_VALUE: self.custom_values,
            RecordKind.CALENDAR: self.calendars,
        }


def definitions(account: Account, location: Location, *, seed: int) -> Definitions:
    """The definitions of a location of the sample account."""
    dice = Dice(seed, "definitions", location.id)
    main = location.id == account.locations[0].id
    return Definitions(
        users=_users(location.id, dice, first_id=account.user_id if main else dice.new_id()),
        tags=[Tag(id=dice.new_id(), name=name, location_id=location.id) for name in TAGS],
        custom_fields=custom_fields(location.id, dice),
        custom_values=[_custom_value(dice.new_id(), location.id, *value) for value in _VALUES],
        calendars=[_calendar(dice, location.id, name, minutes) for name, minutes in _CALENDARS],
    )


def _users(location_id: str, dice: Dice, *, first_id: str) -> list[User]:
    return [
        _user(number, _STAFF[number], user_id=dice.new_id() if number else first_id, location_id=location_id)
        for number in range(len(_STAFF))
    ]


def _user(number: int, person: tuple[str, str, str], *, user_id: str, location_id: str) -> User:
    first, last, role = person
    return User(
        id=user_id,
        name=f"{first} {last}",
        first_name=first,
        last_name=last,
        email=f"staff{number + 1}.{location_id[:4].lower()}@example.com",
        phone=f"+1212555{100 + number:04d}",
        extra={"roles": {"type": "account", "role": role, "locationIds": [location_id]}, "deleted": False},
    )


def _custom_value(value_id: str, location_id: str, name: str, key: str, value: str) -> CustomValue:
    field_key = f"{{{{ custom_values.{key} }}}}"
    return CustomValue(id=value_id, name=name, field_key=field_key, value=value, location_id=location_id)


def _calendar(dice: Dice, location_id: str, name: str, minutes: int) -> Calendar:
    slug = name.lower().replace(" ", "-")
    return Calendar(
        id=dice.new_id(),
        name=name,
        location_id=location_id,
        group_id=dice.new_id(),
        is_active=True,
        extra={
            "calendarType": "round_robin",
            "slug": slug,
            "widgetSlug": slug,
            "description": f"{name}, {minutes} minutes",
            "slotDuration": minutes,
            "slotDurationUnit": "mins",
            "eventTitle": "{{contact.name}}",
        },
    )
