"""Tasks of contacts (facts 3.5, 9)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from invoco.highlevel.adoption import same_task
from invoco.highlevel.errors import InvalidInput, Uncertain
from invoco.highlevel.pages import Page, one_record, rows_of, skipped_to, turned, whole_list
from invoco.highlevel.records import Task
from invoco.highlevel.resources.resource import Resource, adopted, may_have_happened


class Tasks(Resource):
    """Things to be done for a contact."""

    async def of_contact(self, contact_id: str) -> Page[Task]:
        """All tasks of the contact."""
        answer = await self._call("get-all-tasks", contactId=contact_id)
        return whole_list(Task, rows_of(answer, "tasks", operation="get-all-tasks"))

    async def get(self, contact_id: str, task_id: str) -> Task:
        """The task.

        Raises:
            NotFound: there is no such task, or no such contact.
        """
        answer = await self._call("get-task", contactId=contact_id, taskId=task_id)
        return one_record(Task, answer, "task", operation="get-task")

    async def create(self, contact_id: str, fields: Mapping[str, Any]) -> Task:
        """Create a task; never twice: when the answer is lost, the contact's tasks are looked through.

        Args:
            contact_id: whose task.
            fields: `title`, `dueDate` (ISO-8601) and `completed` are required; `body`, `assignedTo`.

        Raises:
            InvalidInput: a field is unknown, missing or refused.
            Uncertain: the answer was lost and not exactly one task has what was sent.
        """
        try:
            answer = await self._call("create-task", body=fields, contactId=contact_id)
            return one_record(Task, answer, "task", operation="create-task")
        except (Uncertain, InvalidInput) as doubt:
            if not may_have_happened(doubt):
                raise
            return await adopted(self.of_contact(contact_id), lambda task: same_task(fields, task), doubt=doubt)

    async def update(self, contact_id: str, task_id: str, fields: Mapping[str, Any]) -> Task:
        """Change a task; fields that are not given stay as they are."""
        answer = await self._call("update-task", body=fields, contactId=contact_id, taskId=task_id)
        return one_record(Task, answer, "task", operation="update-task")

    async def complete(self, contact_id: str, task_id: str, *, completed: bool = True) -> Task:
        """Mark a task completed, or open again."""
        operation = "update-task-completed"
        answer = await self._call(operation, body={"completed": completed}, contactId=contact_id, taskId=task_id)
        return one_record(Task, answer, "task", operation=operation)

    async def delete(self, contact_id: str, task_id: str) -> None:
        """Delete a task."""
        await self._confirmed("delete-task", contactId=contact_id, taskId=task_id)

    async def search(
        self,
        *,
        contact_ids: Sequence[str] = (),
        completed: bool | None = None,
        assigned_to: Sequence[str] = (),
        query: str | None = None,
        business_id: str | None = None,
        limit: int = 100,
        skip: int = 0,
    ) -> Page[Task]:
        """One page of all tasks of the location; this index lags too (facts 4.4).

        Args:
            contact_ids: only the tasks of these contacts.
            completed: only those completed, or only those open.
            assigned_to: only those of these users.
            query: free text.
            business_id: only those of this business.
            limit: rows per page; HighLevel states no maximum.
            skip: the `after` of the page before.
        """
        given: dict[str, Any] = {
            "contactId": list(contact_ids) or None,
            "completed": completed,
            "assignedTo": list(assigned_to) or None,
            "query": query,
            "limit": limit,
            "skip": skip,
            "businessId": business_id,
        }
        body = {name: value for name, value in given.items() if value is not None}
        answer = await self._call("task-search", body=body, locationId=self._location_id)
        return skipped_to(Task, rows_of(answer, "tasks", operation="task-search"), skip=skip)

    def pages(self, *, limit: int = 100, after: int = 0, **search: Any) -> AsyncIterator[Page[Task]]:
        """All pages of the location's tasks.

        Args:
            limit: rows per page.
            after: the `after` of a page read earlier, to go on behind it.
            search: the other arguments of `search`.

        Raises:
            PageLoop: a page came twice.
        """

        async def fetch(skip: int) -> Page[Task]:
            return await self.search(limit=limit, skip=skip, **search)

        return turned(fetch, after=after, operation="task-search")
