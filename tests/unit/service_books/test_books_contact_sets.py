"""Tags, followers, bulk writes and memberships."""

import pytest

from invoco.domain.errors import NoSuchRecord
from invoco.service.books import Books, BulkTagResult
from invoco.service.journal import JournalRecorder

HERE = "location-of-the-tests"


async def test_tags_are_added_as_a_set(desk):
    """What is there already is not added again."""
    contact = await desk.create(tags=["a"])
    answer = await desk.books.contacts.add_tags(HERE, contact.id, ["A", "B ", "b"], actor="test")

    assert answer == (["a", "b"], ["b"])


async def test_added_tags_enter_the_dictionary(desk):
    """A tag on a contact is a tag of the location."""
    contact = await desk.create()
    await desk.books.contacts.add_tags(HERE, contact.id, ["a"], actor="test")

    assert [(tag.name, tag.location_id) for tag in await desk.books.reference.tags(HERE)] == [("a", HERE)]


async def test_tags_are_removed_as_a_set(desk):
    """What is not there is not removed, and the dictionary keeps the tag."""
    contact = await desk.create(tags=["a", "b"])
    answer = await desk.books.contacts.remove_tags(HERE, contact.id, ["B", "c"], actor="test")

    assert answer == (["a"], ["b"])
    assert len(await desk.books.reference.tags(HERE)) == 2


async def test_followers_are_added_and_removed_as_a_set(desk):
    """User ids keep their case."""
    contact = await desk.create()
    added = await desk.books.contacts.add_followers(HERE, contact.id, ["U1", "u1", "U1"], actor="test")
    removed = await desk.books.contacts.remove_followers(HERE, contact.id, ["u1", "u9"], actor="test")

    assert (added, removed) == ((["U1", "u1"], ["U1", "u1"]), (["U1"], ["u1"]))


@pytest.mark.parametrize("method", ["add_tags", "remove_tags", "add_followers", "remove_followers"])
async def test_set_that_does_not_change_is_not_written(desk, method):
    """No stamp, no history, no event for nothing."""
    contact = await desk.create(tags=["a"])
    await desk.books.contacts.add_followers(HERE, contact.id, ["a"], actor="test")
    before = await desk.books.contacts.get(HERE, contact.id)
    desk.clock.advance(1)
    told = len(desk.recorder.changes)
    await getattr(desk.books.contacts, method)(HERE, contact.id, ["a" if "add" in method else "z"], actor="test")

    assert (before, told) == (await desk.books.contacts.get(HERE, contact.id), len(desk.recorder.changes))


@pytest.mark.parametrize("method", ["add_tags", "remove_tags", "add_followers", "remove_followers"])
async def test_set_of_unknown_contact(desk, method):
    """Nothing has this id."""
    with pytest.raises(NoSuchRecord):
        await getattr(desk.books.contacts, method)(HERE, "nobody", ["a"], actor="test")


async def test_bulk_tags_are_added(desk):
    """Every contact is answered with what it had and what it got."""
    first, second = await desk.create(tags=["a"]), await desk.create()
    results = await desk.books.contacts.bulk_tags(HERE, [first.id, second.id, first.id], ["A", "B"], actor="test")

    assert [
        BulkTagResult(contact_id=first.id, message="Tags updated", ok=True, old_tags=["a"], tags_added=["b"]),
        BulkTagResult(contact_id=second.id, message="Tags updated", ok=True, tags_added=["a", "b"]),
    ] == results
    assert (await desk.books.contacts.get(HERE, first.id)).tags == ["a", "b"]
    assert len(await desk.books.reference.tags(HERE)) == 2


@pytest.mark.parametrize(("remove_all", "left"), [(False, ["b"]), (True, [])])
async def test_bulk_tags_are_removed(desk, remove_all, left):
    """Some tags, or whatever there is."""
    contact = await desk.create(tags=["a", "b"])
    await desk.books.contacts.bulk_tags(HERE, [contact.id], ["a"], remove=True, remove_all=remove_all, actor="test")

    assert left == (await desk.books.contacts.get(HERE, contact.id)).tags


async def test_bulk_tags_refuse_one_by_one(desk):
    """A contact that cannot be changed has its reason; the others go on."""
    books = Books(desk.database, clock=desk.clock, recorder=JournalRecorder())
    kept, gone = await desk.create(), await books.contacts.create(HERE, {}, actor="test")
    await books.contacts.delete(HERE, gone.id, actor="test")
    results = await books.contacts.bulk_tags(HERE, ["short", gone.id, "0" * 20, kept.id], ["a"], actor="test")

    assert [(result.ok, result.message) for result in results] == [
        (False, "contact id is not a valid firebase id"),
        (False, "contact is deleted"),
        (False, "contact does not belong to location"),
        (True, "Tags updated"),
    ]


async def test_bulk_business_moves_those_that_exist(stocked):
    """Contacts are put into a business and taken out again."""
    contact = await stocked.create()
    put = await stocked.books.contacts.bulk_business(HERE, [contact.id, "nobody", contact.id], "b1", actor="test")
    members, count = await stocked.books.contacts.of_business(HERE, "b1", limit=25, skip=0)
    taken = await stocked.books.contacts.bulk_business(HERE, [contact.id], None, actor="test")

    assert ([contact.id], ["b1"], 1, [contact.id]) == (put, [member.business_id for member in members], count, taken)
    assert (await stocked.books.contacts.get(HERE, contact.id)).business_id is None


async def test_bulk_business_needs_a_business(stocked):
    """Nothing has this id."""
    with pytest.raises(NoSuchRecord, match="Business with id b9 not found"):
        await stocked.books.contacts.bulk_business(HERE, [], "b9", actor="test")


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("join_campaign", ["k1"], ("campaign", "add-contact-to-campaign", {"campaignId": "k1"}, None)),
        ("leave_campaign", ["k1"], ("campaign", "remove-contact-from-campaign", {"campaignId": "k1"}, None)),
        ("leave_all_campaigns", [], ("campaign", "remove-contact-from-every-campaign", {}, None)),
        ("join_workflow", ["w1"], ("workflow", "add-contact-to-workflow", {"workflowId": "w1"}, {})),
        ("leave_workflow", ["w1"], ("workflow", "delete-contact-from-workflow", {"workflowId": "w1"}, {})),
    ],
)
async def test_membership_is_told_and_leaves_the_contact_alone(desk, method, arguments, expected):
    """HighLevel runs campaigns and workflows; the request is all there is."""
    contact = await desk.create()
    await getattr(desk.books.contacts, method)(HERE, contact.id, *arguments, actor="test")
    change = desk.recorder.changes[-1]
    action, operation_id, path, body = expected

    assert (action, operation_id, {"contactId": contact.id, **path}, body, contact) == (
        change.action, change.operation_id, change.path, change.body, change.after,
    )  # fmt: skip


async def test_workflow_may_start_later(desk):
    """The time goes into the body as it was given."""
    contact = await desk.create()
    await desk.books.contacts.join_workflow(
        HERE, contact.id, "w1", event_start_time="2025-07-01T09:00:00+02:00", actor="test"
    )

    assert desk.recorder.changes[-1].body == {"eventStartTime": "2025-07-01T09:00:00+02:00"}


async def test_membership_of_unknown_contact(desk):
    """Nothing has this id."""
    with pytest.raises(NoSuchRecord):
        await desk.books.contacts.leave_all_campaigns(HERE, "nobody", actor="test")
