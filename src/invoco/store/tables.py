"""The tables of the store: per kind the columns that are searched, and the whole record as JSON.

`connection_id` is the id of the connected location; nothing is found or unique without it. Missing text is the empty
text and a missing instant of a sort column is 0, so that keyset paging never meets a null. All text compares by code
point on both dialects: ids differ by case alone (facts 10.2).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from invoco.domain.kinds import RecordKind
from invoco.store.columns import PlainText, instant_column, metadata, part_of_index, position_column, text_column

OF_A_RUN = sa.text("run_id IS NOT NULL")
"""Which `run_id = ?` says too."""
_CONTACT_TEXTS = (
    "name_lower", "first_name_lower", "last_name_lower", "email_lower", "phone", "business_id", "company_name",
    "address1", "city", "state", "country", "postal_code", "website", "source", "type", "assigned_to", "timezone",
    "tags",
)  # fmt: skip
"""In the order of `rows.contact_row`; free texts are kept in lower case, ids and codes as they are."""


def contact_columns() -> list[sa.Column[Any]]:
    """The columns of a table of contacts, in the order of `rows.contact_row`."""
    return [
        text_column("connection_id", key=True),
        text_column("id", key=True),
        instant_column("date_added"),
        instant_column("date_updated"),
        *(text_column(name) for name in _CONTACT_TEXTS),
        sa.Column("dnd", sa.Boolean, nullable=True),
        instant_column("date_of_birth", nullable=True),
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
        position_column(),
        text_column("connection_id"),
        text_column("id"),
        text_column("contact_id"),
        text_column("assigned_to"),
        sa.Column("completed", sa.Boolean, nullable=False),
        text_column("words"),
        sa.Column("record", sa.Text, nullable=False),
    ]


def child_constraints(table_name: str) -> list[SchemaItem]:
    """One row per record, found by its contact; for tables with a `position`."""
    return [
        sa.UniqueConstraint("connection_id", "id", name=f"uq_{table_name}"),
        sa.Index(f"ix_{table_name}_contact_id", "connection_id", "contact_id", "position"),
    ]


def _child(name: str, *columns: sa.Column[Any], indexes: tuple[sa.Index, ...] = ()) -> sa.Table:
    identity = (position_column(), text_column("connection_id"), text_column("id"), text_column("contact_id"))
    record = sa.Column("record", sa.Text, nullable=False)
    return sa.Table(name, metadata, *identity, *columns, record, *child_constraints(name), *indexes)


def _definitions(kind: RecordKind, *columns: sa.Column[Any]) -> sa.Table:
    record = sa.Column("record", sa.Text, nullable=False)
    return sa.Table(
        kind.value, metadata, text_column("connection_id", key=True), text_column("id", key=True), *columns, record
    )


contacts = sa.Table(RecordKind.CONTACT, metadata, *contact_columns(), *contact_indexes("contacts"))

contact_keys = sa.Table(
    "contact_keys", metadata,
    text_column("connection_id", key=True),
    text_column("contact_id", key=True),
    text_column("kind", key=True),
    text_column("value", key=True),
    sa.Index("ix_contact_keys_value", "connection_id", "kind", "value"),
)  # fmt: skip
"""Additional e-mails (lower case) and phones."""

tasks = sa.Table(RecordKind.TASK, metadata, *task_columns(), *child_constraints("tasks"))
notes = _child(RecordKind.NOTE, instant_column("date_added"))
appointments = _child(
    RecordKind.APPOINTMENT,
    instant_column("start_time"),
    text_column("calendar_id"),
    text_column("assigned_user_id"),
    text_column("group_id"),
    indexes=(sa.Index("ix_appointments_start_time", "connection_id", "start_time"),),
)
businesses = _definitions(RecordKind.BUSINESS, text_column("name_lower"))

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
    text_column("id", key=True),
    sa.Column("name", PlainText, nullable=False, unique=True),
    sa.Column("record", sa.Text, nullable=False),
)  # fmt: skip

api_keys = sa.Table(
    "api_keys", metadata,
    text_column("name", key=True),
    sa.Column("hash", PlainText, nullable=False, unique=True),
    sa.Column("record", sa.Text, nullable=False),
)  # fmt: skip

tokens = sa.Table(
    "tokens", metadata,
    text_column("app_id", key=True),
    text_column("resource_id", key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=True),
    sa.Column("lease_owner", PlainText, nullable=True),
    instant_column("lease_until", nullable=True),
)  # fmt: skip
"""The token pair of an app and a resource, encrypted; the lease says who may renew it now."""

secrets = sa.Table(
    "secrets", metadata,
    text_column("name", key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)  # fmt: skip
"""Client secrets and private integration tokens, encrypted."""

import_runs = sa.Table(
    "import_runs", metadata,
    text_column("id", key=True),
    text_column("connection_id"),
    instant_column("started_at"),
    sa.Column("record", sa.Text, nullable=False),
    sa.Index("ix_import_runs_started_at", "connection_id", "started_at"),
)  # fmt: skip

import_steps = sa.Table(
    "import_steps", metadata,
    text_column("run_id", key=True),
    text_column("kind", key=True),
    sa.Column("record", sa.Text, nullable=False),
)  # fmt: skip

set_aside = sa.Table(
    "set_aside", metadata,
    position_column(),
    text_column("connection_id"),
    text_column("kind"),
    sa.Column("record_id", PlainText, nullable=True),
    instant_column("at"),
    sa.Column("record", sa.Text, nullable=False),
    sa.UniqueConstraint("connection_id", "kind", "record_id", name="uq_set_aside"),
)  # fmt: skip

history = sa.Table(
    "history", metadata,
    position_column(),
    text_column("connection_id"),
    text_column("record_id"),
    text_column("contact_id"),
    text_column("kind"),
    text_column("action"),
    text_column("operation"),
    text_column("actor"),
    instant_column("at"),
    sa.Column("before", sa.Text, nullable=True),
    sa.Column("after", sa.Text, nullable=True),
    sa.Column("event_id", PlainText, nullable=True),
    sa.Column("run_id", PlainText, nullable=True),
    instant_column("read_at", nullable=True),
    sa.Index("ix_history_record_id", "connection_id", "record_id", "position"),
    sa.Index("ix_history_contact_id", "connection_id", "contact_id", "position"),
    part_of_index("ix_history_run_id", "connection_id", "run_id", "position", where=OF_A_RUN),
)  # fmt: skip
"""Every change with the record before and after it, as JSON in wire form."""
