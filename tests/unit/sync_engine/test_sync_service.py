"""The jobs of a connection: what each does, whom it wakes, and what refused credentials mean."""

from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from invoco.domain.connections import ConnectionState
from invoco.domain.deletions import DeletionAction, Tombstone
from invoco.domain.deliveries import DeliveryState
from invoco.domain.errors import MissingScope, Reconnect, TryAgain
from invoco.domain.imports import ImportRun, Outlook
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Subject
from invoco.domain.schedules import Job
from invoco.highlevel.clock import iso
from invoco.highlevel.records import Contact, Location, User
from invoco.service.imports import ImportService
from invoco.service.sync import Keeping, SyncService
from invoco.sync.inbound import drain

CONTACT = RecordKind.CONTACT
DAY = 86_400


class FakeGateway:
    """Opens the same location again and again."""

    def __init__(self, there) -> None:
        self._there = there
        self.opened = self.closed = 0

    @asynccontextmanager
    async def source(self, connection, *, at=None, priority=None):
        """The location."""
        self.opened += 1
        try:
            yield self._there
        finally:
            self.closed += 1


class Woken(list[tuple[Job, str, float]]):
    """The wake-ups that were asked for."""

    async def wake(self, job, location_id, *, after=0.0):
        """Note it."""
        self.append((job, location_id, after))


class AppEvents:
    """Notes what is handed over."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.reconciled = 0

    async def handle(self, delivery) -> None:
        """One event of the app."""
        self.handled.append(delivery.type)

    async def reconcile(self) -> None:
        """See where the app is installed."""
        self.reconciled += 1


@pytest.fixture
def gateway(there):
    """HighLevel's door."""
    return FakeGateway(there)


@pytest.fixture
def woken():
    """Who was woken."""
    return Woken()


@pytest.fixture
def app_events():
    """Who handles events of the app."""
    return AppEvents()


@pytest.fixture
async def service(here, gateway, woken, app_events):
    """The service, with one connection."""
    service = SyncService(
        here.store, gateway=gateway, jobs=woken, app_events=app_events, clock=here.clock, notes_share=0.5,
        imports=ImportService(here.store, gateway=gateway, clock=here.clock, notes_share=0.5),
        keeping=Keeping(events_days=1, rejected=1),
    )  # fmt: skip
    async with here.store.transaction() as session:
        await session.connections.put(here.connection)
    yield service
    await service.close()


async def connection_of(here):
    """As it is kept."""
    async with here.store.reading() as session:
        return await session.connections.get(here.connection.id)


async def imported(here):
    """Note that the location was imported."""
    run = ImportRun(id="i1", location_id=here.connection.id, started_at=here.now, finished_at=here.now)
    async with here.store.transaction() as session:
        await session.imports.put(run)


async def test_draining_wakes_the_confirmation(here, service, woken):
    """What was shown is read next."""
    await here.receive(here.event("ContactUpdate", id="c1", firstName="Ada"))
    await service.run(Job.DRAIN, here.connection.id)

    assert woken == [(Job.CONFIRM, here.connection.id, 0.0)]


async def test_an_empty_inbox_wakes_nobody(here, service, woken):
    """A wake-up too many costs nothing."""
    await service.run(Job.DRAIN, here.connection.id)

    assert woken == []


async def test_a_flood_is_shown_before_anything_is_read_again(here, service, there, woken, monkeypatch):
    """Reading what is about to change once more would be in vain; it begins when the flood is over."""
    rounds = []

    async def watched(*subject, **how):
        rounds.append(len(there.reads))
        await service.run(Job.CONFIRM, here.connection.id)
        return await drain(*subject, **how)

    monkeypatch.setattr("invoco.service.sync.drain", watched)
    there.put(*(Contact(id=f"c{number}") for number in range(5)))
    await here.receive(*(here.event("ContactUpdate", id=f"c{number % 5}") for number in range(1203)))
    await service.run(Job.DRAIN, here.connection.id)
    await service.run(Job.CONFIRM, here.connection.id)

    assert rounds == [0, 0, 0]
    assert woken[-1] == (Job.CONFIRM, here.connection.id, 0.0)
    assert len(there.reads) > 5


async def test_calls_are_spared_by_gathering(here, service, there, clock):
    """When half of the window is used up, a second passes before the next reads, and more go into one call."""
    there.put(*(Contact(id=f"c{number}") for number in range(60)))
    for number in range(60):
        await here.ask(Subject.TASKS, f"c{number}")
    await service.run(Job.CONFIRM, here.connection.id)
    spared = clock.slept[:]
    await here.ask(Subject.CONTACT, "c1")
    await service.run(Job.CONFIRM, here.connection.id)

    assert "contact/c1" in there.reads
    assert 1.0 in spared
    assert len(clock.slept) > len(spared)


async def test_a_flood_is_drained_to_its_end(here, service):
    """Round after round."""
    await here.receive(*(here.event("ContactUpdate", id=f"c{number % 5}") for number in range(1203)))
    await service.run(Job.DRAIN, here.connection.id)

    async with here.store.reading() as session:
        assert await session.inbox.waiting(here.connection.id, limit=1) == []


async def test_events_of_the_app_are_handled_once(here, service, app_events):
    """And then they are done."""
    await here.receive(here.event("UNINSTALL"))
    await service.run(Job.DRAIN, here.connection.id)
    await service.run(Job.DRAIN, here.connection.id)

    assert app_events.handled == ["UNINSTALL"]


async def test_events_of_a_location_nobody_connected(here, service, app_events):
    """INSTALL is of use before there is a connection, anything else is not."""
    deliveries = [here.event("INSTALL"), here.event("ContactUpdate", id="c1")]
    await here.receive(*(replace(delivery, location_id="elsewhere") for delivery in deliveries))
    await service.run(Job.DRAIN, "elsewhere")

    async with here.store.reading() as session:
        states = [(await session.inbox.find(f"w{number}")).state for number in (1, 2)]
    assert (app_events.handled, states) == (["INSTALL"], [DeliveryState.DONE, DeliveryState.REJECTED])


async def test_many_events_of_nobody_wake_their_drain_again(here, service, woken):
    """One run takes no more than a transaction should."""
    await here.receive(*(replace(here.event("ContactUpdate", id="c1"), location_id="elsewhere") for _ in range(501)))
    await service.run(Job.DRAIN, "elsewhere")

    assert woken == [(Job.DRAIN, "elsewhere", 0.0)]


async def test_confirming_reads_all_that_is_due_and_comes_back_for_the_rest(here, there, service, woken):
    """What is postponed wakes the job when its time comes."""
    there.put(Contact(id="c1"))
    await here.ask(Subject.CONTACT, "c1")
    await here.ask(Subject.CONTACT, "c2", due_at=here.now + 7000)
    await service.run(Job.CONFIRM, here.connection.id)

    assert Contact(id="c1") == await here.get(CONTACT, "c1")
    assert woken == [(Job.CONFIRM, here.connection.id, 7.0)]


async def test_one_connection_to_highlevel_serves_many_runs(here, service, gateway):
    """Until the connection is set up anew."""
    await service.run(Job.CONFIRM, here.connection.id)
    await service.run(Job.CONFIRM, here.connection.id)
    assert (gateway.opened, gateway.closed) == (1, 0)
    async with here.store.transaction() as session:
        await session.connections.put(replace(here.connection, base_url="http://moved.test"))
    await service.run(Job.CONFIRM, here.connection.id)

    assert (gateway.opened, gateway.closed) == (2, 1)


async def test_polling_waits_for_the_import(here, there, service):
    """There is nothing to compare with before."""
    await service.run(Job.POLL, here.connection.id)
    assert there.reads == []
    await imported(here)
    there.put(Contact(id="c1", date_updated=iso(here.now)))
    await service.run(Job.POLL, here.connection.id)

    assert await here.get(CONTACT, "c1") is not None


async def test_a_poll_that_finds_something_wakes_the_confirmation(here, there, service, woken):
    """The tasks and notes of what changed are read next."""
    await imported(here)
    there.put(Contact(id="c1", date_updated=iso(here.now)))
    await service.run(Job.POLL, here.connection.id)

    assert (Job.CONFIRM, here.connection.id, 0.0) in woken


async def test_a_reconcile_of_what_was_never_read_is_an_import(here, there, service):
    """A location that a company added by itself needs nobody to start it."""
    there.lists[RecordKind.USER] = [User(id="u1", name="Ada")]
    await service.run(Job.RECONCILE, here.connection.id)

    assert await here.get(RecordKind.USER, "u1") == User(id="u1", name="Ada")
    async with here.store.reading() as session:
        assert (await session.imports.latest(here.connection.id)).finished_at is not None


async def test_a_reconcile_compares_everything(here, there, service, gateway):
    """With a source of its own, whose appointments lie around its beginning."""
    await imported(here)
    there.lists[RecordKind.USER] = [User(id="u1", name="Ada")]
    there.lists[RecordKind.LOCATION] = [Location(id=here.connection.id)]
    await service.run(Job.RECONCILE, here.connection.id)

    assert await here.get(RecordKind.USER, "u1") == User(id="u1", name="Ada")
    assert gateway.opened == gateway.closed == 1
    async with here.store.reading() as session:
        assert (await session.runs.latest(here.connection.id, Job.RECONCILE)).finished_at is not None


async def test_a_reconcile_that_was_stopped_goes_on_as_the_same_run(here, there, service):
    """Its figures and its history belong together."""
    await imported(here)
    there.failures["users/"] = TryAgain()
    with pytest.raises(TryAgain):
        await service.run(Job.RECONCILE, here.connection.id)
    async with here.store.reading() as session:
        stopped = await session.runs.latest(here.connection.id, Job.RECONCILE)
    there.failures.clear()
    await service.run(Job.RECONCILE, here.connection.id)

    async with here.store.reading() as session:
        finished = await session.runs.latest(here.connection.id, Job.RECONCILE)
    assert (finished.id, finished.finished_at is None) == (stopped.id, False)


async def test_retention_removes_what_was_kept_long_enough(here, service):
    """Archived records whose days are over, and old events."""
    stone = Tombstone(
        kind=CONTACT, record_id="c1", contact_id="c1", action=DeletionAction.DELETE, gone_at=here.now,
        purge_at=here.now + DAY * 1000, archived=b"{}",
    )  # fmt: skip
    async with here.store.transaction() as session:
        await session.tombstones.put(here.connection.id, [stone])
    await here.receive(here.event("ContactUpdate", id="c1"))
    await service.run(Job.DRAIN, here.connection.id)
    here.clock.advance(2 * DAY)
    await service.run(Job.RETENTION, here.connection.id)

    assert (await here.tombstone(CONTACT, "c1")).archived is None
    async with here.store.reading() as session:
        assert await session.inbox.find("w1") is None


async def test_refreshing_makes_a_call_and_looks_where_the_app_is(here, there, service, app_events):
    """Any call renews a token that is about to expire."""
    called = []

    async def outlook(kind):
        called.append(kind)
        return Outlook(records=1, calls=1)

    there.outlook = outlook
    await service.run(Job.REFRESH, here.connection.id)

    assert (called, app_events.reconciled) == ([RecordKind.LOCATION], 1)


async def test_credentials_refused_once_are_tried_again(here, there, service):
    """Valid tokens are refused now and then."""
    there.failures["contact/c1"] = Reconnect("refused")
    await here.ask(Subject.CONTACT, "c1")
    with pytest.raises(TryAgain, match="refused"):
        await service.run(Job.CONFIRM, here.connection.id)

    assert (await connection_of(here)).state is ConnectionState.CONNECTED


async def test_credentials_refused_for_long_disconnect(here, there, service, gateway):
    """The reason is kept, and so are the data and the queue."""
    there.failures["contact/c1"] = Reconnect("refused")
    await here.ask(Subject.CONTACT, "c1")
    with pytest.raises(TryAgain):
        await service.run(Job.CONFIRM, here.connection.id)
    here.clock.advance(901)
    await service.run(Job.CONFIRM, here.connection.id)

    connection = await connection_of(here)
    assert (connection.state, connection.state_reason) == (ConnectionState.DISCONNECTED, "refused")
    assert (len(await here.waiting()), gateway.closed) == (1, 1)


async def test_a_success_in_between_forgives(here, there, service):
    """Only what lasts counts."""
    there.failures["contact/c1"] = Reconnect("refused")
    await here.ask(Subject.CONTACT, "c1")
    with pytest.raises(TryAgain):
        await service.run(Job.CONFIRM, here.connection.id)
    there.failures.clear()
    await service.run(Job.CONFIRM, here.connection.id)
    here.clock.advance(901)
    there.failures["contact/c1"] = Reconnect("refused")
    await here.ask(Subject.CONTACT, "c1")
    with pytest.raises(TryAgain):
        await service.run(Job.CONFIRM, here.connection.id)

    assert (await connection_of(here)).state is ConnectionState.CONNECTED


async def test_a_missing_scope_disconnects_nothing(here, there, service):
    """It says what to grant."""
    await imported(here)

    async def outlook(_kind):
        raise MissingScope("locations.readonly is missing")

    there.outlook = outlook
    with pytest.raises(MissingScope):
        await service.run(Job.REFRESH, here.connection.id)

    assert (await connection_of(here)).state is ConnectionState.CONNECTED


async def test_a_disconnected_connection_only_drains(here, there, service):
    """Events are taken in still; nothing is asked of HighLevel."""
    async with here.store.transaction() as session:
        await session.connections.put(replace(here.connection, state=ConnectionState.DISCONNECTED))
    await here.receive(here.event("ContactUpdate", id="c1", firstName="Ada"))
    await service.run(Job.DRAIN, here.connection.id)
    await service.run(Job.CONFIRM, here.connection.id)

    assert (await here.get(CONTACT, "c1")).first_name == "Ada"
    assert there.reads == []
