"""What HighLevel makes of the values of custom fields."""

import pytest

from invoco.domain.normalise.custom_fields import DROPPED, accepted, merged
from invoco.highlevel.records import CustomField, CustomFieldValue


def field(data_type, **more):
    """The definition of one field of contacts."""
    return CustomField(id="f1", field_key="contact.size", data_type=data_type, model="contact", **more)


@pytest.mark.parametrize(
    ("data_type", "given", "kept"),
    [
        ("TEXT", "x" * 300, "x" * 256),
        ("TEXT", 12, "12"),
        ("TEXT", ["a"], DROPPED),
        ("TEXT", True, DROPPED),
        ("LARGE_TEXT", "x" * 300, "x" * 300),
        ("NUMERICAL", "12.5", 12.5),
        ("NUMERICAL", " 12 ", 12),
        ("NUMERICAL", 0, 0),
        ("MONETORY", 1e300, 1e300),
        ("MONETORY", "a lot", DROPPED),
        ("MONETORY", "inf", DROPPED),
        ("NUMERICAL", True, DROPPED),
        ("NUMERICAL", {"a": 1}, DROPPED),
        ("DATE", "2024-02-29", "2024-02-29"),
        ("FILE_UPLOAD", {"uuid": {"url": "u"}}, {"uuid": {"url": "u"}}),
    ],
)
def test_value_is_read_by_type(data_type, given, kept):
    """Text is cut, numbers are numbers, and what does not fit is dropped."""
    assert kept == accepted(given, field(data_type))


@pytest.mark.parametrize("empty", ["", [], None])
def test_empty_value_clears(empty):
    """An empty text, an empty list and null clear the field."""
    assert accepted(empty, field("TEXT")) is None


@pytest.mark.parametrize(
    ("data_type", "given", "kept"),
    [
        ("SINGLE_OPTIONS", "red", "red"),
        ("SINGLE_OPTIONS", "Red", DROPPED),
        ("RADIO", "blue", "blue"),
        ("RADIO", ["blue"], DROPPED),
        ("CHECKBOX", ["red", "pink"], ["red"]),
        ("MULTIPLE_OPTIONS", "blue", ["blue"]),
        ("MULTIPLE_OPTIONS", ["pink"], DROPPED),
    ],
)
def test_unknown_option_is_dropped(data_type, given, kept):
    """Only an option's own text is kept."""
    options = ["red", {"id": "o2", "label": "blue"}]

    assert kept == accepted(given, field(data_type, picklist_options=options))


def test_any_option_where_custom_options_are_allowed():
    """`isAllowedCustomOption` lets any text in."""
    definition = field("SINGLE_OPTIONS", picklist_options=["red"], is_allowed_custom_option=True)

    assert accepted("pink", definition) == "pink"


@pytest.mark.parametrize("name", [{"id": "f1"}, {"key": "contact.size"}, {"key": "size"}])
def test_field_is_named_by_id_or_key(name):
    """A key is understood with and without its prefix."""
    assert [CustomFieldValue(id="f1", value="L")] == merged([], [{**name, "value": "L"}], [field("TEXT")])


@pytest.mark.parametrize("name", [{"id": "other"}, {"key": "other"}, {}])
def test_unknown_field_is_dropped(name):
    """A field nobody defined is silently left out."""
    assert merged([], [{**name, "value": "L"}], [field("TEXT"), CustomField(id="f2", data_type="TEXT")]) == []


def test_fields_not_given_stay():
    """An update merges field by field, in place."""
    definitions = [field("TEXT"), CustomField(id="f2", data_type="NUMERICAL")]
    before = [CustomFieldValue(id="f1", value="L"), CustomFieldValue(id="gone", value=1)]

    assert [*before, CustomFieldValue(id="f2", value=2)] == merged(before, [{"id": "f2", "value": "2"}], definitions)


def test_cleared_field_is_left_out():
    """A field without a value is not listed."""
    before = [CustomFieldValue(id="f1", value="L")]

    assert merged(before, [{"id": "f1", "value": ""}], [field("TEXT")]) == []
