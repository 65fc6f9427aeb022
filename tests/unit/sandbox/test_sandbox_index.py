"""The search index: a write can be found when the lag has passed (facts 4.4)."""

import pytest

from invoco.domain.kinds import RecordKind
from invoco.domain.search import ContactSearch, TaskSearch
from invoco.highlevel.records import Contact, Location, Task
from invoco.sandbox.index import Indexed, LaggingIndex
from invoco.service.books import Books

HERE, THERE = "location-of-the-tests", "another-location-0001"
BY = {"actor": "test"}
DUE = "2025-07-01T00:00:00.000Z"


class Told:
    """Whoever keeps the index up to date when the books change."""

    def __init__(self, index):
        self.index, self.fails = index, False

    async def record(self, session, changes):
        """Note the changes, and fail afterwards when told to."""
        await self.index.note(session, changes)
        if self.fails:
            raise ZeroDivisionError


class Desk:
    """Books whose searches read the index."""

    def __init__(self, database, clock, *, lag):
        self.database, self.clock = database, clock
        self.index = LaggingIndex(database, clock=clock, lag=lag)
        self.told = Told(self.index)
        self.books = Books(
            database, clock=clock, recorder=self.told, find_contacts=self.index.contacts, find_tasks=self.index.tasks
        )

    async def pass_time(self, seconds):
        """Let so much time pass, and bring up to date what is due."""
        self.clock.advance(seconds)
        await self.index.apply_due()

    async def contact(self, name, location_id=HERE):
        """A new contact's id."""
        return (await self.books.contacts.create(location_id, {"firstName": name}, **BY)).id

    async def task(self, contact_id):
        """A new task's id."""
        task = {"title": "Call", "dueDate": DUE, "completed": False}
        return (await self.books.tasks.create(HERE, contact_id, task, **BY)).id

    async def names(self, location_id=HERE):
        """Who is found."""
        page = await self.books.contacts.search(ContactSearch(location_id=location_id, page_limit=100))
        return sorted(contact.first_name or "" for contact in page.contacts)

    async def titles(self):
        """Which tasks are found."""
        return [task.title for task in await self.books.tasks.search(TaskSearch(location_id=HERE))]


@pytest.fixture
async def desk(database, clock):
    """Two locations, and an index that is ten seconds late."""
    async with database.transaction() as session:
        for location_id in (HERE, THERE):
            await session.shelf(RecordKind.LOCATION).put(location_id, [Location(id=location_id, country="US")])
    desk = Desk(database, clock, lag=10)
    await desk.index.apply_due()
    return desk


async def test_a_new_contact_is_found_late(desk):
    """When the lag has passed, and not a moment before."""
    await desk.contact("Ada")
    await desk.pass_time(9.999)
    early = await desk.names()
    await desk.pass_time(0.001)

    assert [[], ["Ada"]] == [early, await desk.names()]


async def test_a_changed_contact_is_found_as_it_was(desk):
    """Until the lag has passed."""
    ada = await desk.contact("Ada")
    await desk.pass_time(10)
    await desk.books.contacts.update(HERE, ada, {"firstName": "Augusta"}, **BY)
    await desk.pass_time(5)
    early = await desk.names()
    await desk.pass_time(5)

    assert [["Ada"], ["Augusta"]] == [early, await desk.names()]


async def test_a_deleted_contact_is_still_found(desk):
    """A ghost, and its tasks with it, until the lag has passed."""
    ada = await desk.contact("Ada")
    await desk.task(ada)
    await desk.pass_time(10)
    await desk.books.contacts.delete(HERE, ada, **BY)
    early = await desk.names(), await desk.titles()
    await desk.pass_time(10)

    assert [(["Ada"], ["Call"]), ([], [])] == [early, (await desk.names(), await desk.titles())]


async def test_a_new_task_is_found_late(desk):
    """As contacts are."""
    ada = await desk.contact("Ada")
    await desk.task(ada)
    early = await desk.titles()
    await desk.pass_time(10)

    assert [[], ["Call"]] == [early, await desk.titles()]


async def test_a_record_is_copied_as_it_is_when_due(desk):
    """A change made meanwhile is found with the first one, not after a lag of its own."""
    ada = await desk.contact("Ada")
    await desk.pass_time(9)
    await desk.books.contacts.update(HERE, ada, {"firstName": "Augusta"}, **BY)
    await desk.pass_time(1)

    assert ["Augusta"] == await desk.names()


async def test_each_write_waits_for_itself(desk):
    """An early one does not take a late one along."""
    await desk.contact("Ada")
    await desk.pass_time(5)
    await desk.contact("Grace")
    await desk.pass_time(5)
    first = await desk.names()
    await desk.pass_time(5)

    assert [["Ada"], ["Ada", "Grace"]] == [first, await desk.names()]


async def test_locations_are_apart(desk):
    """What is written in one is found in that one."""
    await desk.contact("Ada")
    await desk.contact("Grace", THERE)
    await desk.pass_time(10)

    assert [["Ada"], ["Grace"]] == [await desk.names(HERE), await desk.names(THERE)]


async def test_without_lag_a_write_is_found_at_once(desk):
    """In the transaction that writes it."""
    desk.index.lag = 0
    ada = await desk.contact("Ada")
    await desk.task(ada)

    assert (["Ada"], ["Call"]) == (await desk.names(), await desk.titles())


async def test_a_lag_that_is_switched_off_leaves_what_waits(desk):
    """It becomes due when it would have been."""
    await desk.contact("Ada")
    desk.index.lag = 0
    await desk.contact("Grace")
    early = await desk.names()
    await desk.pass_time(10)

    assert [["Grace"], ["Ada", "Grace"]] == [early, await desk.names()]


async def test_other_records_are_not_indexed(desk):
    """Nobody searches for notes."""
    ada = await desk.contact("Ada")
    await desk.books.notes.create(HERE, ada, {"body": "Hello"}, **BY)
    await desk.pass_time(10)

    assert (["Ada"], []) == (await desk.names(), await desk.titles())


async def test_a_write_that_is_undone_is_never_found(desk):
    """Its note is undone with it."""
    desk.told.fails = True
    with pytest.raises(ZeroDivisionError):
        await desk.contact("Ada")
    await desk.pass_time(10)

    assert [] == await desk.names()


async def test_what_waits_survives_the_run(desk):
    """Another run brings it up to date when it is due."""
    await desk.contact("Ada")
    later = Desk(desk.database, desk.clock, lag=10)
    await later.pass_time(9)
    early = await later.names()
    await later.pass_time(1)

    assert [[], ["Ada"]] == [early, await later.names()]


async def test_fill_copies_everything_and_forgets_what_waits(desk):
    """As after an account was made: there is no lag for what it holds."""
    await desk.contact("Ada")
    async with desk.database.transaction() as session:
        await session.contacts.put(HERE, [Contact(id="c1", first_name="Grace")])
        await session.shelf(RecordKind.TASK).put(HERE, [Task(id="t1", contact_id="c1", title="Ring")])
        await desk.index.fill(session)

    assert (["Ada", "Grace"], ["Ring"]) == (await desk.names(), await desk.titles())


async def test_the_layer_brings_the_index_up_to_date_before_a_call(desk, program, calling):
    """A search finds what is due by now."""
    await desk.contact("Ada")
    desk.clock.advance(10)
    async with calling(Indexed(program(), index=desk.index)) as client:
        answer = await client.get("/contacts/")

    assert (200, ["Ada"]) == (answer.status_code, await desk.names())


async def test_the_place_of_a_deleted_task_is_taken(desk):
    """A task that takes it is found at once, though the deletion is to show later."""
    contact_id = await desk.contact("Ada")
    old = await desk.task(contact_id)
    await desk.pass_time(10)
    await desk.books.tasks.delete(HERE, contact_id, old, **BY)
    desk.index.lag = 0
    new = await desk.task(contact_id)
    found = await desk.books.tasks.search(TaskSearch(location_id=HERE))

    assert [new] == [task.id for task in found]
