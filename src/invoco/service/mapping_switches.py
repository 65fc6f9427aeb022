"""The way from one mapping to another: record by record, and on from where it was interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.errors import FixInput
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import Deviation, MappingVersion
from invoco.domain.ports import Session, Store
from invoco.sync.imports import Progress
from invoco.sync.remapping import Remapped, Switch, told_apart

POSITION: Final = "mapping"
"""Under which name is kept how far a switch has come."""
_PAGE: Final = 500


class Switched(msgspec.Struct, frozen=True, kw_only=True):
    """A switch from one mapping to another."""

    version: int
    """The version that is live now; 0: none is."""
    former: int
    run_id: str
    looked_at: int = 0
    changed: int = 0
    left_out: int = 0
    failing: int = 0


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How far a switch has come, as it is kept."""

    switched: Switched
    at: int
    kind: str | None = None
    """The kind that is under way; None: none is done."""
    after: str | None = None
    undoes: str | None = None
    """The run whose changes are given back when all records are re-mapped."""
    undone: int = 0


class Mover:
    """Brings the mirrored records of a connection to another mapping."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def moved(self, switch: Switch, way: Way, *, progress: Progress) -> Switched:
        """Bring all records over, page by page, and then give back what is to be undone."""
        kinds = switch.kinds()
        for kind in kinds if way.kind is None else kinds[kinds.index(RecordKind(way.kind)) :]:
            way = await self._moved_kind(switch, way, kind, progress=progress)
        while way.undoes is not None:
            way = await self._undone(switch, way)
        async with self._store.transaction() as session:
            await session.runs.move(switch.connection.id, POSITION, None)
        return way.switched

    async def _moved_kind(self, switch: Switch, way: Way, kind: RecordKind, *, progress: Progress) -> Way:
        here = switch.connection.id
        async with self._store.reading() as session:
            total = await session.shelf(kind).count(here)
        way, done, is_done = replace(way, kind=kind.value, after=way.after if way.kind == kind else None), 0, False
        while not is_done:
            async with self._store.transaction() as session:
                found = await switch.looked_at(session, kind, after=way.after, limit=_PAGE)
                await switch.store(session, found)
                is_done = not found
                way = way if is_done else _further(way, found)
                await session.runs.move(here, POSITION, msgspec.to_builtins(way))
            done += len(found)
            progress(kind.value, done, max(done, total))
        return way

    async def _undone(self, switch: Switch, way: Way) -> Way:
        here, run_id = switch.connection.id, way.undoes or ""
        async with self._store.transaction() as session:
            rows = await session.journal.of_run(here, run_id, after=way.undone, limit=_PAGE)
            if rows:
                await switch.undo(session, rows)
                way = replace(way, undone=rows[-1]["position"])
            else:
                way = replace(way, undoes=None)
            await session.runs.move(here, POSITION, msgspec.to_builtins(way))
        return way


async def way_of(session: Session, connection: Connection) -> Way | None:
    """The switch that is not finished, if there is one."""
    kept = await session.runs.position(connection.id, POSITION)
    return None if kept is None else msgspec.convert(kept, Way)


def begun(switch: Switch, *, to: MappingVersion | None, former: MappingVersion | None) -> Way:
    """The beginning of the way to that version; None: to no mapping."""
    switched = Switched(
        version=0 if to is None else to.version, former=0 if former is None else former.version, run_id=switch.run_id
    )
    return Way(switched=switched, at=switch.at)


def _further(way: Way, found: Sequence[Remapped]) -> Way:
    so_far = way.switched
    switched = replace(
        so_far,
        looked_at=so_far.looked_at + len(found),
        changed=so_far.changed + sum(each.is_changed for each in found),
        left_out=so_far.left_out + _gone(found),
        failing=so_far.failing + sum(bool(each.problems) for each in found),
    )
    return replace(way, switched=switched, after=found[-1].theirs.id)


async def bring_firsts(session: Session, switch: Switch, way: Way, firsts: dict[RecordKind, list[Remapped]]) -> Way:
    """Bring the first records over, read them as they are stored now, and compare with what the preview said.

    Raises:
        FixInput: they came out otherwise.
    """
    switched = way.switched
    for kind, expected in firsts.items():
        shelf: Any = session.shelf(kind)
        await switch.store(session, await switch.looked_at(session, kind, limit=len(expected)))
        stored = await shelf.get_many(switch.connection.id, [each.theirs.id for each in expected])
        said = sum(each.is_changed for each in expected), sum(each.after is None for each in expected)
        came = told_apart(expected, stored)
        if came != said:
            raise FixInput(
                f"The first {len(expected)} {kind.value} came out otherwise than the preview said: {came[0]} changed"
                f" instead of {said[0]}, {came[1]} left out instead of {said[1]}. Nothing was changed.",
                cure="They may have been edited meanwhile: look at `invoco mapping preview`, and promote again.",
            )
        switched = replace(switched, changed=switched.changed + came[0], left_out=switched.left_out + _gone(expected))
    return replace(way, switched=switched)


def _gone(found: Sequence[Remapped]) -> int:
    return sum(each.before is not None and each.after is None for each in found)


async def close_unmapped(session: Session, switch: Switch) -> None:
    """What the mapping that is left could not map is told no longer."""
    here, after = switch.connection.id, None
    stale: list[str] = []
    while page := await session.findings.page(here, after=after, limit=_PAGE):
        stale += [each.id for each in page if each.deviation is Deviation.UNMAPPED]
        after = page[-1].id
    await session.findings.close(here, stale, at=switch.at)
