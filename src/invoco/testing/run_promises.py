"""What the store promises about runs, positions, schedules, counters, and changes that no webhook told of."""
# ruff: noqa: S101 - these are tests, kept here so that every database can subclass them

from __future__ import annotations

from typing import Any

import pytest

from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.schedules import Due, Job, Run
from invoco.domain.sync_ports import Unannounced
from invoco.store.database import Database

_DAY = 86_400_000


def run(location_id: str, *, started_at: int, job: Job = Job.POLL, **fields: Any) -> Run:
    """A poll of a location."""
    return Run(**{"id": new_id(), "location_id": location_id, "job": job, "started_at": started_at, **fields})


class RunPromises:
    """What ran, how far it came, and when it runs next."""

    async def test_latest_run_of_a_job(self, store: Database, location_id: str) -> None:
        """As it was stored last."""
        old, new = (run(location_id, started_at=at) for at in (1, 2))
        other = run(location_id, started_at=3, job=Job.RECONCILE)
        finished = run(location_id, started_at=2, id=new.id, finished_at=3, compared=9)
        async with store.transaction() as session:
            for each in (new, old, other, finished):
                await session.runs.put(each)

            assert await session.runs.latest(location_id, Job.POLL) == finished
            assert await session.runs.latest(new_id(), Job.POLL) is None
            assert await session.runs.newest(location_id, limit=2) == [other, finished]

    @pytest.mark.parametrize("position", [[1, "ü", None], {"after": "c1"}, 0, "", False])
    async def test_position_comes_back(self, store: Database, location_id: str, position: object) -> None:
        """As it was saved, until it is forgotten."""
        async with store.transaction() as session:
            before = await session.runs.position(location_id, "poll")
            await session.runs.move(location_id, "poll", "elsewhere")
            await session.runs.move(location_id, "poll", position)
            await session.runs.move(location_id, "other", None)
            there = await session.runs.position(location_id, "poll")
            await session.runs.move(location_id, "poll", None)

            assert [before, there, await session.runs.position(location_id, "poll")] == [None, position, None]

    async def test_schedule_of_a_connection(self, store: Database, location_id: str) -> None:
        """One line for each job, as it was stored last."""
        first = Due(location_id=location_id, job=Job.POLL, next_at=5)
        later = Due(location_id=location_id, job=Job.POLL, started_at=5, finished_at=6, next_at=9, error="slow")
        drain = Due(location_id=location_id, job=Job.DRAIN)
        async with store.transaction() as session:
            for due in (first, drain, later):
                await session.runs.put_due(due)

            assert await session.runs.schedule(location_id) == {Job.POLL: later, Job.DRAIN: drain}
            assert await session.runs.schedule(new_id()) == {}

    async def test_counters_add_up(self, store: Database) -> None:
        """Over the days that are asked for."""
        name = new_id()
        async with store.transaction() as session:
            for day, by in ((1, 1), (2, 2), (2, 3), (3, 4)):
                await session.runs.count_up(name, by=by, day=day)

            sums = [(await session.runs.counters(since_day=day)).get(name) for day in (1, 2, 4)]
        assert sums == [10, 9, None]

    async def test_old_runs_are_forgotten(self, store: Database, location_id: str) -> None:
        """But the last of each job, which tells when it ran."""
        polls = [run(location_id, started_at=_DAY + at) for at in (1, 2, 3)]
        reconcile = run(location_id, started_at=_DAY + 1, job=Job.RECONCILE)
        async with store.transaction() as session:
            for each in (*polls, reconcile):
                await session.runs.put(each)
            await session.runs.forget(before=_DAY + 2)
            first = await session.runs.newest(location_id, limit=9)
            await session.runs.forget(before=_DAY + 9)

            assert [first, await session.runs.newest(location_id, limit=9)] == [
                [polls[2], polls[1], reconcile], [polls[2], reconcile],
            ]  # fmt: skip

    async def test_old_counts_are_forgotten(self, store: Database, location_id: str) -> None:
        """Counters by day, and missed changes by when they happened."""
        name = new_id()
        async with store.transaction() as session:
            for day in (1, 2):
                await session.runs.count_up(name, day=day)
            await session.runs.note_unannounced(
                location_id, [_missed("c1", changed_at=_DAY), _missed("c2", changed_at=2 * _DAY)]
            )

            assert await session.runs.forget(before=2 * _DAY) >= 2
            assert (await session.runs.counters(since_day=0))[name] == 1
        assert await _missed_in(store, location_id, since=0, until=3 * _DAY) == {"ContactUpdate": 1}


class UnannouncedPromises:
    """Changes that only a comparison found."""

    async def test_missed_change_is_counted_once(self, store: Database, location_id: str) -> None:
        """Found again it stays the first; another type of event is another change."""
        async with store.transaction() as session:
            await session.runs.note_unannounced(location_id, [_missed("c1", changed_at=5), _missed("c1", changed_at=6)])
            await session.runs.note_unannounced(
                location_id, [_missed("c1", changed_at=7), _missed("c1", type_="ContactCreate")]
            )
            await session.runs.note_unannounced(location_id, [])

        assert await _missed_in(store, location_id, since=5, until=6) == {"ContactUpdate": 1, "ContactCreate": 1}
        assert await _missed_in(store, location_id, since=6, until=9) == {}

    async def test_late_webhook_takes_it_back(self, store: Database, location_id: str) -> None:
        """What happened no later than the event was not missed; what happened after it was."""
        missed = [_missed(id_, changed_at=at) for id_, at in (("c1", 5), ("c2", 8), ("c3", 5))]
        note = (RecordKind.NOTE, "c3", "ContactUpdate", 9)
        other_type = (RecordKind.CONTACT, "c3", "ContactDelete", 9)
        told = [
            (RecordKind.CONTACT, id_, "ContactUpdate", at) for id_, at in (("c1", 5), ("c1", 1), ("c2", 7), ("c4", 9))
        ]
        async with store.transaction() as session:
            await session.runs.note_unannounced(location_id, missed)
            await session.runs.announce(location_id, [*told, note, other_type], at=20)
            await session.runs.announce(location_id, [], at=20)

        assert await _missed_in(store, location_id, since=5, until=6) == {"ContactUpdate": 1}
        assert await _missed_in(store, location_id, since=8, until=9) == {"ContactUpdate": 1}

    async def test_later_change_is_missed_anew(self, store: Database, location_id: str) -> None:
        """When the one before was announced after all; the same change found again is not."""
        async with store.transaction() as session:
            await session.runs.note_unannounced(location_id, [_missed("c1", changed_at=5)])
            await session.runs.announce(location_id, [(RecordKind.CONTACT, "c1", "ContactUpdate", 5)], at=6)
            await session.runs.note_unannounced(location_id, [_missed("c1", changed_at=5)])
        assert await _missed_in(store, location_id, since=0, until=9) == {}

        async with store.transaction() as session:
            await session.runs.note_unannounced(location_id, [_missed("c1", changed_at=8)])
        assert await _missed_in(store, location_id, since=8, until=9) == {"ContactUpdate": 1}


def _missed(record_id: str, *, changed_at: int = 5, type_: str = "ContactUpdate") -> Unannounced:
    return Unannounced(
        kind=RecordKind.CONTACT, record_id=record_id, event_type=type_, changed_at=changed_at, found_at=changed_at + 1
    )


async def _missed_in(store: Database, location_id: str, *, since: int, until: int) -> dict[str, int]:
    async with store.reading() as session:
        figures = await session.inbox.figures(location_id, since=since, until=until)
    return {each.type: each.missed for each in figures}
