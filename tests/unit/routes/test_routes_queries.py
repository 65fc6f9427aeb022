"""Query parameters."""

import base64

import pytest
from starlette.datastructures import QueryParams

from invoco.domain.errors import BadRequest, InvalidFields
from invoco.routes.pages import list_meta
from invoco.routes.queries import (
    Place,
    business_cursor,
    checked_phone,
    list_place,
    read_cursor,
    whole_number,
    written_cursor,
)


def test_number_that_is_not_given():
    """The default stands in."""
    assert whole_number({}, "limit", default=20) == 20


def test_number_within_bounds():
    """Both bounds are allowed."""
    assert tuple(whole_number({"n": text}, "n", default=5, least=1, most=100) for text in ("1", "100")) == (1, 100)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("101", "limit must not be greater than 100"),
        ("0", "limit must not be less than 1"),
        ("-5", "limit must not be less than 1"),
        ("ten", "limit must be a number conforming to the specified constraints"),
        ("1.5", "limit must be a number conforming to the specified constraints"),
        ("\u0665", "limit must be a number conforming to the specified constraints"),
        ("9" * 19, "limit must be a number conforming to the specified constraints"),
    ],
)
def test_number_out_of_bounds(text, message):
    """Each has its message."""
    with pytest.raises(InvalidFields, match=message):
        whole_number({"limit": text}, "limit", default=20, least=1, most=100)


def test_place_of_a_listing():
    """Moment and id belong together."""
    assert Place(1750000000000, "abc") == list_place({"startAfter": "1750000000000", "startAfterId": "abc"})


def test_listing_from_the_beginning():
    """Neither is given."""
    assert list_place({}) is None


@pytest.mark.parametrize("query", [{"startAfter": "1"}, {"startAfterId": "abc"}])
def test_half_a_place(query):
    """One without the other says nothing."""
    with pytest.raises(InvalidFields, match="must be sent together"):
        list_place(query)


@pytest.mark.parametrize(
    "query",
    ["startAfter=ada,%20l&startAfter=abc", "startAfter[]=ada,%20l&startAfter[]=abc", "startAfter=ada,%20l,abc"],
)
def test_business_cursor(query):
    """A list or one text with a comma."""
    assert business_cursor(QueryParams(query)) == ("ada, l", "abc")


def test_no_business_cursor():
    """The first page has none."""
    assert business_cursor(QueryParams("")) is None


@pytest.mark.parametrize("query", ["startAfter=abc", "startAfter=a&startAfter=b&startAfter=c", "startAfter=ada,"])
def test_business_cursor_out_of_shape(query):
    """It has two parts."""
    with pytest.raises(InvalidFields, match="startAfter must be a name and an id"):
        business_cursor(QueryParams(query))


def test_phone():
    """E.164, or none."""
    assert (checked_phone("+12025550101"), checked_phone(None), checked_phone("")) == ("+12025550101", None, None)


@pytest.mark.parametrize("text", ["2025550101", "+0123", "+1 202", "+1" * 9])
def test_phone_in_another_form(text):
    """Nothing else is taken."""
    with pytest.raises(InvalidFields, match="phone must be a valid phone number"):
        checked_phone(text)


def test_lookup_cursor_round_trip():
    """What is written is what is read."""
    assert Place(5, "abc") == read_cursor(written_cursor(Place(5, "abc")))


def test_lookup_from_the_beginning():
    """No cursor, no place."""
    assert read_cursor(None) is None


@pytest.mark.parametrize(
    "text",
    ["%", "YWJj", base64.b64encode(b'{"dateAdded": "x", "id": "a"}').decode(), base64.b64encode(b"\xff").decode()],
)
def test_lookup_cursor_that_nobody_wrote(text):
    """A forged cursor is refused."""
    with pytest.raises(BadRequest, match="Invalid nextCursor"):
        read_cursor(text)


def test_meta_of_a_full_page():
    """The next page's address names an inner host and keeps the query."""
    meta = list_meta({"locationId": "here", "limit": "2"}, last=Place(5, "abc"), total=9, full=True)

    assert meta == {
        "total": 9,
        "nextPageUrl": (
            "http://contacts.internal:5058/contacts/?locationId=here&limit=2&startAfter=5&startAfterId=abc&page=2"
        ),
        "startAfterId": "abc",
        "startAfter": 5,
        "currentPage": 1,
        "nextPage": 2,
        "prevPage": None,
    }


def test_meta_of_the_last_page():
    """There is no next page, but one before."""
    meta = list_meta({"page": "3"}, last=None, total=9, full=False)

    assert (
        meta["nextPageUrl"], meta["nextPage"], meta["startAfter"], meta["currentPage"], meta["prevPage"],
    ) == (None, None, None, 3, 2)  # fmt: skip
