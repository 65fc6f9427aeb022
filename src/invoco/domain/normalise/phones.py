"""Phone numbers: free form in, E.164 out (facts 10.1)."""

from __future__ import annotations

import phonenumbers


def normal_phone(text: str, *, country: str | None) -> str | None:
    """The number in E.164, read as somebody in that country (ISO-2) would dial it.

    HighLevel does not say what it does with a number it cannot read. Here nothing is lost: such a number is kept as
    its digits (and a leading plus). None when there is not one digit in it.
    """
    dialled = _dialled(text)
    if not dialled.strip("+"):
        return _e164(text, country)
    return _e164(text, country) or _e164(dialled, country) or dialled


def _dialled(text: str) -> str:
    plus = "+" if text.strip()[:1] in {"+", "\N{FULLWIDTH PLUS SIGN}"} else ""
    return plus + phonenumbers.normalize_digits_only(text)


def _e164(text: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
