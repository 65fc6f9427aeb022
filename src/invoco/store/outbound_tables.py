"""The tables of the way out: what is to be sent, on what both sides agreed, and what did not go as wished.

As for the sync engine, what waits or is open is found by an index that holds nothing else.
"""

from __future__ import annotations

import sqlalchemy as sa

from invoco.store.columns import (
    PlainText,
    instant_column,
    metadata,
    part_of_index,
    position_column,
    text_column,
)  # fmt: skip
from invoco.store.sync_tables import SETTLED, WAITING

FINDING_OPEN = sa.text("closed_at IS NULL")
FINDING_CLOSED = sa.text("closed_at IS NOT NULL")
CONFLICT_OPEN = sa.text("state = 'open'")
CONFLICT_SETTLED = sa.text("state <> 'open'")

outbox = sa.Table(
    "outbox", metadata,
    position_column(),
    text_column("connection_id"),
    text_column("kind"),
    text_column("record_id"),
    text_column("contact_id"),
    text_column("operation"),
    text_column("actor"),
    instant_column("at"),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=True),
    sa.Column("state", PlainText, nullable=False, server_default="waiting"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", sa.BigInteger, nullable=False, server_default="0"),
    instant_column("tried_at", nullable=True),
    instant_column("settled_at", nullable=True),
    sa.Column("reason", PlainText, nullable=True),
    sa.Column("cure", PlainText, nullable=True),
    part_of_index("ix_outbox_waiting", "connection_id", "contact_id", "position", where=WAITING),
    part_of_index("ix_outbox_due", "connection_id", "due_at", "position", where=WAITING),
    part_of_index("ix_outbox_settled", "connection_id", "state", "settled_at", where=SETTLED),
)  # fmt: skip
"""Writes and what became of them; `path` and `body` are JSON, and `contact_id` is empty where there is no contact."""

bases = sa.Table(
    "bases", metadata,
    text_column("connection_id", key=True),
    text_column("kind", key=True),
    text_column("record_id", key=True),
    sa.Column("contact_id", PlainText, nullable=True),
    sa.Column("theirs", sa.Text, nullable=True),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Index("ix_bases_contact_id", "connection_id", "kind", "contact_id"),
)  # fmt: skip
"""Records of which Invoco's state is not simply HighLevel's; `theirs` is the record as JSON."""

aliases = sa.Table(
    "aliases", metadata,
    text_column("connection_id", key=True),
    text_column("kind", key=True),
    text_column("alias", key=True),
    text_column("record_id"),
    sa.Index("ix_aliases_record_id", "connection_id", "kind", "record_id"),
)  # fmt: skip
"""Ids that records had before HighLevel gave them its own."""

findings = sa.Table(
    "findings", metadata,
    text_column("id", key=True),
    text_column("connection_id"),
    text_column("kind"),
    text_column("record_id"),
    sa.Column("contact_id", PlainText, nullable=True),
    text_column("field"),
    text_column("deviation"),
    sa.Column("wished", sa.Text, nullable=False),
    sa.Column("got", sa.Text, nullable=False),
    text_column("message"),
    instant_column("found_at"),
    instant_column("closed_at", nullable=True),
    sa.Index("ix_findings_record_id", "connection_id", "kind", "record_id"),
    part_of_index(
        "uq_findings_open", "connection_id", "kind", "record_id", "field", "deviation", where=FINDING_OPEN, unique=True
    ),
    part_of_index("ix_findings_open", "connection_id", "found_at", "id", where=FINDING_OPEN),
    part_of_index("ix_findings_closed", "connection_id", "found_at", "id", where=FINDING_CLOSED),
)  # fmt: skip
"""Fields that are not as somebody wished; `wished` and `got` are JSON."""

conflicts = sa.Table(
    "conflicts", metadata,
    text_column("id", key=True),
    text_column("connection_id"),
    text_column("kind"),
    text_column("record_id"),
    text_column("field"),
    text_column("state"),
    instant_column("found_at"),
    sa.Column("record", sa.Text, nullable=False),
    part_of_index(
        "uq_conflicts_open", "connection_id", "kind", "record_id", "field", where=CONFLICT_OPEN, unique=True
    ),
    part_of_index("ix_conflicts_open", "connection_id", "found_at", "id", where=CONFLICT_OPEN),
    part_of_index("ix_conflicts_settled", "connection_id", "found_at", "id", where=CONFLICT_SETTLED),
)  # fmt: skip
"""Fields that wait for somebody to choose; `record` is the whole conflict."""

mapping_versions = sa.Table(
    "mapping_versions", metadata,
    text_column("connection_id", key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False, nullable=False),
    text_column("state"),
    sa.Column("record", sa.Text, nullable=False),
)  # fmt: skip
