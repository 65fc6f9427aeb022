"""Merging holds its promises for any three records."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from invoco.domain.conflicts import ConflictRule, ConflictRules
from invoco.domain.fields import SETS, fields_of, same
from invoco.highlevel.records import Contact, CustomFieldValue, Note, Task
from invoco.sync.merge import HIGHLEVELS, Moments, merge

NAMES = {"name", "firstName", "lastName"}

few = st.none() | st.sampled_from(["", "a", "b", "ab", "5", " "])
sets = st.lists(st.sampled_from("abcd"), max_size=4)
values = (
    few
    | st.booleans()
    | st.integers(4, 6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(st.sampled_from(["a", "b", "5", 5, 1, True, 1.0]), max_size=3)
    | st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=2)
)
parts = st.dictionaries(st.sampled_from(["", "SMS", "a.b", "all"]), values, max_size=3)
switches = st.none() | st.booleans()
fields = st.lists(
    st.builds(CustomFieldValue, id=st.sampled_from(["", "f", "g", "h"]), value=values),
    max_size=3,
    unique_by=lambda item: item.id,
)
contacts = st.builds(
    Contact,
    id=st.just("c"),
    name=few,
    first_name=few,
    last_name=few,
    city=few,
    dnd=switches,
    additional_emails=sets,
    tags=sets,
    followers=sets,
    dnd_settings=parts,
    custom_fields=fields,
    date_updated=few,
    extra=parts,
)
tasks = st.builds(Task, id=st.just("t"), contact_id=few, title=few, due_date=few, completed=switches, extra=parts)
notes = st.builds(Note, id=st.just("n"), contact_id=few, body=few, pinned=switches, date_added=few, extra=parts)


def three(records):
    """A base, or none, and two sides."""
    return st.tuples(st.none() | records, records, records)


triples = three(contacts) | three(tasks) | three(notes)
rules = st.builds(
    ConflictRules,
    default=st.sampled_from(ConflictRule),
    fields=st.dictionaries(
        st.sampled_from(["city", "customFields", "customFields.f", "title"]), st.sampled_from(ConflictRule), max_size=2
    ),
)
moments = st.none() | st.builds(Moments, theirs=st.integers(0, 2), ours=st.integers(0, 2))


def differing(one, other, *, but=frozenset()):
    """The fields in which two records differ, but those."""
    left, right = fields_of(one), fields_of(other)
    names = left.keys() | right.keys()
    return {name for name in names - but if not same(name, left.get(name), right.get(name))}


@given(triples, rules, moments)
def test_merging_is_total_and_deterministic(sides, rules, moments):
    """Any three records become one, and the same one every time."""
    once = merge(*sides, rules=rules, moments=moments)

    assert once == merge(*sides, rules=rules, moments=moments)
    assert once.record.id == sides[1].id


@given(triples, rules, moments)
def test_what_was_merged_is_agreed_on(sides, rules, moments):
    """Merged again with what HighLevel has since, nothing changes and nothing clashes."""
    _, theirs, _ = sides
    once = merge(*sides, rules=rules, moments=moments)
    again = merge(theirs, theirs, once.record, rules=rules, moments=moments)

    assert (once.record, ()) == (again.record, again.clashes)


@given(triples, rules, moments)
def test_what_was_merged_and_sent_is_the_same_on_both_sides(sides, rules, moments):
    """When HighLevel has taken it, it stays as it is here."""
    _, theirs, _ = sides
    once = merge(*sides, rules=rules, moments=moments)
    again = merge(theirs, once.record, once.record, rules=rules, moments=moments)

    assert (once.record, ()) == (again.record, again.clashes)


@given(triples, st.sampled_from(sorted(set(ConflictRule) - {ConflictRule.UNION})), moments)
def test_merging_twice_is_merging_once(sides, rule, moments):
    """The same news of HighLevel, told again, changes nothing more."""
    base, theirs, _ = sides
    rules = ConflictRules(default=rule)
    once = merge(*sides, rules=rules, moments=moments)
    again = merge(base, theirs, once.record, rules=rules, moments=moments)

    assert set() == differing(once.record, again.record)


@pytest.mark.parametrize("rule", [ConflictRule.LONGEST, ConflictRule.UNION])
@given(triples)
def test_no_side_is_better(rule, sides):
    """By these rules the sides may be swapped, but for the fields that HighLevel alone decides."""
    base, theirs, ours = sides
    rules = ConflictRules(default=rule)
    there, here = (merge(base, *pair, rules=rules) for pair in ((theirs, ours), (ours, theirs)))

    assert set() == differing(there.record, here.record, but=HIGHLEVELS)
    assert [clash.field for clash in there.clashes] == [clash.field for clash in here.clashes]


@given(triples, rules)
def test_tags_and_followers_look_at_no_side(sides, rules):
    """Under any rule they may be swapped."""
    base, theirs, ours = sides
    there, here = (merge(base, *pair, rules=rules) for pair in ((theirs, ours), (ours, theirs)))

    assert set() == SETS & differing(there.record, here.record)


@given(three(contacts), rules)
def test_tags_and_followers_are_added_and_removed(sides, rules):
    """What both have stays; what one has stays if it is new, and goes if the other removed it."""
    base, theirs, ours = ({name: set(fields_of(side).get(name, ())) for name in SETS} for side in sides)
    merged = fields_of(merge(*sides, rules=rules).record)

    for name in SETS:
        expected = (theirs[name] & ours[name]) | (theirs[name] - base[name]) | (ours[name] - base[name])
        assert expected == set(merged.get(name, ()))


@given(triples, st.sampled_from(sorted(set(ConflictRule) - {ConflictRule.UNION})), moments)
def test_no_value_is_invented(sides, rule, moments):
    """Every value is that of a side; elements of sets are, and a name may be made of its parts."""
    told = [fields_of(side) for side in sides[1:]]
    merged = fields_of(merge(*sides, rules=ConflictRules(default=rule), moments=moments).record)

    for name, value in merged.items():
        if name in SETS:
            assert set(value) <= {item for side in told for item in side.get(name, ())}
        elif name != "name":
            assert any(value == side.get(name) for side in told)


@given(three(contacts))
def test_a_union_has_what_the_sides_have(sides):
    """Every element of a joined list is in one of the lists, and nothing of either is missing."""
    told = [fields_of(side) for side in sides[1:]]
    merged = merge(*sides, rules=ConflictRules(default=ConflictRule.UNION))

    for clash in merged.clashes:
        if isinstance(clash.theirs, list) and isinstance(clash.ours, list):
            chosen = fields_of(merged.record)[clash.field]
            assert all(item in chosen for side in told for item in side[clash.field])
            assert all(any(item in side[clash.field] for side in told) for item in chosen)


@given(triples, rules)
def test_a_change_of_one_side_is_kept(sides, rules):
    """Where one side left a field as it was, the other's value stands, and nobody is asked."""
    base, theirs, ours = (fields_of(side) for side in sides)
    merged = merge(*sides, rules=rules)
    became, clashed = fields_of(merged.record), {clash.field for clash in merged.clashes}

    for name in (base.keys() | theirs.keys() | ours.keys()) - HIGHLEVELS - SETS - NAMES:
        was, there, here = base.get(name), theirs.get(name), ours.get(name)
        if was in (there, here):
            assert (there if was == here else here) == became.get(name)
        assert (name in clashed) == (len([each for each in (there, here) if each != was]) == 2 and there != here)


@given(triples, rules)
def test_fields_of_highlevel_are_as_it_has_them(sides, rules):
    """No rule takes them from this side."""
    merged = merge(*sides, rules=rules)

    assert set() == HIGHLEVELS & differing(sides[1], merged.record)
    assert set() == HIGHLEVELS & {clash.field for clash in merged.clashes}


@given(three(contacts), rules)
def test_a_name_belongs_to_its_parts(sides, rules):
    """The whole is a side's for these very parts, or is made of them."""
    merged = fields_of(merge(*sides, rules=rules).record)
    whole, first, last = (merged.get(name) for name in ("name", "firstName", "lastName"))
    told = [fields_of(side) for side in sides[1:]]
    spelled = [side.get("name") for side in told if (side.get("firstName"), side.get("lastName")) == (first, last)]

    assert whole in (spelled or [" ".join(part.strip() for part in (first, last) if part and part.strip()) or None])
