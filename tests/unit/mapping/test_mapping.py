"""Records flow as the rules say."""

import msgspec
import pytest

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact, CustomFieldValue, Tag, Task
from invoco.mapping import Definitions, Document, KindRules, Rule, compiled, read_toml

CONTACT = RecordKind.CONTACT


@pytest.fixture
def mapped(definitions):
    """A mapping of these rules for contacts."""

    def make(*rules, **more):
        return compiled(Document(version=1, contacts=KindRules(rules=list(rules), **more)), definitions)

    return make


def rule(source=None, to=None, *transforms, **more):
    """A rule as short as it can be written."""
    return Rule(source=source, to=to, transforms=list(transforms), **more)


def custom(contact, id_):
    """The value of a custom field."""
    return {item.id: item.value for item in contact.custom_fields}.get(id_)


def test_empty_document_is_the_identity(mapped, ada):
    """Without rules, the very record that came in goes out."""
    mapping = mapped()

    assert mapping.is_identity(CONTACT)
    assert mapping.inward(CONTACT, ada, None).record is ada
    assert mapping.outward(CONTACT, ada, None).record is ada


def test_rules_that_change_nothing_are_the_identity(mapped, ada):
    """A rule that says what happens anyway costs nothing."""
    mapping = mapped(rule("firstName", "firstName"))

    assert mapping.is_identity(CONTACT)


def test_kind_that_cannot_be_mapped_flows(mapped):
    """Tags and the like flow unchanged."""
    tag, mapping = Tag(id="t1"), mapped(rule("firstName", "firstName", "trim"))

    assert mapping.is_identity(RecordKind.TAG)
    assert mapping.accepts(RecordKind.TAG, tag)
    assert mapping.inward(RecordKind.TAG, tag, None).record is tag
    assert mapping.outward(RecordKind.TAG, tag, None).record is tag


def test_chain_runs_in_order(mapped, ada):
    """Transforms are applied one after the other."""
    mapping = mapped(rule("firstName", "firstName", "trim", "upper_case", {"use": "add_prefix", "text": "Ms "}))

    assert "Ms ADA" == mapping.inward(CONTACT, ada, None).record.first_name


def test_way_out_undoes_the_chain(mapped, ada):
    """What changed in Invoco goes out through the inverse chain."""
    mapping = mapped(rule("city", "city", {"use": "add_prefix", "text": "a"}, {"use": "add_prefix", "text": "b"}))
    ours = msgspec.structs.replace(ada, city="baRome")

    assert "Rome" == mapping.outward(CONTACT, ours, ada).record.city


def test_given_record_stays_as_it_is(mapped, ada):
    """Mapping makes a new record and never touches what it was given."""
    before = msgspec.to_builtins(ada)
    mapped(
        rule("firstName", "custom.colour", "trim", direction="in"),
        rule("city", "extra.attribution.medium", direction="in"),
    ).inward(CONTACT, ada, None)

    assert before == msgspec.to_builtins(ada)


def test_field_that_only_flows_in_stays_in_highlevel(mapped, ada):
    """`in` leaves HighLevel's value alone."""
    mapping = mapped(rule("firstName", "firstName", direction="in"))
    ours = msgspec.structs.replace(ada, first_name="Augusta")

    assert " Ada " == mapping.outward(CONTACT, ours, ada).record.first_name


def test_field_that_only_flows_out_stays_in_invoco(mapped, ada):
    """`out` leaves Invoco's value alone."""
    mapping = mapped(rule("firstName", "firstName", direction="out"))
    held = msgspec.structs.replace(ada, first_name="Augusta")

    assert "Augusta" == mapping.inward(CONTACT, ada, held).record.first_name
    assert "Augusta" == mapping.outward(CONTACT, held, ada).record.first_name


def test_field_that_is_off_stays_on_both_sides(mapped, ada):
    """`off` keeps both sides apart."""
    mapping = mapped(rule("firstName", direction="off"))
    held = msgspec.structs.replace(ada, first_name="Augusta")

    assert "Augusta" == mapping.inward(CONTACT, ada, held).record.first_name
    assert " Ada " == mapping.outward(CONTACT, held, ada).record.first_name


def test_field_that_does_not_flow_is_unset_in_a_new_record(mapped, ada):
    """What is off is empty in a record that Invoco has not held yet."""
    mapping = mapped(rule("firstName", direction="off"), rule("tags", direction="off"))
    contact = mapping.inward(CONTACT, ada, None).record

    assert (None, []) == (contact.first_name, contact.tags)


def test_moved_field_is_written_under_its_new_name_only(mapped, ada):
    """A field that is called otherwise in Invoco neither comes nor goes under its old name."""
    mapping = mapped(rule("source", "custom.colour"))
    theirs = msgspec.structs.replace(ada, source="ad")
    ours = mapping.inward(CONTACT, theirs, None).record

    assert (None, "ad") == (ours.source, custom(ours, "f1"))
    assert mapping.outward(CONTACT, ours, theirs).record == theirs


def test_copied_field_keeps_flowing(mapped, ada):
    """A field from which another is made flows on by itself."""
    mapping = mapped(rule("lastName", "custom.colour", direction="in"))
    ours = mapping.inward(CONTACT, ada, None).record

    assert ("Lovelace", "Lovelace") == (ours.last_name, custom(ours, "f1"))


def test_only_named_fields_flow(mapped, ada):
    """With `unnamed = "off"` the rest stays as it is held."""
    mapping = mapped(rule("firstName", "firstName"), unnamed="off")
    contact = mapping.inward(CONTACT, ada, None).record

    assert contact == Contact(id="c1", location_id="l1", first_name=" Ada ", date_added=ada.date_added)


def test_only_named_fields_change_what_is_held(mapped, ada):
    """With `unnamed = "off"` a held record keeps its own values."""
    mapping = mapped(rule("firstName", "firstName"), unnamed="off")
    held = Contact(id="c1", city="Rome", first_name="old")

    assert "Rome" == mapping.inward(CONTACT, ada, held).record.city


def test_path_into_extra(mapped, ada):
    """A nested field that nobody named can be read and written."""
    mapping = mapped(
        rule("extra.attribution.medium", "custom.colour", "upper_case", direction="in"),
        rule("lastName", "extra.attribution.source", direction="in"),
    )
    ours = mapping.inward(CONTACT, ada, None).record

    assert "FORM" == custom(ours, "f1")
    assert {"medium": "form", "source": "Lovelace"} == ours.extra["attribution"]


def test_path_that_breaks_off_is_unset(mapped, ada):
    """A path through a text leads to nothing."""
    mapping = mapped(rule("extra.attribution.medium.deeper", "city", direction="in"))

    assert mapping.inward(CONTACT, ada, None).record.city is None


def test_nothing_takes_a_path_away(mapped, ada):
    """An unset field takes its target out of `extra`, and leaves the rest."""
    mapping = mapped(rule("city", "extra.attribution.medium", direction="in"))

    assert {"source": "ad"} == mapping.inward(CONTACT, ada, None).record.extra["attribution"]


def test_unset_custom_field_is_taken_away(mapped, ada):
    """A custom field without a value is not in the list."""
    mapping = mapped(rule("city", "custom.colour", direction="in"))

    assert ["f2"] == [item.id for item in mapping.inward(CONTACT, ada, None).record.custom_fields]


def test_custom_fields_keep_the_order_they_have(mapped, ada):
    """The order of custom fields follows the record that is there."""
    mapping = mapped(rule("custom.colour", "custom.colour", "upper_case"))
    held = Contact(id="c1", custom_fields=[CustomFieldValue(id="f2", value=1), CustomFieldValue(id="f1", value="x")])

    assert ["f2", "f1"] == [item.id for item in mapping.inward(CONTACT, ada, held).record.custom_fields]


def test_default_fills_a_gap(mapped, ada):
    """A field without a value becomes the default."""
    mapping = mapped(rule("city", "city", default="unknown"))

    assert "unknown" == mapping.inward(CONTACT, ada, None).record.city


def test_default_is_not_told_to_highlevel(mapped, ada):
    """A default is Invoco's own and never flows back."""
    mapping = mapped(rule("city", "city", default="unknown"))
    ours = mapping.inward(CONTACT, ada, None).record

    assert mapping.outward(CONTACT, ours, ada).record.city is None


def test_default_fills_a_gap_of_a_held_record(mapped, ada):
    """A record that was held before the default was written gets it too."""
    mapping = mapped(rule("city", "city", default="unknown"))

    assert "unknown" == mapping.inward(CONTACT, ada, ada).record.city


def test_computed_value_comes_in(mapped, ada):
    """A formula makes a field of others."""
    mapping = mapped(rule(None, "custom.colour", value="firstName.trim() + '/' + custom.colour", direction="in"))

    assert "Ada/blue" == custom(mapping.inward(CONTACT, ada, None).record, "f1")


def test_computed_value_goes_out(mapped, ada):
    """A formula over Invoco's record makes a field of HighLevel's."""
    mapping = mapped(rule("website", None, value="'https://x.test/' + id", direction="out"))

    assert "https://x.test/c1" == mapping.outward(CONTACT, ada, ada).record.website


def test_out_applies_transforms_on_the_way_out(mapped, ada):
    """In a rule that only flows out, the transforms are applied on the way out."""
    mapping = mapped(rule("firstName", "firstName", "slug", direction="out"))

    assert "ada" == mapping.outward(CONTACT, ada, ada).record.first_name


def test_filter_leaves_records_out(mapped, ada):
    """A record that the filter does not want is filtered, and that is no problem."""
    mapping = mapped(filter="'vip' in tags")
    other = Contact(id="c2")

    assert mapping.accepts(CONTACT, ada)
    assert not mapping.accepts(CONTACT, other)
    assert (None, True, ()) == msgspec.structs.astuple(mapping.inward(CONTACT, other, None))
    assert mapping.inward(CONTACT, ada, None).record is ada
    assert not mapping.is_identity(CONTACT)


def test_filter_has_no_say_on_the_way_out(mapped):
    """What Invoco holds goes out whatever the filter thinks of it."""
    contact = Contact(id="c2")

    assert mapped(filter="'vip' in tags").outward(CONTACT, contact, None).record is contact


@pytest.mark.parametrize("formula", ["int(city) == 1", "extra.nothing == 1", "extra.attribution"])
def test_filter_that_cannot_be_evaluated_accepts(mapped, ada, formula):
    """A filter that fails lets the record in and tells."""
    outcome = mapped(filter=formula).inward(CONTACT, ada, None)

    assert outcome.record is ada
    assert [0] == [problem.rule for problem in outcome.problems]


BAD = Contact(id="c1", date_of_birth="soon")


def test_skip_field_keeps_what_is_held_and_tells(mapped):
    """One value that cannot be mapped leaves the others alone."""
    mapping = mapped(rule("dateOfBirth", "dateOfBirth", "any_date"))
    outcome = mapping.inward(CONTACT, BAD, Contact(id="c1", date_of_birth="1990-01-01"))

    assert "1990-01-01" == outcome.record.date_of_birth
    assert [(1, "dateOfBirth", "soon")] == [(p.rule, p.field, p.value) for p in outcome.problems]


def test_keep_old_keeps_silently(mapped):
    """`keep_old` is no failure."""
    mapping = mapped(rule("dateOfBirth", "dateOfBirth", "any_date", on_error="keep_old"))
    outcome = mapping.inward(CONTACT, BAD, Contact(id="c1", date_of_birth="1990-01-01"))

    assert ("1990-01-01", ()) == (outcome.record.date_of_birth, outcome.problems)


def test_empty_text_is_no_value(mapped, ada):
    """An empty text is not given to transforms, so it is no problem for any."""
    mapping = mapped(rule("email", "email", "email"))
    outcome = mapping.inward(CONTACT, msgspec.structs.replace(ada, email=""), None)

    assert (None, ()) == (outcome.record.email, outcome.problems)


def test_skip_record_leaves_the_record_out(mapped):
    """`skip_record` gives no record, and says why."""
    outcome = mapped(rule("dateOfBirth", "dateOfBirth", "any_date", on_error="skip_record")).inward(CONTACT, BAD, None)

    assert (None, False) == (outcome.record, outcome.filtered)
    assert ["dateOfBirth"] == [problem.field for problem in outcome.problems]


def test_value_of_another_type_is_told(mapped):
    """A custom field that holds what its type forbids never gets into a standard field."""
    theirs = Contact(id="c1", custom_fields=[CustomFieldValue(id="f1", value={"a": 1})])
    outcome = mapped(rule("custom.colour", "city")).inward(CONTACT, theirs, None)

    assert outcome.record.city is None
    assert ["it is an object, but the field holds a text"] == [problem.reason for problem in outcome.problems]


def test_value_that_is_no_option_is_told(mapped, ada):
    """HighLevel would drop it silently, so it is told."""
    outcome = mapped(rule("lastName", "custom.size", direction="in")).inward(CONTACT, ada, None)

    assert ["`Lovelace` is no option of custom.size"] == [problem.reason for problem in outcome.problems]


def test_entry_that_is_no_text_is_told(mapped):
    """A list with something else in it is not mapped entry by entry."""
    theirs = Contact(id="c1", custom_fields=[CustomFieldValue(id="f4", value=["Art", 5])])
    mapping = mapped(rule("custom.interests", "tags", "lower_case", direction="in"))

    assert 1 == len(mapping.inward(CONTACT, theirs, None).problems)


def test_formula_that_fails_is_told(mapped, ada):
    """A computed value that cannot be computed is a problem of its rule."""
    outcome = mapped(rule(None, "city", value="string(int(lastName))", direction="in")).inward(CONTACT, ada, None)

    assert [(1, "city")] == [(problem.rule, problem.field) for problem in outcome.problems]


def test_formula_that_gives_an_instant_is_told(mapped, ada):
    """An instant of CEL has no field; its text has."""
    outcome = mapped(rule(None, "extra.x", value="timestamp(dateAdded)", direction="in")).inward(CONTACT, ada, None)

    assert "string(" in outcome.problems[0].reason


def test_unreadable_value_is_not_overwritten(mapped, ada):
    """A value of HighLevel's that could not come in stays there while Invoco has nothing to say."""
    mapping = mapped(rule("lastName", "lastName", {"use": "map_values", "values": {"a": "b"}}))
    ours = msgspec.structs.replace(ada, last_name=None)

    assert mapping.outward(CONTACT, ours, None).record.last_name is None


def test_other_kinds_have_rules_of_their_own():
    """The rules of tasks do not touch contacts."""
    text = 'version = 1\n[[tasks.rules]]\nfrom = "title"\nto = "title"\ntransforms = ["upper_case"]'
    mapping = compiled(read_toml(text), Definitions())
    task = Task(id="t1", contact_id="c1", title="call")

    assert Task(id="t1", contact_id="c1", title="CALL") == mapping.inward(RecordKind.TASK, task, None).record
    assert mapping.is_identity(CONTACT)
