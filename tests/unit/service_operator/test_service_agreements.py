"""How a connection brings its sides together."""

import pytest

from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import MappingState, MappingVersion
from invoco.highlevel.records import Contact, CustomField, Location
from invoco.service.agreements import Agreements
from invoco.sync.agreement import Identity

HERE = "location-of-the-tests"
CONTACT = RecordKind.CONTACT
DOCUMENT = """{"version": 1, "contacts": {"rules": [
    {"from": "phone", "to": "phone", "transforms": ["phone_e164"], "direction": "in"},
    {"from": "custom.a", "to": "city", "direction": "in"}
]}}"""


@pytest.fixture
def agreements(store, clock) -> Agreements:
    """Of the store."""
    return Agreements(store, clock=clock)


@pytest.fixture
async def live(store, connection) -> None:
    """A live mapping, and what it names."""
    version = MappingVersion(
        location_id=HERE, version=3, state=MappingState.LIVE, document=DOCUMENT, made_at=1, made_by="test"
    )
    async with store.transaction() as session:
        await session.mappings.put(version)
        await session.shelf(RecordKind.LOCATION).put(HERE, [Location(id=HERE, country="DE", timezone="Europe/Berlin")])
        fields = [CustomField(id=f"f{n:04}", field_key=f"contact.f{n}") for n in range(1000)]
        await session.shelf(RecordKind.CUSTOM_FIELD).put(HERE, [*fields, CustomField(id="z", field_key="contact.a")])


async def test_without_a_live_mapping_all_flows_as_it_is(agreements, connection):
    """A draft is of no effect."""
    agreement = await agreements.of(connection)

    assert agreement.connection is connection
    assert isinstance(agreement.mapping, Identity)


async def test_a_live_mapping_knows_what_is_defined(agreements, connection, live):
    """The country of the location reads phones, and every custom field is known."""
    mapping = (await agreements.of(connection)).mapping
    theirs = Contact(id="c1", phone="030 1234567", custom_fields=[])

    assert not mapping.is_identity(CONTACT)
    assert mapping.is_identity(RecordKind.TASK)
    assert "+49301234567" == mapping.inward(CONTACT, theirs, None).phone
    assert "030 1234567" == mapping.outward(CONTACT, Contact(id="c1", phone="+49301234567"), theirs).phone


async def test_it_is_compiled_anew_only_when_something_changed(store, agreements, connection, clock, live):
    """Definitions are looked at once a minute."""
    first = (await agreements.of(connection)).mapping
    clock.advance(61)
    second = (await agreements.of(connection)).mapping
    async with store.transaction() as session:
        await session.shelf(RecordKind.CUSTOM_FIELD).put(HERE, [CustomField(id="new", field_key="contact.new")])
    third = (await agreements.of(connection)).mapping
    clock.advance(61)
    fourth = (await agreements.of(connection)).mapping

    assert first is second is third
    assert fourth is not first


async def test_problems_are_told_once(agreements, connection, live):
    """A phone that nobody can dial; asked again there is nothing new."""
    mapping = (await agreements.of(connection)).mapping
    for _ in range(2):
        mapping.inward(CONTACT, Contact(id="c1", phone="call me"), None)
    found = mapping.problems(HERE, at=5, new_id=lambda: "i1")

    assert [("c1", "c1", "phone", "call me")] == [(f.record_id, f.contact_id, f.field, f.got) for f in found]
    assert [] == mapping.problems(HERE, at=5, new_id=lambda: "i2")


async def test_a_flood_of_problems_is_bounded(agreements, connection, live):
    """A thousand wait at most."""
    mapping = (await agreements.of(connection)).mapping
    for number in range(1200):
        mapping.inward(CONTACT, Contact(id=f"c{number}", phone="call me"), None)

    assert 1000 == len(mapping.problems(HERE, at=5, new_id=lambda: "i1"))
