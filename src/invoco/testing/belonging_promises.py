"""What tags, followers, tasks, notes, appointments and businesses promise (facts 3.5, 3.6, 9)."""
# ruff: noqa: S101 - these are tests, kept here so that every subject can subclass them

from __future__ import annotations

import pytest

from invoco.highlevel import HighLevel
from invoco.highlevel.errors import NotFound
from invoco.highlevel.records import Contact
from invoco.testing.promised_account import (
    BEN,
    BUDGET,
    CALENDAR,
    COLOUR,
    FIRM,
    GRACE,
    HOBBIES,
    MEETING,
    SHOP,
    SIZE,
    UMA,
)

NOBODY = "nobody00000000000000"
TASK = {"title": "Call", "dueDate": "2025-07-01T09:00:00.000Z", "completed": False}


class BelongingPromises:
    """What belongs to contacts, and what they belong to."""

    async def test_tags_are_added_as_a_set(self, highlevel: HighLevel) -> None:
        """What is there already is not added again; the dictionary learns what is new."""
        done = await highlevel.contacts.add_tags(GRACE, ["Pioneer", "Navy"])

        assert (done.all, done.changed) == (["pioneer", "navy"], ["navy"])
        assert {"pioneer", "navy"} == {tag.name for tag in await highlevel.locations.tags()}

    async def test_tags_are_removed_as_a_set(self, highlevel: HighLevel) -> None:
        """What is not there is not removed."""
        done = await highlevel.contacts.remove_tags(GRACE, ["PIONEER", "other"])

        assert (done.all, done.changed) == ([], ["pioneer"])
        assert (await highlevel.contacts.get(GRACE)).tags == []

    async def test_followers_are_added_and_removed(self, highlevel: HighLevel) -> None:
        """Each once."""
        added = await highlevel.contacts.add_followers(GRACE, [UMA, BEN, UMA])
        removed = await highlevel.contacts.remove_followers(GRACE, [UMA])

        assert (added.all, added.changed) == ([UMA, BEN], [UMA, BEN])
        assert (removed.all, removed.changed) == ([BEN], [UMA])
        assert (await highlevel.contacts.get(GRACE)).followers == [BEN]

    async def test_bulk_tags(self, highlevel: HighLevel) -> None:
        """Each contact is answered by itself, and one that fails does not fail the others."""
        added = await highlevel.contacts.bulk_add_tags([GRACE, NOBODY, "short"], ["Navy"])
        removed = await highlevel.contacts.bulk_remove_tags([GRACE], [], remove_all=True)

        assert [(result.ok, result.tags_added) for result in added] == [(True, ["navy"]), (False, None), (False, None)]
        assert added[2].message == "contact id is not a valid firebase id"
        assert [result.tags_removed for result in removed] == [["pioneer", "navy"]]
        assert (await highlevel.contacts.get(GRACE)).tags == []

    async def test_bulk_business(self, highlevel: HighLevel) -> None:
        """Contacts are put into a business, moved, and taken out again."""
        ada = await highlevel.contacts.create({"firstName": "Ada"})
        await highlevel.contacts.bulk_business([GRACE, ada.id], FIRM)
        moved = await highlevel.contacts.bulk_business([ada.id], SHOP)
        taken = await highlevel.contacts.bulk_business([GRACE], None)

        assert (moved, taken) == ([ada.id], [GRACE])
        assert (await highlevel.contacts.get(GRACE)).business_id is None
        assert [contact.id for contact in await highlevel.contacts.of_business(SHOP)] == [ada.id]
        assert await _names_in(highlevel, FIRM) == []

    async def test_contacts_of_a_business_are_paged(self, highlevel: HighLevel) -> None:
        """Every contact comes once."""
        people = [await highlevel.contacts.create({"name": f"Person {number}"}) for number in range(5)]
        await highlevel.contacts.bulk_business([person.id for person in people], FIRM)

        assert await _names_in(highlevel, FIRM) == [f"Person {number}" for number in range(5)]
        assert (await highlevel.contacts.of_business(FIRM, limit=2)).total == 5

    async def test_campaigns_and_workflows(self, highlevel: HighLevel) -> None:
        """They are joined and left without a trace on the contact."""
        before = await highlevel.contacts.get(GRACE)
        await highlevel.contacts.join_campaign(GRACE, "campaign000000000000")
        await highlevel.contacts.leave_campaign(GRACE, "campaign000000000000")
        await highlevel.contacts.leave_all_campaigns(GRACE)
        await highlevel.contacts.join_workflow(GRACE, "w1", event_start_time="2025-07-01T09:00:00+02:00")
        await highlevel.contacts.leave_workflow(GRACE, "w1")

        assert before == await highlevel.contacts.get(GRACE)

    async def test_task_lives(self, highlevel: HighLevel) -> None:
        """A task is created, read, changed, completed, opened and deleted."""
        task = await highlevel.tasks.create(GRACE, {**TASK, "body": "Ask", "assignedTo": UMA})
        changed = await highlevel.tasks.update(GRACE, task.id, {"title": "Write"})
        done = await highlevel.tasks.complete(GRACE, task.id)
        opened = await highlevel.tasks.complete(GRACE, task.id, completed=False)

        assert (task.contact_id, task.title, task.body, task.assigned_to) == (GRACE, "Call", "Ask", UMA)
        assert (changed.title, changed.body) == ("Write", "Ask")
        assert (done.completed, opened.completed) == (True, False)
        assert opened == await highlevel.tasks.get(GRACE, task.id)
        assert (await highlevel.tasks.of_contact(GRACE)).records == [opened]
        await highlevel.tasks.delete(GRACE, task.id)
        assert (await highlevel.tasks.of_contact(GRACE)).records == []

    async def test_tasks_of_the_location_are_found(self, highlevel: HighLevel) -> None:
        """By contact, state and person, page by page."""
        ada = await highlevel.contacts.create({"firstName": "Ada"})
        first = await highlevel.tasks.create(ada.id, {**TASK, "assignedTo": UMA})
        second = await highlevel.tasks.create(GRACE, TASK)
        await highlevel.tasks.complete(GRACE, second.id)
        pages = [page async for page in highlevel.tasks.pages(limit=1)]

        assert {task.id for page in pages for task in page} == {first.id, second.id}
        assert (await highlevel.tasks.search(contact_ids=[ada.id])).ids == [first.id]
        assert (await highlevel.tasks.search(completed=True)).ids == [second.id]
        assert (await highlevel.tasks.search(assigned_to=[UMA])).ids == [first.id]

    async def test_note_lives(self, highlevel: HighLevel) -> None:
        """A note is created, read, changed and deleted."""
        note = await highlevel.notes.create(GRACE, {"body": "Hello", "userId": UMA, "pinned": True})
        changed = await highlevel.notes.update(GRACE, note.id, {"body": "Goodbye", "title": "Words"})

        assert (note.contact_id, note.body, note.user_id, note.pinned) == (GRACE, "Hello", UMA, True)
        assert (changed.body, changed.title, changed.user_id) == ("Goodbye", "Words", UMA)
        assert changed == await highlevel.notes.get(GRACE, note.id)
        assert (await highlevel.notes.of_contact(GRACE)).records == [changed]
        await highlevel.notes.delete(GRACE, note.id)
        assert (await highlevel.notes.of_contact(GRACE)).records == []

    async def test_children_go_with_their_contact(self, highlevel: HighLevel) -> None:
        """Whoever is deleted leaves no task, note or appointment behind."""
        await highlevel.tasks.create(GRACE, TASK)
        await highlevel.notes.create(GRACE, {"body": "Hello"})
        await highlevel.contacts.delete(GRACE)

        assert (await highlevel.tasks.search()).records == []
        with pytest.raises(NotFound):
            await highlevel.appointments.get(MEETING)

    async def test_children_belong_to_one_contact(self, highlevel: HighLevel) -> None:
        """A task or note is not reached through another contact."""
        ada = await highlevel.contacts.create({"firstName": "Ada"})
        task = await highlevel.tasks.create(GRACE, TASK)
        note = await highlevel.notes.create(GRACE, {"body": "Hello"})

        for call in (highlevel.tasks.get(ada.id, task.id), highlevel.notes.get(ada.id, note.id)):
            with pytest.raises(NotFound):
                await call

    async def test_unknown_contact_has_nothing(self, highlevel: HighLevel) -> None:
        """Each call says that there is no such contact."""
        calls = (
            highlevel.tasks.of_contact(NOBODY),
            highlevel.tasks.create(NOBODY, TASK),
            highlevel.notes.of_contact(NOBODY),
            highlevel.notes.create(NOBODY, {"body": "Hello"}),
            highlevel.appointments.of_contact(NOBODY),
            highlevel.contacts.add_tags(NOBODY, ["a"]),
            highlevel.contacts.add_followers(NOBODY, [UMA]),
            highlevel.contacts.leave_all_campaigns(NOBODY),
        )
        for call in calls:
            with pytest.raises(NotFound):
                await call

    async def test_unknown_children(self, highlevel: HighLevel) -> None:
        """Each call says that there is no such record."""
        calls = (
            highlevel.tasks.update(GRACE, NOBODY, {"title": "x"}),
            highlevel.tasks.delete(GRACE, NOBODY),
            highlevel.notes.update(GRACE, NOBODY, {"body": "x"}),
            highlevel.notes.delete(GRACE, NOBODY),
            highlevel.appointments.get(NOBODY),
            highlevel.businesses.get(NOBODY),
            highlevel.contacts.bulk_business([GRACE], NOBODY),
            highlevel.users.get(NOBODY),
        )
        for call in calls:
            with pytest.raises(NotFound):
                await call

    async def test_appointments(self, highlevel: HighLevel) -> None:
        """By contact in local time, by id and by calendar with an offset."""
        meeting = await highlevel.appointments.get(MEETING)
        start = 1_750_082_400_000
        within = await highlevel.appointments.between(start=start, end=start, calendar_id=CALENDAR)
        after = await highlevel.appointments.between(start=start + 1, end=start + 2, calendar_id=CALENDAR)
        [local] = await highlevel.appointments.of_contact(GRACE)

        assert (meeting.contact_id, meeting.start_time) == (GRACE, "2025-06-16T14:00:00Z")
        assert (within.records, after.records) == ([meeting], [])
        assert (local.id, local.start_time) == (MEETING, "2025-06-16 10:00:00")

    async def test_what_contacts_refer_to(self, highlevel: HighLevel) -> None:
        """Location, definitions, businesses, users and calendars can be read."""
        location = await highlevel.locations.get()

        assert (location.name, location.settings["allowDuplicateContact"]) == ("Promises", False)
        assert {SIZE, COLOUR, BUDGET, HOBBIES} == {field.id for field in await highlevel.locations.custom_fields()}
        assert [value.name for value in await highlevel.locations.custom_values()] == ["Slogan"]
        assert {UMA, BEN} == {user.id for user in await highlevel.users.list()}
        assert (await highlevel.users.get(UMA)).name == "Uma Thor"
        assert [calendar.id for calendar in await highlevel.calendars.list()] == [CALENDAR]
        assert (await highlevel.businesses.get(FIRM)).name == "Firm"

    async def test_businesses_are_paged(self, highlevel: HighLevel) -> None:
        """Every business comes once."""
        pages = [page async for page in highlevel.businesses.pages(limit=1)]

        assert [page.ids for page in pages] == [[FIRM], [SHOP]]


async def _names_in(highlevel: HighLevel, business_id: str) -> list[str]:
    """Who is in the business, by name, read in pages of two."""
    pages = [page async for page in highlevel.contacts.pages_of_business(business_id, limit=2)]
    people: list[Contact] = [contact for page in pages for contact in page]
    return sorted(person.name or "" for person in people)
