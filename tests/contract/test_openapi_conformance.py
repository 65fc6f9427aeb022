"""Requests and answers of the 32 contact operations against HighLevel's published specifications.

The specifications are not part of the project: they are looked for in `$INVOCO_HIGHLEVEL_SPECS`, or beside the
project. Where they are known to be wrong, `TOLERATED` says so, with the reason.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import jsonschema
import pytest
import pytest_asyncio

from invoco.api.app import build_api
from invoco.domain.kinds import RecordKind
from invoco.highlevel.clock import SystemClock
from invoco.highlevel.operations import OPERATIONS
from invoco.highlevel.records import Appointment, Business, Contact, CustomField, Location
from invoco.routes.router import HANDLERS
from invoco.sandbox import TwinSettings, build_twin, read_limits
from invoco.service.books import Books
from invoco.service.journal import JournalRecorder
from invoco.service.keys import KeyService
from invoco.store.database import Database
from invoco.store.schema import create_all

_BESIDE = Path(__file__).parents[3] / "shared" / "highlevel" / "openapi"
SPECS = Path(os.environ.get("INVOCO_HIGHLEVEL_SPECS", _BESIDE))
FILES = {"2021-07-28": "apps/contacts.json", "v3": "apps/v3/contacts-v3.json"}
LOCATION = "location-of-the-tests"
DAY = 86_400_000

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        not all((SPECS / file).is_file() for file in FILES.values()),
        reason="HighLevel's specifications are not here; set INVOCO_HIGHLEVEL_SPECS",
    ),
]


class Tolerated(NamedTuple):
    """A place where HighLevel's specification says something else than HighLevel does."""

    operation: str
    """A regular expression of operation ids."""
    place: str
    """A regular expression of the place, with `*` for every position of a list and `=null` after what is null."""
    reason: str


TOLERATED = (
    Tolerated(
        "get-contacts|get-contacts-by-businessId", r"contacts/\*/\w+=null", "rows carry explicit nulls (facts 3.3)"
    ),
    Tolerated(".*", r".*customFields/\*/value", "values are numbers, lists and objects too (facts 10.3)"),
    Tolerated("create-association", r"responses/\*", "mistyped as texts; the example has objects (facts 3.6)"),
    Tolerated(".*", r"body/dateOfBirth", "typed as an object; the text beside it says a string (facts 3.4)"),
    Tolerated(".*", r"body/customFields/\*", "`id` is marked required; the text says id or key (facts 10.3)"),
)

UNSPECIFIED_BODIES = {
    "search-contacts-advanced": "the schema is an empty object (facts 4.1)",
}
"""Operations whose body the specification leaves open."""
UNSPECIFIED_ANSWERS = {"search-contacts-advanced", "get-duplicate-contact"}
"""Operations whose answer the specification leaves open (facts 3.1)."""
NOT_IN_V3 = {"get-contacts"}
ONLY_IN_V3 = {("get-contacts-by-businessId", "startAfter")}
"""Query parameters that v3 added."""


class Specification:
    """One of HighLevel's files."""

    def __init__(self, version: str) -> None:
        self._path = SPECS / FILES[version]
        self._files: dict[Path, Any] = {}
        self.operations: dict[str, Any] = {
            operation["operationId"]: {**operation, "path": path, "method": method.upper()}
            for path, methods in self._read(self._path)["paths"].items()
            for method, operation in methods.items()
        }

    def body(self, operation_id: str) -> dict[str, Any] | None:
        """The schema of the request's body."""
        return self._schema(self.operations[operation_id].get("requestBody"))

    def answer(self, operation_id: str, status: int) -> dict[str, Any] | None:
        """The schema of the answer with that status; None when the specification leaves it open."""
        return self._schema(self.operations[operation_id]["responses"][str(status)])

    def _schema(self, holder: Any) -> dict[str, Any] | None:
        schema = (holder or {}).get("content", {}).get("application/json", {}).get("schema")
        return self._translated(schema, self._path) if schema else None

    def _translated(self, schema: Any, file: Path) -> Any:
        """OpenAPI 3.0 as JSON Schema: references in their place, `nullable` as another type."""
        if isinstance(schema, list):
            return [self._translated(item, file) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self._referred(schema["$ref"], file)
        told = {key: self._translated(value, file) for key, value in schema.items() if key not in _NO_SCHEMA}
        return {"anyOf": [told, {"type": "null"}]} if schema.get("nullable") else told

    def _referred(self, reference: str, file: Path) -> Any:
        name, _, pointer = reference.partition("#/")
        other = (file.parent / name).resolve() if name else file
        found = self._read(other)
        for part in pointer.split("/"):
            found = found[part]
        return self._translated(found, other)

    def _read(self, file: Path) -> Any:
        if file not in self._files:
            self._files[file] = json.loads(file.read_text(encoding="utf-8"))
        return self._files[file]


_NO_SCHEMA = frozenset({"nullable", "example", "examples", "default", "description", "deprecated"})


@cache
def specification(version: str) -> Specification:
    """The specification of that version, read once."""
    return Specification(version)


@dataclass(frozen=True)
class Subject:
    """Somebody who serves HighLevel's API, with a contact that has an appointment and a business."""

    client: httpx2.AsyncClient
    location_id: str
    contact_id: str
    business_id: str

    async def send(
        self, version: str, method: str, path: str, *, body: Any, query: dict[str, str] | None = None, **headers: str
    ) -> httpx2.Response:  # fmt: skip
        """The answer to one call."""
        given = {} if body is None else {"json": body}
        return await self.client.request(
            method, path, params=query or {}, headers={"Version": version, **headers}, **given
        )

    async def created(self, path: str, noun: str, body: Any) -> str:
        """The id of something new."""
        answer = await self.send("2021-07-28", "POST", path, body=body)
        assert answer.status_code == 201, answer.text
        record_id: str = answer.json()[noun]["id"]
        return record_id


@asynccontextmanager
async def twin(folder: Path) -> AsyncIterator[Subject]:
    """The twin with its sample account, through a private integration token."""
    settings = TwinSettings(contacts=60, data=folder / "twin.sqlite3", limits=read_limits("off", None))
    async with build_twin(settings) as built:
        token = built.accounts.keys()["private_tokens"][0]
        location_id = token["location_id"]
        async with built.database.reading() as session:
            (event,) = await session.appointments.page(location_id, limit=1)
            (business,) = await session.shelf(RecordKind.BUSINESS).page(location_id, limit=1)
        async with _client(built.app, token["token"]) as client:
            yield Subject(client, location_id, event.contact_id or "", business.id)


@asynccontextmanager
async def invoco(folder: Path) -> AsyncIterator[Subject]:
    """Invoco's own API over a small mirror, through a key."""
    database = await Database.open(f"sqlite:///{folder / 'mirror.sqlite3'}", durable=False)
    try:
        await create_all(database)
        await _furnish(database)
        keys = KeyService(database, clock=SystemClock())
        key = await keys.add("tests", location_id=LOCATION, read_only=False)
        books = Books(database, clock=SystemClock(), recorder=JournalRecorder())
        async with _client(build_api(books, keys, ping=database.ping), key.secret) as client:
            yield Subject(client, LOCATION, "contact-of-the-tests", "business-of-the-tests")
    finally:
        await database.close()


async def _furnish(database: Database) -> None:
    contact = Contact(id="contact-of-the-tests", name="Ada", first_name="Ada", date_added="2025-01-01T00:00:00.000Z")
    event = Appointment(id="event-of-the-tests", contact_id=contact.id, start_time="2025-06-15T12:00:00+02:00")
    records: dict[RecordKind, Any] = {
        RecordKind.LOCATION: Location(id=LOCATION, name="Here", country="US", timezone="Europe/Berlin"),
        RecordKind.BUSINESS: Business(id="business-of-the-tests", name="Firm"),
        RecordKind.CUSTOM_FIELD: CustomField(id="n", field_key="contact.age", data_type="NUMERICAL", model="contact"),
        RecordKind.CONTACT: contact,
        RecordKind.APPOINTMENT: event,
    }
    async with database.transaction() as session:
        for kind, record in records.items():
            await session.shelf(kind).put(LOCATION, [record])


def _client(app: Any, token: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://subject.test",
        headers={"Authorization": f"Bearer {token}"},
    )


SUBJECTS = {"twin": twin, "invoco": invoco}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=SUBJECTS)
async def subject(request, tmp_path_factory) -> AsyncIterator[Subject]:
    """Each of them in turn, furnished once."""
    async with SUBJECTS[request.param](tmp_path_factory.mktemp("conformance")) as served:
        yield served


SETTING = {"status": "active", "message": "m", "code": "c"}
CHANNELS = {"2021-07-28": "SMS", "v3": "sms"}
TASK = {"title": "Call", "dueDate": "2025-07-01T10:00:00.000Z", "completed": False, "body": "about"}
NOTE = {"body": "Hello", "title": "T", "color": "#ffffff", "pinned": True}


@dataclass(frozen=True)
class Sample:
    """What an operation is asked."""

    path: dict[str, str] = field(default_factory=dict)
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)


def contact_body(version: str) -> dict[str, Any]:
    """Every kind of field a contact can be written with."""
    value = "fieldValue" if version == "v3" else "field_value"
    return {
        "firstName": "Ada",
        "lastName": None,
        "city": "London",
        "tags": ["VIP"],
        "dnd": True,
        "dndSettings": {CHANNELS[version]: SETTING},
        "inboundDndSettings": {"all": {"status": "inactive", "message": "m"}},
        "dateOfBirth": "1990-09-25",
        "customFields": [{"id": "n", value: 36}, {"key": "age", value: "36"}],
        "country": "GB",
        "source": "public api",
    }


async def sample(subject: Subject, version: str, operation_id: str) -> Sample:
    """What an operation can be asked that ends well; what it needs is made before."""
    here = {"locationId": subject.location_id}
    contact_id = await subject.created("/contacts/", "contact", {**here, "firstName": "Ada", "tags": ["old"]})
    contact = {"contactId": contact_id}
    if operation_id in _OF_CONTACT:
        return Sample({**contact, **_MEMBER}, _OF_CONTACT[operation_id])
    if "task" in operation_id:
        task_id = await subject.created(f"/contacts/{contact_id}/tasks", "task", TASK)
        return Sample({**contact, "taskId": task_id}, _OF_TASK.get(operation_id))
    if "note" in operation_id:
        note_id = await subject.created(f"/contacts/{contact_id}/notes", "note", NOTE)
        return Sample({**contact, "id": note_id}, _OF_NOTE.get(operation_id))
    return _OTHERS[operation_id](subject, contact_id, version)


_MEMBER = {"campaignId": "campaign-1", "workflowId": "workflow-1"}
_OF_CONTACT: dict[str, Any] = {
    "get-contact": None,
    "delete-contact": None,
    "add-tags": {"tags": ["New"]},
    "remove-tags": {"tags": ["old"]},
    "add-followers-contact": {"followers": ["u1"]},
    "remove-followers-contact": {"followers": ["u1"]},
    "add-contact-to-campaign": {},
    "remove-contact-from-campaign": None,
    "remove-contact-from-every-campaign": None,
    "add-contact-to-workflow": {"eventStartTime": "2025-06-15T12:00:00+02:00"},
    "delete-contact-from-workflow": {},
}
_OF_TASK: dict[str, Any] = {
    "create-task": TASK,
    "update-task": {"title": "Write"},
    "update-task-completed": {"completed": True},
}
_OF_NOTE: dict[str, Any] = {"create-note": NOTE, "update-note": {"body": "Bye"}}
_OTHERS: dict[str, Callable[[Subject, str, str], Sample]] = {
    "search-contacts-advanced": lambda subject, _id, _version: Sample(
        body={"locationId": subject.location_id, "pageLimit": 20}
    ),
    "get-duplicate-contact": lambda subject, _id, _version: Sample(
        query={"locationId": subject.location_id, "email": "nobody@example.com"}
    ),
    "get-appointments-for-contact": lambda subject, _id, _version: Sample({"contactId": subject.contact_id}),
    "create-association": lambda subject, contact_id, _version: Sample(
        {"type": "add"}, {"locationId": subject.location_id, "contacts": [contact_id, "nobody"], "tags": ["New"]}
    ),
    "add-remove-contact-from-business": lambda subject, contact_id, _version: Sample(
        body={"locationId": subject.location_id, "ids": [contact_id], "businessId": subject.business_id}
    ),
    "update-contact": lambda _subject, contact_id, version: Sample({"contactId": contact_id}, contact_body(version)),
    "upsert-contact": lambda subject, contact_id, version: Sample(
        body={
            **contact_body(version),
            "locationId": subject.location_id,
            "email": f"{contact_id}@example.com",
            "createNewIfDuplicateAllowed": False,
        }
    ),
    "create-contact": lambda subject, _id, version: Sample(
        body={**contact_body(version), "locationId": subject.location_id, "companyName": "Firm", "gender": "f"}
    ),
    "get-contacts-by-businessId": lambda subject, _id, _version: Sample(
        {"businessId": subject.business_id}, query={"locationId": subject.location_id, "limit": "10"}
    ),
    "get-contacts": lambda subject, _id, _version: Sample(query={"locationId": subject.location_id, "limit": "20"}),
}

CONTACT_OPERATIONS = sorted(
    operation_id
    for operation_id in HANDLERS
    if OPERATIONS[operation_id].path.startswith("/contacts/") and OPERATIONS[operation_id].in_v2
)
CASES = [
    pytest.param(version, operation_id, id=f"{operation_id}-{version}")
    for version in FILES
    for operation_id in CONTACT_OPERATIONS
    if version != "v3" or operation_id not in NOT_IN_V3
]


def deviations(operation_id: str, schema: dict[str, Any], value: Any, *, inside: str = "") -> list[str]:
    """Where a value is not what the schema says, but for what is tolerated."""
    errors = jsonschema.Draft202012Validator(schema).iter_errors(value)
    places = [(_place(error, inside), error.message) for error in errors]
    return [f"{place}: {message[:200]}" for place, message in places if not _tolerated(operation_id, place)]


def _place(error: jsonschema.ValidationError, inside: str) -> str:
    parts = ["*" if isinstance(part, int) else str(part) for part in error.absolute_path]
    return "/".join([inside, *parts] if inside else parts) + ("=null" if error.instance is None else "")


def _tolerated(operation_id: str, place: str) -> bool:
    return any(re.fullmatch(each.operation, operation_id) and re.fullmatch(each.place, place) for each in TOLERATED)


def address(operation_id: str, version: str, path: dict[str, str]) -> tuple[str, str]:
    """Method and path of the operation, as the specification has them."""
    operation = specification(version).operations[operation_id]
    return operation["method"], re.sub(r"\{(\w+)\}", lambda name: path[name[1]], operation["path"])


async def test_there_are_32_operations():
    """Those of the specification, and no other."""
    assert (32, set(CONTACT_OPERATIONS)) == (len(CONTACT_OPERATIONS), set(specification("2021-07-28").operations))


@pytest.mark.parametrize("version", FILES)
async def test_operations_of_the_table(version):
    """Method, path and success of the table are those of the specification."""
    told = {
        operation_id: (each["method"], each["path"], min(status for status in each["responses"] if status < "300"))
        for operation_id, each in specification(version).operations.items()
    }
    table = {
        operation_id: (each.method, each.path_for(version), str(each.success))
        for operation_id, each in OPERATIONS.items()
        if operation_id in told
    }

    assert told == table


def _fields_of(operation_id: str, version: str) -> Iterator[tuple[str, set[str], set[str]]]:
    each = specification(version).operations[operation_id]
    queries = [parameter for parameter in each.get("parameters", ()) if parameter["in"] == "query"]
    yield (
        "query",
        {parameter["name"] for parameter in queries},
        {parameter["name"] for parameter in queries if parameter.get("required")},
    )
    body = specification(version).body(operation_id) or {}
    yield "body", set(body.get("properties", ())), set(body.get("required", ()))


@pytest.mark.parametrize(("version", "operation_id"), CASES)
async def test_fields_of_the_table(version, operation_id):
    """Query and body fields of the table, and which are required, are those of the specification."""
    operation = OPERATIONS[operation_id]
    table = [
        (where, {each.name for each in fields}, {each.name for each in fields if each.required})
        for where, fields in (("query", operation.query), ("body", operation.body or ()))
        if where == "query" or operation_id not in UNSPECIFIED_BODIES
    ]
    if version != "v3":
        table = [
            (where, {name for name in names if (operation_id, name) not in ONLY_IN_V3}, required)
            for where, names, required in table
        ]

    assert list(_fields_of(operation_id, version))[: len(table)] == table


@pytest.mark.parametrize(("version", "operation_id"), CASES)
async def test_success(subject, version, operation_id):
    """A sound request is answered with the status and the body that the specification promises."""
    asked = await sample(subject, version, operation_id)
    method, path = address(operation_id, version, {"type": "add", **asked.path})
    body_schema = specification(version).body(operation_id)
    answer = await subject.send(version, method, path, body=asked.body, query=asked.query)
    answer_schema = specification(version).answer(operation_id, answer.status_code)

    assert deviations(operation_id, body_schema or {}, asked.body, inside="body") == []
    assert (answer.status_code, answer_schema is None) == (
        OPERATIONS[operation_id].success, operation_id in UNSPECIFIED_ANSWERS,
    ), answer.text  # fmt: skip
    assert deviations(operation_id, answer_schema or {}, answer.json()) == []


@pytest.mark.parametrize(("version", "operation_id"), CASES)
async def test_refusal(subject, version, operation_id):
    """A call without a token is answered with the body that the specification promises for a 401."""
    asked = await sample(subject, version, operation_id)
    method, path = address(operation_id, version, asked.path)
    answer = await subject.send(version, method, path, body=asked.body, query=asked.query, Authorization="")
    promised = specification(version).operations[operation_id]["responses"]
    schema = specification(version).answer(operation_id, 401) if "401" in promised else None

    assert answer.status_code == 401
    assert deviations(operation_id, schema or {}, answer.json()) == []


@pytest.mark.parametrize(
    ("version", "operation_id"),
    [case for case in CASES if OPERATIONS[str(case.values[1])].body is not None],
)
async def test_unknown_property(subject, version, operation_id):
    """A property that the operation does not take is answered with the body promised for a 422."""
    asked = await sample(subject, version, operation_id)
    method, path = address(operation_id, version, asked.path)
    answer = await subject.send(version, method, path, body={**asked.body, "colour": "red"}, query=asked.query)
    promised = specification(version).operations[operation_id]["responses"]
    schema = specification(version).answer(operation_id, 422) if "422" in promised else None

    assert (answer.status_code, answer.json()["message"]) == (422, ["property colour should not exist"])
    assert deviations(operation_id, schema or {}, answer.json()) == []


@pytest.mark.parametrize(
    ("version", "operation_id"),
    [case for case in CASES if "{contactId}" in OPERATIONS[str(case.values[1])].path],
)
async def test_contact_that_is_not_there(subject, version, operation_id):
    """An id that nobody has is answered with the body promised for a 400."""
    asked = await sample(subject, version, operation_id)
    method, path = address(operation_id, version, {**asked.path, "contactId": "Nobody00000000000000"})
    answer = await subject.send(version, method, path, body=asked.body, query=asked.query)
    schema = specification(version).answer(operation_id, 400)

    assert (answer.status_code, deviations(operation_id, schema or {}, answer.json())) == (400, [])
