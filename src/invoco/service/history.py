"""What happened to a contact, and why a field of it has the value it has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cache
from heapq import merge
from itertools import islice
from typing import Any, Final

import msgspec

from invoco.domain.connections import Connection
from invoco.domain.errors import FixInput
from invoco.domain.fields import CUSTOM, custom_field, differing_fields, fields_of, is_of_contacts
from invoco.domain.kinds import RECORD_TYPES, RecordKind
from invoco.domain.outbound import Conflict, Finding
from invoco.domain.ports import Session, Store
from invoco.highlevel.records import Contact, Record

_FIRST_PAGE, _PAGE = 20, 500
"""Most fields changed lately: what is read grows only while nothing was found."""
_NAMESAKES: Final = 5
_EXTRA: Final = "extra"
"""Its parts are not grouped where a record is told."""


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field of one record that changed."""

    field: str
    before: Any
    after: Any


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a record."""

    at: int
    """Milliseconds since 1970."""
    actor: str
    """`api:<key name>`, `event`, `poll`, `sent`, `cli`, …"""
    action: str
    kind: RecordKind
    record_id: str
    event_id: str | None
    """The webhook that told of it."""
    run_id: str | None
    """The poll or comparison that found it."""
    read_at: int | None
    """When HighLevel was read."""
    changes: tuple[FieldChange, ...]


class ContactHistory(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a contact and what belongs to it."""

    contact_id: str
    former_ids: tuple[str, ...]
    """That it had here before HighLevel gave it its own."""
    name: str | None
    happenings: tuple[Happening, ...]
    """Newest first."""


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Why a field has its value."""

    contact_id: str
    name: str | None
    field: str
    value: Any
    """As it is now."""
    before: Any = None
    """As it was before the change."""
    happening: Happening | None = None
    """The change that gave the field its value; None: it has been so since the contact arrived."""
    findings: tuple[Finding, ...] = ()
    """Open ones of the field."""
    conflicts: tuple[Conflict, ...] = ()
    """Open ones of the field."""


class HistoryService:
    """Tells what happened."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of_contact(self, connection: Connection, contact: str, *, limit: int = 50) -> ContactHistory:
        """What happened last to a contact (an id, a former id or an e-mail address) and what belongs to it.

        Raises:
            FixInput: nobody knows it.
        """
        async with self._store.reading() as session:
            who = await _who(session, connection, contact)
            pages = [await session.journal.of_contact(connection.id, id_, limit=limit) for id_ in who.ids]
            rows = list(islice(merge(*pages, key=lambda row: -row["position"]), limit))
        if who.record is None and not rows:
            raise _unknown(contact)
        return ContactHistory(
            contact_id=who.id,
            former_ids=tuple(who.ids[1:]),
            name=_name(who.record),
            happenings=tuple(_happening(row) for row in rows),
        )

    async def why(self, connection: Connection, contact: str, field: str) -> Why:
        """The change that gave a field of a contact its value.

        A custom field may be told by its id, its key or its name.

        Raises:
            FixInput: nobody knows the contact, or contacts have no such field.
        """
        async with self._store.reading() as session:
            who = await _who(session, connection, contact)
            name = await _field(session, connection, field)
            row = await _last_change(session, connection.id, RecordKind.CONTACT, who.ids, who.ids, field=name)
            if who.record is None and row is None and not await _has_history(session, connection, who.ids):
                raise _unknown(contact)
            findings = await session.findings.of_record(connection.id, RecordKind.CONTACT, who.id)
            conflicts = await session.conflicts.open_of(connection.id, RecordKind.CONTACT, [who.id])
        return Why(
            contact_id=who.id,
            name=_name(who.record),
            field=name,
            value=fields_of(who.record).get(name),
            before=None if row is None else fields_of(_records(row)[0]).get(name),
            happening=None if row is None else _happening(row),
            findings=tuple(each for each in findings if each.closed_at is None and each.field == name),
            conflicts=tuple(each for each in conflicts.get(who.id, ()) if each.field == name),
        )


async def last_change(
    session: Session, location_id: str, kind: RecordKind, record_id: str, *, contact_id: str, field: str
) -> Happening | None:
    """What gave that field of a record its value."""
    contacts = [contact_id, *await session.aliases.of(location_id, RecordKind.CONTACT, contact_id)]
    records = [record_id, *await session.aliases.of(location_id, kind, record_id)]
    row = await _last_change(session, location_id, kind, contacts, records, field=field)
    return None if row is None else _happening(row)


class _Who(msgspec.Struct, frozen=True):
    """The contact that is meant."""

    id: str
    ids: list[str]
    """Its own, then former ones."""
    record: Contact | None


async def _who(session: Session, connection: Connection, contact: str) -> _Who:
    if "@" in contact:
        contact = await _with_email(session, connection, contact)
    named = await session.aliases.resolve(connection.id, RecordKind.CONTACT, [contact])
    contact_id = named.get(contact, contact)
    former = await session.aliases.of(connection.id, RecordKind.CONTACT, contact_id)
    record = await session.contacts.get(connection.id, contact_id)
    return _Who(contact_id, [contact_id, *former], record)


async def _with_email(session: Session, connection: Connection, email: str) -> str:
    found = await session.contacts.with_email(connection.id, email)
    if len(found) == 1:
        return found[0].id
    if not found:
        raise FixInput(f"No contact has the e-mail address {email}.", cure="Name the contact by its id.")
    ids = ", ".join(contact.id for contact in found[:_NAMESAKES])
    raise FixInput(f"{len(found)} contacts have the e-mail address {email}.", cure=f"Name one by its id: {ids}.")


async def _has_history(session: Session, connection: Connection, ids: Sequence[str]) -> bool:
    return any([await session.journal.of_contact(connection.id, id_, limit=1) for id_ in ids])


async def _field(session: Session, connection: Connection, field: str) -> str:
    """The name of the field among the fields of a record."""
    if is_of_contacts(field) and field != CUSTOM:
        return field
    definitions = await session.shelf(RecordKind.CUSTOM_FIELD).page(connection.id, limit=10_000)
    wanted = field.casefold()
    for each in definitions:
        key = (each.field_key or "").casefold()
        if wanted in {each.id.casefold(), key, key.partition(".")[2], (each.name or "").casefold()}:
            return custom_field(each.id)
    raise FixInput(
        f"Contacts have no field {field}.",
        cure="Name it as HighLevel's API does (firstName, phone, tags, …), or a custom field by its key or name.",
    )


async def _last_change(
    session: Session, location_id: str, kind: RecordKind, contact_ids: Sequence[str], record_ids: Sequence[str],
    *, field: str,
) -> Mapping[str, Any] | None:  # fmt: skip
    """The newest row in which the field changed; ids of HighLevel's own come first, and are newer."""
    for contact_id in contact_ids:
        async for row in _newest_first(session, location_id, contact_id):
            if row["kind"] == kind and row["record_id"] in record_ids and _has_changed(row, field):
                return row
    return None


async def _newest_first(session: Session, location_id: str, contact_id: str) -> AsyncIterator[Mapping[str, Any]]:
    before, limit = None, _FIRST_PAGE
    while True:
        page = await session.journal.of_contact(location_id, contact_id, before=before, limit=limit)
        for row in page:
            yield row
        if len(page) < limit:
            return
        before, limit = page[-1]["position"], _PAGE


def _records(row: Mapping[str, Any]) -> tuple[Record | None, Record | None]:
    """The record before and after."""
    type_ = RECORD_TYPES[RecordKind(row["kind"])]
    return _as_kept(type_, row["before"]), _as_kept(type_, row["after"])


def _as_kept(type_: type[Record], wire: Mapping[str, Any] | None) -> Record | None:
    """The record exactly as it was, of its wire form."""
    if wire is None:
        return None
    named = _named(type_)
    extra = {name: value for name, value in wire.items() if name not in named}
    return msgspec.convert({**{name: wire[name] for name in wire if name in named}, "extra": extra}, type_)


@cache
def _named(type_: type[Record]) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(type_))


def _has_changed(row: Mapping[str, Any], field: str) -> bool:
    """As `field in _changed(row)`, which takes many times as long where the field did not."""
    group, _, part = field.partition(".")
    name = part if group == _EXTRA else group
    before, after = row["before"] or {}, row["after"] or {}
    return before.get(name) != after.get(name) and field in _changed(row)


def _changed(row: Mapping[str, Any]) -> list[str]:
    """The fields that changed; another id is no change of the fields."""
    before, after = _records(row)
    if row["action"] == "rename" and (before is None or after is None):
        return []
    return differing_fields(before, after)


def _happening(row: Mapping[str, Any]) -> Happening:
    before, after = map(fields_of, _records(row))
    return Happening(
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        kind=RecordKind(row["kind"]),
        record_id=row["record_id"],
        event_id=row["event_id"],
        run_id=row["run_id"],
        read_at=row["read_at"],
        changes=tuple(
            FieldChange(field=name, before=before.get(name), after=after.get(name)) for name in _changed(row)
        ),
    )


def _name(record: Contact | None) -> str | None:
    return None if record is None else record.name or record.email or record.phone


def _unknown(contact: str) -> FixInput:
    return FixInput(f"Nobody knows a contact {contact}.", cure="Name it by its id or its e-mail address.")
