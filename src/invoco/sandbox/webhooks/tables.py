"""Where deliveries wait and are remembered, in the twin's own database."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa


class State(StrEnum):
    """How far a delivery has come."""

    WAITING = "waiting"
    """To be tried at `due_at`."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """No further try follows."""
    DROPPED = "dropped"
    """Lost on purpose; never tried."""
    KEPT = "kept"
    """Nobody is subscribed; only kept to be looked at."""


metadata = sa.MetaData()
deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("webhook_id", sa.String, nullable=False),
    sa.Column("type", sa.String, nullable=False),
    sa.Column("location_id", sa.String),
    sa.Column("url", sa.String),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("last_attempt_at", sa.BigInteger),
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", sa.String),
)
forgeries = sa.Table(
    # Apart from the deliveries, so that a file of an earlier twin can be used as it is.
    "webhook_forgeries",
    metadata,
    sa.Column("webhook_id", sa.String, primary_key=True),
)
sa.Index("webhook_deliveries_due", deliveries.c.state, deliveries.c.due_at, deliveries.c.id)
