"""The first schema: records by kind, connections, keys, tokens, imports, history and outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    for make in (
        _api_keys,
        _appointments,
        _businesses,
        _calendars,
        _connections,
        _contact_keys,
        _contacts,
        _custom_fields,
        _custom_values,
        _history,
        _import_runs,
        _import_steps,
        _locations,
        _notes,
        _outbox,
        _secrets,
        _set_aside,
        _tags,
        _tasks,
        _tokens,
        _users,
    ):
        make()


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("hash", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("hash"),
    )


def _appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("position", _POSITION, autoincrement=True, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("contact_id", _TEXT, nullable=False),
        sa.Column("start_time", sa.BigInteger(), nullable=False),
        sa.Column("calendar_id", _TEXT, nullable=False),
        sa.Column("assigned_user_id", _TEXT, nullable=False),
        sa.Column("group_id", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("connection_id", "id", name="uq_appointments"),
    )
    op.create_index(
        "ix_appointments_contact_id", "appointments", ["connection_id", "contact_id", "position"], unique=False
    )
    op.create_index("ix_appointments_start_time", "appointments", ["connection_id", "start_time"], unique=False)


def _businesses() -> None:
    op.create_table(
        "businesses",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("name_lower", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "id"),
    )


def _calendars() -> None:
    op.create_table(
        "calendars",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "id"),
    )


def _connections() -> None:
    op.create_table(
        "connections",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _contact_keys() -> None:
    op.create_table(
        "contact_keys",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("contact_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("value", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "contact_id", "kind", "value"),
    )
    op.create_index("ix_contact_keys_value", "contact_keys", ["connection_id", "kind", "value"], unique=False)


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("date_added", sa.BigInteger(), nullable=False),
        sa.Column("date_updated", sa.BigInteger(), nullable=False),
        sa.Column("name_lower", _TEXT, nullable=False),
        sa.Column("first_name_lower", _TEXT, nullable=False),
        sa.Column("last_name_lower", _TEXT, nullable=False),
        sa.Column("email_lower", _TEXT, nullable=False),
        sa.Column("phone", _TEXT, nullable=False),
        sa.Column("business_id", _TEXT, nullable=False),
        sa.Column("company_name", _TEXT, nullable=False),
        sa.Column("address1", _TEXT, nullable=False),
        sa.Column("city", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("country", _TEXT, nullable=False),
        sa.Column("postal_code", _TEXT, nullable=False),
        sa.Column("website", _TEXT, nullable=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("assigned_to", _TEXT, nullable=False),
        sa.Column("timezone", _TEXT, nullable=False),
        sa.Column("tags", _TEXT, nullable=False),
        sa.Column("dnd", sa.Boolean(), nullable=True),
        sa.Column("date_of_birth", sa.BigInteger(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "id"),
    )
    op.create_index("ix_contacts_business_id", "contacts", ["business_id"], unique=False)
    op.create_index("ix_contacts_date_added", "contacts", ["connection_id", "date_added"], unique=False)
    op.create_index("ix_contacts_date_updated", "contacts", ["connection_id", "date_updated"], unique=False)
    op.create_index("ix_contacts_email_lower", "contacts", ["email_lower"], unique=False)
    op.create_index("ix_contacts_phone", "contacts", ["phone"], unique=False)


def _custom_fields() -> None:
    op.create_table(
        "custom_fields",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "id"),
    )


def _custom_values() -> None:
    op.create_table(
        "custom_values",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "id"),
    )


def _history() -> None:
    op.create_table(
        "history",
        sa.Column("position", _POSITION, autoincrement=True, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("contact_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("operation", _TEXT, nullable=False),
        sa.Column("actor", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("ix_history_record_id", "history", ["connection_id", "record_id", "position"], unique=False)


def _import_runs() -> None:
    op.create_table(
        "import_runs",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_import_runs_started_at", "import_runs", ["connection_id", "started_at"], unique=False)


def _import_steps() -> None:
    op.create_table(
        "import_steps",
        sa.Column("run_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "kind"),
    )


def _locations() -> None:
    op.create_table(
        "locations",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "id"),
    )


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("position", _POSITION, autoincrement=True, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("contact_id", _TEXT, nullable=False),
        sa.Column("date_added", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("connection_id", "id", name="uq_notes"),
    )
    op.create_index("ix_notes_contact_id", "notes", ["connection_id", "contact_id", "position"], unique=False)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", _POSITION, autoincrement=True, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("contact_id", _TEXT, nullable=False),
        sa.Column("operation", _TEXT, nullable=False),
        sa.Column("actor", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("ix_outbox_connection_id", "outbox", ["connection_id", "position"], unique=False)


def _secrets() -> None:
    op.create_table(
        "secrets",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _set_aside() -> None:
    op.create_table(
        "set_aside",
        sa.Column("position", _POSITION, autoincrement=True, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("connection_id", "kind", "record_id", name="uq_set_aside"),
    )


def _tags() -> None:
    op.create_table(
        "tags",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "id"),
    )


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("position", _POSITION, autoincrement=True, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("contact_id", _TEXT, nullable=False),
        sa.Column("assigned_to", _TEXT, nullable=False),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.Column("words", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("connection_id", "id", name="uq_tasks"),
    )
    op.create_index("ix_tasks_contact_id", "tasks", ["connection_id", "contact_id", "position"], unique=False)


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("app_id", _TEXT, nullable=False),
        sa.Column("resource_id", _TEXT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("lease_owner", _TEXT, nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("app_id", "resource_id"),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "id"),
    )
