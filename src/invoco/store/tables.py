"""The tables of the store: per kind the columns that are searched, and the whole record as JSON.

`connection_id` is the id of the connected location; nothing is found or unique without it. Missing text is the empty
text and a missing instant of a sort column is 0, so that keyset paging never meets a null. All text compares by code
point on both dialects: ids differ by case alone (facts 10.2).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import SchemaItem

from invoco.domain.kinds import RecordKind

REPLACEMENT = "\ufffd"


class PlainText(sa.TypeDecorator[str]):
    """Text that compares by code point; what a database cannot hold (NUL, lone surrogates) is replaced."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """PostgreSQL needs to be told; SQLite compares bytes anyway."""
        collation = "C" if dialect.name == "postgresql" else None
        return sa.Text(collation=collation)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what cannot be stored, the same on every dialect."""
        del dialect
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", REPLACEMENT).encode("utf-8", "replace").decode()


metadata = sa.MetaData()


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, PlainText, primary_key=key, nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _position() -> sa.Column[int]:
    """The order in which rows came; kept when a row is replaced."""
    counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("position", counter, primary_key=True, autoincrement=True)


_CONTACT_TEXTS = (
    "name_lower", "first_name_lower", "last_name_lower", "email_lower", "phone", "business_id", "company_name",
    "address1", "city", "state", "country", "postal_code", "website", "source", "type", "assigned_to", "timezone",
    "tags",
)  # fmt: skip
"""In the order of `rows.contact_row`; free texts are kept in lower case, ids and codes as they are."""


def contact_columns() -> list[sa.Column[Any]]:
    """The columns of a table of contacts, in the order of `rows.contact_row`."""
    return [
        _text("connection_id", key=True),
        _text("id", key=True),
        _instant("date_added"),
        _instant("date_updated"),
        *(_text(name) for name in _CONTACT_TEXTS),
        sa.Column("dnd", sa.Boolean, nullable=True),
        _instant("date_of_birth", nullable=True),
        sa.Column("record", sa.Text, nullable=False),
    ]


def contact_indexes(table_name: str) -> list[sa.Index]:
    """What makes the usual sorts and the look-ups of contacts quick.

    E-mails, phones and businesses leave the connection out: they tell contacts apart by themselves, as instants do
    without the id. Every byte of an index that grows in random order makes an import slower.
    """
    columns = {
        "date_added": ("connection_id", "date_added"),
        "date_updated": ("connection_id", "date_updated"),
        "email_lower": ("email_lower",),
        "phone": ("phone",),
        "business_id": ("business_id",),
    }
    return [sa.Index(f"ix_{table_name}_{name}", *indexed) for name, indexed in columns.items()]


def task_columns() -> list[sa.Column[Any]]:
    """The columns of a table of tasks; `position` is given by the database."""
    return [
        _position(),
        _text("connection_id"),
        _text("id"),
        _text("contact_id"),
        _text("assigned_to"),
        sa.Column("completed", sa.Boolean, nullable=False),
        _text("words"),
        sa.Column("record", sa.Text, nullable=False),
    ]


def child_constraints(table_name: str) -> list[SchemaItem]:
    """One row per record, found by its contact; for tables with a `position`."""
    return [
        sa.UniqueConstraint("connection_id", "id", name=f"uq_{table_name}"),
        sa.Index(f"ix_{table_name}_contact_id", "connection_id", "contact_id", "position"),
    ]


def _child(name: str, *columns: sa.Column[Any], indexes: tuple[sa.Index, ...] = ()) -> sa.Table:
    identity = (_position(), _text("connection_id"), _text("id"), _text("contact_id"))
    record = sa.Column("record", sa.Text, nullable=False)
    return sa.Table(name, metadata, *identity, *columns, record, *child_constraints(name), *indexes)


def _definitions(kind: RecordKind, *columns: sa.Column[Any]) -> sa.Table:
    record = sa.Column("record", sa.Text, nullable=False)
    return sa.Table(kind.value, metadata, _text("connection_id", key=True), _text("id", key=True), *columns, record)


contacts = sa.Table(RecordKind.CONTACT, metadata, *contact_columns(), *contact_indexes("contacts"))

contact_keys = sa.Table(
    "contact_keys", metadata,
    _text("connection_id", key=True),
    _text("contact_id", key=True),
    _text("kind", key=True),
    _text("value", key=True),
    sa.Index("ix_contact_keys_value", "connection_id", "kind", "value"),
)  # fmt: skip
"""Additional e-mails (lower case) and phones."""

tasks = sa.Table(RecordKind.TASK, metadata, *task_columns(), *child_constraints("tasks"))
notes = _child(RecordKind.NOTE, _instant("date_added"))
appointments = _child(
    RecordKind.APPOINTMENT,
    _instant("start_time"),
    _text("calendar_id"),
    _text("assigned_user_id"),
    _text("group_id"),
    indexes=(sa.Index("ix_appointments_start_time", "connection_id", "start_time"),),
)
businesses = _definitions(RecordKind.BUSINESS, _text("name_lower"))

RECORD_TABLES: dict[RecordKind, sa.Table] = {
    RecordKind.CONTACT: contacts,
    RecordKind.TASK: tasks,
    RecordKind.NOTE: notes,
    RecordKind.APPOINTMENT: appointments,
    RecordKind.BUSINESS: businesses,
} | {
    kind: _definitions(kind)
    for kind in (
        RecordKind.TAG, RecordKind.CUSTOM_FIELD, RecordKind.CUSTOM_VALUE,
        RecordKind.USER, RecordKind.CALENDAR, RecordKind.LOCATION,
    )
}  # fmt: skip

connections = sa.Table(
    "connections", metadata,
    _text("id", key=True),
    sa.Column("name", PlainText, nullable=False, unique=True),
    sa.Column("record", sa.Text, nullable=False),
)  # fmt: skip

api_keys = sa.Table(
    "api_keys", metadata,
    _text("name", key=True),
    sa.Column("hash", PlainText, nullable=False, unique=True),
    sa.Column("record", sa.Text, nullable=False),
)  # fmt: skip

tokens = sa.Table(
    "tokens", metadata,
    _text("app_id", key=True),
    _text("resource_id", key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=True),
    sa.Column("lease_owner", PlainText, nullable=True),
    _instant("lease_until", nullable=True),
)  # fmt: skip
"""The token pair of an app and a resource, encrypted; the lease says who may renew it now."""

secrets = sa.Table(
    "secrets", metadata,
    _text("name", key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)  # fmt: skip
"""Client secrets and private integration tokens, encrypted."""

import_runs = sa.Table(
    "import_runs", metadata,
    _text("id", key=True),
    _text("connection_id"),
    _instant("started_at"),
    sa.Column("record", sa.Text, nullable=False),
    sa.Index("ix_import_runs_started_at", "connection_id", "started_at"),
)  # fmt: skip

import_steps = sa.Table(
    "import_steps", metadata,
    _text("run_id", key=True),
    _text("kind", key=True),
    sa.Column("record", sa.Text, nullable=False),
)  # fmt: skip

set_aside = sa.Table(
    "set_aside", metadata,
    _position(),
    _text("connection_id"),
    _text("kind"),
    sa.Column("record_id", PlainText, nullable=True),
    _instant("at"),
    sa.Column("record", sa.Text, nullable=False),
    sa.UniqueConstraint("connection_id", "kind", "record_id", name="uq_set_aside"),
)  # fmt: skip

history = sa.Table(
    "history", metadata,
    _position(),
    _text("connection_id"),
    _text("record_id"),
    _text("contact_id"),
    _text("kind"),
    _text("action"),
    _text("operation"),
    _text("actor"),
    _instant("at"),
    sa.Column("before", sa.Text, nullable=True),
    sa.Column("after", sa.Text, nullable=True),
    sa.Index("ix_history_record_id", "connection_id", "record_id", "position"),
)  # fmt: skip
"""Every change with the record before and after it, as JSON in wire form."""

outbox = sa.Table(
    "outbox", metadata,
    _position(),
    _text("connection_id"),
    _text("kind"),
    _text("record_id"),
    _text("contact_id"),
    _text("operation"),
    _text("actor"),
    _instant("at"),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=True),
    sa.Index("ix_outbox_connection_id", "connection_id", "position"),
)  # fmt: skip
"""Writes that HighLevel has not been told yet; `path` and `body` are JSON."""
