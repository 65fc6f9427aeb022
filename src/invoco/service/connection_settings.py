"""How a connection deals with what is gone or in conflict, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from invoco.domain.conflicts import ConflictRule, ConflictRules
from invoco.domain.connections import Connection
from invoco.domain.deletions import DeletionAction, DeletionPolicy, MassDeletion
from invoco.domain.errors import FixInput
from invoco.domain.fields import CUSTOM, SETS
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.ports import Session, Store
from invoco.domain.schedules import Job, Run
from invoco.highlevel.clock import Clock, milliseconds
from invoco.service.verification import VERIFIED
from invoco.sync.merge import HIGHLEVELS
from invoco.sync.sending import UPDATES

_RUNS = 5
_WAITING = 1000
"""Deliveries of one connection that are counted, one by one."""
_NEVER: Final = HIGHLEVELS | SETS | {"id"}
"""Fields that are never in conflict."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How the mirror of a connection stands."""

    records: dict[str, int]
    """By kind."""
    waiting: int
    """Webhooks that are to be taken in; counted up to 1000."""
    rereads: int
    """What is to be read again."""
    provisional: int
    """Records that are shown as an event told them, and not confirmed yet."""
    failures: int
    """What waits for an operator: see `invoco failures list`."""
    held: int
    """Deletions that wait for approval: see `invoco deletions list`."""
    runs: tuple[Run, ...]
    """The last polls and reconciles, newest first."""
    equal_at: int | None
    """When the copy was last compared as a whole, by a reconcile or by a verification without drift."""
    drift_age: float | None
    """Seconds since then: for so long drift may have gone unseen."""


class ConnectionSettingsService:
    """Sets deletion policies of connections and shows how they stand."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def set_policy(
        self, connection: Connection, kind: RecordKind, *, action: DeletionAction, after_days: int = 0
    ) -> Connection:
        """What happens from now on to records of that kind that are gone in HighLevel.

        Raises:
            FixInput: days are given for a policy that removes nothing.
        """
        if after_days and action is not DeletionAction.DELETE:
            raise FixInput(
                f"The policy {action.value} removes nothing, however many days pass.",
                cure="Leave --after-days out, or choose --policy delete.",
            )
        policy = DeletionPolicy(action=action, after_days=after_days)
        async with self._store.transaction() as session:
            current = await _current(session, connection)
            changed = replace(current, deletion={**current.deletion, kind: policy})
            await session.connections.put(changed)
        return changed

    async def set_mass(
        self, connection: Connection, *, share: float | None = None, least: int | None = None
    ) -> Connection:
        """From when on deletions are held for approval; what is not given stays."""
        async with self._store.transaction() as session:
            current = await _current(session, connection)
            before = current.mass_deletion
            mass = MassDeletion(
                share=before.share if share is None else share, least=before.least if least is None else least
            )
            changed = replace(current, mass_deletion=mass)
            await session.connections.put(changed)
        return changed

    async def set_conflicts(
        self,
        connection: Connection,
        *,
        default: ConflictRule | None = None,
        fields: Mapping[str, ConflictRule | None] | None = None,
    ) -> Connection:
        """Who wins from now on where both sides changed a field; what is not given stays.

        A field with None follows the default again.

        Raises:
            FixInput: a field is none, or is never in conflict.
        """
        for field in fields or {}:
            _check_field(field)
        async with self._store.transaction() as session:
            current = await _current(session, connection)
            before = current.conflicts
            wanted = {**before.fields, **(fields or {})}
            rules = ConflictRules(
                default=default or before.default,
                fields={field: rule for field, rule in wanted.items() if rule is not None},
            )
            changed = replace(current, conflicts=rules)
            await session.connections.put(changed)
        return changed

    async def figures(self, connection: Connection) -> Figures:
        """How the mirror stands."""
        location_id = connection.id
        async with self._store.reading() as session:
            equal_at = await _equal_at(session, location_id)
            return Figures(
                records={kind.value: await session.shelf(kind).count(location_id) for kind in RecordKind},
                waiting=len(await session.inbox.waiting(location_id, limit=_WAITING)),
                rereads=await session.rereads.count(location_id),
                provisional=await session.provisional.count(location_id),
                failures=len(await session.imports.aside(location_id)) + len(await session.rereads.failed(location_id)),
                held=sum(len(held.record_ids) for held in await session.tombstones.held(location_id)),
                runs=tuple(await session.runs.newest(location_id, limit=_RUNS)),
                equal_at=equal_at,
                drift_age=None if equal_at is None else (milliseconds(self._clock) - equal_at) / 1000,
            )


def _check_field(field: str) -> None:
    name = field.partition(".")[0]
    known = {told.encode_name for kind in UPDATES for told in msgspec.structs.fields(RECORD_TYPES[kind])}
    if name not in known:
        raise FixInput(
            f"Neither contacts nor tasks nor notes have a field {field}.",
            cure=f"Name it as HighLevel's API does: firstName, dueDate, {CUSTOM}, {CUSTOM}.<id>, …",
        )
    if name in _NEVER:
        raise FixInput(
            f"The field {field} is never in conflict.",
            cure="Leave it out: lists are merged entry by entry, and dates and ids are HighLevel's.",
        )


async def _current(session: Session, connection: Connection) -> Connection:
    """As it is now: it may have been changed since it was read."""
    return await session.connections.get(connection.id) or connection


async def _equal_at(session: Session, location_id: str) -> int | None:
    reconciled = await session.runs.latest(location_id, Job.RECONCILE)
    verified: Any = await session.runs.position(location_id, VERIFIED)
    instants = []
    if reconciled is not None and reconciled.finished_at is not None:
        instants.append(reconciled.finished_at)
    if isinstance(verified, dict) and not verified.get("drift") and not verified.get("skipped"):
        instants.append(verified["at"])
    return max(instants, default=None)
