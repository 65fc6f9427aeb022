"""The tables of the sync engine: what came in, what must be read again, what is gone, and when what runs.

Their cost must not grow with what is done: what waits is found by an index that holds nothing else.
"""

from __future__ import annotations

import sqlalchemy as sa

from invoco.store.columns import PlainText, instant_column, metadata, part_of_index, position_column, text_column

WAITING = sa.text("state = 'waiting'")
"""Written out wherever it is asked for: neither dialect uses such an index for a parameter."""
SETTLED = sa.text("state <> 'waiting'")
UNSURE_DELETION = sa.text("deleted AND NOT failed")
BURIED = sa.text("archived IS NOT NULL")


inbox = sa.Table(
    "inbox", metadata,
    position_column(),
    text_column("webhook_id"),
    text_column("connection_id"),
    text_column("type"),
    instant_column("at", nullable=True),
    instant_column("received_at"),
    text_column("state"),
    sa.Column("reason", PlainText, nullable=True),
    sa.Column("copies", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("webhook_id", name="uq_inbox"),
    part_of_index("ix_inbox_waiting", "connection_id", "position", where=WAITING),
    part_of_index("ix_inbox_settled", "state", "received_at", where=SETTLED),
    sa.Index("ix_inbox_at", "connection_id", "at"),
)  # fmt: skip
"""Received webhooks; `connection_id` is empty for an event of a company."""

rereads = sa.Table(
    "rereads", metadata,
    text_column("connection_id", key=True),
    text_column("subject", key=True),
    text_column("subject_id", key=True),
    instant_column("due_at"),
    sa.Column("urgency", sa.Integer, nullable=False),
    sa.Column("failed", sa.Boolean, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Index("ix_rereads_due", "connection_id", "failed", "urgency", "due_at"),
    part_of_index("ix_rereads_deleted", "connection_id", where=UNSURE_DELETION),
)  # fmt: skip
"""What must be read from HighLevel again."""

provisional = sa.Table(
    "provisional", metadata,
    text_column("connection_id", key=True),
    text_column("kind", key=True),
    text_column("record_id", key=True),
    sa.Column("contact_id", PlainText, nullable=True),
    instant_column("since"),
    instant_column("shown_at"),
    sa.Index("ix_provisional_contact_id", "connection_id", "kind", "contact_id"),
)  # fmt: skip
"""Records that are shown as an event told them."""

tombstones = sa.Table(
    "tombstones", metadata,
    text_column("connection_id", key=True),
    text_column("kind", key=True),
    text_column("record_id", key=True),
    sa.Column("contact_id", PlainText, nullable=True),
    text_column("action"),
    instant_column("gone_at"),
    instant_column("purge_at", nullable=True),
    sa.Column("archived", sa.LargeBinary, nullable=True),
    sa.Index("ix_tombstones_contact_id", "connection_id", "contact_id", "gone_at"),
    sa.Index("ix_tombstones_gone_at", "connection_id", "gone_at", "kind"),
    part_of_index("ix_tombstones_purge_at", "purge_at", where=BURIED),
)  # fmt: skip
"""Records that are gone in HighLevel; `archived` is the hidden record as JSON."""

held_deletions = sa.Table(
    "held_deletions", metadata,
    text_column("id", key=True),
    text_column("connection_id"),
    text_column("state"),
    instant_column("found_at"),
    sa.Column("record", sa.Text, nullable=False),
    sa.Index("ix_held_deletions_found_at", "connection_id", "state", "found_at"),
)  # fmt: skip

runs = sa.Table(
    "runs", metadata,
    text_column("id", key=True),
    text_column("connection_id"),
    text_column("job"),
    instant_column("started_at"),
    sa.Column("record", sa.Text, nullable=False),
    sa.Index("ix_runs_job", "connection_id", "job", "started_at"),
    sa.Index("ix_runs_started_at", "connection_id", "started_at"),
)  # fmt: skip
"""Polls and reconciles."""

positions = sa.Table(
    "positions", metadata,
    text_column("connection_id", key=True),
    text_column("name", key=True),
    sa.Column("value", sa.Text, nullable=False),
)  # fmt: skip
"""How far something came, as JSON."""

schedules = sa.Table(
    "schedules", metadata,
    text_column("connection_id", key=True),
    text_column("job", key=True),
    sa.Column("record", sa.Text, nullable=False),
)  # fmt: skip

unannounced = sa.Table(
    "unannounced", metadata,
    text_column("connection_id", key=True),
    text_column("kind", key=True),
    text_column("record_id", key=True),
    text_column("event_type", key=True),
    instant_column("changed_at"),
    instant_column("found_at"),
    instant_column("announced_at", nullable=True),
    sa.Index("ix_unannounced_changed_at", "connection_id", "changed_at"),
)  # fmt: skip
"""Changes that only a comparison found."""

counters = sa.Table(
    "counters", metadata,
    text_column("name", key=True),
    sa.Column("day", sa.Integer, primary_key=True, autoincrement=False, nullable=False),
    sa.Column("value", sa.BigInteger, nullable=False),
)  # fmt: skip
"""Of diagnostics, by day since 1970."""
