"""Tags in lower case, and countries in upper case."""

import pytest

from invoco.domain.normalise.countries import normal_country
from invoco.domain.normalise.tags import normal_tags, without_repeats


def test_tags_are_lower_case_trimmed_and_unique_in_order():
    """Two spellings of one tag are one tag."""
    assert normal_tags([" VIP", "New Lead", "vip", " "]) == ["vip", "new lead"]


def test_repeats_are_left_out():
    """Ids keep their case."""
    assert without_repeats(["b", "B", "", "a", "b"]) == ["b", "B", "a"]


@pytest.mark.parametrize(
    ("text", "expected"), [("us", "US"), (" de ", "DE"), ("Germany", "Germany"), ("", None), (None, None)]
)
def test_country(text, expected):
    """A code is upper case; other words are kept."""
    assert expected == normal_country(text)
