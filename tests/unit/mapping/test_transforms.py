"""Every transform does what its examples say."""

import jsonschema
import msgspec
import pytest

from invoco.highlevel.records import Contact
from invoco.mapping.chains import link, run
from invoco.mapping.problems import BadOptionError, CannotMapError
from invoco.mapping.transforms import TRANSFORMS
from invoco.mapping.transforms.transform import Workshop
from invoco.mapping.types import Type, fits, type_of

ADA = Contact(id="c1", first_name="Ada", last_name="Lovelace")
EXAMPLES = [
    pytest.param(transform, example, id=f"{transform.name}-{number}")
    for transform in TRANSFORMS.values()
    for number, example in enumerate(transform.examples)
]


def chained(transform, example):
    """The transform with the example's options, behind a value like the example's."""
    given = Type.ANY if example.given is None else type_of(example.given)
    return link({"use": transform.name, **example.options}, given)


@pytest.mark.parametrize(("transform", "example"), EXAMPLES)
def test_example_holds(transform, example):
    """An example gives what it says."""
    step = chained(transform, example).forth(Workshop(example.definitions))

    assert example.result == run([step], example.given, ADA)


@pytest.mark.parametrize(("transform", "example"), EXAMPLES)
def test_example_has_the_type_it_says(transform, example):
    """What an example gives is of the type that the transform gives."""
    if example.result is not None:
        assert fits(example.result, chained(transform, example).gives)


@pytest.mark.parametrize(("transform", "example"), EXAMPLES)
def test_way_back_leads_back_in(transform, example):
    """What a way out makes of an example's result comes in as the same result."""
    workshop, made = Workshop(example.definitions), chained(transform, example)
    back = made.back(workshop)

    if back is not None and example.result is not None:
        returned = run([back], example.result, ADA)
        assert example.result == run([made.forth(workshop)], returned, ADA)


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=lambda t: t.name)
def test_transform_is_described(transform):
    """Every transform has a sentence, an example, and options with a sentence."""
    assert transform.description.endswith(".")
    assert transform.examples
    assert transform.options.__doc__


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=lambda t: t.name)
def test_options_have_a_schema(transform):
    """Every transform's options can be told as a JSON Schema."""
    jsonschema.Draft202012Validator.check_schema(msgspec.json.schema(transform.options))


def test_there_are_many():
    """Thirty transforms are promised, and there are more."""
    assert len(TRANSFORMS) >= 30


@pytest.mark.parametrize(
    ("step", "given"),
    [
        ("number_from_text", "twelve"),
        ("number_from_text", "NaN"),
        ("number_from_text", "9" * 40),
        ("any_date", "31/31/2020"),
        ("any_date", "soon"),
        ({"use": "date_from_text", "pattern": "DD.MM.YYYY"}, "2020-01-01"),
        ("phone_e164", "call me"),
        ("email", "nobody"),
        ("country_code", "Atlantis"),
        ("country_name", "XX"),
        ("state_code", "Atlantis"),
        ("state_name", "XX"),
        ("website", "no address"),
        ("yes_no_from_words", "perhaps"),
        ({"use": "map_values", "values": {"a": "b"}}, "c"),
        ("user_name", "nobody"),
        ("user_id_by_email", "nobody@example.com"),
        ("phone_country", "12"),
        ("phone_national", "x"),
        ({"use": "add_days", "days": 36500}, "9999-12-31"),
        ({"use": "local_time", "zone": "Asia/Tokyo"}, "9999-12-31T23:00:00Z"),
        ("lower_case", 5),
        ({"use": "replace", "find": "a", "put": "b" * 1000}, "a" * 1000),
        ({"use": "replace_pattern", "pattern": "a", "put": "b" * 1000}, "a" * 1000),
        ("from_milliseconds", 1e30),
    ],
)
def test_unreadable_value_is_told(step, given):
    """A value that cannot be read is told in a sentence."""
    made = link(step, Type.ANY).forth(Workshop())

    with pytest.raises(CannotMapError, match=r"\w+ \w+"):
        run([made], given, ADA)


@pytest.mark.parametrize(
    "step",
    [
        {"use": "truncate", "length": 2, "ending": "…  "},
        {"use": "extract", "pattern": "(a", "group": 1},
        {"use": "extract", "pattern": "a", "group": 1},
        {"use": "extract", "pattern": "(?=a)"},
        {"use": "replace_pattern", "pattern": "a", "put": r"\1"},
        {"use": "template", "text": "{firstName"},
        {"use": "template", "text": "{frstName}"},
        {"use": "number_from_text", "decimal": ",", "thousands": ","},
        {"use": "scale", "factor": 0},
        {"use": "limit"},
        {"use": "limit", "least": 2, "greatest": 1},
        {"use": "date_to_text", "pattern": "soon"},
        {"use": "date_from_text", "pattern": "DD.MM."},
        {"use": "local_time", "zone": "Mars/Base"},
        {"use": "phone_e164", "country": "XX"},
        {"use": "country_code", "language": "zz"},
        {"use": "state_code", "country": "DE"},
        {"use": "yes_no_from_words", "yes": ["ja"], "no": ["ja"]},
    ],
)
def test_option_that_cannot_work_is_refused(step):
    """An option that is no use is refused before any record comes."""
    made = link(step, Type.ANY)

    with pytest.raises(BadOptionError, match=r"\w+ \w+"):
        made.forth(Workshop())


def test_list_is_mapped_entry_by_entry():
    """A transform of texts is applied to every entry of a list."""
    made = link("upper_case", Type.LIST).forth(Workshop())

    assert ["A", "B"] == run([made], ["a", "b"], ADA)


def test_two_to_one_has_no_way_back():
    """A table in which two words become one cannot be turned round."""
    made = link({"use": "map_values", "values": {"a": "c", "b": "c"}}, Type.TEXT)

    assert made.back(Workshop()) is None


def test_name_of_two_users_is_refused():
    """A name that two users have leads to neither."""
    from invoco.highlevel.records import User
    from invoco.mapping.definitions import Definitions

    twins = Definitions(users=[User(id="u1", name="Ada"), User(id="u2", name="ada")])
    made = link("user_id_by_name", Type.TEXT).forth(Workshop(twins))

    with pytest.raises(CannotMapError, match="more than one"):
        run([made], "Ada", ADA)


def test_date_without_year_has_no_way_back():
    """A date written without its year cannot be read again."""
    made = link({"use": "date_to_text", "pattern": "DD.MM."}, Type.TEXT)

    assert made.back(Workshop()) is None


def test_phone_of_the_location_needs_no_country():
    """A phone is read as somebody at the location would dial it."""
    from invoco.mapping.definitions import Definitions

    made = link("phone_e164", Type.TEXT).forth(Workshop(Definitions(country="DE")))

    assert run([made], "030 12345678", ADA) == "+493012345678"
