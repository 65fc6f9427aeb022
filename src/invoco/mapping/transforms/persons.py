"""Transforms of phones, e-mails, web addresses, countries and states."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from msgspec import Meta

from invoco.domain.normalise.phones import normal_phone
from invoco.mapping.problems import BadOptionError, CannotMapError
from invoco.mapping.transforms.regions import STATES
from invoco.mapping.transforms.transform import Example, Function, Transform, Workshop, example, normaliser, plain
from invoco.mapping.types import Type

_GROUP: Final = "Phones, e-mails, places"
_PLAIN_LOCAL: Final = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*")
_LONGEST_LOCAL: Final = 64


Maker = Callable[[Any, Workshop], Function]


class CountryOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which country the phone is dialled."""

    country: Annotated[str, Meta(min_length=2, max_length=2)] | None = None
    """A two-letter code such as `DE`; without it the location's."""


class LanguageOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which language countries are written."""

    language: Annotated[str, Meta(min_length=2, max_length=3)] = "en"


class StateOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose states."""

    country: str = "US"
    """`US`, `CA` or `AU`."""


def _country(options: CountryOptions, workshop: Workshop) -> str | None:
    country = (options.country or workshop.definitions.country or "").upper() or None
    if options.country and country not in phonenumbers.SUPPORTED_REGIONS:
        raise BadOptionError(f"`{options.country}` is no country.", "Use a two-letter code such as `DE`.")
    return country


def _to_e164(options: CountryOptions, workshop: Workshop) -> Function:
    country = _country(options, workshop)

    def dialled(text: str) -> str:
        phone = normal_phone(text, country=country)
        if phone is None or not phone.startswith("+"):
            raise CannotMapError(f"`{text}` is no phone number")
        return phone

    return dialled


def _to_national(options: CountryOptions, workshop: Workshop) -> Function:
    country = _country(options, workshop)

    def national(text: str) -> str:
        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            raise CannotMapError(f"`{text}` is no phone number") from None
        at_home = phonenumbers.region_code_for_number(number) == country
        form = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(number, form)

    return national


def _phone_country(text: str) -> str | None:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(text, None))
    except phonenumbers.NumberParseException:
        raise CannotMapError(f"`{text}` is no phone number with a country") from None


def _email(text: str) -> str:
    """Plain addresses are checked by their domain, which many share; others as a whole."""
    local, _, domain = text.strip().lower().rpartition("@")
    if _PLAIN_LOCAL.fullmatch(local) and len(local) <= _LONGEST_LOCAL:
        return f"{local}@{_email_domain(domain)}"
    return _whole_email(text)


@lru_cache(maxsize=4096)
def _email_domain(domain: str) -> str:
    return _whole_email(f"x@{domain}").removeprefix("x@")


def _whole_email(text: str) -> str:
    try:
        return validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise CannotMapError(f"`{text}` is no e-mail address") from None


def _website(text: str) -> str:
    bare = text.strip()
    if not bare or " " in bare:
        raise CannotMapError(f"`{text}` is no web address")
    scheme, found, rest = bare.partition("://")
    host, slash, path = (rest if found else bare).partition("/")
    return f"{scheme.lower() if found else 'https'}://{host.lower()}{slash}{path}".rstrip("/")


@lru_cache(maxsize=32)
def _country_names(language: str) -> dict[str, str]:
    from phonenumbers.geodata.locale import LOCALE_DATA  # a quarter of a second, so only where it is needed

    return {code: _own_name(names, language) for code, names in LOCALE_DATA.items() if _own_name(names, language)}


def _own_name(names: dict[str, str], language: str) -> str:
    name = names.get(language, "")
    return names.get(name[1:], "") if name.startswith("*") else name


def _names_in(options: LanguageOptions) -> dict[str, str]:
    names = _country_names(options.language)
    if not names:
        raise BadOptionError(f"Countries are not known in `{options.language}`.", "Use a code such as `en` or `de`.")
    return names


def _to_country_code(options: LanguageOptions, _workshop: Workshop) -> Function:
    names = _names_in(options)
    codes = {name.casefold(): code for code, name in names.items()}

    def code_of(text: str) -> str:
        word = text.strip()
        if len(word) == 2 and word.upper() in names:
            return word.upper()
        try:
            return codes[word.casefold()]
        except KeyError:
            raise CannotMapError(f"`{text}` is no country") from None

    return code_of


def _to_country_name(options: LanguageOptions, _workshop: Workshop) -> Function:
    names = _names_in(options)

    def name_of(text: str) -> str:
        try:
            return names[text.strip().upper()]
        except KeyError:
            raise CannotMapError(f"`{text}` is no country code") from None

    return name_of


def _states(options: StateOptions) -> dict[str, str]:
    try:
        return STATES[options.country.upper()]
    except KeyError:
        cure = f"Use one of {', '.join(STATES)}."
        raise BadOptionError(f"The states of `{options.country}` are not known.", cure) from None


def _to_state_code(options: StateOptions, _workshop: Workshop) -> Function:
    states = _states(options)
    codes = {name.casefold(): code for code, name in states.items()}

    def code_of(text: str) -> str:
        word = text.strip()
        code = word.upper() if word.upper() in states else codes.get(word.casefold())
        if code is None:
            raise CannotMapError(f"`{text}` is no state")
        return code

    return code_of


def _to_state_name(options: StateOptions, _workshop: Workshop) -> Function:
    states = _states(options)

    def name_of(text: str) -> str:
        try:
            return states[text.strip().upper()]
        except KeyError:
            raise CannotMapError(f"`{text}` is no state code") from None

    return name_of


def _local(
    name: str, description: str, options: type[msgspec.Struct], ways: tuple[Maker, Maker], *examples: Example
) -> Transform:
    return Transform(
        name=name, group=_GROUP, description=description, takes=Type.TEXT, gives=Type.TEXT, options=options,
        forth=ways[0], back=ways[1], examples=examples,
    )  # fmt: skip


_E164: Final = "+493012345678"

TRANSFORMS: Final = (
    _local("phone_e164", "Write a phone with its country: +493012345678.", CountryOptions, (_to_e164, _to_e164),
           example("030 12345678", _E164, country="DE")),
    _local("phone_national", "Write a phone as people at home write it.", CountryOptions, (_to_national, _to_e164),
           example(_E164, "030 12345678", country="DE")),
    plain("phone_country", "The country of a phone.", _phone_country, example(_E164, "DE"), group=_GROUP),
    normaliser("email", "Check an e-mail address and write it small.", _email,
               example(" Ada@Example.COM", "ada@example.com"), group=_GROUP),
    plain("email_domain", "What stands behind the @.", lambda text: text.rpartition("@")[2].lower() or None,
          example("ada@Example.com", "example.com"), group=_GROUP),
    normaliser("website", "Write a web address with https://.", _website,
               example("Example.com/", "https://example.com"), group=_GROUP),
    _local("country_code", "The two-letter code of a country.", LanguageOptions, (_to_country_code, _to_country_name),
           example("Germany", "DE"), example("Deutschland", "DE", language="de"), example("de", "DE")),
    _local("country_name", "The name of a country.", LanguageOptions, (_to_country_name, _to_country_code),
           example("DE", "Germany")),
    _local("state_code", "The code of a state.", StateOptions, (_to_state_code, _to_state_name),
           example("Texas", "TX"), example("Ontario", "ON", country="CA")),
    _local("state_name", "The name of a state.", StateOptions, (_to_state_name, _to_state_code),
           example("TX", "Texas")),
)  # fmt: skip
