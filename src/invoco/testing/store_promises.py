"""What a store promises, whatever its database: a suite to subclass with the fixtures `store` and `location_id`.

`store` is an open `Database` with all tables; `location_id` is a location that nobody else uses.
"""

from __future__ import annotations

from invoco.testing.inbox_promises import EventFigurePromises, InboxPromises
from invoco.testing.ledger_promises import ConnectionPromises, ImportPromises, JournalPromises
from invoco.testing.outbound_promises import AliasPromises, BasePromises, OutboxPromises, TracePromises
from invoco.testing.outcome_promises import ConflictPromises, FindingPromises, MappingPromises
from invoco.testing.reread_promises import ProvisionalPromises, RereadPromises
from invoco.testing.run_promises import RunPromises, UnannouncedPromises
from invoco.testing.search_promises import LookUpPromises, SearchPromises
from invoco.testing.shelf_promises import ChangePromises, ChildPromises, ComparisonPromises, ShelfPromises
from invoco.testing.tombstone_promises import HeldPromises, TombstonePromises
from invoco.testing.transaction_promises import SecretPromises, TransactionPromises


class StorePromises(
    ShelfPromises,
    ChildPromises,
    ChangePromises,
    ComparisonPromises,
    SearchPromises,
    LookUpPromises,
    ConnectionPromises,
    ImportPromises,
    JournalPromises,
    TransactionPromises,
    SecretPromises,
    InboxPromises,
    EventFigurePromises,
    RereadPromises,
    ProvisionalPromises,
    TombstonePromises,
    HeldPromises,
    RunPromises,
    UnannouncedPromises,
    OutboxPromises,
    TracePromises,
    BasePromises,
    AliasPromises,
    FindingPromises,
    ConflictPromises,
    MappingPromises,
):
    """All promises of a store."""
