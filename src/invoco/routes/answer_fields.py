"""What the answer of each operation holds, for its OpenAPI page (facts 3.1)."""

from __future__ import annotations

from typing import Any, Final

from invoco.highlevel.records import (
    Appointment,
    Business,
    Calendar,
    Contact,
    CustomField,
    CustomValue,
    Location,
    Note,
    Record,
    Tag,
    Task,
    User,
)

AnswerField = type[Record] | list[Any] | dict[str, Any]
"""A record type, a list with one of these in it, or a schema."""

_FLAG: Final = {"type": "boolean"}
_NUMBER: Final = {"type": "number"}
_TEXT: Final = {"type": "string"}
_OBJECT: Final = {"type": "object"}
_SUCCEEDED: Final[dict[str, AnswerField]] = {"succeded": _FLAG}
_TASK: Final[dict[str, AnswerField]] = {"task": Task}
_NOTE: Final[dict[str, AnswerField]] = {"note": Note}
_USERS: Final[dict[str, AnswerField]] = {"users": [User]}
_CONTACT: Final[dict[str, AnswerField]] = {"contact": Contact}

ANSWER_FIELDS: Final[dict[str, dict[str, AnswerField]]] = {
    "search-contacts-advanced": {"contacts": [Contact], "total": _NUMBER},
    "get-duplicate-contact": _CONTACT,
    "lookup-contact": {"contacts": [Contact], "nextCursor": _TEXT},
    "get-contacts": {"contacts": [Contact], "count": _NUMBER, "meta": _OBJECT},
    "get-contact": _CONTACT,
    "create-contact": _CONTACT,
    "update-contact": {**_SUCCEEDED, **_CONTACT},
    "upsert-contact": {"new": _FLAG, **_CONTACT},
    "delete-contact": _SUCCEEDED,
    "get-all-tasks": {"tasks": [Task]},
    "get-task": _TASK,
    "create-task": _TASK,
    "update-task": _TASK,
    "update-task-completed": _TASK,
    "delete-task": _SUCCEEDED,
    "task-search": {"tasks": [Task]},
    "get-all-notes": {"notes": [Note]},
    "get-note": _NOTE,
    "create-note": _NOTE,
    "update-note": _NOTE,
    "delete-note": _SUCCEEDED,
    "add-tags": {"tags": [_TEXT], "tagsAdded": [_TEXT]},
    "remove-tags": {"tags": [_TEXT], "tagsRemoved": [_TEXT]},
    "add-followers-contact": {"followers": [_TEXT], "followersAdded": [_TEXT]},
    "remove-followers-contact": {"followers": [_TEXT], "followersRemoved": [_TEXT]},
    "create-association": {**_SUCCEEDED, "errorCount": _NUMBER, "responses": [_OBJECT]},
    "add-remove-contact-from-business": {"success": _FLAG, "ids": [_TEXT]},
    "add-contact-to-campaign": _SUCCEEDED,
    "remove-contact-from-campaign": _SUCCEEDED,
    "remove-contact-from-every-campaign": _SUCCEEDED,
    "add-contact-to-workflow": _SUCCEEDED,
    "delete-contact-from-workflow": _SUCCEEDED,
    "get-businesses-by-location": {"businesses": [Business]},
    "get-business": {"business": Business},
    "get-contacts-by-businessId": {"contacts": [Contact], "count": _NUMBER},
    "get-calendars": {"calendars": [Calendar]},
    "get-calendar-events": {"events": [Appointment]},
    "get-appointment": {"event": Appointment},
    "get-appointments-for-contact": {"events": [Appointment]},
    "get-location": {"location": Location},
    "get-location-tags": {"tags": [Tag]},
    "get-custom-fields": {"customFields": [CustomField]},
    "get-custom-values": {"customValues": [CustomValue]},
    "get-user-by-location": _USERS,
    "search-users": {**_USERS, "count": _NUMBER},
    "get-user": {"id": _TEXT, "name": _TEXT, "firstName": _TEXT, "lastName": _TEXT, "email": _TEXT, "phone": _TEXT},
}
