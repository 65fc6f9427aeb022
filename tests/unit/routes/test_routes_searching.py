"""The body of a contact search as a search."""

import pytest

from invoco.domain.errors import BadRequest, InvalidFields
from invoco.domain.search import Condition, ContactSearch, Group, Sort
from invoco.routes.search_fields import OPERATORS
from invoco.routes.searching import contact_search


def search(**body):
    """The search that a body asks for."""
    return contact_search("here", {"pageLimit": 20, **body})


def refused(kind, **body):
    """Why a body is refused."""
    with pytest.raises(kind) as caught:
        search(**body)
    return str(caught.value)


def leaf(field, operator, *value):
    """One filter of a body."""
    return {"field": field, "operator": operator} | ({"value": value[0]} if value else {})


def one(field, operator, *value):
    """The condition that one filter becomes."""
    (condition,) = search(filters=[leaf(field, operator, *value)]).filter.parts
    return condition


def test_smallest_search():
    """A page limit is enough."""
    assert ContactSearch(location_id="here", page_limit=20) == search()


def test_full_search():
    """Page, filters, sort and text are taken over."""
    asked = search(
        page=2, filters=[leaf("email", "exists")], query="ada",
        sort=[{"field": "dnd", "direction": "asc"}, {"field": "dateAdded", "direction": "desc"}],
    )  # fmt: skip

    assert asked == ContactSearch(
        location_id="here",
        page_limit=20,
        page=2,
        filter=Group("AND", (Condition("email", "exists"),)),
        sort=(Sort("dnd"), Sort("dateAdded", descending=True)),
        query="ada",
    )


@pytest.mark.parametrize("page_limit", [1, 500, 20.0])
def test_page_limit_within_bounds(page_limit):
    """1 to 500 rows."""
    assert page_limit == search(pageLimit=page_limit).page_limit


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"pageLimit": 501}, "pageLimit must not be greater than 500"),
        ({"pageLimit": 0}, "pageLimit must not be less than 1"),
        ({"pageLimit": 1.5}, "pageLimit must be an integer number"),
        ({"page": 0}, "page must not be less than 1"),
        ({"query": "x" * 76}, "query must be shorter than or equal to 75 characters"),
        ({"sort": "dnd"}, "sort must be an array"),
        ({"sort": [{}] * 3}, "sort must contain no more than 2 elements"),
        ({"sort": ["dnd"]}, "sort.0.field must be a string"),
        ({"sort": [{"direction": "asc"}]}, "sort.0.field must be a string"),
        ({"sort": [{"field": "dnd"}]}, "sort.0.direction must be one of the following values: asc, desc"),
        ({"searchAfter": "x"}, "searchAfter must be an array"),
        ({"filters": {}}, "filters must be an array"),
        ({"filters": ["x"]}, "filters.0 must be an object"),
        ({"filters": [{"group": "XOR"}]}, "filters.0.group must be one of the following values: AND, OR"),
        ({"filters": [{"group": "OR"}]}, "filters.0.filters must be an array"),
        ({"filters": [{"operator": "eq"}]}, "filters.0.field must be a string"),
    ],
)
def test_bounds_and_shapes(body, message):
    """What is out of shape is a field problem."""
    assert message == refused(InvalidFields, **body)


@pytest.mark.parametrize("body", [{"pageLimit": 500, "page": 21}, {"page": 501}])
def test_window_of_ten_thousand_rows(body):
    """Pages end at row 10 000 (facts 4.3)."""
    assert "10000" in refused(BadRequest, **body)


def test_last_page_of_the_window():
    """The 10 000th row is within reach."""
    assert search(pageLimit=500, page=20).page == 20


def test_cursor_of_the_default_sort():
    """DateAdded and id."""
    assert search(searchAfter=[1750000000000, "abc"]).after == (1750000000000, "abc")


def test_cursor_of_two_sorts():
    """One value per sort key, null included, then the id."""
    sort = [{"field": "dnd", "direction": "asc"}, {"field": "email", "direction": "asc"}]

    assert search(searchAfter=[True, None, "abc"], sort=sort).after == (True, None, "abc")


def test_empty_cursor_is_none():
    """An empty list starts at the beginning."""
    assert search(searchAfter=[]).after is None


@pytest.mark.parametrize("cursor", [["abc"], [1, 2, "abc"], [[1], "abc"], [1, 2]])
def test_cursor_of_another_sort(cursor):
    """A cursor belongs to its sort."""
    assert refused(BadRequest, searchAfter=cursor).startswith("Invalid searchAfter")


def test_page_and_cursor_together():
    """They exclude one another (facts 4.1)."""
    assert refused(BadRequest, page=1, searchAfter=[1, "abc"]) == "page and searchAfter cannot be used together"


def test_sort_by_a_field_that_cannot_be_sorted():
    """Eight fields can be sorted by."""
    assert refused(BadRequest, sort=[{"field": "postalCode", "direction": "asc"}]) == "Invalid field postal_code"


@pytest.mark.parametrize(
    "field", ["additionalPhones", "firstName", "customFields", "customFields.a.b.c", "customFields."]
)
def test_unknown_field(field):
    """The message has HighLevel's inner name of the field."""
    message = refused(BadRequest, filters=[leaf(field, "eq", "x")])

    inner = {"additionalPhones": "additional_phones", "firstName": "first_name"}
    assert f"Invalid field {inner.get(field, field.replace('customF', 'custom_f'))}" == message


@pytest.mark.parametrize("operator", ["equals", "", None, 1, ["eq"]])
def test_unknown_operator(operator):
    """The message lists every operator there is."""
    message = refused(InvalidFields, filters=[{"field": "email", "operator": operator}])

    assert f"filters.0.operator must be one of the following values: {', '.join(OPERATORS)}" == message


@pytest.mark.parametrize(
    ("field", "operator", "inner"),
    [
        ("dateUpdated", "gt", "date_updated"),
        ("dateAdded", "eq", "date_added"),
        ("email", "contains", "email"),
        ("website", "not_contains", "website"),
        ("id", "exists", "id"),
        ("contactName", "contains", "contact_name"),
        ("dnd", "range", "dnd"),
        ("tags", "range", "tags"),
        ("opportunities", "eq", "opportunities"),
        ("dndSettings.Email.status", "exists", "dnd_settings.email.status"),
        ("customFields.abc.def", "range", "custom_fields.abc.def"),
        ("customFields.abc", "nested", "custom_fields.abc"),
    ],
)
def test_operator_of_another_field(field, operator, inner):
    """An operator that exists, but not for this field (facts 4.2, 4.3)."""
    assert f"Invalid Operator ({operator}) passed for field {inner}" == refused(
        InvalidFields, filters=[leaf(field, operator, "x")]
    )


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("id", "not_eq", "abc"),
        ("tags", "contains", "vip"),
        ("dnd", "eq", True),
        ("validEmail", "not_eq", False),
        ("followers", "eq", "u1"),
        ("companyName", "not_contains", "gmbh"),
        ("activeWorkflows", "eq", "w"),
        ("dndSettings.SMS.status", "eq", "active"),
        ("inboundDndSettings.all.status", "not_eq", "active"),
        ("customFields.abc", "eq", 5),
        ("customFields.abc", "contains", "x" * 75),
        ("customFields.abc.def", "contains", "x"),
    ],
)
def test_comparison(field, operator, value):
    """Texts, numbers and booleans are compared."""
    assert Condition(field, operator, value) == one(field, operator, value)


@pytest.mark.parametrize("operator", ["exists", "not_exists"])
def test_existence_has_no_value(operator):
    """A value that is sent along is not looked at."""
    assert Condition("lastAppointment", operator) == one("lastAppointment", operator, "x")


@pytest.mark.parametrize(
    ("operator", "value", "message"),
    [
        ("eq", "x" * 76, "must be shorter than or equal to 75 characters"),
        ("eq", 10**80, "must be shorter than or equal to 75 characters"),
        ("eq", None, "must be a string, a number or a boolean value"),
        ("eq", ["a"], "must be a string, a number or a boolean value"),
        ("contains", 5, "must be a string"),
    ],
)
def test_value_that_cannot_be_compared(operator, value, message):
    """Values are short and plain."""
    assert f"filters.0.value {message}" == refused(InvalidFields, filters=[leaf("city", operator, value)])


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        ({"gt": 5, "lte": 7.5}, {"gt": 5, "lte": 7.5}),
        ({"gte": "2025-06-15T15:06:40Z"}, {"gte": 1750000000000}),
        ({"gte": "2025-06-15T15:06:40.250+00:00"}, {"gte": 1750000000250}),
        ({"lt": "2025-06-15"}, {"lt": 1749945600000}),
        ({"lt": "2025-06-15", "time_zone": "America/New_York"}, {"lt": 1749960000000}),
    ],
)
def test_range(value, bounds):
    """Numbers stay, ISO texts become milliseconds."""
    assert Condition("dateAdded", "range", bounds) == one("dateAdded", "range", value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, "filters.0.value must be an object with gt, gte, lt or lte"),
        ({}, "filters.0.value must be an object with gt, gte, lt or lte"),
        ({"from": 1, "to": 2}, "filters.0.value must be an object with gt, gte, lt or lte"),
        ({"gt": 1, "to": 2}, "filters.0.value.property to should not exist"),
        ({"gt": "soon"}, "filters.0.value.gt must be a number or a valid ISO 8601 date string"),
        ({"gt": True}, "filters.0.value.gt must be a number or a valid ISO 8601 date string"),
        ({"gt": None}, "filters.0.value.gt must be a number or a valid ISO 8601 date string"),
        ({"gt": 1, "time_zone": "Mars/Base"}, "filters.0.value.time_zone must be a valid IANA time zone"),
        ({"gt": 1, "time_zone": "../etc"}, "filters.0.value.time_zone must be a valid IANA time zone"),
        ({"gt": 1, "time_zone": ""}, "filters.0.value.time_zone must be a valid IANA time zone"),
        ({"gt": 1, "time_zone": 1}, "filters.0.value.time_zone must be a valid IANA time zone"),
    ],
)
def test_range_out_of_shape(value, message):
    """A range has bounds and perhaps a time zone."""
    assert message == refused(InvalidFields, filters=[leaf("dateAdded", "range", value)])


def test_nested_groups():
    """Groups hold conditions and groups."""
    inner = {"group": "AND", "filters": [leaf("email", "exists"), leaf("phone", "exists")]}
    asked = search(filters=[{"group": "OR", "filters": [inner, leaf("dnd", "eq", True)]}])

    both = Group("AND", (Condition("email", "exists"), Condition("phone", "exists")))
    assert Group("AND", (Group("OR", (both, Condition("dnd", "eq", True))),)) == asked.filter


@pytest.mark.parametrize(
    ("filter_", "condition"),
    [
        ({"field": "opportunities", "operator": "nested", "filters": []}, Condition("id", "eq", "")),
        (leaf("opportunities", "exists"), Condition("id", "eq", "")),
        (leaf("opportunities", "not_exists"), Condition("id", "not_eq", "")),
    ],
)
def test_opportunities(filter_, condition):
    """Contacts here have none: nobody has one, everybody has none."""
    assert Group("AND", (condition,)) == search(filters=[filter_]).filter


def test_filters_nested_too_deeply():
    """A database has a limit of its own; ours comes first."""
    filters = [leaf("email", "exists")]
    for _ in range(10):
        filters = [{"group": "AND", "filters": filters}]

    assert refused(InvalidFields, filters=filters) == "filters must not be nested deeper than 10 levels"


def test_too_many_conditions():
    """Conditions are counted over all groups."""
    many = {"group": "OR", "filters": [leaf("email", "exists")] * 101}

    assert refused(InvalidFields, filters=[many, many]) == "filters must contain no more than 200 conditions"
