"""The account that the sample data belongs to: a company, its app, its locations."""

from __future__ import annotations

from typing import Any

import msgspec

from invoco.highlevel.clock import iso
from invoco.highlevel.records import Location
from invoco.sandbox.sample.dice import Dice

_YEAR_MS = 365 * 24 * 3_600_000
_SECRET = frozenset({"client_secret", "private_token"})


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A company with its app, a private token and its locations; the first location is the main one."""

    company_id: str
    company_name: str
    client_id: str
    """`<24 hex>-<8 characters>` (facts 2.1)."""
    client_secret: str
    version_id: str
    private_token: str
    """`pit-` and a UUID, made in the main location (facts 2.5)."""
    user_id: str
    """Who installs the app: the first user of the main location."""
    locations: list[Location]
    counts: dict[str, dict[str, int]] = {}
    """By location id and record kind, how many records were written."""

    @property
    def app_id(self) -> str:
        """The part of the client id that names the app."""
        return self.client_id.partition("-")[0]

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"Account({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Without the secrets."""
        names = self.__struct_fields__
        return [(name, "***" if name in _SECRET else getattr(self, name)) for name in names]


def account(seed: int, *, now_ms: int) -> Account:
    """The account of a seed: the same seed and the same time give the same account."""
    dice = Dice(seed, "account")
    company_id = dice.new_id()
    return Account(
        company_id=company_id,
        company_name="Harbour & Hill Agency",
        client_id=f"{dice.new_object_id()}-{dice.new_id()[:8].lower()}",
        client_secret=dice.new_uuid(),
        version_id=dice.new_object_id(),
        private_token=f"pit-{dice.new_uuid()}",
        user_id=dice.new_id(),
        locations=[
            _main_location(dice.new_id(), company_id, now_ms),
            _second_location(dice.new_id(), company_id, now_ms),
        ],
    )


def _main_location(location_id: str, company_id: str, now_ms: int) -> Location:
    return Location(
        id=location_id,
        company_id=company_id,
        name="Harbour Dental & Friends",
        country="US",
        timezone="America/New_York",
        email="hello@harbour-dental.example.com",
        phone="+12125550142",
        settings=_settings(allow_duplicates=False),
        extra=_address("1 Harbour Plaza", "New York", "NY", "10004", now_ms - 4 * _YEAR_MS),
    )


def _second_location(location_id: str, company_id: str, now_ms: int) -> Location:
    """Small, in another zone, and with duplicates allowed."""
    return Location(
        id=location_id,
        company_id=company_id,
        name="Müller & Söhne Gebäudetechnik",
        country="DE",
        timezone="Europe/Berlin",
        email="info@mueller-soehne.example.com",
        phone="+4915112345678",
        settings=_settings(allow_duplicates=True),
        extra=_address("Hauptstraße 7", "Berlin", "Berlin", "10115", now_ms - 3 * _YEAR_MS),
    )


def _settings(*, allow_duplicates: bool) -> dict[str, bool]:
    return {
        "allowDuplicateContact": allow_duplicates,
        "allowDuplicateOpportunity": False,
        "allowFacebookNameMerge": False,
        "disableContactTimezone": False,
    }


def _address(street: str, city: str, state: str, postal_code: str, added: int) -> dict[str, str]:
    return {
        "address": street,
        "city": city,
        "state": state,
        "postalCode": postal_code,
        "website": "https://www.example.com/",
        "dateAdded": iso(added),
    }
