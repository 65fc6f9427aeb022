"""What is written in Invoco arrives in HighLevel, and both sides are equal again."""

from invoco.domain.kinds import RecordKind

CONTACT, TASK, NOTE = RecordKind.CONTACT, RecordKind.TASK, RecordKind.NOTE
ACTOR = "api:test"
NOTHING_LEFT = {"bases": 0, "findings": [], "conflicts": []}


async def settled(pair):
    """Send, read again, and look at what is left."""
    sent = await pair.send()
    left = await pair.left()
    waiting = left.pop("outbox").get("waiting", 0)
    drift = await pair.drift()
    return sent, left, waiting, [(kind.kind, kind.drift, kind.first) for kind in drift.kinds if kind.drift]


async def test_an_edited_contact(pair):
    """Only what changed is sent."""
    contact = min(await pair.mine())
    await pair.ours.contacts.update(pair.here, contact, {"city": "Lyon", "firstName": "Zoé"}, actor=ACTOR)

    assert (NOTHING_LEFT, 0, []) == (await settled(pair))[1:]
    there = (await pair.there())[contact]
    assert ("Lyon", "Zoé") == (there.city, there.first_name)
    assert await pair.mine() == await pair.there()


async def test_a_new_contact_with_a_task_and_a_note(pair):
    """They get HighLevel's ids, and are found under those they had."""
    contact = await pair.ours.contacts.create(
        pair.here, {"firstName": "Ada", "email": "ada@example.com", "tags": ["vip"]}, actor=ACTOR
    )
    await pair.ours.tasks.create(
        pair.here, contact.id, {"title": "Call", "dueDate": "2030-01-01T00:00:00.000Z", "completed": False}, actor=ACTOR
    )
    await pair.ours.notes.create(pair.here, contact.id, {"body": "Hello"}, actor=ACTOR)
    await pair.send()

    path = await pair.ours.resolved(pair.here, {"contactId": contact.id})
    assert path["contactId"] != contact.id
    assert "ada@example.com" == (await pair.there())[path["contactId"]].email
    assert NOTHING_LEFT["bases"] == (await pair.left())["bases"]
    for kind in (CONTACT, TASK, NOTE):
        assert await pair.mine(kind) == await pair.there(kind)


async def test_a_deleted_contact(pair):
    """It is gone on both sides with what belonged to it."""
    contact = min(await pair.mine())
    await pair.ours.contacts.delete(pair.here, contact, actor=ACTOR)

    assert (NOTHING_LEFT, 0, []) == (await settled(pair))[1:]
    assert contact not in await pair.there()


async def test_tags_and_a_business(pair):
    """Tags are put on and taken off; the others stay."""
    contact = next(c for c in (await pair.mine()).values() if c.tags)
    business = min(await pair.mine(RecordKind.BUSINESS))
    await pair.ours.contacts.remove_tags(pair.here, contact.id, [contact.tags[0]], actor=ACTOR)
    await pair.ours.contacts.add_tags(pair.here, contact.id, ["vip"], actor=ACTOR)
    await pair.ours.contacts.bulk_business(pair.here, [contact.id], business, actor=ACTOR)
    await pair.send()

    there = (await pair.there())[contact.id]
    assert {*contact.tags[1:], "vip"} == set(there.tags)
    assert business == there.business_id
    assert await pair.mine() == await pair.there()


async def test_both_sides_changed_different_fields(pair):
    """Both changes are kept."""
    contact = min(await pair.mine())
    await pair.ours.contacts.update(pair.here, contact, {"city": "Lyon"}, actor=ACTOR)
    await pair.theirs.contacts.update(pair.here, contact, {"state": "RA"}, actor="page")
    await pair.send()

    there = (await pair.there())[contact]
    assert ("Lyon", "RA") == (there.city, there.state)
    assert await pair.mine() == await pair.there()


async def test_a_deleted_task_and_an_edited_note(pair):
    """Children go their own way."""
    task = min((await pair.mine(TASK)).values(), key=lambda each: each.id)
    note = min((await pair.mine(NOTE)).values(), key=lambda each: each.id)
    await pair.ours.tasks.delete(pair.here, task.contact_id, task.id, actor=ACTOR)
    await pair.ours.notes.update(pair.here, note.contact_id, note.id, {"body": "New"}, actor=ACTOR)
    await pair.send()

    assert task.id not in await pair.there(TASK)
    assert "New" == (await pair.there(NOTE))[note.id].body
    for kind in (TASK, NOTE):
        assert await pair.mine(kind) == await pair.there(kind)
    assert 0 == (await pair.left())["bases"]
