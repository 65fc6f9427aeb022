"""The three spellings of a name."""

import pytest

from invoco.domain.normalise.names import Name, joined, renamed, split

_NOBODY = Name(None, None, None)


def test_name_is_split_at_first_space():
    """What stands before the first space is the first name."""
    assert Name("Ada King Lovelace", "Ada", "King Lovelace") == split(" Ada King Lovelace ")


def test_blanks_between_the_parts_become_one():
    """The whole name is what its parts say."""
    assert Name("Ada Lovelace", "Ada", "Lovelace") == split("Ada   Lovelace")


def test_single_word_is_a_first_name():
    """A name without a space has no last name."""
    assert Name("Ada", "Ada", None) == split("Ada")


def test_empty_name_is_no_name():
    """A name of blanks says nothing."""
    assert split("  ") == _NOBODY


def test_parts_are_joined():
    """The whole name comes from its parts."""
    assert Name("Ada Lovelace", "Ada", "Lovelace") == joined("Ada ", " Lovelace")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Name("Ada Lovelace", "Ada", "Lovelace")),
        ({"name": "Grace Hopper"}, Name("Grace Hopper", "Grace", "Hopper")),
        ({"lastName": "King"}, Name("Ada King", "Ada", "King")),
        ({"firstName": None}, Name("Lovelace", None, "Lovelace")),
        ({"firstName": "", "lastName": None}, _NOBODY),
        ({"name": None}, _NOBODY),
        ({"name": "Grace Hopper", "firstName": "Augusta"}, Name("Augusta Lovelace", "Augusta", "Lovelace")),
    ],
)
def test_rename(given, expected):
    """Only what is given changes, and a part outweighs the whole."""
    assert expected == renamed(Name("Ada Lovelace", "Ada", "Lovelace"), given)
