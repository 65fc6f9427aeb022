"""What both sides changed is brought together, and a rule decides where they clash."""

import pytest
from msgspec.structs import replace

from invoco.domain.conflicts import ConflictRule, ConflictRules
from invoco.domain.fields import differing_fields, fields_of
from invoco.highlevel.records import Contact, CustomFieldValue, Note, Task
from invoco.sync.merge import Clash, Merged, Moments, as_sent, merge

BASE = Contact(
    id="c", name="Ada Lovelace", first_name="Ada", last_name="Lovelace", email="ada@example.com", city="Rome",
    tags=["a", "b"], followers=["u1", "u2"], date_updated="2026-01-01T00:00:00.000Z",
)  # fmt: skip
DEFAULT = ConflictRules()


def by(rule, **fields):
    """That rule for all fields but these."""
    return ConflictRules(default=ConflictRule(rule), fields={name: ConflictRule(each) for name, each in fields.items()})


def cities(base, theirs, ours, rule, moments=None):
    """The city that the sides agree on."""
    sides = [Contact(id="c", city=city) for city in (base, theirs, ours)]
    return merge(*sides, rules=by(rule), moments=moments).record.city


def choices(theirs, ours, rule, base=None):
    """The value of the custom field that the sides agree on."""
    sides = [Contact(id="c", custom_fields=[CustomFieldValue("f", value)]) for value in (base, theirs, ours)]
    return fields_of(merge(*sides, rules=by(rule)).record).get("customFields.f")


def test_nothing_changed():
    """Three equal records are that record."""
    assert Merged(record=BASE) == merge(BASE, BASE, BASE, rules=DEFAULT)


def test_only_highlevel_changed():
    """HighLevel's record is taken whole."""
    theirs = replace(BASE, city=None, email="ada@example.org", extra={"new": 1}, date_updated="later")

    assert Merged(record=theirs) == merge(BASE, theirs, BASE, rules=by("invoco"))


def test_only_invoco_changed():
    """Ours is kept, cleared fields too."""
    ours = replace(BASE, city=None, website="example.com", tags=["b"], custom_fields=[CustomFieldValue("f", 1)])

    assert Merged(record=ours) == merge(BASE, BASE, ours, rules=DEFAULT)


def test_each_changed_another_field():
    """Both changes are kept, and nobody is asked."""
    theirs, ours = replace(BASE, city="Turin"), replace(BASE, email=None)

    assert Merged(record=replace(BASE, city="Turin", email=None)) == merge(BASE, theirs, ours, rules=by("ask"))


def test_both_changed_to_the_same():
    """A change that both made is no clash."""
    changed = replace(BASE, city="Turin")
    theirs = replace(changed, date_updated="later")

    assert Merged(record=theirs) == merge(BASE, theirs, changed, rules=by("ask"))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("highlevel", "Bari"), ("invoco", "Palermo"), ("longest", "Palermo"), ("union", "Palermo"), ("ask", "Palermo")],
)
def test_both_changed_differently(rule, expected):
    """The rule decides; what is asked stays as it is here until somebody chooses."""
    assert expected == cities("Rome", "Bari", "Palermo", rule)


@pytest.mark.parametrize(
    ("theirs_at", "ours_at", "expected"), [(1, 2, "Palermo"), (2, 1, "Bari"), (1, 1, "Bari"), (0, 0, "Bari")]
)
def test_the_newest_wins(theirs_at, ours_at, expected):
    """What was written later is taken, HighLevel's value if neither was."""
    assert expected == cities("Rome", "Bari", "Palermo", "newest", Moments(theirs=theirs_at, ours=ours_at))


def test_the_newest_without_moments_is_theirs():
    """Where no moment is known, HighLevel's value is taken."""
    assert cities("Rome", "Bari", "Palermo", "newest") == "Bari"


@pytest.mark.parametrize("rule", ["longest", "union"])
@pytest.mark.parametrize(("theirs", "ours"), [(None, "Bari"), ("Bari", None)])
def test_any_value_before_none(rule, theirs, ours):
    """A value that one side changed and the other cleared is kept."""
    assert cities("Rome", theirs, ours, rule) == "Bari"


@pytest.mark.parametrize(("rule", "expected"), [("highlevel", None), ("invoco", "Bari"), ("ask", "Bari")])
def test_clearing_is_a_change(rule, expected):
    """A side that is to win wins with nothing too."""
    assert expected == cities("Rome", None, "Bari", rule)


@pytest.mark.parametrize(("one", "other"), [("abc", "abd"), (5, "5"), (["a"], '["a"]'), (0, None)])
def test_longest_looks_at_no_side(one, other):
    """Of two values that are as long the same is taken, whichever side has it."""
    first, second = choices(one, other, "longest"), choices(other, one, "longest")

    assert (type(first), first) == (type(second), second)


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        (["b", "a"], ["c", "a"], ["a", "b", "c"]),
        (["a", "a"], ["b"], ["a", "b"]),
        ([{"x": 1}], [{"y": 2}, {"x": 1}], [{"x": 1}, {"y": 2}]),
        ([5], ["5"], [5, "5"]),
        (["a"], "abcdef", "abcdef"),
    ],
)
def test_union_has_what_either_has(theirs, ours, expected):
    """Lists are joined, each element once; other values are as for `longest`."""
    assert expected == choices(theirs, ours, "union")
    assert expected == choices(ours, theirs, "union")


def test_a_clash_tells_all_about_it():
    """The field, the three values, the rule and what was chosen."""
    theirs, ours = replace(BASE, city="Bari"), replace(BASE, city="Palermo")
    expected = Clash(field="city", base="Rome", theirs="Bari", ours="Palermo", rule=ConflictRule.ASK, chosen="Palermo")

    assert (expected,) == merge(BASE, theirs, ours, rules=by("ask")).clashes


def test_clashes_come_by_the_alphabet():
    """One for each field."""
    theirs, ours = replace(BASE, email="x", city="Bari"), replace(BASE, email="y", city="Palermo")

    assert ["city", "email"] == [clash.field for clash in merge(BASE, theirs, ours, rules=DEFAULT).clashes]


def test_each_field_has_its_rule():
    """One custom field's own rule goes before that of all custom fields, and that before the default."""
    rules = ConflictRules(
        default=ConflictRule.HIGHLEVEL,
        fields={"customFields": ConflictRule.INVOCO, "customFields.f": ConflictRule.HIGHLEVEL},
    )
    theirs, ours = (
        Contact(id="c", city=side, custom_fields=[CustomFieldValue("f", side), CustomFieldValue("g", side)])
        for side in ("theirs", "ours")
    )
    merged = fields_of(merge(None, theirs, ours, rules=rules).record)

    assert {"city": "theirs", "customFields.f": "theirs", "customFields.g": "ours"} == merged


def test_channels_are_fields():
    """What each side says of another channel is kept."""
    theirs = Contact(id="c", dnd_settings={"SMS": {"status": "active"}})
    ours = Contact(id="c", dnd_settings={"Email": {"status": "active"}})

    assert {**theirs.dnd_settings, **ours.dnd_settings} == merge(None, theirs, ours, rules=DEFAULT).record.dnd_settings


def test_without_a_base_what_one_side_has_is_kept():
    """Where both never agreed, nothing counts as cleared."""
    theirs, ours = Contact(id="c", city="Rome", tags=["a"]), Contact(id="c", email="ada@example.com", tags=["b"])
    expected = Contact(id="c", city="Rome", email="ada@example.com", tags=["a", "b"])

    assert Merged(record=expected) == merge(None, theirs, ours, rules=by("ask"))


@pytest.mark.parametrize("field", ["tags", "followers"])
@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        (["a", "b", "c"], ["a", "b", "d"], ["a", "b", "c", "d"]),
        (["a"], ["b"], []),
        (["a", "b"], ["b"], ["b"]),
        (["a", "b", "c"], ["b", "c"], ["b", "c"]),
        ([], ["a", "b", "d"], ["d"]),
        (["b", "a"], ["a", "b"], ["b", "a"]),
    ],
)
@pytest.mark.parametrize("rule", list(ConflictRule))
def test_tags_and_followers_never_clash(field, theirs, ours, expected, rule):
    """What either side added is there, what either side removed is not, whatever the rule."""
    base, there, here = (Contact.from_wire({"id": "c", field: items}) for items in (["a", "b"], theirs, ours))

    assert Merged(record=Contact.from_wire({"id": "c", field: expected})) == merge(base, there, here, rules=by(rule))


def names(contact):
    """The name and its parts."""
    return contact.name, contact.first_name, contact.last_name


def test_the_name_follows_its_parts():
    """A first name from there and a last name from here make a name that neither side has."""
    theirs = replace(BASE, name="Augusta Lovelace", first_name="Augusta")
    ours = replace(BASE, name="Ada Byron", last_name="Byron")
    merged = merge(BASE, theirs, ours, rules=by("ask"))

    assert (("Augusta Byron", "Augusta", "Byron"), ()) == (names(merged.record), merged.clashes)


@pytest.mark.parametrize(("rule", "expected"), [("highlevel", "Lady Ada King"), ("invoco", "Ada, née Byron")])
def test_the_name_comes_from_the_side_that_has_the_parts(rule, expected):
    """Where one side has these very parts, its spelling of the whole is taken, and only the part clashes."""
    theirs = replace(BASE, name="Lady Ada King", last_name="King")
    ours = replace(BASE, name="Ada, née Byron", last_name="Byron")
    merged = merge(BASE, theirs, ours, rules=by(rule))

    assert (expected, ["lastName"]) == (merged.record.name, [clash.field for clash in merged.clashes])


def test_a_name_without_parts_is_cleared():
    """When each side cleared a part, nothing is left of the whole."""
    theirs, ours = replace(BASE, name="Lovelace", first_name=None), replace(BASE, name="Ada", last_name=None)

    assert (None, None, None) == names(merge(BASE, theirs, ours, rules=DEFAULT).record)


@pytest.mark.parametrize("base", [BASE, replace(BASE, first_name="A."), None])
def test_the_name_is_a_field_where_its_parts_agree(base):
    """Two spellings of the whole clash like any field when both sides have the same parts."""
    theirs, ours = replace(BASE, name="A. Lovelace"), replace(BASE, name="Lady Lovelace")
    merged = merge(base, theirs, ours, rules=by("invoco"))

    assert ("Lady Lovelace", ["name"]) == (merged.record.name, [clash.field for clash in merged.clashes])


def test_some_fields_are_highlevels():
    """Dates, the location and additional addresses are as HighLevel has them, whatever the rule."""
    theirs = replace(BASE, date_updated="theirs", location_id="there", additional_emails=["x"], city="Bari")
    ours = replace(BASE, date_updated="ours", location_id="here", additional_phones=["1"], city="Palermo")
    merged = merge(BASE, theirs, ours, rules=by("invoco"))

    assert replace(theirs, city="Palermo") == merged.record
    assert ["city"] == [clash.field for clash in merged.clashes]


@pytest.mark.parametrize("kind", [Task, Note])
def test_tasks_and_notes_are_merged_too(kind):
    """Each side's change is kept, and the contact is HighLevel's."""
    base, theirs, ours = (
        kind(id="x", contact_id=contact, title=title, body=body)
        for contact, title, body in (("c", "t", "b"), ("d", "T", "b"), ("e", "t", "B"))
    )

    assert kind(id="x", contact_id="d", title="T", body="B") == merge(base, theirs, ours, rules=DEFAULT).record


def test_new_custom_fields_come_by_the_alphabet():
    """Whatever order the sides have, what is added comes in one order."""
    ours = replace(BASE, custom_fields=[CustomFieldValue(each, each) for each in "hgfiekj"])
    merged = merge(BASE, replace(BASE, city="Bari"), ours, rules=DEFAULT).record

    assert list("efghijk") == [item.id for item in merged.custom_fields]


def test_as_sent_is_what_highlevel_was_told():
    """The fields that were sent are set, and others stay as they were agreed on."""
    wished = replace(BASE, city="Bari", email="other", first_name="Augusta", name="Augusta Lovelace")
    agreed = as_sent(BASE, wished, {"city": "Bari"})

    assert replace(BASE, city="Bari") == agreed


@pytest.mark.parametrize("sent", ["name", "firstName", "lastName"])
def test_as_sent_takes_the_name_as_a_whole(sent):
    """Whichever part was sent, the whole name counts as told."""
    wished = replace(BASE, first_name="Augusta", last_name="King", name="Augusta King")
    agreed = as_sent(BASE, wished, {sent: fields_of(wished)[sent]})

    assert [] == differing_fields(wished, agreed)
