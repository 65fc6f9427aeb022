"""Durations and kinds as they are typed."""

import pytest
import typer

from invoco.cli.durations import seconds, shown
from invoco.cli.kinds import chosen_kind, kinds
from invoco.domain.kinds import RecordKind


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", 90),
        ("15m", 900),
        ("12h", 43_200),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("1.5 H", 5400),
        (" 3d ", 259_200),
    ],
)
def test_a_duration_is_read(text, length):
    """A number and a unit."""
    assert seconds(text, option="--since") == length


@pytest.mark.parametrize("text", ["", "7", "d", "7 days", "-1d", "0s", "1y"])
def test_what_is_no_duration_is_refused(text):
    """With examples of what is."""
    with pytest.raises(typer.BadParameter, match="write 90s, 15m"):
        seconds(text, option="--since")


@pytest.mark.parametrize(
    ("length", "words"),
    [(0, "0 s"), (59.6, "1 min"), (90, "1 min 30 s"), (7500, "2 h 5 min"), (90_061, "1 d 1 h"), (604_800, "7 d")],
)
def test_a_duration_is_told_in_its_two_largest_units(length, words):
    """More would tell nobody more."""
    assert shown(length) == words


def test_a_kind_is_named_as_it_is_printed():
    """With a space, a dash or an underscore between words; none stays none."""
    assert (chosen_kind("custom-fields"), chosen_kind("custom_fields")) == (RecordKind.CUSTOM_FIELD,) * 2
    assert chosen_kind(None) is None
    assert kinds(["notes", "tags"]) == {RecordKind.NOTE, RecordKind.TAG}


def test_an_unknown_kind_is_refused():
    """All that are known are named."""
    with pytest.raises(typer.BadParameter, match="'people' is no kind of records; choose of contacts, tasks"):
        chosen_kind("people")
