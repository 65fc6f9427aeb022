"""Businesses that contacts belong to; each is known by its number alone, so that none has to be kept."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from invoco.highlevel.clock import iso
from invoco.highlevel.records import Business, Location
from invoco.sandbox.sample.dice import Dice
from invoco.sandbox.sample.latin_nations import LATIN_NATIONS
from invoco.sandbox.sample.nation import Nation, latin
from invoco.sandbox.sample.other_nations import OTHER_NATIONS

NATIONS: Final = (*LATIN_NATIONS, *OTHER_NATIONS)
NATIONS_BY_SHARE: Final = tuple(nation for nation in NATIONS for _ in range(nation.share))
_CONTACTS_PER_BUSINESS = 20
_TWO_YEARS_MS = 2 * 365 * 24 * 3_600_000


def business_count(contacts: int) -> int:
    """How many businesses so many contacts have."""
    return -(-contacts // _CONTACTS_PER_BUSINESS)


def business_id(seed: int, location_id: str, number: int) -> str:
    """The id of the business with that number; 24 hexadecimal digits."""
    return blake2b(f"{seed}/{location_id}/{number}".encode(), digest_size=12).hexdigest()


def business_name(number: int) -> str:
    """The name of the business with that number."""
    nation = _nation(number)
    family = nation.last_names[number // 100 % len(nation.last_names)]
    return nation.trades[number // 7 % len(nation.trades)] % family.written


def businesses(location: Location, *, seed: int, now_ms: int, count: int) -> Iterator[Business]:
    """All businesses of a location, one after the other."""
    dice = Dice(seed, "businesses", location.id)
    for number in range(count):
        yield _business(number, location.id, seed, dice, now_ms)


def _business(number: int, location_id: str, seed: int, dice: Dice, now_ms: int) -> Business:
    nation, name = _nation(number), business_name(number)
    city = dice.pick(nation.cities)
    created = now_ms - dice.below(_TWO_YEARS_MS)
    domain = f"{latin(name) or 'business'}{number}.example.com"
    return Business(
        id=business_id(seed, location_id, number),
        location_id=location_id,
        name=name,
        email=f"office@{domain}" if dice.hits(0.7) else None,
        website=f"https://www.{domain}/" if dice.hits(0.6) else None,
        address=dice.pick(nation.streets) % (1 + dice.below(300)),
        city=city.name,
        state=city.state,
        country=nation.country,
        postal_code=city.postal_code % dice.below(city.variants),
        description="Partner since the first day 🤝" if dice.hits(0.2) else None,
        created_at=iso(created),
        updated_at=iso(created + dice.below(now_ms - created + 1)),
    )


def _nation(number: int) -> Nation:
    return NATIONS_BY_SHARE[number * 37 % len(NATIONS_BY_SHARE)]
