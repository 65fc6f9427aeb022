"""Tasks of contacts (facts 3.5)."""

from __future__ import annotations

from typing import Any, Final

from invoco.domain.kinds import RecordKind
from invoco.domain.ports import Session
from invoco.domain.search import TaskSearch
from invoco.highlevel.records import Task
from invoco.service.books.desk import Desk, Writing, found, not_found
from invoco.service.books.fields import amended

_FIELDS: Final = frozenset({"title", "body", "dueDate", "completed", "assignedTo"})


class TaskBook:
    """Everything that can be done with tasks; a contact or task that is not there raises NoSuchRecord."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def of_contact(self, location_id: str, contact_id: str) -> list[Task]:
        """All tasks of the contact, oldest first."""
        async with self._desk.store.reading() as session:
            await found(session.contacts, location_id, contact_id, noun="Contact")
            return await session.tasks.of_contact(location_id, contact_id)

    async def get(self, location_id: str, contact_id: str, task_id: str) -> Task:
        """The task, if it is one of that contact."""
        async with self._desk.store.reading() as session:
            return await _task(session, location_id, contact_id, task_id)

    async def search(self, search: TaskSearch) -> list[Task]:
        """One page of the location's tasks; in the twin it lags behind what was written."""
        async with self._desk.store.reading() as session:
            return await self._desk.find_tasks(session).search(search)

    async def create(self, location_id: str, contact_id: str, body: dict[str, Any], *, actor: str) -> Task:
        """A new task of the contact."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            await found(writing.session.contacts, location_id, contact_id, noun="Contact")
            task = amended(Task(id=writing.new_id(), contact_id=contact_id), body, only=_FIELDS)
            await writing.session.tasks.put(location_id, [task])
            path = {"contactId": contact_id}
            writing.note(RecordKind.TASK, "create", "create-task", after=task, path=path, body=body)
            return task

    async def update(
        self, location_id: str, contact_id: str, task_id: str, body: dict[str, Any], *, actor: str
    ) -> Task:
        """The task with the fields that the body names."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            return await _updated(writing, contact_id, task_id, "update-task", body)

    async def complete(
        self,
        location_id: str,
        contact_id: str,
        task_id: str,
        completed: bool,  # noqa: FBT001 - the one thing this call is about
        *,
        actor: str,
    ) -> Task:
        """The task, marked as completed or open."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            return await _updated(writing, contact_id, task_id, "update-task-completed", {"completed": completed})

    async def delete(self, location_id: str, contact_id: str, task_id: str, *, actor: str) -> None:
        """Remove the task."""
        async with self._desk.writing(location_id, actor=actor) as writing:
            task = await _task(writing.session, location_id, contact_id, task_id)
            await writing.session.tasks.delete(location_id, [task_id])
            path = {"contactId": contact_id, "taskId": task_id}
            writing.note(RecordKind.TASK, "delete", "delete-task", before=task, path=path)


async def _task(session: Session, location_id: str, contact_id: str, task_id: str) -> Task:
    task = await found(session.tasks, location_id, task_id, noun="Task")
    if task.contact_id != contact_id:
        raise not_found("Task", task_id)
    return task


async def _updated(writing: Writing, contact_id: str, task_id: str, operation_id: str, body: dict[str, Any]) -> Task:
    before = await _task(writing.session, writing.location_id, contact_id, task_id)
    after = amended(before, body, only=_FIELDS)
    await writing.session.tasks.put(writing.location_id, [after])
    action = "complete" if after.completed and not before.completed else "update"
    path = {"contactId": contact_id, "taskId": task_id}
    writing.note(RecordKind.TASK, action, operation_id, before=before, after=after, path=path, body=body)
    return after
