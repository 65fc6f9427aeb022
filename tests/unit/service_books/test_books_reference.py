"""Locations and definitions."""

import pytest

from invoco.domain.errors import NoSuchRecord
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Tag

HERE = "location-of-the-tests"


async def test_location(stocked):
    """A location is found by its own id."""
    assert (await stocked.books.reference.location(HERE)).name == "Here"


@pytest.mark.parametrize(
    ("model", "ids"),
    [
        (None, ["deal", "plain", "size"]),
        ("all", ["deal", "plain", "size"]),
        ("contact", ["plain", "size"]),
        ("opportunity", ["deal"]),
    ],
)
async def test_custom_fields_of_a_model(stocked, model, ids):
    """A definition that names no model is one of contacts."""
    assert ids == sorted(field.id for field in await stocked.books.reference.custom_fields(HERE, model))


async def test_definitions_are_listed(stocked):
    """Values, users and calendars come whole."""
    reference = stocked.books.reference
    lists = (await reference.custom_values(HERE), await reference.users(HERE), await reference.calendars(HERE))

    assert [[record.name for record in records] for records in lists] == [["Slogan"], ["Uma"], ["Sales"]]


async def test_single_user_and_business(stocked):
    """By id."""
    reference = stocked.books.reference

    assert ((await reference.user(HERE, "u1")).name, (await reference.business(HERE, "b2")).name) == ("Uma", "Firm 2")


async def test_businesses_are_paged(stocked):
    """Some are left out, some are enough."""
    assert [business.id for business in await stocked.books.reference.businesses(HERE, limit=1, skip=1)] == ["b2"]


@pytest.mark.parametrize("call", ["user", "business"])
async def test_unknown_record(stocked, call):
    """Nothing has this id."""
    with pytest.raises(NoSuchRecord):
        await getattr(stocked.books.reference, call)(HERE, "nothing")


async def test_unknown_location(stocked):
    """Nothing has this id."""
    with pytest.raises(NoSuchRecord, match="Location with id nowhere not found"):
        await stocked.books.reference.location("nowhere")


async def test_long_dictionary_is_read_whole(desk):
    """More tags than one page holds."""
    await desk.put(RecordKind.TAG, *(Tag(id=f"t{number:04}", name=f"tag {number}") for number in range(1001)))

    assert len(await desk.books.reference.tags(HERE)) == 1001
