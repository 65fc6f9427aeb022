"""The sync engine: inbox, rereads, tombstones, runs, and what history tells of its sources."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and widen the history."""
    for make in (
        _counters,
        _held_deletions,
        _history,
        _inbox,
        _positions,
        _provisional,
        _rereads,
        _runs,
        _schedules,
        _tombstones,
        _unannounced,
    ):
        make()


def _counters() -> None:
    op.create_table(
        "counters",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "day"),
    )


def _held_deletions() -> None:
    op.create_table(
        "held_deletions",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_held_deletions_found_at", "held_deletions", ["connection_id", "state", "found_at"], unique=False
    )


def _history() -> None:
    op.add_column("history", sa.Column("event_id", _TEXT, nullable=True))
    op.add_column("history", sa.Column("run_id", _TEXT, nullable=True))
    op.add_column("history", sa.Column("read_at", sa.BigInteger(), nullable=True))


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("position", _POSITION, autoincrement=True, nullable=False),
        sa.Column("webhook_id", _TEXT, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("reason", _TEXT, nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("webhook_id", name="uq_inbox"),
    )
    op.create_index("ix_inbox_at", "inbox", ["connection_id", "at"], unique=False)
    _index_part("ix_inbox_settled", "inbox", ["state", "received_at"], where="state <> 'waiting'")
    _index_part("ix_inbox_waiting", "inbox", ["connection_id", "position"], where="state = 'waiting'")


def _positions() -> None:
    op.create_table(
        "positions",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "name"),
    )


def _provisional() -> None:
    op.create_table(
        "provisional",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("contact_id", _TEXT, nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "kind", "record_id"),
    )
    op.create_index("ix_provisional_contact_id", "provisional", ["connection_id", "kind", "contact_id"], unique=False)


def _rereads() -> None:
    op.create_table(
        "rereads",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("subject_id", _TEXT, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "subject", "subject_id"),
    )
    _index_part("ix_rereads_deleted", "rereads", ["connection_id"], where="deleted AND NOT failed")
    op.create_index("ix_rereads_due", "rereads", ["connection_id", "failed", "urgency", "due_at"], unique=False)


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("job", _TEXT, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_runs_job", "runs", ["connection_id", "job", "started_at"], unique=False)
    op.create_index("ix_runs_started_at", "runs", ["connection_id", "started_at"], unique=False)


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("job", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "job"),
    )


def _tombstones() -> None:
    op.create_table(
        "tombstones",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("contact_id", _TEXT, nullable=True),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=False),
        sa.Column("purge_at", sa.BigInteger(), nullable=True),
        sa.Column("archived", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", "kind", "record_id"),
    )
    op.create_index("ix_tombstones_contact_id", "tombstones", ["connection_id", "contact_id", "gone_at"], unique=False)
    op.create_index("ix_tombstones_gone_at", "tombstones", ["connection_id", "gone_at", "kind"], unique=False)
    _index_part("ix_tombstones_purge_at", "tombstones", ["purge_at"], where="archived IS NOT NULL")


def _unannounced() -> None:
    op.create_table(
        "unannounced",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("event_type", _TEXT, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("announced_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", "kind", "record_id", "event_type"),
    )
    op.create_index("ix_unannounced_changed_at", "unannounced", ["connection_id", "changed_at"], unique=False)


def _index_part(name: str, table: str, columns: list[str], *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition)
