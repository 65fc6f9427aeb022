"""What a search for contacts promises (facts 4), the look-ups by key, and the listing of the newest."""
# ruff: noqa: S101, FBT001 - these are tests, kept here so that every database can subclass them

from __future__ import annotations

import itertools
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from invoco.domain.errors import BadRequest
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.search import Condition, ContactSearch, Group, Sort
from invoco.highlevel.clock import iso
from invoco.highlevel.records import Business, Contact, CustomFieldValue
from invoco.store.database import Database
from invoco.testing.search_reference import FIELDS, meets
from invoco.testing.shelf_promises import put

_WORDS = st.sampled_from(["", "a", "Ada", "ADA", "ä", "Ä%", "b_", "x/y", "Öl", "1", "Ж", "ж", "true", "null", "a.b"])
_NUMBERS = st.sampled_from([0, 1, -1, 1.5, 2**53, 1e300, 0.1])
_DAYS = st.sampled_from(["1969-12-31", "1970-01-01", "2025-01-02", "2025-01-03"])
_MOMENTS = st.integers(0, 5).map(lambda n: iso(1_735_776_000_000 + n * 43_200_000))
_SINGLE = _WORDS | _NUMBERS | st.booleans() | _DAYS
_CUSTOM = st.one_of(
    st.none(), _SINGLE, st.lists(_SINGLE | st.none(), max_size=3), st.dictionaries(st.just("o1"), _SINGLE, max_size=1)
)


def _maybe(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | texts


_CONTACTS = st.builds(
    Contact,
    id=st.uuids().map(str),
    name=_maybe(_WORDS), first_name=_maybe(_WORDS), email=_maybe(_WORDS), city=_maybe(_WORDS),
    company_name=_maybe(_WORDS), phone=_maybe(_WORDS), assigned_to=_maybe(_WORDS), country=_maybe(_WORDS),
    date_added=_maybe(_MOMENTS), date_of_birth=_maybe(_DAYS),
    dnd=st.none() | st.booleans(),
    tags=st.lists(_WORDS.map(str.lower).filter(bool), max_size=3),
    followers=st.lists(_WORDS, max_size=2),
    custom_fields=st.tuples(
        st.builds(CustomFieldValue, id=st.just("f1"), value=_CUSTOM),
        st.builds(CustomFieldValue, id=st.just("f2"), value=_CUSTOM),
    ).map(list),
    dnd_settings=st.sampled_from([{}, {"Email": {"status": "active"}}, {"Email": {"status": "inactive"}}]),
    extra=st.sampled_from([{}, {"validEmail": True}, {"validEmail": False}]),
)  # fmt: skip
_BOUNDS = st.dictionaries(
    st.sampled_from(["gt", "gte", "lt", "lte"]),
    st.sampled_from([0, 1, -86_400_000, 1_735_776_000_000, 1_735_819_200_000]),
    min_size=1,
    max_size=2,
)
_NAMES = st.sampled_from(FIELDS)
_LEAVES = st.one_of(
    st.builds(Condition, _NAMES, st.sampled_from(["eq", "not_eq"]), _SINGLE),
    st.builds(Condition, _NAMES, st.sampled_from(["contains", "not_contains"]), _WORDS.filter(bool)),
    st.builds(Condition, _NAMES, st.sampled_from(["exists", "not_exists"])),
    st.builds(Condition, _NAMES, st.just("range"), _BOUNDS),
)
_GROUPS = st.recursive(
    _LEAVES,
    lambda parts: st.builds(Group, st.sampled_from(["AND", "OR"]), st.lists(parts, max_size=3).map(tuple)),
    max_leaves=5,
)

PEOPLE = (
    Contact(id="p1", name="Ada Lovelace", first_name="Ada", email="ada@x.org", company_name="Engines", business_id="b2",
            source="web", date_added="2025-01-01T00:00:00.000Z", date_updated="2025-02-03T00:00:00.000Z", dnd=True),
    Contact(id="p2", name="Åsa", first_name="Åsa", phone="+46701234567", business_id="b1", source="Fair",
            date_added="2025-01-02T00:00:00.000Z", date_updated="2025-02-02T00:00:00.000Z", dnd=False),
    Contact(id="p3", name="bob", first_name="bob", last_name="Zed", email="Bob@x.org",
            date_added="2025-01-02T00:00:00.000Z", date_updated="2025-02-01T00:00:00.000Z"),
    Contact(id="P4", last_name="Aa", email="ada@x.org", additional_emails=["Bob@X.org"],
            additional_phones=["+46701234567"]),
)  # fmt: skip


class _WithPeople:
    @pytest.fixture
    async def people(self, store: Database, location_id: str) -> str:
        """A location with four contacts and two businesses."""
        await put(store, location_id, RecordKind.CONTACT, *PEOPLE)
        await put(
            store, location_id, RecordKind.BUSINESS, Business(id="b1", name="Alpha"), Business(id="b2", name="beta")
        )
        return location_id


class SearchPromises(_WithPeople):
    """The search."""

    @settings(max_examples=120, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(contacts=st.lists(_CONTACTS, min_size=1, max_size=6), part=_GROUPS)
    async def test_search_finds_what_plain_python_finds(
        self, store: Database, contacts: list[Contact], part: Condition | Group
    ) -> None:
        """Every operator on every kind of field means the same on every database."""
        location_id = new_id()
        await put(store, location_id, RecordKind.CONTACT, *contacts)
        search = ContactSearch(location_id=location_id, page_limit=10, filter=Group("AND", (part,)))

        async with store.reading() as session:
            page = await session.contacts.search(search)
        expected = {contact.id for contact in contacts if meets(contact, part)}
        assert (expected, len(expected)) == ({contact.id for contact in page.contacts}, page.total)

    @pytest.mark.parametrize(
        ("sort", "ids"),
        [
            ((), "p3 p2 p1 P4"),
            ((Sort("dateAdded"),), "P4 p1 p2 p3"),
            ((Sort("dateUpdated", descending=True),), "p1 p2 p3 P4"),
            ((Sort("email"),), "p2 P4 p1 p3"),
            ((Sort("firstNameLowerCase"),), "P4 p1 p3 p2"),
            ((Sort("lastNameLowerCase", descending=True),), "p3 P4 p2 p1"),
            ((Sort("source", descending=True),), "p1 p2 p3 P4"),
            ((Sort("businessName"),), "P4 p3 p2 p1"),
            ((Sort("dnd", descending=True), Sort("dateAdded")), "p1 P4 p2 p3"),
            ((Sort("email", descending=True), Sort("dateAdded", descending=True)), "p3 p1 P4 p2"),
        ],
    )
    async def test_every_sort_can_be_walked(
        self, store: Database, people: str, sort: tuple[Sort, ...], ids: str
    ) -> None:
        """One row at a time by `searchAfter`, and page by page, each contact comes once, in the order of the sort."""
        search = ContactSearch(location_id=people, page_limit=1, sort=sort)
        walked, paged = [], []
        async with store.reading() as session:
            for number in range(1, 5):
                page = await session.contacts.search(search)
                walked += [contact.id for contact in page.contacts]
                search = msgspec.structs.replace(search, after=page.cursors[-1])
                by_number = ContactSearch(location_id=people, page_limit=1, sort=sort, page=number)
                paged += [contact.id for contact in (await session.contacts.search(by_number)).contacts]
            last = await session.contacts.search(search)
        assert (ids, ids) == (" ".join(walked), " ".join(paged))
        assert (last.contacts, last.total) == ([], 4)

    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("LOVE", ["p1"]),
            ("bob@", ["p3"]),
            ("engine", ["p1"]),
            ("(070) 123-45", []),
            ("+46 70", ["p2"]),
            ("åsa", ["p2"]),
        ],
    )
    async def test_free_text(self, store: Database, people: str, query: str, ids: list[str]) -> None:
        """Within name, e-mail, company and phone."""
        async with store.reading() as session:
            page = await session.contacts.search(ContactSearch(location_id=people, page_limit=9, query=query))
        assert ids == [contact.id for contact in page.contacts]

    async def test_business_name_is_searched(self, store: Database, people: str) -> None:
        """The name lives with the business, not with the contact."""
        found = Group("AND", (Condition("businessName", "contains", "ALP"),))
        async with store.reading() as session:
            page = await session.contacts.search(ContactSearch(location_id=people, page_limit=9, filter=found))
        assert [contact.id for contact in page.contacts] == ["p2"]

    @pytest.mark.parametrize(
        "part",
        [
            Condition("additional_phones", "exists"),
            Condition("customFields", "exists"),
            Condition('customFields.a"b', "exists"),
            Condition("city", "wildcard", "x"),
            Condition("dateAdded", "not_range", {"gt": 1}),
            Condition("dateAdded", "range", "2025"),
            Condition("dateAdded", "range", {}),
            Condition("dateAdded", "range", {"around": 1}),
            Condition("dateAdded", "range", {"gt": "soon"}),
            Condition("dateAdded", "range", {"gt": float("nan")}),
        ],
    )
    async def test_what_makes_no_sense_is_refused(self, store: Database, location_id: str, part: Condition) -> None:
        """Unknown fields, operators and ranges."""
        async with store.reading() as session:
            with pytest.raises(BadRequest):
                await session.contacts.search(
                    ContactSearch(location_id=location_id, page_limit=1, filter=Group("AND", (part,)))
                )

    @pytest.mark.parametrize(
        ("sort", "after"),
        [
            ((Sort("phone"),), None),
            ((), (1,)),
            ((), ("1", "a")),
            ((), (1, 2)),
            ((Sort("email"),), (None, "a")),
            ((Sort("email"),), (1.5, "a")),
        ],
    )
    async def test_cursor_of_another_sort_is_refused(
        self, store: Database, location_id: str, sort: tuple[Sort, ...], after: tuple[Any, ...] | None
    ) -> None:
        """As is a sort by a field that cannot be sorted by."""
        async with store.reading() as session:
            with pytest.raises(BadRequest):
                await session.contacts.search(
                    ContactSearch(location_id=location_id, page_limit=1, sort=sort, after=after)
                )

    @pytest.mark.parametrize("bound", [10**30, -(10**30), 1e300, 1.5])
    async def test_any_number_may_bound_a_range(self, store: Database, people: str, bound: float) -> None:
        """Also one that no column could hold."""
        parts = tuple(Condition(name, "range", {"lte": bound}) for name in ("dateAdded", "customFields.f1"))
        async with store.reading() as session:
            page = await session.contacts.search(
                ContactSearch(location_id=people, page_limit=9, filter=Group("OR", parts))
            )
        assert page.total == (3 if bound > 2 else 0)

    @pytest.mark.parametrize("field", ["dateAdded", "city", "tags", "customFields.f1", "dnd"])
    @pytest.mark.parametrize("value", [None, [1], {"a": 1}, "", 10**30])
    async def test_a_value_that_cannot_be_equals_nothing(
        self, store: Database, people: str, field: str, value: Any
    ) -> None:
        """It is no error either."""
        found = Group("AND", (Condition(field, "eq", value),))
        async with store.reading() as session:
            page = await session.contacts.search(ContactSearch(location_id=people, page_limit=9, filter=found))
        assert page.total == 0

    @pytest.mark.parametrize("field", ["dnd", "dateAdded", "dateOfBirth"])
    async def test_what_is_no_text_contains_nothing(self, store: Database, people: str, field: str) -> None:
        """It is no error either."""
        found = Group("AND", (Condition(field, "contains", "2"),))
        async with store.reading() as session:
            page = await session.contacts.search(ContactSearch(location_id=people, page_limit=9, filter=found))
        assert page.total == 0

    @pytest.mark.parametrize("field", ["dnd", "city", "tags", "contactName"])
    async def test_what_is_no_instant_is_within_nothing(self, store: Database, people: str, field: str) -> None:
        """Only dates and numbers have an order."""
        found = Group("AND", (Condition(field, "range", {"gt": -1}),))
        async with store.reading() as session:
            page = await session.contacts.search(ContactSearch(location_id=people, page_limit=9, filter=found))
        assert page.total == 0

    @pytest.mark.parametrize(
        ("value", "there"),
        [(None, 0), ("", 0), ([], 0), ({}, 0), ("x", 1), (0, 1), (False, 1), (["a"], 1), ({"o1": {"url": "u"}}, 1)],
    )
    async def test_custom_field_exists(self, store: Database, location_id: str, value: Any, there: int) -> None:
        """A field with an empty value does not; a file does."""
        fields = [CustomFieldValue(id="f0", value="other"), CustomFieldValue(id="f1", value=value)]
        await put(store, location_id, RecordKind.CONTACT, Contact(id="c1", custom_fields=fields))

        async with store.reading() as session:
            exists, does_not = [
                await session.contacts.search(
                    ContactSearch(
                        location_id=location_id,
                        page_limit=9,
                        filter=Group("AND", (Condition("customFields.f1", operator),)),
                    )
                )
                for operator in ("exists", "not_exists")
            ]
        assert (exists.total, does_not.total) == (there, 1 - there)

    async def test_total_follows_every_write(self, store: Database, location_id: str) -> None:
        """A total that is remembered is never an old one."""
        search = ContactSearch(location_id=location_id, page_limit=1)
        totals = []
        for number in range(3):
            await put(store, location_id, RecordKind.CONTACT, Contact(id=str(number)))
            async with store.reading() as session:
                totals += [(await session.contacts.search(search)).total for _ in range(2)]
        async with store.transaction() as session:
            await session.contacts.delete(location_id, ["0"])
            totals.append((await session.contacts.search(search)).total)
        assert totals == [1, 1, 2, 2, 3, 3, 2]

    async def test_many_totals_are_remembered(self, store: Database, people: str) -> None:
        """More of them than are kept."""
        async with store.reading() as session:
            totals = [
                (await session.contacts.search(ContactSearch(location_id=people, page_limit=1, query=str(n)))).total
                for n in itertools.chain(range(110), range(3))
            ]
        assert totals[:3] == totals[-3:]


class LookUpPromises(_WithPeople):
    """Look-ups by key, and lists."""

    @pytest.mark.parametrize(
        ("email", "additional", "ids"),
        [
            ("ADA@x.org", True, ["P4", "p1"]),
            ("bob@x.org", True, ["P4", "p3"]),
            ("bob@x.org", False, ["p3"]),
            ("", True, []),
            ("nobody@x.org", True, []),
        ],
    )
    async def test_with_email(
        self,
        store: Database,
        people: str,
        email: str,
        additional: bool,
        ids: list[str],
    ) -> None:
        """Without regard to case, oldest first."""
        async with store.reading() as session:
            found = await session.contacts.with_email(people, email, additional=additional)
        assert ids == [contact.id for contact in found]

    @pytest.mark.parametrize(("additional", "ids"), [(True, ["P4", "p2"]), (False, ["p2"])])
    async def test_with_phone(
        self,
        store: Database,
        people: str,
        additional: bool,
        ids: list[str],
    ) -> None:
        """Additional phones only if asked."""
        async with store.reading() as session:
            found = await session.contacts.with_phone(people, "+46701234567", additional=additional)
        assert ids == [contact.id for contact in found]

    async def test_additional_keys_follow_the_contact(self, store: Database, people: str) -> None:
        """A key that was removed, or whose contact was, is not found any more."""
        await put(store, people, RecordKind.CONTACT, Contact(id="P4", additional_emails=["new@x.org"]))
        async with store.transaction() as session:
            before = await session.contacts.with_email(people, "new@x.org")
            await session.contacts.delete(people, ["P4"])

        async with store.reading() as session:
            assert [contact.id for contact in before] == ["P4"]
            assert await session.contacts.with_email(people, "new@x.org") == []
            assert [contact.id for contact in await session.contacts.with_email(people, "bob@x.org")] == ["p3"]

    async def test_newest_can_be_walked(self, store: Database, people: str) -> None:
        """By the instant and id of the last row (facts 3.2)."""
        async with store.reading() as session:
            first, total = await session.contacts.newest(people, limit=2)
            rest, _ = await session.contacts.newest(people, limit=9, after=(1_735_776_000_000, first[-1].id))
        assert ([row.id for row in first], [row.id for row in rest], total) == (["p3", "p2"], ["p1", "P4"], 4)

    async def test_contacts_of_a_business(self, store: Database, people: str) -> None:
        """A page of them and how many there are."""
        await put(store, people, RecordKind.CONTACT, *(Contact(id=f"e{n}", business_id="b1", name="Eve") for n in "12"))
        async with store.reading() as session:
            page, total = await session.contacts.of_business(people, "b1", limit=1, skip=1)
            eves, named = await session.contacts.of_business(people, "b1", limit=9, skip=0, query="EVE")
        assert ([row.id for row in page], total) == (["e2"], 3)
        assert ([row.id for row in eves], named) == (["e2", "e1"], 2)
