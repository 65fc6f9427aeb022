"""Writing to the twin's books from behind: with the events that HighLevel would send, or without any."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from invoco.domain.ids import new_id
from invoco.highlevel.clock import Clock
from invoco.sandbox.index import LaggingIndex
from invoco.service.books import Books, Recorder
from invoco.service.books.desk import Desk, Writing
from invoco.store.database import Database

ACTOR = "page"
"""Who wrote, for the history."""


class Scene:
    """The twin's books once more: every change is told, or none is."""

    def __init__(self, database: Database, *, clock: Clock, index: LaggingIndex, recorder: Recorder) -> None:
        self.books = Books(
            database, clock=clock, recorder=recorder, find_contacts=index.contacts, find_tasks=index.tasks
        )
        self._desk = Desk(
            store=database, clock=clock, recorder=recorder, new_id=new_id, find_contacts=index.contacts,
            find_tasks=index.tasks,
        )  # fmt: skip

    def writing(self, location_id: str) -> AbstractAsyncContextManager[Writing]:
        """One transaction; the recorder is told what was noted in it before it commits."""
        return self._desk.writing(location_id, actor=ACTOR)
