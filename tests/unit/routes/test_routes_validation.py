"""Bodies against the fields of their operation."""

import pytest

from invoco.domain.errors import BadRequest, InvalidFields
from invoco.highlevel.operations import OPERATIONS
from invoco.routes.validation import checked, parsed

CREATE = {"locationId": "here"}


def sound(operation_id, **body):
    """The body after its check."""
    return checked(OPERATIONS[operation_id].body or (), body)


def problems(operation_id, **body):
    """Why a body is refused."""
    with pytest.raises(InvalidFields) as refused:
        sound(operation_id, **body)
    return refused.value.problems


def problems_of_contact(**body):
    """Why a new contact is refused."""
    return problems("create-contact", **CREATE, **body)


def test_body_is_read():
    """JSON becomes an object."""
    assert parsed(b'{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize("raw", [b"", b" \n"])
def test_empty_body_is_an_empty_object(raw):
    """Nothing is as good as `{}`."""
    assert parsed(raw) == {}


@pytest.mark.parametrize(
    "raw", [b"{", b'{"a": \xff}', b'{"a": "\xff"}', b'{"a": "\\ud800"}', b"nonsense", b"[" * 100_000]
)
def test_malformed_json(raw):
    """What is no JSON is refused as a whole."""
    with pytest.raises(BadRequest, match="not valid JSON"):
        parsed(raw)


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"text"', b"null"])
def test_body_that_is_no_object(raw):
    """A body is an object."""
    with pytest.raises(BadRequest, match="must be a JSON object"):
        parsed(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"city": "a\\u0000b"}',
        b'{"a\\u0000": 1}',
        b'{"tags": ["a", "\\u0000"]}',
        b'{"customFields": [{"id": "f", "value": 9223372036854775808}]}',
        b'{"pageLimit": -9223372036854775809}',
        b'{"filters": ' + b"[" * 60 + b"]" * 60 + b"}",
    ],
)
def test_body_that_no_database_can_keep(raw):
    """NUL, numbers of more than 64 bits and endless nesting are refused before they do harm."""
    with pytest.raises(BadRequest, match="cannot be kept"):
        parsed(raw)


def test_large_body_that_can_be_kept():
    """The largest number and a backslash before `u0000` are fine."""
    assert parsed(b'{"a": 9223372036854775807, "b": "\\\\u0000"}') == {"a": 2**63 - 1, "b": "\\u0000"}


@pytest.mark.parametrize("name", ["additionalEmails", "followers", "type", "businessId", "dateAdded", "firstname"])
def test_unknown_property(name):
    """A property that the operation does not take is named."""
    assert [f"property {name} should not exist"] == problems_of_contact(**{name: "x"})


@pytest.mark.parametrize("name", ["locationId", "gender", "companyName", "additionalPhones"])
def test_property_that_an_update_does_not_take(name):
    """Updates take less than creates (facts 3.4)."""
    assert [f"property {name} should not exist"] == problems("update-contact", **{name: "x"})


def test_every_problem_is_told_at_once():
    """Unknown properties come first, the others in the order of the table."""
    told = problems("create-task", completed="yes", colour="red", dueDate="tomorrow")

    assert told == [
        "property colour should not exist",
        "title should not be empty",
        "dueDate must be a valid ISO 8601 date string",
        "completed must be a boolean value",
    ]


@pytest.mark.parametrize("body", [{}, {"body": ""}, {"body": None}])
def test_required_property(body):
    """Missing, empty and null are the same for a required property."""
    assert problems("create-note", **body) == ["body should not be empty"]


@pytest.mark.parametrize(
    ("operation_id", "body", "message"),
    [
        ("create-task", {"title": 1, "dueDate": "2025-01-31", "completed": True}, "title must be a string"),
        ("create-contact", {**CREATE, "dnd": "true"}, "dnd must be a boolean value"),
        ("create-contact", {**CREATE, "tags": "vip"}, "tags must be an array"),
        ("create-contact", {**CREATE, "tags": ["vip", 1]}, "each value in tags must be a string"),
        ("create-contact", {**CREATE, "postalCode": None}, "postalCode must be a string"),
        ("create-contact", {**CREATE, "country": None}, "country must be a string"),
        ("create-contact", {**CREATE, "tags": None}, "tags must be an array"),
        ("create-contact", {**CREATE, "source": None}, "source must be a string"),
        ("create-contact", {**CREATE, "assignedTo": None}, "assignedTo must be a string"),
        ("add-contact-to-workflow", {"eventStartTime": "x"}, "eventStartTime must be a valid ISO 8601 date string"),
        ("task-search", {"limit": "9"}, "limit must be a number conforming to the specified constraints"),
        ("task-search", {"limit": True}, "limit must be a number conforming to the specified constraints"),
        ("create-contact", {**CREATE, "customFields": {}}, "customFields must be an array"),
    ],
)
def test_wrong_type(operation_id, body, message):
    """Each type has HighLevel's message."""
    assert [message] == problems(operation_id, **body)


def test_null_where_the_dto_allows_it():
    """Null clears, where it is allowed (facts 10.5)."""
    body = {"firstName": None, "email": None, "dateOfBirth": None, "source": None, "assignedTo": None}

    assert body == sound("update-contact", **body)


def test_empty_text_where_null_is_allowed():
    """An empty text is let through like null."""
    assert sound("update-contact", email="", dateOfBirth="") == {"email": "", "dateOfBirth": ""}


def test_required_but_nullable():
    """Contacts leave their business by an explicit null."""
    body = {"locationId": "here", "ids": ["a"], "businessId": None}

    assert body == sound("add-remove-contact-from-business", **body)


@pytest.mark.parametrize("email", ["ada@example.com", "Ada+x@sub.example.test", "jörg@example.com"])
def test_good_email(email):
    """Addresses are kept as they were given."""
    assert email == sound("update-contact", email=email)["email"]


@pytest.mark.parametrize("email", ["ada", "ada@", "ada@localhost", "ada@exa mple.com", "@example.com"])
def test_bad_email(email):
    """What is no address is refused."""
    assert problems("update-contact", email=email) == ["email must be an email"]


@pytest.mark.parametrize(
    "text",
    [
        "1990/09/25", "09/25/1990", "1990-09-25", "09-25-1990", "1990.09.25", "09.25.1990", "1990_09_25", "09_25_1990",
    ],
)  # fmt: skip
def test_eight_forms_of_a_birthday(text):
    """Every form becomes `YYYY-MM-DD` (facts 10.1)."""
    assert sound("update-contact", dateOfBirth=text) == {"dateOfBirth": "1990-09-25"}


@pytest.mark.parametrize(
    "text", ["25/09/1990", "1990-09/25", "1990-9-25", "1990-02-30", "١٩٩٠-٠٩-٢٥", "yesterday", 1990]
)
def test_other_birthdays(text):
    """Any other form is refused."""
    assert problems("update-contact", dateOfBirth=text) == ["dateOfBirth must be a valid date"]


@pytest.mark.parametrize("channel", ["Email", "email", "EMAIL"])
def test_dnd_channels_become_canonical(channel):
    """Channels are spelled by either version and read as v2 has them (facts 1.3)."""
    setting = {"status": "active", "message": "m", "code": "c"}

    assert {"Email": setting} == sound("update-contact", dndSettings={channel: setting})["dndSettings"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("dndSettings", [], "dndSettings must be an object"),
        ("dndSettings", {"Fax": {"status": "active"}}, "dndSettings.property Fax should not exist"),
        ("dndSettings", {"SMS": "active"}, "dndSettings.SMS must be an object"),
        (
            "dndSettings",
            {"SMS": {}},
            "dndSettings.SMS.status must be one of the following values: active, inactive, permanent",
        ),
        ("dndSettings", {"SMS": {"status": "active", "code": 1}}, "dndSettings.SMS.code must be a string"),
        ("dndSettings", {"SMS": {"status": "active", "x": 1}}, "dndSettings.SMS.property x should not exist"),
        ("inboundDndSettings", "all", "inboundDndSettings must be an object"),
        ("inboundDndSettings", {"SMS": {}}, "inboundDndSettings.property SMS should not exist"),
        (
            "inboundDndSettings",
            {"all": {"status": "permanent"}},
            "inboundDndSettings.all.status must be one of the following values: active, inactive",
        ),
        (
            "inboundDndSettings",
            {"all": {"status": "active", "code": "c"}},
            "inboundDndSettings.all.property code should not exist",
        ),
    ],
)
def test_dnd_out_of_shape(name, value, message):
    """Do-not-disturb settings have one shape (facts 10.4)."""
    assert [message] == problems("update-contact", **{name: value})


def test_inbound_dnd():
    """The one inbound channel is `all`."""
    settings = {"all": {"status": "inactive", "message": "m"}}

    assert settings == sound("update-contact", inboundDndSettings=settings)["inboundDndSettings"]


@pytest.mark.parametrize("key", ["field_value", "fieldValue", "value"])
def test_value_of_a_custom_field(key):
    """The value comes under any of three names (facts 10.3)."""
    items = sound("update-contact", customFields=[{"id": "f", key: [1]}, {"key": "size", key: None}])["customFields"]

    assert items == [{"id": "f", "value": [1]}, {"key": "size", "value": None}]


def test_custom_field_without_a_value():
    """An item without a value changes nothing."""
    assert sound("update-contact", customFields=[{"id": "f"}])["customFields"] == []


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("f", "customFields.0 must be an object"),
        ({"value": 1}, "customFields.0.id should not be empty"),
        ({"id": 1, "value": 1}, "customFields.0.id must be a string"),
        ({"id": "f", "value": 1, "name": "x"}, "customFields.0.property name should not exist"),
    ],
)
def test_custom_field_out_of_shape(item, message):
    """Custom field items have one shape."""
    assert [message] == problems("update-contact", customFields=[item])


def test_search_takes_anything_below_its_top_level():
    """Filters, sort and cursor are read by the search itself."""
    body = {"locationId": "here", "pageLimit": 1, "filters": 1, "sort": "x", "searchAfter": {}}

    assert body == sound("search-contacts-advanced", **body)
