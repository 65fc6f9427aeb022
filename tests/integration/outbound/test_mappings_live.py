"""A mapping is switched on and taken back, and both sides keep their own words."""

import pytest
from msgspec.structs import replace

from invoco.domain.errors import FixInput, InvalidMapping
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import MappingState
from invoco.highlevel.records import Contact
from invoco.service.mappings import MappingService
from invoco.sync.remapping import Switch

CONTACT, ACTOR = RecordKind.CONTACT, "api:test"
SHOUTING = """
version = 1

[[contacts.rules]]
from = "firstName"
to = "firstName"
direction = "in"
transforms = ["upper_case"]

[[contacts.rules]]
from = "{there}"
to = "source"
transforms = [{{ use = "map_values", values = {{ Gold = "gold", Silver = "silver" }} }}]

[[contacts.rules]]
from = "city"
direction = "off"
"""
ONLY_SOME = "version = 1\n[contacts]\nfilter = \"email != '{email}'\"\n"


def unwatched(_kind, _done, _total):
    """Nobody watches."""


@pytest.fixture
async def mappings(pair):
    """The mappings of the connection."""
    return MappingService(pair.store, clock=pair.twin.clock)


@pytest.fixture
async def field(pair):
    """A custom field of texts, as a mapping names it."""
    async with pair.store.reading() as session:
        fields = await session.shelf(RecordKind.CUSTOM_FIELD).page(pair.here)
    return next(field for field in fields if field.data_type == "TEXT" and field.model in {None, "contact"})


async def promote(pair, mappings, text):
    """Switch it on."""
    await mappings.edit(pair.connection, text, by="test")
    return await mappings.promote(pair.connection, progress=unwatched)


def shouting(field):
    """The mapping with that custom field."""
    return SHOUTING.format(there=f"custom.{field.field_key.removeprefix('contact.')}")


async def value_there(pair, contact_id, field):
    """The custom field in HighLevel."""
    contact = (await pair.there())[contact_id]
    return next((item.value for item in contact.custom_fields if item.id == field.id), None)


async def test_promoted_records_are_as_the_preview_says(pair, mappings, field):
    """Every first name is in capitals, HighLevel keeps its own, and verification finds no drift."""
    before = await pair.mine()
    told = await mappings.preview(pair.connection, shouting(field))
    switched = await promote(pair, mappings, shouting(field))
    mine, there = await pair.mine(), await pair.there()

    assert (told.changed, len(before)) == (switched.changed, switched.looked_at)
    assert all(mine[id_].first_name == (c.first_name or "").upper() for id_, c in there.items() if c.first_name)
    assert before == there
    assert 0 == (await pair.drift()).drift


async def test_edits_arrive_under_their_other_name(pair, mappings, field):
    """What is written here as `source` arrives in the custom field in HighLevel's words; and the other way."""
    await promote(pair, mappings, shouting(field))
    contact = min(await pair.mine())
    source = (await pair.there())[contact].source
    await pair.ours.contacts.update(pair.here, contact, {"source": "gold"}, actor=ACTOR)
    await pair.send()

    assert "Gold" == await value_there(pair, contact, field)
    assert source == (await pair.there())[contact].source
    assert "gold" == (await pair.mine())[contact].source
    assert 0 == (await pair.drift()).drift


async def test_rollback_gives_back_every_value(pair, mappings, field):
    """Also what did not flow, and what was left out; bases are gone and nothing is to be sent."""
    before = await pair.mine()
    left_out = next(contact for contact in before.values() if contact.email)
    await promote(pair, mappings, shouting(field))
    await promote(pair, mappings, ONLY_SOME.format(email=left_out.email))
    assert before.keys() - {left_out.id} == (await pair.mine()).keys()
    first = await mappings.rollback(pair.connection, progress=unwatched)
    shouted = await pair.mine()
    second = await mappings.rollback(pair.connection, progress=unwatched)

    assert (1, 0) == (first.version, second.version)
    assert (left_out.first_name or "").upper() == (shouted[left_out.id].first_name or "")
    assert before == await pair.mine()
    assert {"bases": 0, "outbox": {}, "findings": [], "conflicts": []} == await pair.left()
    with pytest.raises(FixInput, match="No mapping is live"):
        await mappings.rollback(pair.connection, progress=unwatched)


async def test_what_did_not_flow_comes_back(pair, mappings):
    """A field that was kept apart here, and taken from HighLevel by the next version, is what it was."""
    await promote(pair, mappings, 'version = 1\n[[contacts.rules]]\nfrom = "city"\ndirection = "off"\n')
    contact = min(await pair.mine())
    await pair.ours.contacts.update(pair.here, contact, {"city": "Lyon"}, actor=ACTOR)
    await pair.send()
    await promote(pair, mappings, 'version = 1\n[[contacts.rules]]\nfrom = "firstName"\ndirection = "off"\n')
    there = (await pair.there())[contact].city
    assert there == (await pair.mine())[contact].city
    await mappings.rollback(pair.connection, progress=unwatched)

    assert "Lyon" == (await pair.mine())[contact].city
    assert there == (await pair.there())[contact].city


async def test_unsent_edits_stay(pair, mappings, field):
    """What was written here and not sent yet survives a switch, and is sent."""
    contact = min(await pair.mine())
    await pair.ours.contacts.update(pair.here, contact, {"lastName": "Lovelace"}, actor=ACTOR)
    await promote(pair, mappings, shouting(field))
    assert "Lovelace" == (await pair.mine())[contact].last_name
    await pair.send()

    assert "Lovelace" == (await pair.there())[contact].last_name
    assert 0 == (await pair.drift()).drift


async def test_contacts_with_unsent_edits_are_not_left_out(pair, mappings):
    """A filter drops no contact of which HighLevel is yet to be told something."""
    contact = next(contact for contact in (await pair.mine()).values() if contact.email)
    await pair.ours.contacts.update(pair.here, contact.id, {"city": "Lyon"}, actor=ACTOR)
    await promote(pair, mappings, ONLY_SOME.format(email=contact.email))

    assert contact.id in await pair.mine()


async def test_what_comes_in_goes_by_the_live_mapping(pair, mappings, field):
    """A change in HighLevel arrives mapped."""
    await promote(pair, mappings, shouting(field))
    contact = min(await pair.mine())
    await pair.theirs.contacts.update(pair.here, contact, {"firstName": "Zoé", "city": "Rome"}, actor=ACTOR)
    async with pair.agreements.theirs(pair.store, pair.connection, new_id=lambda: "x" * 20).transaction() as session:
        await session.contacts.put(pair.here, [(await pair.there())[contact]])

    assert "ZOÉ" == (await pair.mine())[contact].first_name


async def test_problems_become_findings(pair, mappings):
    """One for each record and field, however often it is met; a wrong value keeps what was there."""
    text = 'version = 1\n[[contacts.rules]]\nfrom = "source"\nto = "source"\ntransforms = ["email"]\ndirection = "in"\n'
    contact = min(await pair.mine())
    await pair.theirs.contacts.update(pair.here, contact, {"source": "no address"}, actor=ACTOR)
    await promote(pair, mappings, text)
    theirs = pair.agreements.theirs(pair.store, pair.connection, new_id=lambda: "y" * 20)
    for _ in range(2):
        async with theirs.transaction() as session:
            await session.contacts.put(pair.here, [(await pair.there())[contact]])
    async with pair.store.reading() as session:
        found = await session.findings.of_record(pair.here, CONTACT, contact)

    assert [("source", "unmapped")] == [(each.field, each.deviation.value) for each in found]
    assert "contacts rule 1: `source` could not be mapped" in found[0].message


async def test_an_interrupted_switch_goes_on(pair, mappings, field, monkeypatch):
    """It stops after the first records; the next promote brings over the rest, with the same run."""
    whole, seen = Switch.store, []

    async def some(switch, session, found):
        seen.append(len(found))
        if len(seen) > 1:
            raise RuntimeError("the power is gone")
        await whole(switch, session, found)

    monkeypatch.setattr(Switch, "store", some)
    await mappings.edit(pair.connection, shouting(field), by="test")
    with pytest.raises(RuntimeError):
        await mappings.promote(pair.connection, progress=unwatched, canary=2)
    shown = await mappings.show(pair.connection)
    monkeypatch.setattr(Switch, "store", whole)
    switched = await mappings.promote(pair.connection, progress=unwatched)
    mine, there = await pair.mine(), await pair.there()

    assert (1, shown.live.run_id) == (shown.unfinished, switched.run_id)
    assert (await mappings.show(pair.connection)).unfinished is None
    assert all(mine[id_].first_name == c.first_name.upper() for id_, c in there.items() if c.first_name)


async def test_a_canary_that_comes_out_otherwise_stops(pair, mappings, field, monkeypatch):
    """Nothing is switched and nothing is changed."""
    before = await pair.mine()

    async def nothing(_switch, _session, _found):
        """Store nothing."""

    monkeypatch.setattr(Switch, "store", nothing)
    await mappings.edit(pair.connection, shouting(field), by="test")
    with pytest.raises(FixInput, match="0 changed instead of"):
        await mappings.promote(pair.connection, progress=unwatched)

    assert MappingState.DRAFT is (await mappings.show(pair.connection)).versions[0].state
    assert before == await pair.mine()


async def test_a_live_mapping_that_no_longer_fits(pair, mappings, field):
    """Jobs say which rule and what to do; a rollback still gives back what it changed."""
    before = await pair.mine()
    await promote(pair, mappings, shouting(field))
    async with pair.store.transaction() as session:
        await session.shelf(RecordKind.CUSTOM_FIELD).delete(pair.here, [field.id])
    pair.twin.clock.advance(120)
    with pytest.raises(InvalidMapping, match="contacts rule 2"):
        await pair.agreements.of(pair.connection)
    await mappings.rollback(pair.connection, progress=unwatched)

    assert {c.id: c.first_name for c in before.values()} == {
        c.id: c.first_name for c in (await pair.mine()).values() if isinstance(c, Contact)
    }


async def test_what_was_let_in_and_edited_stays(pair, mappings):
    """A rollback to a filter leaves nobody out of whom HighLevel is yet to be told something."""
    one, other = [contact for contact in (await pair.mine()).values() if contact.email][:2]
    text = f"version = 1\n[contacts]\nfilter = \"!(email in ['{one.email}', '{other.email}'])\"\n"
    await promote(pair, mappings, text)
    await promote(pair, mappings, "version = 1\n")
    await pair.ours.contacts.update(pair.here, one.id, {"city": "Lyon"}, actor=ACTOR)
    await mappings.rollback(pair.connection, progress=unwatched)
    mine = await pair.mine()

    assert ("Lyon", False) == (mine[one.id].city, other.id in mine)


async def test_a_mapping_of_another_invoco_can_be_left(pair, mappings):
    """A live document that is not understood at all counts as none."""
    draft = await mappings.edit(pair.connection, "version = 1\n", by="test")
    foreign = replace(draft, state=MappingState.LIVE, document='{"version": 9}')
    async with pair.store.transaction() as session:
        await session.mappings.put(foreign)
    switched = await mappings.rollback(pair.connection, progress=unwatched)

    assert (0, 0) == (switched.version, switched.changed)
