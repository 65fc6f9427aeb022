"""The way out: what became of writes, bases, aliases, findings, conflicts, mappings, and history by run and contact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables, widen the outbox, and find more in the history."""
    for make in (_aliases, _bases, _conflicts, _findings, _history, _mapping_versions, _outbox):
        make()


def _aliases() -> None:
    op.create_table(
        "aliases",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("alias", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "kind", "alias"),
    )
    op.create_index("ix_aliases_record_id", "aliases", ["connection_id", "kind", "record_id"], unique=False)


def _bases() -> None:
    op.create_table(
        "bases",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("contact_id", _TEXT, nullable=True),
        sa.Column("theirs", sa.Text(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "kind", "record_id"),
    )
    op.create_index("ix_bases_contact_id", "bases", ["connection_id", "kind", "contact_id"], unique=False)


def _conflicts() -> None:
    op.create_table(
        "conflicts",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("field", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    identity = ["connection_id", "kind", "record_id", "field"]
    _index_part("uq_conflicts_open", "conflicts", identity, where="state = 'open'", unique=True)
    newest = ["connection_id", "found_at", "id"]
    _index_part("ix_conflicts_open", "conflicts", newest, where="state = 'open'")
    _index_part("ix_conflicts_settled", "conflicts", newest, where="state <> 'open'")


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("contact_id", _TEXT, nullable=True),
        sa.Column("field", _TEXT, nullable=False),
        sa.Column("deviation", _TEXT, nullable=False),
        sa.Column("wished", sa.Text(), nullable=False),
        sa.Column("got", sa.Text(), nullable=False),
        sa.Column("message", _TEXT, nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_findings_record_id", "findings", ["connection_id", "kind", "record_id"], unique=False)
    identity = ["connection_id", "kind", "record_id", "field", "deviation"]
    _index_part("uq_findings_open", "findings", identity, where="closed_at IS NULL", unique=True)
    newest = ["connection_id", "found_at", "id"]
    _index_part("ix_findings_open", "findings", newest, where="closed_at IS NULL")
    _index_part("ix_findings_closed", "findings", newest, where="closed_at IS NOT NULL")


def _history() -> None:
    op.create_index("ix_history_contact_id", "history", ["connection_id", "contact_id", "position"], unique=False)
    _index_part("ix_history_run_id", "history", ["connection_id", "run_id", "position"], where="run_id IS NOT NULL")


def _mapping_versions() -> None:
    op.create_table(
        "mapping_versions",
        sa.Column("connection_id", _TEXT, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "version"),
    )


def _outbox() -> None:
    """What is there waits, and is due."""
    op.add_column("outbox", sa.Column("state", _TEXT, nullable=False, server_default="waiting"))
    op.add_column("outbox", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("due_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("tried_at", sa.BigInteger(), nullable=True))
    op.add_column("outbox", sa.Column("settled_at", sa.BigInteger(), nullable=True))
    op.add_column("outbox", sa.Column("reason", _TEXT, nullable=True))
    op.add_column("outbox", sa.Column("cure", _TEXT, nullable=True))
    op.drop_index("ix_outbox_connection_id", "outbox")
    _index_part("ix_outbox_waiting", "outbox", ["connection_id", "contact_id", "position"], where="state = 'waiting'")
    _index_part("ix_outbox_due", "outbox", ["connection_id", "due_at", "position"], where="state = 'waiting'")
    _index_part("ix_outbox_settled", "outbox", ["connection_id", "state", "settled_at"], where="state <> 'waiting'")


def _index_part(name: str, table: str, columns: list[str], *, where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
