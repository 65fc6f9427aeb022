"""A reconcile with its rereads heals any difference, stopped wherever it may be, and never makes one."""

import asyncio
from contextlib import asynccontextmanager
from itertools import product
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from invoco.domain.connections import Connection
from invoco.domain.deletions import DeletionAction, Tombstone
from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.rereads import Subject
from invoco.domain.schedules import Job, Run
from invoco.highlevel.clock import iso, milliseconds
from invoco.highlevel.records import Appointment, Business, Contact, Note, Tag, Task
from invoco.sync.confirm import confirm
from invoco.sync.polling import poll
from invoco.sync.reconcile import reconcile
from invoco.testing.clock import FakeClock

HERE = "location-of-the-tests"
CONNECTION = Connection(id=HERE, name="here", base_url="http://highlevel.test", access="token", connected_at=1)
CONTACTS = RecordKind.CONTACT
START = 1_750_000_000_000
NUMBERS = range(5)
Mirror = dict[RecordKind, dict[str, Any]]


class Killed(BaseException):
    """The process ended here."""


class MortalStore:
    """A store whose process ends at one of its transactions, before or after the commit."""

    def __init__(self, store: Any, *, at: int, committed: bool) -> None:
        self._store, self._left, self._committed = store, at, committed
        self.reading = store.reading

    @asynccontextmanager
    async def transaction(self, **how):
        """A transaction, perhaps the last."""
        self._left -= 1
        async with self._store.transaction(**how) as session:
            yield session
            if self._left == 0 and not self._committed:
                raise Killed
        if self._left == 0:
            raise Killed


def a_contact(number: int, state: tuple[int, str] | None, *, added: int = 0) -> list[Contact]:
    """The contact in that state: when it changed last, and its name."""
    if state is None:
        return []
    changed, name = state
    added_at, changed_at = iso(START - 900_000 + added), iso(START - 500_000 + changed)
    return [Contact(id=f"c{number}", first_name=name, date_added=added_at, date_updated=changed_at)]


states = st.none() | st.tuples(st.integers(0, 2), st.sampled_from("ab"))
texts = st.none() | st.sampled_from("ab")
both = st.tuples(states, states)
two_texts = st.tuples(texts, texts)


@st.composite
def accounts(draw: Any) -> tuple[list[Any], list[Any]]:
    """What HighLevel has and what the mirror has: contacts with children, appointments, lists."""
    there: list[Any] = []
    here: list[Any] = []
    for number in NUMBERS:
        truth, held = draw(both)
        added = draw(st.integers(0, 2))
        there += a_contact(number, truth, added=added)
        here += a_contact(number, held, added=draw(st.sampled_from([added, added, 1])))
        for kind, field in ((Task, "title"), (Note, "body"), (Appointment, "title")):
            for side, state in zip((there, here), draw(two_texts), strict=True):
                if state is not None and (truth if side is there else held) is not None:
                    side.append(kind(id=f"{kind.__name__}{number}", contact_id=f"c{number}", **{field: state}))
    for named in (Tag, Business):
        for number in range(2):
            for side, state in zip((there, here), draw(two_texts), strict=True):
                side.extend([] if state is None else [named(id=f"{named.__name__}{number}", name=state)])
    return there, here


class Stage:
    """A location, a mirror of it and a clock."""

    def __init__(self, source: Any, store: Any) -> None:
        self.source, self.store, self.clock = source, store, FakeClock(auto=False)

    async def hold(self, records: list[Any], *, kinds: dict[type, RecordKind]) -> None:
        """Put records into the mirror."""
        async with self.store.transaction() as session:
            for record in records:
                await session.shelf(kinds[type(record)]).put(HERE, [record])

    async def reconcile(self, store: Any = None) -> None:
        """One run, the one that was stopped or a new one."""
        async with self.store.reading() as session:
            latest = await session.runs.latest(HERE, Job.RECONCILE)
        is_open = latest is not None and latest.finished_at is None
        fresh = Run(id=new_id(), location_id=HERE, job=Job.RECONCILE, started_at=milliseconds(self.clock))
        await reconcile(
            self.source, store or self.store, connection=CONNECTION, clock=self.clock,
            run=latest if is_open else fresh, notes_share=0.5,
        )  # fmt: skip

    async def poll(self) -> None:
        """One poll."""
        await poll(self.source, self.store, connection=CONNECTION, clock=self.clock, run_id=new_id())

    async def confirm(self) -> None:
        """Everything that waits to be read again."""
        for _ in range(100):
            done = await confirm(self.source, self.store, connection=CONNECTION, clock=self.clock, new_id=new_id)
            async with self.store.reading() as session:
                due_at = await session.rereads.next_due(HERE)
            if due_at is None:
                return
            if not done.read:
                self.clock.advance(max(0.001, due_at / 1000 - self.clock.now()))
        pytest.fail("the rereads never end")

    async def mirror(self) -> Mirror:
        """What is held."""
        async with self.store.reading() as session:
            return {kind: {record.id: record for record in await session.shelf(kind).page(HERE)} for kind in RecordKind}

    def truth(self) -> Mirror:
        """What HighLevel has."""
        return {kind: {record.id: record for record in records} for kind, records in self.source.records.items()}


@pytest.fixture(scope="session")
def staged_location(empty_stage, plain_source):
    """Opens a stage."""

    @asynccontextmanager
    async def opened(there):
        source = plain_source()
        source.put(*there)
        async with empty_stage.database() as store:
            yield Stage(source, store)

    return opened


few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@few
@given(account=accounts(), kill_at=st.integers(0, 22), committed=st.booleans())
def test_any_difference_is_healed(staged_location, kinds, account, kill_at, committed):
    """Whatever differs, and wherever the first run is killed; a second run finds nothing more."""
    there, here = account

    async def heal():
        async with staged_location(there) as stage:
            await stage.hold(here, kinds=kinds)
            try:
                await stage.reconcile(MortalStore(stage.store, at=kill_at, committed=committed))
            except Killed:
                await stage.reconcile()
            await stage.confirm()
            assert stage.truth() == await stage.mirror()

    asyncio.run(heal())


@few
@given(
    contacts=st.lists(st.tuples(states, states), min_size=5, max_size=5),
    seen=st.lists(st.booleans(), min_size=5, max_size=5),
    by_poll=st.booleans(),
)
def test_a_lagging_index_does_no_harm(staged_location, kinds, contacts, seen, by_poll):
    """Whatever older state it tells, ghosts of deleted contacts included, a right mirror stays right."""

    async def look():
        truth = [contact for number, (state, _) in enumerate(contacts) for contact in a_contact(number, state)]
        async with staged_location([]) as stage:
            await stage.hold(truth, kinds=kinds)
            for number, (state, told) in enumerate(contacts):
                stage.source.now[f"c{number}"] = next(iter(a_contact(number, state)), None)
                older = told if told is None or state is None or told[0] <= state[0] else state
                stage.source.put(*(a_contact(number, older) if seen[number] else ()))
                if state is None:
                    await bury(stage, f"c{number}")
            await (stage.poll() if by_poll else stage.reconcile())
            await stage.confirm()
            assert {contact.id: contact for contact in truth} == (await stage.mirror())[CONTACTS]

    asyncio.run(look())


async def bury(stage, contact_id):
    """Remember that a contact is gone."""
    stone = Tombstone(
        kind=CONTACTS, record_id=contact_id, contact_id=contact_id, action=DeletionAction.ARCHIVE, gone_at=START
    )
    async with stage.store.transaction() as session:
        await session.tombstones.put(HERE, [stone])


async def figures(stage):
    """What a run said, what the mirror holds, and what is asked for."""
    async with stage.store.reading() as session:
        run = await session.runs.latest(HERE, Job.RECONCILE)
        due = await session.rereads.due(HERE, now=START * 2, limit=100)
    assert run is not None
    told = (run.created, run.updated, run.deleted, run.doubtful, run.finished_at)
    return told, await stage.mirror(), {(reread.subject, reread.subject_id) for reread in due}


@pytest.mark.parametrize(
    ("kill_at", "committed"), [(None, False), *product((1, 4, 8, 9, 11, 12, 14, 15, 17, 19), (True, False))]
)
async def test_a_killed_run_ends_like_one_that_was_not(staged_location, kinds, kill_at, committed):
    """The run goes on behind the last page that was stored, and its figures are those of one run."""
    there: list[Any] = [contact for number in NUMBERS for contact in a_contact(number, (number, "a"), added=number)]
    here: list[Any] = [contact for number in (1, 2, 9) for contact in a_contact(number, (1, "b"), added=number)]
    here += [Task(id="k1", contact_id="c1"), Note(id="n2", contact_id="c2"), Tag(id="t1")]
    async with staged_location([*there, Tag(id="t2"), Appointment(id="a3", contact_id="c3")]) as stage:
        await stage.hold(here, kinds=kinds)
        if kill_at is None:
            await stage.reconcile()
        else:
            with pytest.raises(Killed):
                await stage.reconcile(MortalStore(stage.store, at=kill_at, committed=committed))
            await stage.reconcile()
        told, mirror, asked = await figures(stage)

    assert told == (5, 1, 1, 10, START)
    assert (set(mirror[CONTACTS]), set(mirror[RecordKind.TAG])) == ({"c0", "c1", "c2", "c3", "c4", "c9"}, {"t2"})
    assert asked == {
        (Subject.CONTACT, "c1"), (Subject.CONTACT, "c9"), (Subject.TASKS, "c1"), (Subject.NOTES, "c2"),
        *((subject, f"c{number}") for subject in (Subject.TASKS, Subject.NOTES) for number in (0, 3, 4)),
    }  # fmt: skip
