"""Mappings of connections: written, tried on the records that are here, switched on, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from invoco.domain.connections import Connection
from invoco.domain.errors import FixInput, InvalidMapping
from invoco.domain.ids import NewId, new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.outbound import MappingState, MappingVersion
from invoco.domain.ports import Session, Store
from invoco.highlevel.clock import Clock, milliseconds
from invoco.mapping import (
    Definitions,
    Document,
    Problem,
    check,
    compiled,
    diff,
    read_json,
    read_toml,
    to_json,
    to_toml,
)
from invoco.service.agreements import definitions_of, document_of
from invoco.service.mapping_previews import Previewed, RowOfPreview, previewed
from invoco.service.mapping_switches import POSITION, Mover, Switched, Way, begun, bring_firsts, close_unmapped, way_of
from invoco.sync.agreement import TWO_WAY, Identity
from invoco.sync.imports import Progress
from invoco.sync.mapped import Mapped
from invoco.sync.remapping import Remapped, Switch

__all__ = ["MappingService", "Previewed", "RowOfPreview", "Shown", "Switched"]

_EMPTY: Final = Document(version=1)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The mappings of a connection."""

    versions: tuple[MappingVersion, ...]
    """Newest first."""
    unfinished: int | None = None
    """The version to which the records are being brought, if that is not done yet; 0: no mapping."""

    @property
    def live(self) -> MappingVersion | None:
        """The version that is in force."""
        return next((each for each in self.versions if each.state is MappingState.LIVE), None)


class MappingService:
    """Keeps versions of mappings, one of which is live."""

    def __init__(self, store: Store, *, clock: Clock, new_id: NewId = new_id) -> None:
        self._store, self._clock, self._new_id = store, clock, new_id
        self._mover = Mover(store)

    async def show(self, connection: Connection) -> Shown:
        """All versions, and whether a switch is not finished."""
        async with self._store.reading() as session:
            versions = await session.mappings.all(connection.id)
            way = await way_of(session, connection)
        return Shown(versions=tuple(versions), unfinished=None if way is None else way.switched.version)

    async def check(self, connection: Connection, text: str) -> list[Problem]:
        """Everything that is wrong with a mapping in TOML or JSON."""
        try:
            document = read(text)
        except InvalidMapping as invalid:
            return [each for each in invalid.problems if isinstance(each, Problem)]
        async with self._store.reading() as session:
            return problems_of(document, await definitions_of(session, connection.id))

    async def edit(self, connection: Connection, text: str, *, by: str) -> MappingVersion:
        """Keep a draft; the newest version stays the draft when it says the same.

        Raises:
            InvalidMapping: it has problems; all of them are told.
        """
        document = read(text)
        async with self._store.transaction() as session:
            _need_right(document, await definitions_of(session, connection.id))
            versions = await session.mappings.all(connection.id)
            newest = versions[0] if versions else None
            if newest is not None and newest.state is MappingState.DRAFT and document_of(newest) == document:
                return newest
            draft = MappingVersion(
                location_id=connection.id,
                version=1 if newest is None else newest.version + 1,
                state=MappingState.DRAFT,
                document=to_json(document),
                made_at=milliseconds(self._clock),
                made_by=by,
            )
            await session.mappings.put(draft)
        return draft

    async def preview(self, connection: Connection, text: str | None = None, *, limit: int = 100) -> Previewed:
        """What a text, or else the newest draft, would make of the first records of each kind.

        Raises:
            InvalidMapping: it has problems; all of them are told.
            FixInput: there is no draft.
        """
        async with self._store.reading() as session:
            definitions = await definitions_of(session, connection.id)
            document = document_of(await _draft(session, connection)) if text is None else read(text)
            _need_right(document, definitions)
            switch = await self._switch_to(session, connection, document, definitions)
            found: list[Remapped] = []
            total = 0
            for kind in switch.kinds():
                found += await switch.looked_at(session, kind, limit=limit)
                total += await session.shelf(kind).count(connection.id)
        return previewed(found, switch.new, total=max(total, len(found)))

    async def diff(self, connection: Connection, a: int, b: int) -> list[str]:
        """What version b says otherwise than version a, in lines for people; 0 is no mapping at all.

        Raises:
            FixInput: there is no such version.
        """
        async with self._store.reading() as session:
            return diff(await _document(session, connection, a), await _document(session, connection, b))

    async def text(self, connection: Connection, version: int) -> str:
        """A version as TOML.

        Raises:
            FixInput: there is no such version.
        """
        async with self._store.reading() as session:
            return to_toml(await _document(session, connection, version))

    async def promote(
        self, connection: Connection, version: int | None = None, *, progress: Progress, canary: int = 20
    ) -> Switched:
        """Let a version, or else the newest draft, be the mapping, and bring what is mirrored to it.

        The first `canary` records of each kind are brought to it in the transaction that switches. If they come out
        otherwise than a preview just before said, nothing happens. A switch that was interrupted is finished first.

        Raises:
            InvalidMapping: it no longer fits what is defined in HighLevel.
            FixInput: there is no such version, or the first records came out otherwise.
        """
        unfinished = await self._finished(connection, progress=progress)
        if unfinished is not None and version in {None, unfinished.version}:
            return unfinished
        async with self._store.reading() as session:
            chosen = await _chosen(session, connection, version)
            definitions = await definitions_of(session, connection.id)
            document = document_of(chosen)
            _need_right(document, definitions)
            switch = await self._switch_to(session, connection, document, definitions)
            firsts = {kind: await switch.looked_at(session, kind, limit=canary) for kind in switch.kinds()}
        async with self._store.transaction() as session:
            former = await session.mappings.newest(connection.id, MappingState.LIVE)
            await close_unmapped(session, switch)
            way = await bring_firsts(session, switch, begun(switch, to=chosen, former=former), firsts)
            if former is not None:
                await session.mappings.put(replace(former, state=MappingState.FORMER))
            live = replace(chosen, state=MappingState.LIVE, promoted_at=switch.at, run_id=switch.run_id)
            await session.mappings.put(live)
            await session.runs.move(connection.id, POSITION, msgspec.to_builtins(way))
        return await self._mover.moved(switch, way, progress=progress)

    async def rollback(self, connection: Connection, *, progress: Progress) -> Switched:
        """Let the version before the live one be the mapping again, and give back what the live one changed.

        The version that was live is a draft again. A rollback that was interrupted is finished instead.

        Raises:
            InvalidMapping: the version before no longer fits what is defined in HighLevel.
            FixInput: no version is live.
        """
        async with self._store.reading() as session:
            way = await way_of(session, connection)
        if way is not None and way.undoes is not None:
            return await self._resumed(connection, way, progress=progress)
        async with self._store.transaction() as session:
            versions = await session.mappings.all(connection.id)
            live = next((each for each in versions if each.state is MappingState.LIVE), None)
            if live is None:
                raise FixInput("No mapping is live.", cure="Nothing needs to be taken back.")
            before = _before(versions)
            definitions = await definitions_of(session, connection.id)
            document = _EMPTY if before is None else document_of(before)
            _need_right(document, definitions)
            switch = await self._switch_to(session, connection, document, definitions)
            await close_unmapped(session, switch)
            await session.mappings.put(replace(live, state=MappingState.DRAFT, promoted_at=None, run_id=None))
            if before is not None:
                await session.mappings.put(replace(before, state=MappingState.LIVE))
            way = replace(begun(switch, to=before, former=live), undoes=live.run_id)
            await session.runs.move(connection.id, POSITION, msgspec.to_builtins(way))
        return await self._mover.moved(switch, way, progress=progress)

    async def _switch_to(
        self, session: Session, connection: Connection, document: Document, definitions: Definitions
    ) -> Switch:
        """From the mapping that is live, whose rules may no longer fit."""
        live = await session.mappings.newest(connection.id, MappingState.LIVE)
        return self._switch(connection, None if live is None else document_of(live), document, definitions)

    def _switch(self, connection: Connection, old: Document | None, new: Document, definitions: Definitions) -> Switch:
        return Switch(
            connection=connection,
            old=Identity() if (fitting := _fitting(old, definitions)) is None else _mapped(fitting, definitions),
            new=_mapped(new, definitions),
            run_id=self._new_id(),
            at=milliseconds(self._clock),
            new_id=self._new_id,
        )

    async def _finished(self, connection: Connection, *, progress: Progress) -> Switched | None:
        """Finish a switch that was interrupted, if there is one."""
        async with self._store.reading() as session:
            way = await way_of(session, connection)
        return None if way is None else await self._resumed(connection, way, progress=progress)

    async def _resumed(self, connection: Connection, way: Way, *, progress: Progress) -> Switched:
        async with self._store.reading() as session:
            definitions = await definitions_of(session, connection.id)
            old = await _document(session, connection, way.switched.former)
            new = await _document(session, connection, way.switched.version)
        _need_right(new, definitions)
        switch = self._switch(connection, old, new, definitions)
        return await self._mover.moved(replace(switch, run_id=way.switched.run_id, at=way.at), way, progress=progress)


def read(text: str) -> Document:
    """A mapping in TOML or JSON.

    Raises:
        InvalidMapping: it cannot be read.
    """
    return read_json(text) if text.lstrip().startswith("{") else read_toml(text)


def problems_of(document: Document, definitions: Definitions) -> list[Problem]:
    """Everything that is wrong with it, and what is not carried out."""
    unmet = [
        Problem(
            kind.value,
            "",
            "Records of this kind cannot be changed in Invoco, and always flow as they are.",
            f"Take what is said about {kind.value} away.",
        )
        for kind in (RecordKind.APPOINTMENT, RecordKind.BUSINESS)
        if kind not in TWO_WAY and document.of(kind) != _EMPTY.of(kind)
    ]
    return [*check(document, definitions), *unmet]


def _need_right(document: Document, definitions: Definitions) -> None:
    problems = problems_of(document, definitions)
    if problems:
        raise InvalidMapping(problems)


def _mapped(document: Document, definitions: Definitions) -> Mapped:
    return Mapped(compiled(document, definitions))


def _fitting(document: Document | None, definitions: Definitions) -> Document | None:
    """The document without what no longer fits: a mapping that is broken can be left for another one."""
    while document is not None and (problems := check(document, definitions)):
        places = {each.rule for each in problems}
        kinds: dict[str, Any] = {}
        for kind in TWO_WAY:
            told = document.of(kind)
            rules = [r for n, r in enumerate(told.rules, start=1) if f"{kind.value} rule {n}" not in places]
            kept = None if f"{kind.value} filter" in places else told.filter
            kinds[kind.value] = replace(told, rules=rules, filter=kept)
        fitting = Document(version=document.version, **kinds)
        if fitting == document:
            return None
        document = fitting
    return document


async def _draft(session: Session, connection: Connection) -> MappingVersion:
    draft = await session.mappings.newest(connection.id, MappingState.DRAFT)
    if draft is None:
        raise FixInput("There is no draft of a mapping.", cure="Write one and keep it with `invoco mapping edit FILE`.")
    return draft


async def _chosen(session: Session, connection: Connection, version: int | None) -> MappingVersion:
    if version is None:
        return await _draft(session, connection)
    found = await session.mappings.get(connection.id, version)
    if found is None:
        raise _no_version(version)
    if found.state is MappingState.LIVE:
        raise FixInput(f"Version {version} is live already.", cure="Nothing needs to be done.")
    return found


async def _document(session: Session, connection: Connection, version: int) -> Document:
    if version == 0:
        return _EMPTY
    found = await session.mappings.get(connection.id, version)
    if found is None:
        raise _no_version(version)
    return document_of(found)


def _no_version(version: int) -> FixInput:
    return FixInput(f"There is no version {version} of the mapping.", cure="See `invoco mapping show`.")


def _before(versions: Sequence[MappingVersion]) -> MappingVersion | None:
    """The version that was live before; None: there was none."""
    former = [each for each in versions if each.state is MappingState.FORMER]
    return max(former, key=lambda each: each.promoted_at or 0, default=None)
