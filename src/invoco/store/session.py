"""One transaction over all shelves."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Note
from invoco.store.aliases import AliasShelf
from invoco.store.appointments import AppointmentShelf
from invoco.store.bases import BaseShelf
from invoco.store.conflicts import ConflictShelf
from invoco.store.connections import ConnectionShelf, KeyShelf
from invoco.store.contacts import ContactShelf
from invoco.store.findings import FindingShelf
from invoco.store.imports import ImportShelf
from invoco.store.inbox import InboxShelf
from invoco.store.journal import JournalShelf
from invoco.store.mapping_versions import MappingShelf
from invoco.store.one_trip import OneTripConnection
from invoco.store.outbox import OutboxShelf
from invoco.store.provisional import ProvisionalShelf
from invoco.store.rereads import RereadShelf
from invoco.store.runs import RunShelf
from invoco.store.shelves import ChildShelf, RecordShelf
from invoco.store.tasks import TaskShelf
from invoco.store.tombstones import TombstoneShelf


class StoreSession:
    """The shelves of one open transaction; `connection` is there for further tables in the same transaction."""

    def __init__(self, connection: AsyncConnection, *, writes: bool) -> None:
        self.connection = connection
        self.writes = writes

    def brief(self, *, so: bool = True) -> None:
        """Say that what follows in the transaction is small: its statements need no thread of their own."""
        driver = self._driver()
        if isinstance(driver, OneTripConnection):
            driver.is_brief = so

    def _driver(self) -> Any:
        proxy: Any = self.connection.sync_connection
        return proxy.connection.driver_connection

    @cached_property
    def contacts(self) -> ContactShelf:
        """Contacts, and the ways to find them."""
        return ContactShelf(self.connection, remember_totals=not self.writes)

    @cached_property
    def tasks(self) -> TaskShelf:
        """Tasks of a location."""
        return TaskShelf(self.connection)

    @cached_property
    def notes(self) -> ChildShelf[Note]:
        """Notes of contacts."""
        return ChildShelf(self.connection, RecordKind.NOTE)

    @cached_property
    def appointments(self) -> AppointmentShelf:
        """Appointments of a location."""
        return AppointmentShelf(self.connection)

    @cached_property
    def connections(self) -> ConnectionShelf:
        """The connections."""
        return ConnectionShelf(self.connection)

    @cached_property
    def keys(self) -> KeyShelf:
        """The keys of Invoco's API."""
        return KeyShelf(self.connection)

    @cached_property
    def imports(self) -> ImportShelf:
        """Runs of imports and how far they came."""
        return ImportShelf(self.connection)

    @cached_property
    def journal(self) -> JournalShelf:
        """History and outbox."""
        return JournalShelf(self.connection)

    @cached_property
    def inbox(self) -> InboxShelf:
        """Received webhooks."""
        return InboxShelf(self.connection)

    @cached_property
    def rereads(self) -> RereadShelf:
        """What must be read again."""
        return RereadShelf(self.connection)

    @cached_property
    def provisional(self) -> ProvisionalShelf:
        """Records that are shown and not confirmed."""
        return ProvisionalShelf(self.connection)

    @cached_property
    def tombstones(self) -> TombstoneShelf:
        """Records that are gone in HighLevel."""
        return TombstoneShelf(self.connection)

    @cached_property
    def runs(self) -> RunShelf:
        """Runs of polls and reconciles, how far they came, and the schedule."""
        return RunShelf(self.connection)

    @cached_property
    def bases(self) -> BaseShelf:
        """Records of which Invoco's state is not simply HighLevel's."""
        return BaseShelf(self.connection)

    @cached_property
    def outbox(self) -> OutboxShelf:
        """What is still to be sent to HighLevel."""
        return OutboxShelf(self.connection)

    @cached_property
    def aliases(self) -> AliasShelf:
        """Ids that records had before HighLevel gave them its own."""
        return AliasShelf(self.connection)

    @cached_property
    def findings(self) -> FindingShelf:
        """Fields that are not as somebody wished."""
        return FindingShelf(self.connection)

    @cached_property
    def conflicts(self) -> ConflictShelf:
        """Fields that wait for somebody to choose."""
        return ConflictShelf(self.connection)

    @cached_property
    def mappings(self) -> MappingShelf:
        """The versions of the mappings."""
        return MappingShelf(self.connection)

    def shelf(self, kind: RecordKind) -> RecordShelf[Any]:
        """The shelf of that kind; definitions (tags, users, …) are reached only here."""
        family: dict[RecordKind, RecordShelf[Any]] = {
            RecordKind.CONTACT: self.contacts,
            RecordKind.TASK: self.tasks,
            RecordKind.NOTE: self.notes,
            RecordKind.APPOINTMENT: self.appointments,
        }
        return family[kind] if kind in family else RecordShelf(self.connection, kind)
