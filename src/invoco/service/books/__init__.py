"""HighLevel's behaviour over a store: normalisation, duplicates, upsert, tags, cascades (facts 3.3-3.7, 5, 10).

The twin and Invoco's own API serve the same books. Every write is one transaction, and whoever must know of it is
told inside that transaction.
"""

from __future__ import annotations

from collections.abc import Callable

from invoco.domain.ids import NewId, new_id
from invoco.domain.ports import ContactFinder, Session, Store, TaskFinder
from invoco.highlevel.clock import Clock
from invoco.service.books.appointments import AppointmentBook
from invoco.service.books.contact_bulk import BulkTagResult
from invoco.service.books.contacts import ContactBook
from invoco.service.books.desk import Desk
from invoco.service.books.notes import NoteBook
from invoco.service.books.recorder import Recorder
from invoco.service.books.reference import ReferenceBook
from invoco.service.books.tasks import TaskBook

__all__ = ["Books", "BulkTagResult", "Recorder"]


def _contacts(session: Session) -> ContactFinder:
    return session.contacts


def _tasks(session: Session) -> TaskFinder:
    return session.tasks


class Books:
    """All records of all locations, behaving as in HighLevel.

    `find_contacts` and `find_tasks` choose what searches read: the records themselves, or an index that lags.
    """

    def __init__(
        self, store: Store, *, clock: Clock, recorder: Recorder, new_id: NewId = new_id,
        find_contacts: Callable[[Session], ContactFinder] = _contacts,
        find_tasks: Callable[[Session], TaskFinder] = _tasks,
    ) -> None:  # fmt: skip
        desk = Desk(
            store=store, clock=clock, recorder=recorder, new_id=new_id, find_contacts=find_contacts,
            find_tasks=find_tasks,
        )  # fmt: skip
        self.contacts = ContactBook(desk)
        self.tasks = TaskBook(desk)
        self.notes = NoteBook(desk)
        self.appointments = AppointmentBook(desk)
        self.reference = ReferenceBook(desk)
