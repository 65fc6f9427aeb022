"""The check-list of the twin: paths, admission, versions and errors (facts 12)."""

import json
import uuid
from string import Template
from typing import Any

import pytest
import pytest_asyncio

from invoco.testing.promised_account import FIRM

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = "nobody00000000000000"
TASK = {"title": "Call", "dueDate": "2025-07-01T10:00:00.000Z", "completed": False}
ROUTES: dict[str, tuple[str, int, Any, str]] = {
    "search-contacts-advanced": (
        "POST /contacts/search", 200, {"locationId": "$here", "pageLimit": 1}, "contacts total",
    ),
    "get-duplicate-contact": ("GET /contacts/search/duplicate?locationId=$here&number=1", 200, None, "contact"),
    "get-all-tasks": ("GET /contacts/$contact/tasks", 200, None, "tasks"),
    "create-task": ("POST /contacts/$contact/tasks", 201, TASK, "task"),
    "get-task": ("GET /contacts/$contact/tasks/$task", 200, None, "task"),
    "update-task": ("PUT /contacts/$contact/tasks/$task", 200, {"title": "Write"}, "task"),
    "delete-task": ("DELETE /contacts/$contact/tasks/$task", 200, None, "succeded"),
    "update-task-completed": ("PUT /contacts/$contact/tasks/$task/completed", 200, {"completed": True}, "task"),
    "get-appointments-for-contact": ("GET /contacts/$contact/appointments", 200, None, "events"),
    "add-tags": ("POST /contacts/$contact/tags", 201, {"tags": ["a"]}, "tags tagsAdded"),
    "remove-tags": ("DELETE /contacts/$contact/tags", 200, {"tags": ["a"]}, "tags tagsRemoved"),
    "get-all-notes": ("GET /contacts/$contact/notes", 200, None, "notes"),
    "create-note": ("POST /contacts/$contact/notes", 201, {"body": "Hello"}, "note"),
    "get-note": ("GET /contacts/$contact/notes/$note", 200, None, "note"),
    "update-note": ("PUT /contacts/$contact/notes/$note", 200, {"body": "Bye"}, "note"),
    "delete-note": ("DELETE /contacts/$contact/notes/$note", 200, None, "succeded"),
    "create-association": (
        "POST /contacts/bulk/tags/update/add", 201, {"contacts": ["$contact"], "tags": ["a"], "locationId": "$here"},
        "succeded errorCount responses",
    ),
    "add-remove-contact-from-business": (
        "POST /contacts/bulk/business", 200, {"locationId": "$here", "ids": ["$contact"], "businessId": FIRM},
        "success ids",
    ),
    "get-contact": ("GET /contacts/$contact", 200, None, "contact"),
    "update-contact": ("PUT /contacts/$contact", 200, {"city": "London"}, "succeded contact"),
    "delete-contact": ("DELETE /contacts/$contact", 200, None, "succeded"),
    "upsert-contact": (
        "POST /contacts/upsert", 200, {"locationId": "$here", "email": "new@example.com"}, "new contact",
    ),
    "get-contacts-by-businessId": (f"GET /contacts/business/{FIRM}?locationId=$here", 200, None, "contacts count"),
    "add-followers-contact": (
        "POST /contacts/$contact/followers", 201, {"followers": ["u"]}, "followers followersAdded",
    ),
    "remove-followers-contact": (
        "DELETE /contacts/$contact/followers", 200, {"followers": ["u"]}, "followers followersRemoved",
    ),
    "add-contact-to-campaign": ("POST /contacts/$contact/campaigns/c1", 201, {}, "succeded"),
    "remove-contact-from-campaign": ("DELETE /contacts/$contact/campaigns/c1", 200, None, "succeded"),
    "remove-contact-from-every-campaign": ("DELETE /contacts/$contact/campaigns/removeAll", 200, None, "succeded"),
    "add-contact-to-workflow": ("POST /contacts/$contact/workflow/w1", 200, {}, "succeded"),
    "delete-contact-from-workflow": ("DELETE /contacts/$contact/workflow/w1", 200, {}, "succeded"),
    "create-contact": ("POST /contacts/", 201, {"locationId": "$here"}, "contact"),
    "get-contacts": ("GET /contacts/?locationId=$here", 200, None, "contacts count meta"),
}  # fmt: skip
"""The 32 operations of v2: the call, its status, its body, and what the answer holds (facts 3.1)."""


@pytest_asyncio.fixture(loop_scope="module")
async def ids(desk):
    """A contact with a task and a note, and the location, by the names that the routes above use."""
    contact = (await desk.created(firstName="Ada"))["id"]
    task = await desk.send("POST", f"/contacts/{contact}/tasks", TASK)
    note = await desk.send("POST", f"/contacts/{contact}/notes", {"body": "Hello"})
    return {
        "here": desk.here, "contact": contact, "task": task.json()["task"]["id"], "note": note.json()["note"]["id"],
    }  # fmt: skip


def called(operation: str, ids: dict[str, str]) -> tuple[str, str, Any]:
    """Method, path and body of a route, with these ids in them."""
    call, _, body, _ = ROUTES[operation]
    method, path = Template(call).substitute(ids).split()
    return method, path, json.loads(Template(json.dumps(body)).substitute(ids))


class TestRouting:
    """Facts §12, *Routing*."""

    async def test_there_are_32_routes_of_v2(self):
        """As many as the specification has."""
        assert 32 == len(ROUTES)

    @pytest.mark.parametrize("operation", ROUTES)
    async def test_route_of_v2(self, desk, ids, operation):
        """Each of the 32 answers with its own status and its own fields."""
        _, status, _, fields = ROUTES[operation]
        answer = await desk.send(*called(operation, ids))

        assert (status, {*fields.split(), "traceId"}) == (answer.status_code, answer.json().keys())

    async def test_campaigns_have_another_path_in_v3(self, desk, ids):
        """`removeAll` is `remove-all` in v3."""
        path = f"/contacts/{ids['contact']}/campaigns/remove-all"

        assert 200 == (await desk.send("DELETE", path, version="v3")).status_code
        assert (404, f"Cannot DELETE {path}") == await desk.told("DELETE", path)

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("POST", "/oauth/location-token", 422), ("GET", "/oauth/installed-locations", 422)],
    )
    async def test_oauth_has_other_paths_in_v3(self, desk, method, path, status):
        """Both paths with a hyphen are those of v3 alone."""
        company = (await desk.tokens("company"))["access_token"]

        assert status == (await desk.send(method, path, token=company, version="v3")).status_code
        assert (404, f"Cannot {method} {path}") == await desk.told(method, path, token=company)

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/contacts/?locationId=$here"),
            ("DELETE", "/contacts/$contact/campaigns/removeAll"),
            ("GET", "/users/?locationId=$here"),
        ],
    )
    async def test_paths_of_v2_go_on_in_v3(self, desk, ids, method, path):
        """Paths that v3 has taken away or renamed are still answered (facts 1.2)."""
        answer = await desk.send(method, Template(path).substitute(ids), version="v3")

        assert 200 == answer.status_code

    async def test_lookup(self, desk):
        """By e-mail in any case or by phone, additional ones too, for apps alone and in v3 alone (facts 1.3)."""
        await desk.with_grace()
        app = (await desk.tokens())["access_token"]
        path = f"/contacts/lookup?locationId={desk.here}"
        asked = ("email=GRACE@navy.example", "email=hopper@yale.example", "phone=%2B12125550101")
        answers = [await desk.send("GET", f"{path}&{key}", token=app, version="v3") for key in asked]

        assert [["Grace Hopper"]] * 3 == [[row["name"] for row in answer.json()["contacts"]] for answer in answers]
        assert (404, "Cannot GET /contacts/lookup") == await desk.told("GET", f"{path}&{asked[0]}", token=app)
        assert (401, "The token is not authorized for this scope.") == await desk.told(
            "GET", f"{path}&{asked[0]}", version="v3"
        )

    async def test_lookup_wants_one_of_both(self, desk):
        """Neither an e-mail nor a phone, or both of them, make no sense."""
        app = (await desk.tokens())["access_token"]
        path = f"/contacts/lookup?locationId={desk.here}"
        refusal = (400, "Pass exactly one of email, phone query parameter")

        for both_or_none in ("", "&email=a@example.com&phone=%2B12125550101"):
            assert refusal == await desk.told("GET", path + both_or_none, token=app, version="v3")

    async def test_lookup_reads_on(self, desk):
        """At most 20 rows; a full page has a cursor, and the last page has none."""
        here = await desk.elsewhere(allowDuplicateContact=True)
        ids = {(await here.created(email="same@example.com"))["id"] for _ in range(21)}
        app = (await here.tokens())["access_token"]
        path = f"/contacts/lookup?locationId={here.here}&email=same@example.com&limit=50"
        first = (await here.send("GET", path, token=app, version="v3")).json()
        more = {"params": {**_query(path), "nextCursor": first["nextCursor"]}}
        rest = (await here.send("GET", "/contacts/lookup", token=app, version="v3", **more)).json()

        assert (20, 1, False) == (len(first["contacts"]), len(rest["contacts"]), "nextCursor" in rest)
        assert ids == {row["id"] for page in (first, rest) for row in page["contacts"]}

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/"),
            ("GET", "/nowhere"),
            ("PATCH", "/contacts/x"),
            ("GET", "/contacts/x/colours"),
            ("DELETE", "/contacts/"),
            ("POST", "/workflows"),
            ("POST", "/contacts/x/appointments"),
            ("GET", "/v3/contacts/x"),
        ],
    )
    async def test_other_paths(self, desk, method, path):
        """Other paths, and other methods, are answered as Express does."""
        answer = (await desk.send(method, path)).json()
        trace_id = answer.pop("traceId")

        assert {"statusCode": 404, "message": f"Cannot {method} {path}", "error": "Not Found"} == answer
        assert trace_id == str(uuid.UUID(trace_id))


def _query(path: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in path.partition("?")[2].split("&"))


class TestTrailingSlash:
    """Facts §12, *Trailing slash*."""

    @pytest.mark.parametrize("operation", ROUTES)
    async def test_other_form(self, desk, ids, operation):
        """Each path is answered without its slash at the end, or with one, and not by a redirect."""
        method, address, body = called(operation, ids)
        path, mark, query = address.partition("?")
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        answer = await desk.send(method, f"{other}{mark}{query}", body)

        assert ROUTES[operation][1] == answer.status_code

    @pytest.mark.parametrize("slash", ["", "/"])
    async def test_other_endpoints(self, desk, slash):
        """Those beside contacts, and OAuth's, take both forms too."""
        statuses = [
            (await desk.send("GET", f"/{noun}{slash}?locationId={desk.here}")).status_code
            for noun in ("businesses", "calendars", "users")
        ]

        assert [200, 200, 200] == statuses
        assert (400, "API endpoint has been removed") == await desk.told("POST", f"/oauth/reconnect{slash}")


class TestAuthOrder:
    """Facts §12, *Auth order*."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def path(self, desk):
        """A path that names a location which the token does not know, and lacks what it needs."""
        return f"/contacts/search/duplicate?locationId={(await desk.elsewhere()).here}"

    async def test_authorization_comes_before_version(self, desk, path):
        """Without a token, or with a wrong one, the wrong version is not noticed."""
        assert [(401, "Invalid token: access token is invalid"), (401, "Invalid JWT")] == [
            await desk.told("GET", path, token=token, version="1999-01-01") for token in ("", "wrong")
        ]

    async def test_version_comes_before_scope(self, desk, path):
        """A token without the scope is told of the version first."""
        token = await desk.new_token("contacts.write")

        assert (401, "version header is invalid") == await desk.told("GET", path, token=token, version="1999-01-01")

    async def test_scope_comes_before_location(self, desk, path):
        """A token of another location is told of the scope first."""
        token = await desk.new_token("contacts.write")

        assert (401, "The token is not authorized for this scope.") == await desk.told("GET", path, token=token)

    async def test_location_comes_before_validation(self, desk):
        """What is wrong with the request is told to the location's own tokens alone."""
        other = (await desk.elsewhere()).here
        refusal = (403, "The token does not have access to this location.")

        assert refusal == await desk.told("POST", "/contacts/", {"locationId": other, "colour": "red"})
        assert refusal == await desk.told("GET", f"/contacts/?locationId={other}&limit=many")

    async def test_validation_comes_last(self, desk):
        """With the right location the same request is told what is wrong with it."""
        body = {"locationId": desk.here, "colour": "red"}

        assert (422, ["property colour should not exist"]) == await desk.told("POST", "/contacts/", body)


class TestVersion:
    """Facts §12, *Version*."""

    @pytest.mark.parametrize("version", ["v3", "2023-02-21", "2021-07-28", "2021-04-15"])
    @pytest.mark.parametrize("path", ["/contacts/", "/users/", "/calendars/"])
    async def test_published_values(self, desk, version, path):
        """Each of the four is good for every operation."""
        assert 200 == (await desk.send("GET", f"{path}?locationId={desk.here}", version=version)).status_code

    @pytest.mark.parametrize(
        ("version", "message"),
        [
            (None, "version header was not found."),
            ("2021-01-01", "version header is invalid"),
            ("V3", "version header is invalid"),
            ("bogus-version", "version header is invalid"),
        ],
    )
    async def test_others(self, desk, version, message):
        """Any other value, and none, is refused by the gateway, whose key is `status`."""
        answer = (await desk.send("GET", f"/contacts/?locationId={desk.here}", version=version)).json()
        del answer["traceId"]

        assert {"status": 401, "message": message, "error": "Error"} == answer

    @pytest.mark.parametrize(("version", "channel"), [("2021-07-28", "SMS"), ("v3", "sms")])
    async def test_channels_are_spelled_by_version(self, desk, version, channel):
        """Channels of do-not-disturb settings are in camel case in v3, whichever way they were written."""
        setting = {"status": "active"}
        contact = await desk.created(dndSettings={"SMS": setting, "WhatsApp": setting})
        answer = await desk.send("GET", f"/contacts/{contact['id']}", version=version)
        written = {"dndSettings": {channel: {"status": "inactive"}}}

        assert {channel, {"SMS": "WhatsApp", "sms": "whatsApp"}[channel]} == answer.json()["contact"][
            "dndSettings"
        ].keys()
        assert 200 == (await desk.send("PUT", f"/contacts/{contact['id']}", written, version=version)).status_code
        assert {"status": "inactive"} == (await desk.read(contact["id"]))["dndSettings"]["SMS"]

    @pytest.mark.parametrize("version", ["2021-07-28", "v3"])
    @pytest.mark.parametrize("key", ["field_value", "fieldValue", "value"])
    async def test_custom_field_values_have_three_names(self, desk, version, key):
        """`fieldValue` is v3's, `field_value` v2's, and `value` is taken too."""
        body = {"locationId": desk.here, "customFields": [{"key": "size", key: "Large"}]}
        answer = await desk.send("POST", "/contacts/", body, version=version)

        assert ["Large"] == [field["value"] for field in answer.json()["contact"]["customFields"]]

    @pytest.mark.parametrize(("version", "flags"), [("2021-07-28", {"succeded"}), ("v3", {"succeded", "succeeded"})])
    async def test_flag_of_success(self, desk, ids, version, flags):
        """v2 misspells it, v3 says it both ways."""
        calls = ("tasks/$task", "notes/$note", "campaigns/c1", "workflow/w1", "")
        paths = [Template(f"/contacts/$contact/{call}").substitute(ids).rstrip("/") for call in calls]
        answers = [(await desk.send("DELETE", path, version=version)).json() for path in paths]

        assert [flags | {"traceId"}] * 5 == [set(answer) for answer in answers]
        assert {True} == {answer[flag] for answer in answers for flag in flags}

    @pytest.mark.parametrize(("version", "flag"), [("2021-07-28", "succeded"), ("v3", "succeeded")])
    async def test_flag_of_an_update(self, desk, ids, version, flag):
        """An update of a contact says it once, in the spelling of its version."""
        answer = await desk.send("PUT", f"/contacts/{ids['contact']}", {"city": "London"}, version=version)

        assert {flag, "contact", "traceId"} == answer.json().keys()

    async def test_create_answers_in_v3_like_a_read(self, desk):
        """v2 adds what only a creation tells; v3 answers as GET by id does (facts 1.3)."""
        body = {"locationId": desk.here, "dateOfBirth": "1815-12-10"}
        older = (await desk.send("POST", "/contacts/", body)).json()["contact"]
        newer = (await desk.send("POST", "/contacts/", body, version="v3")).json()["contact"]

        assert (12, 10, "1815-12-10T00:00:00.000Z") == (
            older["birthMonth"], older["birthDay"], older["dateOfBirth"],
        )  # fmt: skip
        assert await desk.read(newer["id"]) == newer

    async def test_bulk_business_takes_50_ids_in_v3(self, desk):
        """v2 states no maximum."""
        body = {"locationId": desk.here, "ids": [NOBODY] * 51, "businessId": FIRM}
        refusal = (422, ["ids must contain no more than 50 elements"])

        assert refusal == await desk.told("POST", "/contacts/bulk/business", body, version="v3")
        assert (200, None) == await desk.told("POST", "/contacts/bulk/business", body)

    async def test_contacts_of_a_business_read_on_by_name_and_id_in_v3(self, desk):
        """The place of the last row leads to the next ones."""
        ids = [(await desk.created(name=name))["id"] for name in ("Ada", "Bob", "Eve")]
        await desk.send("POST", "/contacts/bulk/business", {"locationId": desk.here, "ids": ids, "businessId": FIRM})
        path = f"/contacts/business/{FIRM}?locationId={desk.here}&limit=2"
        first = (await desk.send("GET", path, version="v3")).json()["contacts"]
        last = first[-1]
        place = f"&startAfter={last['contactName']}&startAfter={last['id']}"
        rest = (await desk.send("GET", path + place, version="v3")).json()["contacts"]

        assert (2, 1) == (len(first), len(rest))
        assert set(ids) == {row["id"] for row in (*first, *rest)}


class TestErrors:
    """Facts §12, *Errors*."""

    @pytest.mark.parametrize(
        ("kind", "message"),
        [
            ("malformed", "Invalid JWT"),
            ("pit-00000000-0000-4000-8000-000000000000", "Invalid Private Integration token"),
            ("", "Invalid token: access token is invalid"),
        ],
    )
    async def test_tokens(self, desk, kind, message):
        """A malformed token, a wrong private token, and none (facts 6.2)."""
        answer = await desk.send("GET", f"/contacts/{NOBODY}", token=kind)

        assert {"statusCode": 401, "message": message, "error": "Unauthorized"} == _untraced(answer, 401)

    async def test_missing_scope(self, desk):
        """401, not 403."""
        answer = await desk.send("GET", f"/contacts/{NOBODY}", token=await desk.new_token("contacts.write"))
        message = "The token is not authorized for this scope."

        assert {"statusCode": 401, "message": message, "error": "Unauthorized"} == _untraced(answer, 401)

    async def test_company_token(self, desk):
        """An agency's private token is of the wrong type, an app's company token of the wrong class."""
        agency = (await desk.control("private-tokens"))["token"]
        company = (await desk.tokens("company"))["access_token"]
        answers = [await desk.send("GET", f"/contacts/{NOBODY}", token=token) for token in (agency, company)]
        private, app = (_untraced(answer, 401)["message"] for answer in answers)

        assert "Token's user type mismatch!" == private
        assert app.startswith("This authClass type is not allowed to access this scope.")

    async def test_another_location(self, desk):
        """403."""
        other = (await desk.elsewhere()).here
        answer = await desk.send("GET", f"/locations/{other}")
        message = "The token does not have access to this location."

        assert {"statusCode": 403, "message": message, "error": "Forbidden"} == _untraced(answer, 403)

    async def test_validation(self, desk):
        """A list of messages, one for each problem."""
        answer = await desk.send("POST", f"/contacts/{NOBODY}/tasks", {"title": 1, "completed": "no"})

        assert {
            "statusCode": 422,
            "message": [
                "title must be a string", "dueDate should not be empty", "completed must be a boolean value",
            ],
            "error": "Unprocessable Entity",
        } == _untraced(answer, 422)  # fmt: skip

    @pytest.mark.parametrize("body", [b"{", b"[]", b'"text"'])
    async def test_broken_body(self, desk, body):
        """400 with one message."""
        answer = await desk.send("POST", "/contacts/", content=body)
        refused = _untraced(answer, 400)

        assert ({"statusCode", "message", "error"}, "Bad Request") == (refused.keys(), refused["error"])
        assert refused["message"].startswith("The request body ")

    async def test_unknown_contact(self, desk):
        """400, which HighLevel was seen to say beside 404."""
        answer = await desk.send("GET", f"/contacts/{NOBODY}")
        message = f"Contact with id {NOBODY} not found"

        assert {"statusCode": 400, "message": message, "error": "Bad Request"} == _untraced(answer, 400)

    async def test_unknown_contact_of_a_twin_that_says_404(self, twin_of_404):
        """The other status HighLevel was seen to say, when the twin is told so."""
        answer = await twin_of_404.send("GET", f"/contacts/{NOBODY}")

        assert (404, "Not Found") == (answer.status_code, _untraced(answer, 404)["error"])

    async def test_malformed_ids_of_a_bulk_write(self, desk):
        """Errors of single contacts stand inside a success (facts 3.6)."""
        other = await desk.elsewhere()
        ids = ["not-an-id", (await other.created())["id"], (await desk.created(tags=["old"]))["id"]]
        body = {"locationId": desk.here, "contacts": ids, "tags": ["New"]}
        answer = (await desk.send("POST", "/contacts/bulk/tags/update/add", body)).json()

        assert (True, 2) == (answer["succeded"], answer["errorCount"])
        assert [
            {"contactId": ids[0], "message": "contact id is not a valid firebase id", "type": "error"},
            {"contactId": ids[1], "message": "contact does not belong to location", "type": "error"},
            {
                "contactId": ids[2], "message": "Tags updated", "type": "success", "oldTags": ["old"],
                "tagsAdded": ["new"], "tagsRemoved": [],
            },
        ] == answer["responses"]  # fmt: skip

    async def test_deleted_contact_of_a_bulk_write(self, desk):
        """It is told from one that never was in the location (facts 3.6)."""
        contact_id = (await desk.created())["id"]
        await desk.send("DELETE", f"/contacts/{contact_id}")
        body = {"locationId": desk.here, "contacts": [contact_id], "tags": ["new"]}
        answer = (await desk.send("POST", "/contacts/bulk/tags/update/add", body)).json()

        assert [{"contactId": contact_id, "message": "contact is deleted", "type": "error"}] == answer["responses"]

    async def test_oauth_in_v2(self, desk):
        """A wrong code has the shape of OAuth's own standard."""
        answer = await desk.exchange(grant_type="authorization_code", code="wrong")

        assert {"error": "UnAuthorized!", "error_description": "Authorization code not found"} == _untraced(answer, 401)

    async def test_oauth_in_v3(self, desk):
        """Code, message, details and resolution in an object (facts 1.3)."""
        company = (await desk.tokens("company"))["access_token"]
        form = {"companyId": desk.twin.accounts.app().company_id, "locationId": NOBODY}
        answer = await desk.send("POST", "/oauth/location-token", token=company, version="v3", data=form)
        error = _untraced(answer, 400)["error"]

        assert {"code", "message", "details", "resolution"} == error.keys()
        assert ("RESOURCE_NOT_FOUND", "The app is not installed in this location") == (error["code"], error["message"])

    async def test_every_answer_has_a_trace_id_of_its_own(self, desk):
        """Success or error (facts 3.7)."""
        contact = (await desk.created())["id"]
        paths = (f"/contacts/{contact}", f"/contacts/{contact}", f"/contacts/{NOBODY}", "/nowhere")
        trace_ids = [(await desk.send("GET", path)).json()["traceId"] for path in paths]

        assert trace_ids == [str(uuid.UUID(trace_id)) for trace_id in trace_ids]
        assert 4 == len(set(trace_ids))


def _untraced(answer: Any, status: int) -> Any:
    """The body of that status, without its trace id, which it must have."""
    assert status == answer.status_code
    body = answer.json()
    del body["traceId"]
    return body
