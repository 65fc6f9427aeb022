"""Tasks of a contact, and the search over those of a location (facts 3.5, 9)."""

from __future__ import annotations

from invoco.domain.search import TaskSearch
from invoco.routes.calls import Call, Handler, JsonObject
from invoco.routes.flags import succeeded
from invoco.routes.queries import within

_MOST_ROWS = 500
"""HighLevel states no maximum; this one keeps an answer small."""
_FURTHEST = 10**15
"""What every database can count to."""


async def list_tasks(call: Call) -> JsonObject:
    """All tasks of the contact."""
    tasks = await call.books.tasks.of_contact(call.location_id, call.path["contactId"])
    return {"tasks": [task.to_wire() for task in tasks]}


async def get_task(call: Call) -> JsonObject:
    """One task."""
    task = await call.books.tasks.get(call.location_id, call.path["contactId"], call.path["taskId"])
    return {"task": task.to_wire()}


async def create_task(call: Call) -> JsonObject:
    """A new task."""
    task = await call.books.tasks.create(call.location_id, call.path["contactId"], call.body, actor=call.actor)
    return {"task": task.to_wire()}


async def update_task(call: Call) -> JsonObject:
    """The task after the update."""
    task = await call.books.tasks.update(
        call.location_id, call.path["contactId"], call.path["taskId"], call.body, actor=call.actor
    )
    return {"task": task.to_wire()}


async def complete_task(call: Call) -> JsonObject:
    """The task, completed or open again."""
    task = await call.books.tasks.complete(
        call.location_id, call.path["contactId"], call.path["taskId"], call.body["completed"], actor=call.actor
    )
    return {"task": task.to_wire()}


async def delete_task(call: Call) -> JsonObject:
    """Nothing but the flag."""
    await call.books.tasks.delete(call.location_id, call.path["contactId"], call.path["taskId"], actor=call.actor)
    return succeeded(call)


async def search_tasks(call: Call) -> JsonObject:
    """A page of the location's tasks."""
    body = call.body
    search = TaskSearch(
        location_id=call.location_id,
        contact_ids=tuple(body.get("contactId", ())),
        completed=body.get("completed"),
        assigned_to=tuple(body.get("assignedTo", ())),
        query=body.get("query") or None,
        business_id=body.get("businessId") or None,
        limit=within("limit", int(body.get("limit", 25)), least=1, most=_MOST_ROWS),
        skip=within("skip", int(body.get("skip", 0)), least=0, most=_FURTHEST),
    )
    return {"tasks": [task.to_wire() for task in await call.books.tasks.search(search)]}


HANDLERS: dict[str, Handler] = {
    "get-all-tasks": list_tasks,
    "get-task": get_task,
    "create-task": create_task,
    "update-task": update_task,
    "update-task-completed": complete_task,
    "delete-task": delete_task,
    "task-search": search_tasks,
}
"""By operation id."""
