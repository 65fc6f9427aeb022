"""The contacts of a location: people of many countries, some of them twice, some of them hardly known."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from invoco.highlevel.clock import iso
from invoco.highlevel.records import Contact, Location
from invoco.sandbox.sample.businesses import NATIONS_BY_SHARE, business_id, business_name
from invoco.sandbox.sample.custom_fields import FieldValues
from invoco.sandbox.sample.definitions import Definitions
from invoco.sandbox.sample.dice import Dice
from invoco.sandbox.sample.nation import City, Name, Nation
from invoco.sandbox.sample.origins import Origins, do_not_disturb
from invoco.sandbox.sample.texts import CONTACT_TYPES, MAIL_DOMAINS, OTHER_MAIL_DOMAIN, SOURCES

_THREE_YEARS_MS: Final = 3 * 365 * 24 * 3_600_000
_MS_PER_YEAR: Final = 31_556_952_000

# Both are prime, so that a counter multiplied by them visits every number once before it repeats one.
_MAIL_STEP, _MAIL_NUMBERS = 48_271, 9_999_991
_PHONE_STEP = 7_368_787

_MAIL_FORMS: Final = (
    "{first}.{last}{number}", "{first}{number}", "{last}.{first[0]}{number}", "{first}_{last}.{number}",
    "{first[0]}{last}+crm{number}",
)  # fmt: skip


class People:
    """Makes the contacts of one location, one after the other.

    E-mails and phones are given once each, without a list of those that were given: each is made of the number of
    its contact. Where the location allows duplicates, some contacts share theirs.
    """

    def __init__(
        self, location: Location, known: Definitions, *, seed: int, now_ms: int, businesses: int
    ) -> None:  # fmt: skip
        self._location, self._seed, self._now_ms, self._businesses = location, seed, now_ms, businesses
        self._dice = Dice(seed, "people", location.id)
        self._origins = Origins(self._dice)
        self._tags = [tag.name or "" for tag in known.tags]
        self._users = [user.id for user in known.users]
        self._values = FieldValues(
            known.custom_fields,
            self._dice,
            phone=location.phone or "",
            email=location.email or "",
            now_year=1970 + now_ms // _MS_PER_YEAR,
        )
        self._number = 0
        self._previous: tuple[Contact, Nation, Name, Name] | None = None

    def next(self) -> Contact:
        """The next contact."""
        self._number += 1
        chance = self._dice.share()
        if chance < 0.03 and self._previous is not None:
            return self._same_person_again(*self._previous)
        if chance < 0.12:
            return self._hardly_known(chance)
        return self._person()

    def _person(self) -> Contact:
        dice = self._dice
        nation: Nation = dice.pick(NATIONS_BY_SHARE)
        first, last = dice.pick(nation.first_names), dice.pick(nation.last_names)
        fields = self._moments()
        fields |= _named(first.written, f"{last.written} {dice.pick('🎸🌻⭐')}" if dice.hits(0.005) else last.written)
        self._add_reach(fields, nation, first, last)
        self._add_address(fields, nation)
        self._add_work(fields, nation, last)
        self._add_standing(fields)
        fields["custom_fields"] = self._values.some()
        fields["extra"] = self._origins.attribution()
        contact = Contact(**fields)
        self._previous = contact, nation, first, last
        return contact

    def _same_person_again(self, earlier: Contact, nation: Nation, first: Name, last: Name) -> Contact:
        """As people come in twice: another id, name in another case, and another address or number."""
        change = self._moments()
        change |= _named(first.written.upper(), last.written)
        change["additional_emails"], change["additional_phones"] = [], []
        if self._location.settings["allowDuplicateContact"]:
            change["email"] = earlier.email and earlier.email.upper()
            change["phone"] = earlier.phone
        else:
            change["email"] = self._email(first, last)
            change["phone"] = self._phone(nation) if self._dice.hits(0.5) else None
        return msgspec.structs.replace(earlier, **change)

    def _hardly_known(self, chance: float) -> Contact:
        """Only an e-mail, only a phone, or only a name."""
        nation: Nation = self._dice.pick(NATIONS_BY_SHARE)
        first, last = self._dice.pick(nation.first_names), self._dice.pick(nation.last_names)
        fields = self._moments()
        if chance < 0.07:
            fields["email"] = self._email(first, last)
        elif chance < 0.10:
            fields["phone"] = self._phone(nation)
        else:
            fields |= {"first_name": first.written, "name": first.written}
        return Contact(**fields)

    def _moments(self) -> dict[str, Any]:
        dice = self._dice
        age = dice.below(_THREE_YEARS_MS)
        untouched = int(age * dice.share() ** 2)
        return {
            "id": dice.new_id(),
            "location_id": self._location.id,
            "type": dice.pick(CONTACT_TYPES),
            "dnd": False,
            "source": dice.pick(SOURCES),
            "date_added": iso(self._now_ms - age),
            "date_updated": iso(self._now_ms - untouched),
        }

    def _add_reach(self, fields: dict[str, Any], nation: Nation, first: Name, last: Name) -> None:
        dice = self._dice
        chance = dice.share()
        if chance < 0.88:
            fields["email"] = self._email(first, last)
        if chance > 0.15:
            fields["phone"] = self._phone(nation)
        if dice.hits(0.08):
            fields["additional_emails"] = [f"{first.latin}{self._mail_number()}@{OTHER_MAIL_DOMAIN}"]
        if dice.hits(0.06):
            fields["additional_phones"] = [self._number_after(nation.other_mobile, nation)]

    def _add_address(self, fields: dict[str, Any], nation: Nation) -> None:
        dice = self._dice
        city: City = dice.pick(nation.cities)
        fields["country"] = nation.country
        if dice.hits(0.8):
            fields["city"], fields["state"] = city.name, city.state
            fields["postal_code"] = city.postal_code % dice.below(city.variants)
            fields["address1"] = dice.pick(nation.streets) % (1 + dice.below(400))
        if dice.hits(0.85):
            fields["timezone"] = city.timezone

    def _add_work(self, fields: dict[str, Any], nation: Nation, last: Name) -> None:
        dice = self._dice
        if self._businesses and dice.hits(0.35):
            number = dice.below(self._businesses)
            fields["business_id"] = business_id(self._seed, self._location.id, number)
            fields["company_name"] = business_name(number)
        elif dice.hits(0.3):
            fields["company_name"] = dice.pick(nation.trades) % last.written
        if dice.hits(0.2):
            fields["website"] = f"https://{last.latin}.example.com/?utm_source=crm&lang={nation.country}"

    def _add_standing(self, fields: dict[str, Any]) -> None:
        dice = self._dice
        fields["tags"] = dice.some(self._tags, dice.below(6))
        if dice.hits(0.7):
            fields["assigned_to"] = dice.pick(self._users)
        if dice.hits(0.2):
            fields["followers"] = dice.some(self._users, 2)
        if dice.hits(0.4):
            fields["date_of_birth"] = f"{1940 + dice.below(66)}-{1 + dice.below(12):02d}-{1 + dice.below(28):02d}"
        if dice.hits(0.12):
            fields["dnd"], fields["dnd_settings"] = do_not_disturb(dice)

    def _email(self, first: Name, last: Name) -> str:
        form = self._dice.pick(_MAIL_FORMS)
        local = form.format(first=first.latin, last=last.latin, number=self._mail_number())
        return f"{local.title() if self._dice.hits(0.05) else local}@{self._dice.pick(MAIL_DOMAINS)}"

    def _mail_number(self) -> int:
        return self._number * _MAIL_STEP % _MAIL_NUMBERS

    def _phone(self, nation: Nation) -> str:
        return self._number_after(self._dice.pick(nation.mobiles), nation)

    def _number_after(self, beginning: str, nation: Nation) -> str:
        lowest, end = nation.subscribers
        subscriber = lowest + self._number * _PHONE_STEP % (end - lowest)
        return f"{beginning}{subscriber:0{len(str(end - 1))}d}"


def _named(first: str, last: str) -> dict[str, str]:
    return {"first_name": first, "last_name": last, "name": f"{first} {last}"}
