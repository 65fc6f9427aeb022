"""Normalising twice is normalising once, whatever was given."""

import hypothesis.strategies as st
from hypothesis import given

from invoco.domain.normalise.custom_fields import merged
from invoco.domain.normalise.names import Name, filled, joined, split
from invoco.domain.normalise.phones import normal_phone
from invoco.domain.normalise.tags import normal_tags
from invoco.highlevel.records import CustomField

_WORDS = st.text(st.characters(exclude_categories=["Zs", "Cc", "Zl", "Zp"]), min_size=1)
_COUNTRIES = st.sampled_from([None, "US", "DE", "IT", "BR", "IN", "GB", "nowhere"])
_DIALLED = st.text("0123456789+-() x./", max_size=24) | st.text(max_size=24)


@given(st.lists(st.text()))
def test_tags_settle_at_once(tags):
    """A normal tag stays as it is."""
    once = normal_tags(tags)

    assert once == normal_tags(once)


@given(st.lists(st.text()))
def test_tags_are_unique_and_filled(tags):
    """No tag is empty or said twice."""
    once = normal_tags(tags)

    assert len(once) == len({tag.strip() for tag in once} - {""})


@given(_DIALLED, _COUNTRIES)
def test_phone_settles_at_once(text, country):
    """A normal phone stays as it is, so that reading back never looks like a change."""
    once = normal_phone(text, country=country)

    assert once is None or once == normal_phone(once, country=country)


@given(st.integers(2_012_000_000, 9_899_999_999), st.sampled_from(["{}", "1{}", "+1{}", "+1 ({:.3}) {:.9}", " {} "]))
def test_phone_has_only_a_plus_and_digits(number, pattern):
    """Whatever the punctuation, the answer is dialable."""
    normal = normal_phone(pattern.format(str(number), str(number)[3:]), country="US")

    assert normal is not None
    assert normal.removeprefix("+").isdigit()


@given(_WORDS, st.text())
def test_name_comes_back_from_its_parts(first, rest):
    """Splitting what was joined gives the parts again, when the first name is one word."""
    last = filled(rest)
    whole = joined(first, last)

    assert whole == Name(whole.name, *split(whole.name)[1:])


@given(st.text(st.characters(exclude_categories=["Cc", "Zs", "Zl", "Zp"], include_characters=" ")))
def test_name_settles_at_once(text):
    """A normal name stays as it is."""
    once = split(text)

    assert once == split(once.name)


_DATA_TYPES = ["TEXT", "LARGE_TEXT", "NUMERICAL", "MONETORY", "SINGLE_OPTIONS", "CHECKBOX", "DATE", "FILE_UPLOAD"]
_DEFINITIONS = [
    CustomField(id=kind, field_key=f"contact.{kind.lower()}", data_type=kind, picklist_options=["a", "b"])
    for kind in _DATA_TYPES
]
_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.sampled_from("abc"))
_ITEMS = st.fixed_dictionaries({"id": st.sampled_from([*_DATA_TYPES, "unknown"]), "value": _VALUES})


@given(st.lists(_ITEMS))
def test_custom_fields_settle_at_once(items):
    """Writing back what was read changes nothing."""
    once = merged([], items, _DEFINITIONS)
    again = [{"id": field.id, "value": field.value} for field in once]

    assert once == merged(once, again, _DEFINITIONS)
