"""What a store promises, whatever its database: a suite to subclass with the fixtures `store` and `location_id`.

`store` is an open `Database` with all tables; `location_id` is a location that nobody else uses.
"""

from __future__ import annotations

from invoco.testing.ledger_promises import ConnectionPromises, ImportPromises, JournalPromises
from invoco.testing.search_promises import LookUpPromises, SearchPromises
from invoco.testing.shelf_promises import ChildPromises, ShelfPromises
from invoco.testing.transaction_promises import SecretPromises, TransactionPromises


class StorePromises(
    ShelfPromises,
    ChildPromises,
    SearchPromises,
    LookUpPromises,
    ConnectionPromises,
    ImportPromises,
    JournalPromises,
    TransactionPromises,
    SecretPromises,
):
    """All promises of a store."""
