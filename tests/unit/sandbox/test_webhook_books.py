"""What the books tell the subscriber: real writes, their events."""

import httpx2
import pytest

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Location
from invoco.sandbox.webhooks import DeliveryQueue, WebhookRecorder, WebhookSender, WebhookSettings, new_keys
from invoco.service.books import Books
from invoco.testing.clock import FakeClock

HERE = "location-of-the-tests"
KEYS = new_keys(rsa_bits=1024)
BY = {"actor": "test"}
NOWHERE = httpx2.MockTransport(lambda _request: httpx2.Response(404))


class Told:
    """Books whose events are only kept."""

    def __init__(self, database):
        queue = DeliveryQueue(WebhookSettings(app_id="app", version_id="version"), seed=1)
        self.sender = WebhookSender(database, queue, clock=FakeClock(), keys=KEYS, seed=1, transport=NOWHERE)
        self.books = Books(database, clock=FakeClock(), recorder=WebhookRecorder(queue, wake=self.sender.wake))

    async def types(self):
        """The types of all events so far."""
        return [delivery.type for delivery in await self.sender.deliveries()][::-1]


@pytest.fixture
async def told(database):
    """Books with one location and nobody in it."""
    async with database.transaction() as session:
        await session.shelf(RecordKind.LOCATION).put(HERE, [Location(id=HERE, country="US")])
    told = Told(database)
    yield told
    await told.sender.stop()


@pytest.fixture
async def ada(told):
    """A contact with a task and a note."""
    contact = await told.books.contacts.create(HERE, {"email": "ada@example.com", "firstName": "Ada"}, **BY)
    task = {"title": "Call", "dueDate": "2025-07-01T00:00:00.000Z", "completed": False}
    await told.books.tasks.create(HERE, contact.id, task, **BY)
    await told.books.notes.create(HERE, contact.id, {"body": "Hello"}, **BY)
    return contact


async def test_create(told, ada):
    """New records are told one by one."""
    assert ["ContactCreate", "TaskCreate", "NoteCreate"] == await told.types()


async def test_tags_by_put(told, ada):
    """A PUT that sets the tags tells of the tags."""
    await told.books.contacts.update(HERE, ada.id, {"tags": ["VIP"]}, **BY)

    assert ["ContactTagUpdate"] == (await told.types())[3:]


async def test_tags_by_bulk(told, ada):
    """A bulk operation tells of each contact."""
    await told.books.contacts.bulk_tags(HERE, [ada.id], ["vip"], remove=False, remove_all=False, **BY)

    assert ["ContactTagUpdate"] == (await told.types())[3:]


async def test_followers(told, ada):
    """Followers tell nothing."""
    await told.books.contacts.add_followers(HERE, ada.id, ["u1"], **BY)

    assert [] == (await told.types())[3:]


async def test_complete(told, ada):
    """A task that becomes complete is told, an edited one is not."""
    [task] = await told.books.tasks.of_contact(HERE, ada.id)
    await told.books.tasks.update(HERE, ada.id, task.id, {"title": "Ring"}, **BY)
    await told.books.tasks.complete(HERE, ada.id, task.id, completed=True, **BY)

    assert ["TaskComplete"] == (await told.types())[3:]


async def test_delete(told, ada):
    """A contact takes its task and its note along."""
    await told.books.contacts.delete(HERE, ada.id, **BY)

    assert ["ContactDelete", "NoteDelete", "TaskDelete"] == sorted((await told.types())[3:])
