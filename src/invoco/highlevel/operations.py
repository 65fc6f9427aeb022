"""The table of HighLevel operations: one row drives the client's calls and the server's routes alike.

Facts 3.1, 3.2, 3.4, 3.5, 9 and 1.3; operation ids are those of HighLevel's published specifications.
"""

from __future__ import annotations

import msgspec

BASE_URL = "https://services.leadconnectorhq.com"
"""Where the API is (facts 1.1)."""
READ, WRITE = "contacts.readonly", "contacts.write"
VERSIONS = ("v3", "2023-02-21", "2021-07-28", "2021-04-15")
"""The published values of the `Version` header (facts 1.2)."""


class Field(msgspec.Struct, frozen=True):
    """One field of a query or a body."""

    name: str
    type: str
    """`string`, `number`, `boolean`, `strings`, `date`, `dnd`, `inbound dnd`, `custom fields` or `any`."""
    required: bool = False
    nullable: bool = False


class Operation(msgspec.Struct, frozen=True):
    """One endpoint of HighLevel."""

    id: str
    title: str
    method: str
    path: str
    """With `{names}` in wire spelling, as v2 has it."""
    scope: str | None = None
    """What the token must have been granted; None where HighLevel publishes none."""
    success: int = 200
    version: str | None = "2021-07-28"
    """The `Version` header to send; None where the call takes none."""
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] | None = None
    """The fields the body may hold; None when the call takes no body."""
    v3_path: str | None = None
    """The path under `Version: v3`, where it differs."""
    in_v2: bool = True
    in_v3: bool = True
    oauth_only: bool = False

    def path_for(self, version: str | None) -> str:
        """The path under that version of the API."""
        return self.v3_path if version == "v3" and self.v3_path else self.path

    @property
    def idempotent(self) -> bool:
        """Whether the call may be sent again without doing more than once (facts 3.4)."""
        return self.method != "POST" or self.id in _IDEMPOTENT_POSTS


def _fields(*texts: str) -> tuple[Field, ...]:
    """Fields from `name: type`; `name*` is required, `type?` may be null."""
    return tuple(_field(*text.split(": ")) for text in texts)


def _field(name: str, type_: str) -> Field:
    return Field(name.rstrip("*"), type_.rstrip("?"), required=name.endswith("*"), nullable=type_.endswith("?"))


_IDEMPOTENT_POSTS = frozenset(
    {
        "search-contacts-advanced",
        "task-search",
        "add-tags",
        "create-association",
        "add-remove-contact-from-business",
        "add-followers-contact",
        "get-location-access-token",
    }
)

_CONTACT = (
    "firstName: string?", "lastName: string?", "name: string?", "email: string?", "phone: string?", "address1: string?",
    "city: string?", "state: string?", "postalCode: string", "website: string?", "timezone: string?", "dnd: boolean",
    "dndSettings: dnd", "inboundDndSettings: inbound dnd", "tags: strings", "customFields: custom fields",
    "dateOfBirth: date?", "country: string",
)  # fmt: skip
_CREATE_CONTACT = _fields(
    "locationId*: string", *_CONTACT, "gender: string", "source: string", "companyName: string?", "assignedTo: string"
)
_UPDATE_CONTACT = _fields(*_CONTACT, "source: string?", "assignedTo: string?")

_TABLE = (
    Operation(
        "search-contacts-advanced",
        "Search contacts by filters",
        "POST",
        "/contacts/search",
        scope=READ,
        body=_fields(
            "locationId*: string",
            "pageLimit*: number",
            "page: number",
            "searchAfter: any",
            "filters: any",
            "sort: any",
            "query: string",
        ),
    ),
    Operation(
        "get-duplicate-contact",
        "Find the contact with an e-mail or phone",
        "GET",
        "/contacts/search/duplicate",
        scope=READ,
        query=_fields("locationId*: string", "number: string", "email: string"),
    ),
    Operation("get-all-tasks", "List a contact's tasks", "GET", "/contacts/{contactId}/tasks", scope=READ),
    Operation(
        "create-task",
        "Create a task",
        "POST",
        "/contacts/{contactId}/tasks",
        scope=WRITE,
        success=201,
        body=_fields("title*: string", "body: string", "dueDate*: string", "completed*: boolean", "assignedTo: string"),
    ),
    Operation("get-task", "Get a task", "GET", "/contacts/{contactId}/tasks/{taskId}", scope=READ),
    Operation(
        "update-task",
        "Update a task",
        "PUT",
        "/contacts/{contactId}/tasks/{taskId}",
        scope=WRITE,
        body=_fields("title: string", "body: string", "dueDate: string", "completed: boolean", "assignedTo: string"),
    ),
    Operation("delete-task", "Delete a task", "DELETE", "/contacts/{contactId}/tasks/{taskId}", scope=WRITE),
    Operation(
        "update-task-completed",
        "Mark a task completed or open",
        "PUT",
        "/contacts/{contactId}/tasks/{taskId}/completed",
        scope=WRITE,
        body=_fields("completed*: boolean"),
    ),
    Operation(
        "get-appointments-for-contact",
        "List a contact's appointments",
        "GET",
        "/contacts/{contactId}/appointments",
        scope=READ,
    ),
    Operation(
        "add-tags",
        "Add tags to a contact",
        "POST",
        "/contacts/{contactId}/tags",
        scope=WRITE,
        success=201,
        body=_fields("tags*: strings"),
    ),
    Operation(
        "remove-tags",
        "Remove tags from a contact",
        "DELETE",
        "/contacts/{contactId}/tags",
        scope=WRITE,
        body=_fields("tags*: strings"),
    ),
    Operation("get-all-notes", "List a contact's notes", "GET", "/contacts/{contactId}/notes", scope=READ),
    Operation(
        "create-note",
        "Create a note",
        "POST",
        "/contacts/{contactId}/notes",
        scope=WRITE,
        success=201,
        body=_fields("userId: string", "body*: string", "title: string", "color: string", "pinned: boolean"),
    ),
    Operation("get-note", "Get a note", "GET", "/contacts/{contactId}/notes/{id}", scope=READ),
    Operation(
        "update-note",
        "Update a note",
        "PUT",
        "/contacts/{contactId}/notes/{id}",
        scope=WRITE,
        body=_fields("userId: string", "body: string", "title: string", "color: string", "pinned: boolean"),
    ),
    Operation("delete-note", "Delete a note", "DELETE", "/contacts/{contactId}/notes/{id}", scope=WRITE),
    Operation(
        "create-association",
        "Add or remove tags of many contacts",
        "POST",
        "/contacts/bulk/tags/update/{type}",
        success=201,
        body=_fields("contacts*: strings", "tags*: strings", "locationId*: string", "removeAllTags: boolean"),
    ),
    Operation(
        "add-remove-contact-from-business",
        "Put contacts into a business or take them out",
        "POST",
        "/contacts/bulk/business",
        body=_fields("locationId*: string", "ids*: strings", "businessId*: string?"),
    ),
    Operation("get-contact", "Get a contact", "GET", "/contacts/{contactId}", scope=READ),
    Operation("update-contact", "Update a contact", "PUT", "/contacts/{contactId}", scope=WRITE, body=_UPDATE_CONTACT),
    Operation("delete-contact", "Delete a contact", "DELETE", "/contacts/{contactId}", scope=WRITE),
    Operation(
        "upsert-contact",
        "Create a contact or update its duplicate",
        "POST",
        "/contacts/upsert",
        scope=WRITE,
        body=(*_CREATE_CONTACT, *_fields("createNewIfDuplicateAllowed: boolean")),
    ),
    Operation(
        "get-contacts-by-businessId",
        "List the contacts of a business",
        "GET",
        "/contacts/business/{businessId}",
        scope=READ,
        query=_fields("limit: string", "locationId*: string", "skip: string", "query: string", "startAfter: strings"),
    ),
    Operation(
        "add-followers-contact",
        "Add followers to a contact",
        "POST",
        "/contacts/{contactId}/followers",
        scope=WRITE,
        success=201,
        body=_fields("followers*: strings"),
    ),
    Operation(
        "remove-followers-contact",
        "Remove followers from a contact",
        "DELETE",
        "/contacts/{contactId}/followers",
        scope=WRITE,
        body=_fields("followers*: strings"),
    ),
    Operation(
        "add-contact-to-campaign",
        "Add a contact to a campaign",
        "POST",
        "/contacts/{contactId}/campaigns/{campaignId}",
        scope=WRITE,
        success=201,
    ),
    Operation(
        "remove-contact-from-campaign",
        "Remove a contact from a campaign",
        "DELETE",
        "/contacts/{contactId}/campaigns/{campaignId}",
        scope=WRITE,
    ),
    Operation(
        "remove-contact-from-every-campaign",
        "Remove a contact from every campaign",
        "DELETE",
        "/contacts/{contactId}/campaigns/removeAll",
        scope=WRITE,
        v3_path="/contacts/{contactId}/campaigns/remove-all",
    ),
    Operation(
        "add-contact-to-workflow",
        "Add a contact to a workflow",
        "POST",
        "/contacts/{contactId}/workflow/{workflowId}",
        scope=WRITE,
        body=_fields("eventStartTime: string"),
    ),
    Operation(
        "delete-contact-from-workflow",
        "Remove a contact from a workflow",
        "DELETE",
        "/contacts/{contactId}/workflow/{workflowId}",
        scope=WRITE,
        body=_fields("eventStartTime: string"),
    ),
    Operation(
        "create-contact", "Create a contact", "POST", "/contacts/", scope=WRITE, success=201, body=_CREATE_CONTACT
    ),
    Operation(
        "get-contacts",
        "List contacts",
        "GET",
        "/contacts/",
        scope=READ,
        query=_fields(
            "locationId*: string", "startAfterId: string", "startAfter: number", "query: string", "limit: number"
        ),
        in_v3=False,
    ),
    Operation("get-location", "Get a location", "GET", "/locations/{locationId}", scope="locations.readonly"),
    Operation(
        "task-search",
        "Search the tasks of a location",
        "POST",
        "/locations/{locationId}/tasks/search",
        scope="locations/tasks.readonly",
        body=_fields(
            "contactId: strings",
            "completed: boolean",
            "assignedTo: strings",
            "query: string",
            "limit: number",
            "skip: number",
            "businessId: string",
        ),
    ),
    Operation(
        "get-location-tags",
        "List the tags of a location",
        "GET",
        "/locations/{locationId}/tags",
        scope="locations/tags.readonly",
    ),
    Operation(
        "get-custom-fields",
        "List custom field definitions",
        "GET",
        "/locations/{locationId}/customFields",
        scope="locations/customFields.readonly",
        query=_fields("model: string"),
    ),
    Operation(
        "get-custom-values",
        "List custom values",
        "GET",
        "/locations/{locationId}/customValues",
        scope="locations/customValues.readonly",
    ),
    Operation(
        "get-businesses-by-location",
        "List businesses",
        "GET",
        "/businesses/",
        scope="businesses.readonly",
        query=_fields("locationId*: string", "limit: string", "skip: string"),
    ),
    Operation("get-business", "Get a business", "GET", "/businesses/{businessId}", scope="businesses.readonly"),
    Operation(
        "get-calendars",
        "List calendars",
        "GET",
        "/calendars/",
        scope="calendars.readonly",
        version="2021-04-15",
        query=_fields("locationId*: string", "groupId: string", "showDrafted: boolean"),
    ),
    Operation(
        "get-calendar-events",
        "List the appointments of a calendar",
        "GET",
        "/calendars/events",
        scope="calendars/events.readonly",
        version="2021-04-15",
        query=_fields(
            "locationId*: string",
            "userId: string",
            "calendarId: string",
            "groupId: string",
            "startTime*: string",
            "endTime*: string",
        ),
    ),
    Operation(
        "get-appointment",
        "Get an appointment",
        "GET",
        "/calendars/events/appointments/{eventId}",
        scope="calendars/events.readonly",
        version="2021-04-15",
    ),
    Operation(
        "get-user-by-location",
        "List the users of a location",
        "GET",
        "/users/",
        scope="users.readonly",
        query=_fields("locationId*: string"),
        in_v3=False,
    ),
    Operation(
        "search-users",
        "Search users",
        "GET",
        "/users/search",
        scope="users.readonly",
        query=_fields(
            "companyId*: string",
            "query: string",
            "skip: string",
            "limit: string",
            "locationId: string",
            "type: string",
            "role: string",
            "ids: string",
            "sort: string",
            "sortDirection: string",
            "enabled2waySync: boolean",
        ),
    ),
    Operation("get-user", "Get a user", "GET", "/users/{userId}", scope="users.readonly"),
    Operation(
        "get-access-token",
        "Exchange a code or a refresh token",
        "POST",
        "/oauth/token",
        version=None,
        body=_fields(
            "client_id*: string",
            "client_secret*: string",
            "grant_type*: string",
            "code: string",
            "refresh_token: string",
            "user_type: string",
            "redirect_uri: string",
        ),
    ),
    Operation(
        "get-location-access-token",
        "Get a location token from a company token",
        "POST",
        "/oauth/locationToken",
        scope="oauth.write",
        body=_fields("companyId*: string", "locationId*: string"),
        v3_path="/oauth/location-token",
    ),
    Operation(
        "get-installed-location",
        "List the locations an app is installed in",
        "GET",
        "/oauth/installedLocations",
        scope="oauth.readonly",
        query=_fields(
            "skip: string",
            "limit: string",
            "query: string",
            "isInstalled: boolean",
            "companyId*: string",
            "appId*: string",
            "versionId: string",
            "onTrial: boolean",
            "planId: string",
            "locationId: string",
        ),
        v3_path="/oauth/installed-locations",
    ),
    Operation(
        "lookup-contact",
        "Find contacts by e-mail or phone, additional ones too",
        "GET",
        "/contacts/lookup",
        scope=READ,
        version="v3",
        query=_fields("locationId*: string", "email: string", "phone: string", "limit: number", "nextCursor: string"),
        in_v2=False,
        oauth_only=True,
    ),
)

OPERATIONS: dict[str, Operation] = {operation.id: operation for operation in _TABLE}
