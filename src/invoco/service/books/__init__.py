"""HighLevel's behaviour over a store: normalisation, duplicates, upsert, tags, cascades (facts 3.3-3.7, 5, 10).

The twin and Invoco's own API serve the same books. Every write is one transaction, and whoever must know of it is
told inside that transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invoco.domain.ids import NewId, new_id
from invoco.domain.kinds import RecordKind
from invoco.domain.ports import ContactFinder, Session, Store, TaskFinder
from invoco.highlevel.clock import Clock
from invoco.service.books.appointments import AppointmentBook
from invoco.service.books.contact_bulk import BulkTagResult
from invoco.service.books.contacts import ContactBook
from invoco.service.books.desk import Desk, OnWritten, nobody
from invoco.service.books.notes import NoteBook
from invoco.service.books.recorder import Recorder
from invoco.service.books.reference import ReferenceBook
from invoco.service.books.tasks import TaskBook

__all__ = ["Books", "BulkTagResult", "Recorder"]


_ID_PARAMETERS = {"contactId": RecordKind.CONTACT, "taskId": RecordKind.TASK, "id": RecordKind.NOTE}
"""What the parameters of paths name (facts 3)."""


def _contacts(session: Session) -> ContactFinder:
    return session.contacts


def _tasks(session: Session) -> TaskFinder:
    return session.tasks


class Books:
    """All records of all locations, behaving as in HighLevel.

    `on_written` is told of the location after each write. `find_contacts` and `find_tasks` choose what searches read:
    the records themselves, or an index that lags.
    """

    def __init__(
        self, store: Store, *, clock: Clock, recorder: Recorder, new_id: NewId = new_id,
        on_written: OnWritten = nobody,
        find_contacts: Callable[[Session], ContactFinder] = _contacts,
        find_tasks: Callable[[Session], TaskFinder] = _tasks,
    ) -> None:  # fmt: skip
        desk = Desk(
            store=store, clock=clock, recorder=recorder, on_written=on_written, new_id=new_id,
            find_contacts=find_contacts, find_tasks=find_tasks,
        )  # fmt: skip
        self._store = store
        self.contacts = ContactBook(desk)
        self.tasks = TaskBook(desk)
        self.notes = NoteBook(desk)
        self.appointments = AppointmentBook(desk)
        self.reference = ReferenceBook(desk)

    async def resolved(self, location_id: str, path: Mapping[str, str]) -> dict[str, str]:
        """The path parameters, with HighLevel's ids in place of those that records had here before."""
        resolved = dict(path)
        async with self._store.reading() as session:
            for name, kind in _ID_PARAMETERS.items():
                if name in path:
                    known = await session.aliases.resolve(location_id, kind, [path[name]])
                    resolved[name] = known.get(path[name], path[name])
        return resolved
