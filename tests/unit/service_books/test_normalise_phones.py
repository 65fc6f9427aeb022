"""Phone numbers in E.164."""

import pytest

from invoco.domain.normalise.phones import normal_phone


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("(212) 555-0123", "US", "+12125550123"),
        ("+1 212 555 0123", "DE", "+12125550123"),
        ("030 901820", "DE", "+4930901820"),
        ("06 698 82", "IT", "+390669882"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("+44 20 7946 0958", None, "+442079460958"),
        ("call 212-555-0123 x9", "US", "+12125550123"),
        ("+1/212/555/0123 //", "US", "+12125550123"),
    ],
)
def test_readable_number(text, country, expected):
    """A number is read as somebody in the location's country would dial it."""
    assert expected == normal_phone(text, country=country)


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("12-34", "US", "1234"),
        ("+ 12", "US", "+12"),
        ("212 555 0123", None, "2125550123"),
        ("555-0100", "US", "5550100"),
    ],
)
def test_unreadable_number_keeps_its_digits(text, country, expected):
    """Nothing that was given is lost."""
    assert expected == normal_phone(text, country=country)


def test_no_digit_is_no_number():
    """There is nothing to read in words."""
    assert normal_phone("call me", country="US") is None
