"""What changed: between definitions, between documents, and in records to come."""

import msgspec
import pytest

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact
from invoco.mapping import Definitions, Document, KindRules, Rule, compiled, diff, drift, preview

SMALL = {"use": "map_values", "values": {"small": "S", "large": "L"}}


def document(*rules, **more):
    """A document with these rules for contacts."""
    return Document(version=1, contacts=KindRules(rules=list(rules), **more))


def changed(definitions, id_, **fields):
    """The definitions with one custom field changed."""
    fields_now = [
        msgspec.structs.replace(field, **fields) if field.id == id_ else field for field in definitions.custom_fields
    ]
    return Definitions(custom_fields=fields_now)


def told(definitions, after, *rules):
    """What drift says, in one text."""
    return " ".join(map(str, drift(document(*rules), definitions, after)))


NAMED = Rule(source="custom.Favourite colour", to="city")
KEYED = Rule(source="city", to="custom.size", direction="in", transforms=[SMALL, "trim", {"use": "nothing"}])


def test_no_drift_without_change(definitions):
    """The same definitions have not drifted."""
    assert not drift(document(NAMED, KEYED, Rule(source="custom.none", to="x")), definitions, definitions)


def test_renamed_field_is_told(definitions):
    """A rule that names a field by its name is told the new one."""
    assert "`Colour`" in told(definitions, changed(definitions, "f1", name="Colour"), NAMED)


def test_removed_field_is_told(definitions):
    """A rule whose field is gone is told."""
    assert "is gone" in told(definitions, Definitions(), NAMED)


def test_retyped_field_is_told(definitions):
    """A rule whose field holds something else now is told."""
    after = changed(definitions, "f1", data_type="NUMERICAL")

    assert "held a text and holds a number" in told(definitions, after, NAMED)


def test_dropped_option_is_told(definitions):
    """A rule whose field lost an option is told, and whether it writes that option."""
    after = changed(definitions, "f3", picklist_options=["L"])
    rule = Rule(source="city", to="custom.size", direction="in", transforms=[SMALL])

    assert "The rule writes `S`" in told(definitions, after, rule)
    assert "`S` is no option" in told(definitions, after, Rule(source="custom.size", to="custom.size"))


def test_equal_documents_do_not_differ():
    """Nothing is said where nothing changed."""
    assert [] == diff(document(NAMED), document(NAMED))


def test_differences_are_told_rule_by_rule():
    """Filters, rules and their words are told by line."""
    old = document(Rule(source="city", to="city"), NAMED)
    new = document(Rule(source="city", to="city", direction="in"), KEYED, filter="true")

    assert [
        'contacts: filter was nothing, is "true"',
        'contacts: rule for city → city: direction was "both", is "in"',
        "contacts: rule for custom.Favourite colour → city taken away",
        "contacts: rule for city → custom.size added, direction in, transforms map_values, trim, nothing",
    ] == diff(old, new)


def test_two_rules_for_the_same_fields_are_told_apart():
    """A second rule between the same fields has a number."""
    pair = [Rule(source="city", to="city", direction=way) for way in ("in", "out")]

    assert ["contacts: rule for city → city (2) taken away"] == diff(document(*pair), document(pair[0]))


@pytest.fixture
def records():
    """Four contacts: changed, unchanged, filtered, failing."""
    return [
        Contact(id="c1", city=" Rome ", dnd=False),
        Contact(id="c2", city="Rome", dnd=False),
        Contact(id="c3", dnd=True),
        Contact(id="c4", city="Rome", dnd=False, date_of_birth="soon"),
    ]


def test_preview_counts(definitions, records):
    """Every record is counted by what becomes of it."""
    rules = [
        Rule(source="city", to="city", transforms=["trim"]),
        Rule(source="dateOfBirth", to="dateOfBirth", transforms=["any_date"]),
    ]
    mapping = compiled(document(*rules, filter="dnd != true"), definitions)
    seen = preview(mapping, None, RecordKind.CONTACT, records)

    assert (2, 1, 1, 1) == (seen.changed, seen.unchanged, seen.filtered, seen.failing)
    assert [("city", " Rome ", "Rome")] == [(c.field, c.before, c.after) for c in seen.rows[0].changes]


def test_preview_compares_with_the_mapping_before(definitions, records):
    """Beside an old mapping, only what the new one does otherwise is told."""
    mapping = compiled(document(Rule(source="city", to="city", transforms=["trim"])), definitions)

    assert 0 == preview(mapping, mapping, RecordKind.CONTACT, records).changed


def test_preview_tells_skipped_records(definitions, records):
    """A record that a rule leaves out is told as skipped."""
    rule = Rule(source="dateOfBirth", to="dateOfBirth", transforms=["any_date"], on_error="skip_record")
    seen = preview(compiled(document(rule), definitions), None, RecordKind.CONTACT, records)

    assert [False, False, False, True] == [row.skipped for row in seen.rows]


def test_preview_names_custom_and_further_fields(definitions, ada):
    """Changes are told field by field, custom fields and paths too."""
    rules = [
        Rule(source="lastName", to="custom.f1", direction="in"),
        Rule(source="lastName", to="extra.x", direction="in"),
    ]
    seen = preview(compiled(document(*rules), definitions), None, RecordKind.CONTACT, [ada])

    assert {"custom.f1", "extra.x"} == {change.field for change in seen.rows[0].changes}
