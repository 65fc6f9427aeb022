"""Which contact is meant by an e-mail or a phone."""

import pytest

from invoco.domain.errors import BadRequest, DuplicateContact
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact

HERE = "location-of-the-tests"
PHONE, OTHER_PHONE = "+12125550123", "+12125550199"


async def additional(desk, **fields):
    """A contact with additional e-mails or phones, which only an import can bring."""
    contact = Contact(id="imported", location_id=HERE, date_added="2020-01-01T00:00:00.000Z", **fields)
    await desk.put(RecordKind.CONTACT, contact)
    return contact


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({"email": "Ada@example.com"}, {"email": "ada@EXAMPLE.com"}, "email"),
        ({"phone": PHONE}, {"phone": "212 555 0123"}, "phone"),
        ({"email": "a@example.com", "phone": PHONE}, {"email": "a@example.com", "phone": PHONE}, "email"),
    ],
)
async def test_create_of_a_duplicate(desk, first, second, field):
    """The refusal names the contact that exists and the field that matched."""
    existing = await desk.create(name="Ada King", **first)
    with pytest.raises(DuplicateContact) as refused:
        await desk.create(**second)

    error = refused.value
    assert (existing.id, "Ada King", field) == (error.existing_id, error.contact_name, error.matching_field)


async def test_location_may_match_by_phone_first(desk):
    """The order is the location's."""
    await desk.settings(contactUniqueIdentifiers=["phone", "email", "colour"])
    await desk.create(email="a@example.com", phone=PHONE)
    with pytest.raises(DuplicateContact) as refused:
        await desk.create(email="a@example.com", phone=PHONE)

    assert refused.value.matching_field == "phone"


async def test_location_may_match_by_one_field_only(desk):
    """The second field is optional."""
    await desk.settings(contactUniqueIdentifiers=["email"])
    await desk.create(phone=PHONE)

    assert (await desk.create(phone=PHONE)).phone == PHONE


async def test_create_matches_additional_emails(desk):
    """A person is known by each of their e-mails."""
    await additional(desk, additional_emails=["second@example.com"])
    with pytest.raises(DuplicateContact):
        await desk.create(email="Second@example.com")


async def test_location_that_allows_duplicates(desk):
    """Then nothing is compared."""
    await desk.settings(allowDuplicateContact=True)
    first, second = await desk.create(email="a@example.com"), await desk.create(email="a@example.com")

    assert first.id != second.id


async def test_unknown_location_allows_no_duplicates(desk):
    """Without settings the careful rule holds."""
    contacts = desk.books.contacts
    await contacts.create("unknown-location-0001", {"email": "a@example.com"}, actor="test")
    with pytest.raises(DuplicateContact):
        await contacts.create("unknown-location-0001", {"email": "a@example.com"}, actor="test")


async def test_update_into_a_duplicate(desk):
    """An update is compared like a create."""
    first, second = await desk.create(email="a@example.com"), await desk.create(email="b@example.com")
    with pytest.raises(DuplicateContact) as refused:
        await desk.update(second.id, email="A@example.com")

    assert refused.value.existing_id == first.id


async def test_update_with_own_email(desk):
    """Nobody is a duplicate of themselves."""
    contact = await desk.create(email="a@example.com")

    assert (await desk.update(contact.id, email="A@Example.com")).email == "A@Example.com"


async def test_update_of_a_known_duplicate_elsewhere(desk):
    """Duplicates that exist already do not block other fields."""
    await desk.settings(allowDuplicateContact=True)
    await desk.create(email="a@example.com")
    second = await desk.create(email="a@example.com")
    await desk.settings(allowDuplicateContact=False)

    assert (await desk.update(second.id, email="a@example.com", city="Paris")).city == "Paris"


async def test_upsert_creates(desk):
    """Nobody matches: the contact is new."""
    contact, is_new = await desk.upsert(email="a@example.com", gender="female")

    assert (is_new, contact.gender, contact.type) == (True, "female", "lead")


async def test_upsert_updates_and_drops_gender(desk):
    """The gender of a contact that exists is silently left alone; tags are replaced."""
    before = await desk.create(email="a@example.com", tags=["old"])
    after, is_new = await desk.upsert(email="A@example.com", gender="female", city="Paris", tags=["New"])

    assert (False, before.id, None, "Paris", ["new"]) == (is_new, after.id, after.gender, after.city, after.tags)


async def test_upsert_by_second_field_writes_the_first(desk):
    """When the e-mail is nobody's, the phone decides, and the e-mail is written."""
    before = await desk.create(phone=PHONE)
    after, is_new = await desk.upsert(email="new@example.com", phone=PHONE)

    assert (False, before.id, "new@example.com") == (is_new, after.id, after.email)


async def test_upsert_ignores_the_field_of_a_second_contact(desk):
    """Two contacts match: the first field's is updated, the other field is not written."""
    first, second = await desk.create(email="a@example.com"), await desk.create(phone=PHONE)
    after, is_new = await desk.upsert(email="a@example.com", phone=PHONE, city="Paris")

    assert (False, first.id, None, "Paris") == (is_new, after.id, after.phone, after.city)
    assert second == await desk.books.contacts.get(HERE, second.id)


async def test_upsert_follows_the_order_of_the_location(desk):
    """With phone first, the phone's contact is updated and the e-mail ignored."""
    await desk.settings(contactUniqueIdentifiers=["phone", "email"])
    await desk.create(email="a@example.com")
    second = await desk.create(phone=PHONE)
    after, _ = await desk.upsert(email="a@example.com", phone=PHONE)

    assert (second.id, None) == (after.id, after.email)


async def test_upsert_by_additional_email_replaces_the_primary(desk):
    """The additional e-mail becomes the primary one, and the old primary is gone."""
    await additional(desk, email="old@example.com", additional_emails=["new@example.com", "third@example.com"])
    after, is_new = await desk.upsert(email="New@example.com")

    assert (is_new, after.email, after.additional_emails) == (False, "New@example.com", ["third@example.com"])


async def test_upsert_by_additional_phone_replaces_the_primary(desk):
    """Phones behave as e-mails do."""
    await additional(desk, phone=PHONE, additional_phones=[OTHER_PHONE])
    after, _ = await desk.upsert(phone=OTHER_PHONE)

    assert (after.phone, after.additional_phones) == (OTHER_PHONE, [])


@pytest.mark.parametrize(
    ("allowed", "flag", "is_new"), [(True, True, True), (True, False, False), (False, True, False)]
)
async def test_upsert_that_may_create_a_duplicate(desk, allowed, flag, is_new):
    """The flag counts only where duplicates are allowed."""
    await desk.settings(allowDuplicateContact=allowed)
    await desk.create(email="a@example.com")
    _, created = await desk.upsert(email="a@example.com", createNewIfDuplicateAllowed=flag)

    assert is_new == created


async def test_duplicate_search_needs_a_value(desk):
    """There is nothing to search for."""
    with pytest.raises(BadRequest, match="Pass at least one of number, email query parameter"):
        await desk.books.contacts.duplicate(HERE, number=None, email="")


@pytest.mark.parametrize(("allowed", "found_by"), [(False, "phone"), (True, "email")])
async def test_duplicate_search_order(desk, allowed, found_by):
    """Where duplicates are allowed e-mail comes first, elsewhere the location's order."""
    by_email, by_phone = await desk.create(email="a@example.com"), await desk.create(phone=PHONE)
    await desk.settings(allowDuplicateContact=allowed, contactUniqueIdentifiers=["phone", "email"])
    match = await desk.books.contacts.duplicate(HERE, number="(212) 555-0123", email="a@example.com")

    assert {"email": by_email, "phone": by_phone}[found_by] == match


async def test_duplicate_search_finds_nobody(desk):
    """A number without digits is nobody's."""
    assert await desk.books.contacts.duplicate(HERE, number="none", email=None) is None


@pytest.mark.parametrize("values", [{}, {"email": "a@example.com", "phone": PHONE}])
async def test_lookup_takes_one_value(desk, values):
    """Neither none nor both."""
    with pytest.raises(BadRequest, match="Pass exactly one of email, phone query parameter"):
        await desk.books.contacts.lookup(HERE, limit=20, **values)


@pytest.mark.parametrize("values", [{"email": "A@example.com"}, {"phone": "212-555-0123"}])
async def test_lookup_pages(desk, values):
    """Oldest first, additional ones too, after the last row seen."""
    await desk.settings(allowDuplicateContact=True)
    old = await additional(desk, additional_emails=["a@example.com"], additional_phones=[PHONE])
    new = await desk.create(email="a@example.com", phone=PHONE)
    pages = [
        await desk.books.contacts.lookup(HERE, limit=1, **values),
        await desk.books.contacts.lookup(HERE, limit=5, after=(1_577_836_800_000, old.id), **values),
    ]

    assert [[old], [new]] == pages


async def test_lookup_of_a_phone_without_digits(desk):
    """Nobody has it."""
    assert await desk.books.contacts.lookup(HERE, phone="none", limit=20) == []


async def test_lookup_of_undated_contacts(desk):
    """A contact that does not say when it was added comes first."""
    await desk.put(RecordKind.CONTACT, Contact(id="undated", location_id=HERE, email="a@example.com"))

    assert [row.id for row in await desk.books.contacts.lookup(HERE, email="a@example.com", limit=20)] == ["undated"]
