"""The pitfalls of writing to HighLevel (facts 11): each ends in the right state, or in a finding."""

import pytest

from invoco.domain.conflicts import ConflictRule
from invoco.domain.kinds import RecordKind
from invoco.sandbox import FaultSwitch

CONTACT, TASK, NOTE = RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE
BY = {"actor": "api:test"}


async def equal(pair):
    """Whether both sides have the same contacts, tasks and notes."""
    return [await pair.mine(kind) == await pair.there(kind) for kind in (CONTACT, TASK, NOTE)] == [True] * 3


async def test_pitfall_3_tags_are_never_replaced(pair):
    """A tag that HighLevel put on meanwhile stays."""
    contact = min(await pair.mine())
    await pair.theirs.contacts.add_tags(pair.here, contact, ["theirs"], **BY)
    await pair.ours.contacts.update(pair.here, contact, {"tags": ["ours"]}, **BY)
    await pair.send()

    assert {"theirs", "ours"} <= set((await pair.there())[contact].tags)
    assert await equal(pair)


async def test_pitfall_5_a_duplicate_is_adopted(pair):
    """A contact that was made on both sides becomes one, and keeps what only one side knew."""
    theirs = await pair.theirs.contacts.create(pair.here, {"email": "twice@example.com", "city": "Lyon"}, **BY)
    mine = await pair.ours.contacts.create(pair.here, {"email": "twice@example.com", "firstName": "Ada"}, **BY)
    await pair.send()

    assert {"contactId": theirs.id} == await pair.ours.resolved(pair.here, {"contactId": mine.id})
    there = (await pair.there())[theirs.id]
    assert ("Lyon", "Ada") == (there.city, there.first_name)
    assert await equal(pair)


async def test_pitfall_6_a_contact_between_two_is_not_sent(pair):
    """Its e-mail and its phone belong to two contacts: neither is touched, and somebody is asked."""
    one = await pair.theirs.contacts.create(pair.here, {"email": "one@example.com", "firstName": "One"}, **BY)
    two = await pair.theirs.contacts.create(pair.here, {"phone": "+12125550188", "firstName": "Two"}, **BY)
    await pair.ours.contacts.create(pair.here, {"email": "one@example.com", "phone": "+12125550188"}, **BY)
    await pair.send()
    left, there = await pair.left(), await pair.there()

    assert ([("", "duplicate")], {"failed": 1}) == (left["findings"], left["outbox"])
    assert (None, None) == (there[one.id].phone, there[two.id].email)


async def test_pitfall_7_a_dropped_field_is_found(pair):
    """HighLevel says yes and keeps what it had: Invoco has that too, and tells what was lost."""
    contact = min(await pair.mine())
    pair.twin.switchboard.on(FaultSwitch("silent-drop", times=1))
    await pair.ours.contacts.update(pair.here, contact, {"city": "Lyon"}, **BY)
    await pair.send()

    assert [("city", "dropped")] == (await pair.left())["findings"]
    assert await equal(pair)


async def test_pitfall_7_cut_text_and_refused_option(pair):
    """A text that is too long is kept in part, an option that nobody defined not at all; alike on both sides."""
    contact = min(await pair.mine())
    fields = [field for field in (await pair.mine(RecordKind.CUSTOM_FIELD)).values() if field.model != "opportunity"]
    values = [
        {"id": field.id, "value": value}
        for kind, value in (("TEXT", "x" * 300), ("RADIO", "No such option"))
        for field in fields
        if field.data_type == kind
    ]
    await pair.ours.contacts.update(pair.here, contact, {"customFields": values}, **BY)
    await pair.send()
    kept = {item.id: item.value for item in (await pair.there())[contact].custom_fields}

    assert "x" * 256 in kept.values()
    assert "No such option" not in kept.values()
    assert await equal(pair)


async def test_pitfall_8_written_although_422(pair):
    """A create that answers 422 is looked up, not repeated."""
    pair.twin.switchboard.on(FaultSwitch("write-then-422", times=1))
    await pair.ours.contacts.create(pair.here, {"email": "i64@example.com"}, **BY)
    await pair.send()

    assert 1 == sum(contact.email == "i64@example.com" for contact in (await pair.there()).values())
    assert await equal(pair)


@pytest.mark.parametrize("fault", ["520", "truncated", "html"])
async def test_pitfall_34_passing_faults(pair, fault):
    """What was sent and not confirmed is sent again later, and is there once."""
    contact = min(await pair.mine())
    await pair.ours.contacts.create(pair.here, {"email": "once@example.com"}, **BY)
    await pair.ours.notes.create(pair.here, contact, {"body": "once"}, **BY)
    pair.twin.switchboard.on(FaultSwitch(fault, times=8))
    await pair.send()
    pair.twin.switchboard.clear()
    for _ in range(4):
        pair.twin.clock.advance(600)
        await pair.send()

    assert 1 == sum(each.email == "once@example.com" for each in (await pair.there()).values())
    assert 1 == sum(note.body == "once" for note in (await pair.there(NOTE)).values())
    assert await equal(pair)


async def test_pitfall_16_the_echo_changes_nothing(pair):
    """What comes back of one's own write is what was agreed on: nothing is written, nothing is sent."""
    contact = min(await pair.mine())
    await pair.ours.contacts.update(pair.here, contact, {"city": "Lyon"}, **BY)
    await pair.send()
    before = await pair.left()
    await pair.reread()
    sent = await pair.send()

    assert (before, 0) == (await pair.left(), sent.contacts)


async def test_pitfall_27_a_contact_that_is_gone(pair):
    """What was to be written is kept as a finding, and the contact goes here too."""
    contact = min(await pair.mine())
    await pair.theirs.contacts.delete(pair.here, contact, **BY)
    await pair.ours.contacts.update(pair.here, contact, {"city": "Lyon"}, **BY)
    await pair.send()
    await pair.reread()

    assert [("city", "gone")] == (await pair.left())["findings"]
    assert contact not in await pair.mine()


async def test_conflict_by_each_rule(pair):
    """Both sides changed the city: the rule decides."""
    expected = {"highlevel": "Theirs", "invoco": "Mine", "longest": "Theirs", "union": "Theirs"}
    for rule, city in expected.items():
        pair.rules(default=ConflictRule(rule))
        contact = min(await pair.mine())
        await pair.theirs.contacts.update(pair.here, contact, {"city": f"Theirs of {rule}"}, **BY)
        await pair.ours.contacts.update(pair.here, contact, {"city": f"Mine of {rule}"}, **BY)
        await pair.take_in(contact)
        await pair.send()
        assert f"{city} of {rule}" == (await pair.there())[contact].city
        assert await equal(pair)


async def test_conflict_that_somebody_must_decide(pair):
    """Both values stay where they are, and the field is not sent."""
    pair.rules(default=ConflictRule.ASK)
    contact = min(await pair.mine())
    await pair.theirs.contacts.update(pair.here, contact, {"city": "Theirs"}, **BY)
    await pair.ours.contacts.update(pair.here, contact, {"city": "Mine", "website": "https://example.com"}, **BY)
    await pair.take_in(contact)
    await pair.send()

    assert ["city"] == (await pair.left())["conflicts"]
    assert ("Mine", "Theirs") == ((await pair.mine())[contact].city, (await pair.there())[contact].city)
    assert "https://example.com" == (await pair.there())[contact].website


async def test_edited_there_and_deleted_here(pair):
    """By the usual rule HighLevel's edit wins, and the contact is back with what belongs to it."""
    contact = min(await pair.mine())
    await pair.theirs.contacts.update(pair.here, contact, {"city": "Kept"}, **BY)
    await pair.ours.contacts.delete(pair.here, contact, **BY)
    await pair.take_in(contact)
    await pair.send()

    assert "Kept" == (await pair.mine())[contact].city
    assert await equal(pair)
