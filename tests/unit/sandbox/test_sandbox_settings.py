"""The short texts of the command line that set a twin up."""

import msgspec
import pytest

from invoco.domain.errors import Misconfigured
from invoco.sandbox import FaultSwitch, Limit, Limits, read_fault, read_limits


@pytest.mark.parametrize(
    ("limit", "daily", "expected"),
    [
        (None, None, Limit(burst=100, seconds=10.0, daily=200_000)),
        (None, 500, Limit(burst=100, seconds=10.0, daily=500)),
        ("25/1s", None, Limit(burst=25, seconds=1.0, daily=200_000)),
        (" 25/0.5s ", 7, Limit(burst=25, seconds=0.5, daily=7)),
        ("off", None, Limit(burst=1_000_000_000, daily=1_000_000_000)),
        ("off", 7, Limit(burst=1_000_000_000, daily=7)),
    ],
)
def test_one_limit_for_all(limit, daily, expected):
    """What is not given is as at HighLevel, except under `off`."""
    assert Limits(expected) == read_limits(limit, daily)


@pytest.mark.parametrize(("daily", "expected"), [(None, 10_000), (50, 50)])
def test_private_tokens_of_a_sandbox_agency_have_a_limit_of_their_own(daily, expected):
    """25 calls in 10 seconds for private tokens; apps are limited as ever (facts 2.5)."""
    assert Limits(Limit(), private=Limit(burst=25, seconds=10.0, daily=expected)) == read_limits("sandbox", daily)


@pytest.mark.parametrize("text", ["100", "100/10", "100/10m", "0/10s", "100/0s", "-1/10s", "100/10s more"])
def test_a_limit_that_cannot_be_read(text):
    """The text and the right form are told."""
    with pytest.raises(Misconfigured, match="cannot be read") as refusal:
        read_limits(text, None)

    assert refusal.value.cure == "Write it like 100/10s, or use sandbox or off."


def test_no_text_is_no_limit_of_ones_own():
    """An empty text stands for HighLevel's limit."""
    assert read_limits(None, None) == read_limits("", None)


@pytest.mark.parametrize(("text", "rate"), [("520", 1.0), ("520=0.1", 0.1), ("520=0", 0.0), ("520=1", 1.0)])
def test_a_fault_by_name_and_rate(text, rate):
    """Without a rate it hits every call."""
    assert FaultSwitch("520", rate=rate) == read_fault(text)


@pytest.mark.parametrize("text", ["520=", "520=often", "520=1.1", "520=-0.1", "520=nan"])
def test_a_rate_that_is_none(text):
    """A rate is a number from 0 to 1."""
    with pytest.raises(Misconfigured, match=r"The rate of the fault '520=.*' cannot be read"):
        read_fault(text)


@pytest.mark.parametrize("order", [{"rate": 1.1}, {"rate": -0.1}, {"seconds": -1}])
def test_a_switch_from_outside_is_checked(order):
    """What the control API is sent obeys the same bounds."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "520", **order}, FaultSwitch)
