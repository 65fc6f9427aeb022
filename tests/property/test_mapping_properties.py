"""Whatever a record holds, a mapping ends, says the same twice, and leads there and back."""

import math
from typing import Any

import hypothesis.strategies as st
import msgspec
from hypothesis import given

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact, CustomField, CustomFieldValue
from invoco.mapping import TRANSFORMS, Definitions, Document, KindRules, Rule, compiled, read_toml, to_toml
from invoco.mapping.chains import link, run
from invoco.mapping.problems import CannotMapError
from invoco.mapping.transforms import Workshop
from invoco.mapping.types import Type, fits

CONTACT = RecordKind.CONTACT
DEFINITIONS = Definitions(
    custom_fields=[
        CustomField(id="f1", name="Colour", field_key="contact.colour", data_type="TEXT"),
        CustomField(id="f2", name="Amount", field_key="contact.amount", data_type="NUMERICAL"),
        CustomField(id="f3", name="Size", field_key="contact.size", data_type="RADIO", picklist_options=["S", "L"]),
        CustomField(id="f4", name="Interests", field_key="contact.interests", data_type="CHECKBOX"),
    ],
    country="DE",
    timezone="Europe/Berlin",
)
MAP = {"use": "map_values", "values": {"a": "b", "b": "c"}, "unknown": "keep"}
TEMPLATE = {"use": "template", "text": "{value}{tags}{extra.a}"}
BOTH = [
    Rule(source="firstName", to="firstName", transforms=["trim", "title_case"]),
    Rule(source="lastName", to="companyName", transforms=[MAP]),
    Rule(source="email", to="email", transforms=["email"]),
    Rule(source="phone", to="phone", transforms=["phone_e164"]),
    Rule(source="city", to="city", transforms=[{"use": "add_prefix", "text": "x"}], default="unknown"),
    Rule(source="country", to="country", transforms=["country_name"]),
    Rule(source="dateOfBirth", to="dateOfBirth", transforms=["any_date", "date_to_text"]),
    Rule(source="tags", to="tags", transforms=["lower_case", "unique", "sort"]),
    Rule(source="custom.colour", to="source", transforms=["yes_no_from_words", "yes_no_to_words"]),
    Rule(source="custom.amount", to="custom.amount", transforms=[{"use": "scale", "factor": 3}], default=0),
    Rule(source="custom.size", to="custom.size"),
    Rule(source="dnd", to="dnd", transforms=["negate"]),
]
ONE_WAY = [
    Rule(source="timezone", to="timezone", direction="in", transforms=["any_date"], on_error="keep_old"),
    Rule(source="website", to="website", direction="in", transforms=["slug"]),
    Rule(source="state", to="state", direction="out", transforms=["slug"]),
    Rule(source="address1", direction="off"),
    Rule(to="custom.interests", value="tags.map(tag, tag + '!')", direction="in"),
    Rule(source="extra.a.b", to="extra.c.d", direction="in"),
    Rule(source="name", to="gender", direction="in", transforms=[TEMPLATE]),
]
MAPPING: Any = compiled(Document(version=1, contacts=KindRules(rules=BOTH)), DEFINITIONS)
ALL: Any = compiled(
    Document(version=1, contacts=KindRules(filter="email.size() < 200", rules=[*BOTH, *ONE_WAY])), DEFINITIONS
)
NAMED_ONLY: Any = compiled(Document(version=1, contacts=KindRules(unnamed="off", rules=[*BOTH, *ONE_WAY])), DEFINITIONS)

_WORDS = st.sampled_from(
    ["", " ", "a", "b", "c", "yes", "No", " Ada  ", "ADA", "S", "L", "DE", "Germany", "030 12345678", "+493012345678",
     "x@example.com", "Ada@Example.com", "1990-12-31", "12/31/1990", "31.12.1990", "xRome", "Rome"]
)  # fmt: skip
_TEXTS = st.none() | _WORDS | st.text(max_size=12)
_NUMBERS = st.integers(-(10**16), 10**16) | st.floats()
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), inner, max_size=3)
    ),
    max_leaves=5,
)
_CUSTOMS = st.dictionaries(
    st.sampled_from(["f1", "f2", "f3", "f4", "gone"]), _JSON.filter(lambda value: value is not None), max_size=4
).map(lambda values: [CustomFieldValue(id=id_, value=value) for id_, value in values.items()])
CONTACTS = st.builds(
    Contact,
    id=st.just("c1"),
    location_id=st.just("l1"),
    **dict.fromkeys(
        ["name", "first_name", "last_name", "email", "phone", "company_name", "address1", "city", "state", "country",
         "website", "source", "gender", "date_of_birth"], _TEXTS
    ),
    dnd=st.none() | st.booleans(),
    tags=st.lists(_WORDS | st.text(max_size=5), max_size=3),
    custom_fields=_CUSTOMS,
    extra=st.dictionaries(st.sampled_from(["a", "b", "c"]), _JSON.filter(lambda value: value is not None), max_size=2),
)  # fmt: skip
HELD = st.none() | CONTACTS


def same(one, other):
    """Whether two records are equal, also where they hold what is not even equal to itself."""
    return one == other or repr(msgspec.to_builtins(one)) == repr(msgspec.to_builtins(other))


@given(CONTACTS, HELD)
def test_every_record_can_be_mapped(record, other):
    """No record makes a mapping fail, and what comes out can be sent."""
    for mapping in (MAPPING, ALL, NAMED_ONLY):
        for outcome in (mapping.inward(CONTACT, record, other), mapping.outward(CONTACT, record, other)):
            assert outcome.filtered or outcome.record is not None
            if outcome.record is not None:
                msgspec.convert(msgspec.to_builtins(outcome.record), Contact, strict=True)


@given(CONTACTS, HELD)
def test_mapping_says_the_same_twice(record, other):
    """The same record is mapped to the same record."""
    once, twice = (ALL.inward(CONTACT, record, other) for _ in range(2))

    assert repr(once) == repr(twice)


@given(CONTACTS, HELD)
def test_what_came_in_goes_out_as_it_was(theirs, held):
    """HighLevel's record does not change by coming in and going out."""
    came = MAPPING.inward(CONTACT, theirs, held)
    went = MAPPING.outward(CONTACT, came.record, theirs)

    if not came.problems and came.record is not None:
        assert same(theirs, went.record)


@given(CONTACTS, HELD, HELD)
def test_what_is_held_comes_back_as_it_was(theirs, before, base):
    """Invoco's record does not change by going out and coming in."""
    came: Any = MAPPING.inward(CONTACT, theirs, before)
    went = MAPPING.outward(CONTACT, came.record, base)
    back = MAPPING.inward(CONTACT, went.record, came.record)

    if not came.problems and not went.problems and not back.problems:
        assert same(came.record, back.record)


@given(CONTACTS, HELD)
def test_identity_gives_the_record_itself(record, other):
    """Without rules, the same object comes out."""
    mapping: Any = compiled(Document(version=1), DEFINITIONS)

    assert mapping.inward(CONTACT, record, other).record is record
    assert mapping.outward(CONTACT, record, other).record is record


@given(CONTACTS, CONTACTS)
def test_field_that_does_not_flow_keeps_its_value(record, other):
    """`in` never changes HighLevel, `out` never Invoco, `off` neither."""
    came, went = ALL.inward(CONTACT, record, other).record, ALL.outward(CONTACT, record, other).record

    if came is not None:
        assert (other.state, other.address1) == (came.state, came.address1)
    assert (other.website, other.address1) == (went.website, went.address1)


@given(CONTACTS, CONTACTS)
def test_field_that_is_not_named_flows(record, other):
    """Fields without a rule flow unchanged, or not at all when the mapping says so."""
    assert record.postal_code == MAPPING.inward(CONTACT, record, other).record.postal_code
    assert record.name == MAPPING.outward(CONTACT, record, other).record.name
    assert other.name == NAMED_ONLY.inward(CONTACT, record, other).record.name


_VALUES = {
    Type.TEXT: _WORDS | st.text(max_size=40),
    Type.NUMBER: _NUMBERS,
    Type.YES_NO: st.booleans(),
    Type.LIST: st.lists(_WORDS | st.text(max_size=5), max_size=4),
    Type.ANY: _JSON,
}
_STEPS = st.sampled_from([(transform, example) for transform in TRANSFORMS.values() for example in transform.examples])


@given(_STEPS, st.data())
def test_transform_maps_or_says_why_not(step, data):
    """A transform gives a value of the type it says, or a sentence, for every value of the type it takes."""
    transform, example = step
    made = link({"use": transform.name, **example.options}, transform.takes)
    value = data.draw(_VALUES[transform.takes])
    try:
        result = run([made.forth(Workshop(example.definitions))], value, Contact(id="c1"))
    except CannotMapError as cause:
        result, told = None, str(cause)
    else:
        told = "mapped"

    assert told
    assert result is None or transform.takes is Type.ANY or fits(result, made.gives)


@given(st.sampled_from([name for name, t in TRANSFORMS.items() if t.takes is Type.NUMBER]), _NUMBERS)
def test_number_never_becomes_infinite(name, number):
    """JSON has no infinity, so no transform gives one."""
    example = TRANSFORMS[name].examples[0]
    made = link({"use": name, **example.options}, Type.NUMBER)
    try:
        result = run([made.forth(Workshop())], number, None)
    except CannotMapError:
        return
    assert not isinstance(result, float) or math.isfinite(result)


_PLAIN = st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_RULES = st.builds(
    Rule,
    source=st.none() | st.text(),
    value=st.none() | st.text(),
    default=st.none() | _PLAIN | st.lists(st.text()),
    transforms=st.lists(st.text() | st.dictionaries(st.text(), _PLAIN | st.dictionaries(st.text(), st.text()))),
)


@given(st.lists(_RULES, max_size=3))
def test_document_comes_back_from_toml(rules):
    """Whatever a document says, it says the same after being written and read."""
    document = Document(version=1, contacts=KindRules(rules=rules))

    assert document == read_toml(to_toml(document))
