"""What HighLevel's contacts promise, whoever serves them: a suite to subclass with a fixture `highlevel`.

The fixture is an `invoco.highlevel.HighLevel` client of a subject that holds the `promised_account` and nothing else,
and whose searches do not lag.
"""
# ruff: noqa: S101 - these are tests, kept here so that every subject can subclass them

from __future__ import annotations

import asyncio

import pytest

from invoco.highlevel import HighLevel
from invoco.highlevel.errors import Duplicate, InvalidInput, NotFound
from invoco.highlevel.records import Contact, CustomFieldValue
from invoco.testing.belonging_promises import BelongingPromises
from invoco.testing.finding_promises import FindingPromises
from invoco.testing.promised_account import BUDGET, COLOUR, GRACE, HOBBIES, SIZE

NOBODY = "nobody00000000000000"


class WritingPromises:
    """Creating, updating, upserting and deleting one contact (facts 3.4, 3.7, 5, 10)."""

    async def test_created_contact_can_be_read(self, highlevel: HighLevel) -> None:
        """What a create answers is what a read answers."""
        created = await highlevel.contacts.create({"firstName": "Ada", "email": "ada@example.com", "tags": ["New"]})

        assert created == await highlevel.contacts.get(created.id)

    async def test_created_contact_is_a_lead_of_the_location(self, highlevel: HighLevel) -> None:
        """A contact born here looks like any other."""
        created = await highlevel.contacts.create({})

        assert (created.type, created.location_id) == ("lead", highlevel.location_id)
        assert created.date_added == created.date_updated

    async def test_phone_becomes_e164(self, highlevel: HighLevel) -> None:
        """A phone is read in the location's country."""
        created = await highlevel.contacts.create({"phone": "(212) 555-0123"})

        assert created.phone == "+12125550123"

    async def test_phone_without_a_digit_is_refused(self, highlevel: HighLevel) -> None:
        """There is nothing to call."""
        with pytest.raises(InvalidInput) as refused:
            await highlevel.contacts.create({"phone": "none"})

        assert refused.value.fields == {"phone": "phone must be a valid phone number"}

    async def test_name_is_split(self, highlevel: HighLevel) -> None:
        """The first word is the first name."""
        created = await highlevel.contacts.create({"name": "Ada King Lovelace"})

        assert (created.first_name, created.last_name) == ("Ada", "King Lovelace")

    async def test_name_is_joined(self, highlevel: HighLevel) -> None:
        """The parts make the name."""
        created = await highlevel.contacts.create({"firstName": "Ada", "lastName": "Lovelace"})

        assert (await highlevel.contacts.get(created.id)).name == "Ada Lovelace"

    async def test_every_field_comes_back(self, highlevel: HighLevel) -> None:
        """Each field that can be written can be read."""
        fields = {
            "email": "Ada@Example.com", "companyName": "Analytical", "address1": "1 Row", "city": "London",
            "state": "England", "postalCode": "W1", "country": "GB", "website": "https://ada.example",
            "timezone": "Europe/London", "source": "public api", "gender": "female", "dateOfBirth": "1815-12-10",
            "dnd": True, "dndSettings": {"SMS": {"status": "active"}},
            "inboundDndSettings": {"all": {"status": "active"}}, "tags": ["pioneer"], "phone": "+442079460958",
        }  # fmt: skip
        created = await highlevel.contacts.create(fields)
        read = (await highlevel.contacts.get(created.id)).to_wire()

        assert {key: read.get(key) for key in fields} == fields

    async def test_update_changes_what_is_given(self, highlevel: HighLevel) -> None:
        """Other fields stay; the answer is the contact."""
        before = await highlevel.contacts.create({"firstName": "Ada", "city": "London"})
        after = await highlevel.contacts.update(before.id, {"lastName": "King"})

        assert (after.name, after.city) == ("Ada King", "London")
        assert after == await highlevel.contacts.get(before.id)

    async def test_null_clears(self, highlevel: HighLevel) -> None:
        """What was cleared is missing afterwards."""
        texts = {"email": "a@example.com", "phone": "+12125550123", "city": "London", "dateOfBirth": "1815-12-10"}
        before = await highlevel.contacts.create({**texts, "name": "Ada King"})
        after = await highlevel.contacts.update(before.id, dict.fromkeys([*texts, "name"]))

        assert after.to_wire().keys() == {"id", "locationId", "type", "dateAdded", "dateUpdated"}

    async def test_update_replaces_tags(self, highlevel: HighLevel) -> None:
        """Tags of an update are all the tags, in lower case."""
        before = await highlevel.contacts.create({"tags": ["a", "b"]})
        after = await highlevel.contacts.update(before.id, {"tags": ["B", " c ", "b"]})

        assert after.tags == ["b", "c"]

    async def test_custom_fields_are_merged(self, highlevel: HighLevel) -> None:
        """By id or key; fields not given stay."""
        before = await highlevel.contacts.create({"customFields": [{"key": "contact.size", "field_value": "L"}]})
        after = await highlevel.contacts.update(before.id, {"customFields": [{"id": BUDGET, "field_value": "12.5"}]})

        assert after.custom_fields == [CustomFieldValue(SIZE, "L"), CustomFieldValue(BUDGET, 12.5)]

    async def test_custom_fields_are_silently_partial(self, highlevel: HighLevel) -> None:
        """Unknown fields and options are dropped, and long texts are cut."""
        created = await highlevel.contacts.create(
            {
                "customFields": [
                    {"key": "unknown", "field_value": "x"},
                    {"id": COLOUR, "field_value": "pink"},
                    {"id": HOBBIES, "field_value": ["red", "pink"]},
                    {"key": "size", "field_value": "x" * 300},
                ]
            }
        )

        assert created.custom_fields == [CustomFieldValue(HOBBIES, ["red"]), CustomFieldValue(SIZE, "x" * 256)]

    async def test_custom_field_is_cleared_by_empty_text(self, highlevel: HighLevel) -> None:
        """A field without a value is not listed."""
        before = await highlevel.contacts.create({"customFields": [{"id": SIZE, "field_value": "L"}]})
        after = await highlevel.contacts.update(before.id, {"customFields": [{"id": SIZE, "field_value": ""}]})

        assert after.custom_fields == []

    async def test_deleted_contact_is_gone(self, highlevel: HighLevel) -> None:
        """It cannot be read, nor found."""
        created = await highlevel.contacts.create({"email": "ada@example.com"})
        await highlevel.contacts.delete(created.id)

        assert await highlevel.contacts.duplicate(email="ada@example.com") is None
        assert [contact.id for contact in await highlevel.contacts.search()] == [GRACE]
        with pytest.raises(NotFound):
            await highlevel.contacts.get(created.id)

    async def test_unknown_contact(self, highlevel: HighLevel) -> None:
        """Nothing has this id."""
        calls = (
            highlevel.contacts.get(NOBODY),
            highlevel.contacts.update(NOBODY, {"city": "Paris"}),
            highlevel.contacts.delete(NOBODY),
        )
        for call in calls:
            with pytest.raises(NotFound):
                await call


class DuplicatePromises:
    """Which contact is meant by an e-mail or a phone (facts 5)."""

    @pytest.mark.parametrize(
        ("fields", "matching"),
        [
            ({"email": "GRACE@navy.example"}, "email"),
            ({"email": "hopper@yale.example"}, "email"),
            ({"phone": "212-555-0100"}, "phone"),
            ({"phone": "+12125550101"}, "phone"),
            ({"email": "new@example.com", "phone": "+12125550100"}, "phone"),
        ],
    )
    async def test_create_of_a_duplicate(self, highlevel: HighLevel, fields: dict[str, str], matching: str) -> None:
        """The refusal names the contact that exists."""
        with pytest.raises(Duplicate) as refused:
            await highlevel.contacts.create(fields)

        assert (refused.value.existing_id, refused.value.matching_field) == (GRACE, matching)

    async def test_creates_at_the_same_time(self, highlevel: HighLevel) -> None:
        """Of several creates with one e-mail, one creates."""
        creates = (highlevel.contacts.create({"email": "ada@example.com"}) for _ in range(4))
        done = await asyncio.gather(*creates, return_exceptions=True)

        assert sorted(type(answer).__name__ for answer in done) == ["Contact", *["Duplicate"] * 3]
        assert len({getattr(answer, "existing_id", None) or getattr(answer, "id", None) for answer in done}) == 1

    async def test_update_into_a_duplicate(self, highlevel: HighLevel) -> None:
        """An update is compared like a create, and changes nothing when refused."""
        before = await highlevel.contacts.create({"email": "ada@example.com"})
        with pytest.raises(Duplicate) as refused:
            await highlevel.contacts.update(before.id, {"city": "Paris", "email": "Grace@navy.example"})

        assert refused.value.existing_id == GRACE
        assert before == await highlevel.contacts.get(before.id)

    async def test_update_with_own_email(self, highlevel: HighLevel) -> None:
        """Nobody is a duplicate of themselves; the e-mail is kept as given."""
        after = await highlevel.contacts.update(GRACE, {"email": "Grace@Navy.Example"})

        assert after.email == "Grace@Navy.Example"

    async def test_upsert_creates(self, highlevel: HighLevel) -> None:
        """Nobody matches: the contact is new."""
        done = await highlevel.contacts.upsert({"email": "ada@example.com", "gender": "female"})

        assert (done.new, done.contact.gender) == (True, "female")

    async def test_upsert_updates(self, highlevel: HighLevel) -> None:
        """Tags are replaced; the gender of a contact that exists is silently left alone."""
        done = await highlevel.contacts.upsert({"phone": "2125550100", "gender": "female", "tags": ["Navy"]})

        assert (done.new, done.contact.id) == (False, GRACE)
        assert (done.contact.gender, done.contact.tags) == (None, ["navy"])

    async def test_upsert_ignores_the_key_of_a_second_contact(self, highlevel: HighLevel) -> None:
        """The contact of the first key is updated; the second key is not written."""
        ada = await highlevel.contacts.create({"email": "ada@example.com"})
        done = await highlevel.contacts.upsert({"email": "ada@example.com", "phone": "+12125550100", "city": "Paris"})

        assert (done.contact.id, done.contact.phone, done.contact.city) == (ada.id, None, "Paris")

    async def test_upsert_on_an_additional_email(self, highlevel: HighLevel) -> None:
        """It becomes the primary one, and the old primary is gone."""
        done = await highlevel.contacts.upsert({"email": "hopper@yale.example"})

        assert (done.contact.id, done.contact.email) == (GRACE, "hopper@yale.example")
        assert done.contact.additional_emails == []
        assert await highlevel.contacts.duplicate(email="grace@navy.example") is None

    async def test_upsert_without_email_and_phone(self, highlevel: HighLevel) -> None:
        """There is nothing to match by."""
        with pytest.raises(InvalidInput):
            await highlevel.contacts.upsert({"firstName": "Ada"})

    @pytest.mark.parametrize(
        "key",
        [
            {"email": "GRACE@navy.example"},
            {"number": "212-555-0100"},
            {"email": "x@y.example", "number": "+12125550101"},
        ],
    )
    async def test_duplicate_search(self, highlevel: HighLevel, key: dict[str, str]) -> None:
        """Both keys find the contact, additional ones too."""
        found = await highlevel.contacts.duplicate(**key)

        assert found == await highlevel.contacts.get(GRACE)

    async def test_duplicate_search_finds_nobody(self, highlevel: HighLevel) -> None:
        """No contact is no error."""
        assert await highlevel.contacts.duplicate(email="nobody@example.com") is None

    @pytest.mark.parametrize("key", [{"email": "Hopper@Yale.example"}, {"phone": "+12125550101"}])
    async def test_lookup(self, highlevel: HighLevel, key: dict[str, str]) -> None:
        """Additional e-mails and phones are looked at."""
        found: list[Contact] = (await highlevel.contacts.lookup(**key)).records  # type: ignore[arg-type]  # e-mail or phone

        assert found == [await highlevel.contacts.get(GRACE)]


class ContactPromises(WritingPromises, DuplicatePromises, BelongingPromises, FindingPromises):
    """Everything that contacts promise."""
