"""Creating, updating and deleting one contact."""

import pytest

from invoco.domain.errors import BadRequest, InvalidFields, NoSuchRecord
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import CustomFieldValue

HERE = "location-of-the-tests"


async def test_created_contact_is_normal(desk):
    """Phone, names, tags and country are written as HighLevel writes them."""
    contact = await desk.create(
        name="Ada King Lovelace", phone="(212) 555-0123", email="Ada@Example.com", tags=["VIP", "vip "], country="us"
    )

    assert {
        "id": contact.id, "locationId": HERE, "name": "Ada King Lovelace", "firstName": "Ada",
        "lastName": "King Lovelace", "phone": "+12125550123", "email": "Ada@Example.com", "tags": ["vip"],
        "country": "US", "type": "lead", "dateAdded": "2025-06-15T15:06:41.000Z",
        "dateUpdated": "2025-06-15T15:06:41.000Z",
    } == contact.to_wire()  # fmt: skip


async def test_created_contact_is_stored(desk):
    """What was answered can be read."""
    contact = await desk.create(firstName="Ada")

    assert contact == await desk.books.contacts.get(HERE, contact.id)


async def test_texts_are_written(desk):
    """Every text of the body has its place."""
    body = {
        "companyName": "Analytical", "address1": "1 Row", "city": "London", "state": "-", "postalCode": "W1",
        "website": "https://a.example", "timezone": "Europe/London", "source": "api", "gender": "female",
        "dateOfBirth": "1815-12-10", "assignedTo": "u1",
    }  # fmt: skip
    contact = await desk.create(**body)

    assert body == {key: value for key, value in contact.to_wire().items() if key in body}


async def test_phone_without_digits_is_refused(desk):
    """There is nothing to call."""
    with pytest.raises(InvalidFields) as refused:
        await desk.create(phone="none")

    assert refused.value.problems == ["phone must be a valid phone number"]


async def test_phone_without_known_country_keeps_its_digits(desk):
    """A location nobody told of has no country."""
    contact = await desk.books.contacts.create("unknown-location-0001", {"phone": "212 555 0123"}, actor="test")

    assert contact.phone == "2125550123"


async def test_update_changes_only_what_is_given(desk):
    """Missing fields are unchanged."""
    before = await desk.create(firstName="Ada", city="London")
    after = await desk.update(before.id, lastName="King")

    assert (after.name, after.city) == ("Ada King", "London")


async def test_update_moves_date_updated(desk):
    """Every write is stamped."""
    before = await desk.create(firstName="Ada")
    after = await desk.update(before.id, city="Paris")

    assert (after.date_added, after.date_updated) == ("2025-06-15T15:06:41.000Z", "2025-06-15T15:06:42.000Z")


@pytest.mark.parametrize("nothing", [None, ""])
async def test_null_and_empty_text_clear(desk, nothing):
    """What is cleared reads as missing."""
    before = await desk.create(email="a@example.com", phone="+12125550123", city="London", country="US", name="Ada")
    after = await desk.update(before.id, email=nothing, phone=nothing, city=nothing, country=nothing, name=nothing)

    assert {"id", "locationId", "type", "dateAdded", "dateUpdated"} == after.to_wire().keys()


@pytest.mark.parametrize("nothing", [None, []])
async def test_tags_are_replaced_as_a_whole(desk, nothing):
    """Tags of an update are all the tags."""
    before = await desk.create(tags=["a", "b"])
    renewed = await desk.update(before.id, tags=["B", "c"])
    cleared = await desk.update(before.id, tags=nothing)

    assert (renewed.tags, cleared.tags) == (["b", "c"], [])


async def test_do_not_disturb_channels_are_merged(desk):
    """A channel not given keeps its state."""
    before = await desk.create(
        dnd=True, dndSettings={"SMS": {"status": "active"}}, inboundDndSettings={"all": {"status": "active"}}
    )
    after = await desk.update(before.id, dnd=False, dndSettings={"Call": {"status": "active"}}, inboundDndSettings=None)

    assert (False, {"SMS", "Call"}, {"all"}) == (
        after.dnd,
        after.dnd_settings.keys(),
        after.inbound_dnd_settings.keys(),
    )


async def test_custom_fields_are_merged_by_id_or_key(stocked):
    """Fields of other models and unknown ones are dropped."""
    before = await stocked.create(customFields=[{"key": "shirt_size", "value": "L"}, {"id": "deal", "value": "x"}])
    after = await stocked.update(before.id, customFields=[{"id": "plain", "value": "p"}, {"id": "nope", "value": 1}])

    assert [CustomFieldValue(id="size", value="L"), CustomFieldValue(id="plain", value="p")] == after.custom_fields


async def test_custom_fields_stay_when_none_are_given(stocked):
    """An empty list of custom fields changes nothing."""
    before = await stocked.create(customFields=[{"key": "contact.shirt_size", "value": "L"}])
    after = await stocked.update(before.id, customFields=[])

    assert before.custom_fields == after.custom_fields


async def test_update_of_unknown_contact(desk):
    """Nothing has this id."""
    with pytest.raises(NoSuchRecord, match="Contact with id nobody not found"):
        await desk.update("nobody", city="Paris")


async def test_contact_of_another_location_is_unknown(desk):
    """Locations do not see each other."""
    contact = await desk.create(firstName="Ada")

    with pytest.raises(NoSuchRecord):
        await desk.books.contacts.get("another-location-0001", contact.id)


async def test_new_tags_enter_the_dictionary(desk):
    """Tags on contacts are tags of the location, each once."""
    contact = await desk.create(tags=["a"])
    await desk.update(contact.id, tags=["A", "b"])
    await desk.update(contact.id, city="Paris")

    assert sorted(tag.name for tag in await desk.books.reference.tags(HERE)) == ["a", "b"]


async def test_delete_takes_children_along(stocked):
    """Tasks, notes and appointments go with their contact, and others stay."""
    contact, other = await stocked.create(firstName="Ada"), await stocked.create(firstName="Bob")
    await stocked.add_appointment(contact.id)
    for owner in (contact, other):
        await stocked.books.tasks.create(HERE, owner.id, {"title": "t"}, actor="test")
        await stocked.books.notes.create(HERE, owner.id, {"body": "n"}, actor="test")
    await stocked.books.contacts.delete(HERE, contact.id, actor="test")

    async with stocked.database.reading() as session:
        kinds = (RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE, RecordKind.APPOINTMENT)
        assert [await session.shelf(kind).count(HERE) for kind in kinds] == [1, 1, 1, 0]


async def test_delete_of_unknown_contact(desk):
    """Nothing has this id."""
    with pytest.raises(NoSuchRecord):
        await desk.books.contacts.delete(HERE, "nobody", actor="test")


async def test_upsert_without_identifiers(desk):
    """There is nothing to match by."""
    with pytest.raises(BadRequest):
        await desk.upsert(firstName="Ada", email=None, phone="")


async def test_failing_recorder_undoes_the_write(desk):
    """Who must know and the write itself are one transaction."""
    desk.recorder.fails = True
    with pytest.raises(RuntimeError):
        await desk.create(firstName="Ada")

    assert await desk.books.contacts.newest(HERE, limit=5) == ([], 0)
