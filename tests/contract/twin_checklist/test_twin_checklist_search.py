"""The check-list of the twin: finding contacts (facts 3.3, 4, 12)."""

from typing import Any

import pytest
import pytest_asyncio

from invoco.domain.ids import new_id
from invoco.domain.kinds import RecordKind
from invoco.highlevel.records import Contact, CustomField
from invoco.sandbox.index import contact_index
from invoco.store.contacts import ContactShelf
from invoco.testing.promised_account import BUDGET, FIRM, SIZE

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAME, LIKE, THERE, RANGE = "eq not_eq", "contains not_contains", "exists not_exists", "range"
FIELDS = {
    SAME: "id dndSettings.Email.status dndSettings.SMS.status dndSettings.Call.status inboundDndSettings.all.status",
    f"{SAME} {THERE}": "contactName assignedTo country dnd followers isValidWhatsapp timezone type validEmail email "
    "website activeWorkflows finishedWorkflows",
    f"{SAME} {LIKE} {THERE}": "firstNameLowerCase lastNameLowerCase address businessName city companyName phone "
    "postalCode source state tags",
    f"{THERE} {RANGE}": "dateAdded dateUpdated dateOfBirth lastEmailClickedDate lastEmailOpenedDate lastAppointment",
    f"nested {THERE}": "opportunities",
}
"""Which operators each field knows (facts 4.2)."""
TYPES = {
    f"{SAME} {LIKE} {THERE}": "TEXT LARGE_TEXT SINGLE_OPTIONS RADIO PHONE",
    f"{SAME} {THERE}": "CHECKBOX MULTIPLE_OPTIONS",
    f"{SAME} {THERE} {RANGE}": "NUMERICAL MONETORY",
    f"{THERE} {RANGE}": "DATE",
    "": "TEXTBOX_LIST",
}
"""Which operators a custom field of each data type knows (facts 4.2)."""
OPERATORS = (
    "eq, not_eq, contains, not_contains, wildcard, not_wildcard, match, not_match, exists, not_exists, range, "
    "not_range, contains_set, contains_not_set, gt, gte, lt, lte, nested, nested_not, has_child, has_parent"
)
SORTABLE = (
    "firstNameLowerCase", "lastNameLowerCase", "businessName", "dateAdded", "dateUpdated", "email", "dnd", "source",
)  # fmt: skip
PEOPLE = (
    {"name": "Ada King", "email": "Ada@example.com", "city": "London", "country": "GB", "tags": ["math", "count"]},
    {"name": "Bob Stone", "phone": "+12125550155", "companyName": "Bob & Co", "source": "fair", "tags": ["math"]},
    {
        "name": "Eve Poe", "dnd": True, "dateOfBirth": "1990-05-01", "dndSettings": {"Email": {"status": "active"}},
        "customFields": [{"id": SIZE, "field_value": "Large"}, {"id": BUDGET, "field_value": 100}],
    },
)  # fmt: skip
"""Added in this order, a minute apart."""


def leaf(field, operator, value=None):
    """One filter."""
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


def group(joined_by, *filters):
    """Filters in a group."""
    return {"group": joined_by, "filters": list(filters)}


def by(field, direction="asc"):
    """One sort key."""
    return {"field": field, "direction": direction}


def value_for(operator):
    """What the operator can be asked with."""
    values = {"exists": None, "not_exists": None, "range": {"gte": 0}, "nested": [leaf("status", "eq", "open")]}
    return values.get(operator, "x")


class TestSearch:
    """Facts §12, *Search*."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def people(self, desk):
        """The location with some people in it."""
        for person in PEOPLE:
            await desk.created(**person)
            await desk.advance(60)
        return desk

    async def refused(self, desk, *filters, **body):
        """Status and message of a search."""
        answer = await desk.search(*filters, **body)
        return answer.status_code, answer.json().get("message")

    async def test_answer(self, people):
        """Rows, total and trace id; no meta (facts 4.3)."""
        answer = (await people.search(pageLimit=2)).json()

        assert {"contacts", "total", "traceId"} == answer.keys()
        assert (2, 3) == (len(answer["contacts"]), answer["total"])

    async def test_row(self, people):
        """Names in lower case beside the raw ones, `address` for `address1`, the business by name (facts 3.3)."""
        row = (await people.search(leaf("email", "eq", "ada@example.com"))).json()["contacts"][0]
        await people.send("PUT", f"/contacts/{row['id']}", {"address1": "1 Row"})
        body = {"locationId": people.here, "ids": [row["id"]], "businessId": FIRM}
        await people.send("POST", "/contacts/bulk/business", body)
        row = (await people.search(leaf("id", "eq", row["id"]))).json()["contacts"][0]

        assert {
            "contactName": "Ada King", "firstNameLowerCase": "ada", "lastNameLowerCase": "king", "firstNameRaw": "Ada",
            "lastNameRaw": "King", "address": "1 Row", "businessId": FIRM,
        }.items() <= row.items()  # fmt: skip
        assert set() == {"name", "firstName", "lastName", "address1"} & row.keys()

    @pytest.mark.parametrize(
        ("filters", "names"),
        [
            ([], ["Ada", "Bob", "Eve"]),
            ([leaf("tags", "eq", "math"), leaf("country", "exists")], ["Ada"]),
            ([group("OR", leaf("country", "eq", "GB"), leaf("dnd", "eq", value=True))], ["Ada", "Eve"]),
            ([group("AND", leaf("tags", "eq", "math"), leaf("source", "eq", "fair"))], ["Bob"]),
            (
                [leaf("tags", "exists"), group("OR", leaf("city", "eq", "London"), leaf("city", "eq", "Paris"))],
                ["Ada"],
            ),
            (
                [
                    group(
                        "OR",
                        group("AND", leaf("tags", "eq", "math"), leaf("phone", "exists")),
                        group("AND", leaf("dnd", "eq", value=True), group("OR", leaf("dateOfBirth", "exists"))),
                    )
                ],
                ["Bob", "Eve"],
            ),
        ],
    )
    async def test_filters_are_joined(self, people, filters, names):
        """By AND at the top, by AND or OR in groups, which hold groups (facts 4.1)."""
        assert names == [name.split()[0] for name in await people.found(*filters, sort=[by("dateAdded")])]

    @pytest.mark.parametrize(
        ("field", "operator", "value", "names"),
        [
            ("email", "eq", "ADA@example.com", ["Ada"]),
            ("email", "not_eq", "ada@example.com", ["Bob", "Eve"]),
            ("dnd", "eq", True, ["Eve"]),
            ("tags", "eq", "math", ["Ada", "Bob"]),
            ("phone", "eq", "+12125550155", ["Bob"]),
            ("phone", "eq", "2125550155", []),
            ("firstNameLowerCase", "eq", "ada", ["Ada"]),
            ("lastNameLowerCase", "contains", "in", ["Ada"]),
            ("companyName", "contains", "bob", ["Bob"]),
            ("companyName", "not_contains", "bob", ["Ada", "Eve"]),
            ("tags", "contains", "oun", ["Ada"]),
            ("city", "exists", None, ["Ada"]),
            ("city", "not_exists", None, ["Bob", "Eve"]),
            ("dndSettings.Email.status", "eq", "active", ["Eve"]),
            ("dateOfBirth", "range", {"gte": "1990-01-01", "lt": "1991-01-01"}, ["Eve"]),
            ("dateOfBirth", "range", {"gt": 641_520_000_000, "lte": 641_520_000_000}, []),
            ("dateOfBirth", "range", {"gte": 641_520_000_000, "lte": 641_520_000_000}, ["Eve"]),
            (f"customFields.{SIZE}", "eq", "Large", ["Eve"]),
            (f"customFields.{SIZE}", "contains", "arg", ["Eve"]),
            (f"customFields.{SIZE}", "not_exists", None, ["Ada", "Bob"]),
            (f"customFields.{BUDGET}", "range", {"gte": 100, "lt": 101}, ["Eve"]),
        ],
    )
    async def test_operators(self, people, field, operator, value, names):
        """Each finds whom it describes."""
        found = await people.found(leaf(field, operator, value), sort=[by("dateAdded")])

        assert names == [name.split()[0] for name in found]

    async def test_range_of_the_time_of_adding(self, people):
        """Milliseconds and ISO texts alike."""
        times = [row["dateAdded"] for row in (await people.search(sort=[by("dateAdded")])).json()["contacts"]]

        assert ["Bob Stone"] == await people.found(leaf("dateAdded", "range", {"gt": times[0], "lt": times[2]}))

    @pytest.mark.parametrize(
        ("allowed", "field"), [(allowed, field) for allowed, fields in FIELDS.items() for field in fields.split()]
    )
    async def test_operators_of_a_field(self, desk, allowed, field):
        """Those of the table are taken, the others are refused by name (facts 4.2)."""
        operators = f"{SAME} {LIKE} {THERE} {RANGE} nested gt".split()
        answers = [await self.refused(desk, leaf(field, each, value_for(each))) for each in operators]

        assert [200 if each in allowed.split() else 422 for each in operators] == [status for status, _ in answers]
        assert {
            f"Invalid Operator ({each}) passed for field " for each in operators if each not in allowed.split()
        } == {message[0].rpartition(" ")[0] + " " for status, message in answers if status == 422}

    async def custom_field(self, desk, data_type):
        """The name under which a new custom field of that type is searched."""
        field = CustomField(id=new_id(), name="Field", data_type=data_type, model="contact")
        async with desk.twin.database.transaction() as session:
            await session.shelf(RecordKind.CUSTOM_FIELD).put(desk.here, [field])
        return f"customFields.{field.id}"

    @pytest.mark.parametrize(
        ("allowed", "data_type"), [(allowed, each) for allowed, types in TYPES.items() for each in types.split()]
    )
    async def test_operators_of_a_custom_field(self, desk, allowed, data_type):
        """They depend on its data type, whose definition the location has (facts 4.2)."""
        field = await self.custom_field(desk, data_type)
        operators = f"{SAME} {LIKE} {THERE} {RANGE} nested".split()
        answers = [await self.refused(desk, leaf(field, each, value_for(each))) for each in operators]

        assert [
            (200, None)
            if each in allowed.split()
            else (422, [f"Invalid Operator ({each}) passed for field {field.replace('customF', 'custom_f')}"])
            for each in operators
        ] == answers

    @pytest.mark.parametrize(("data_type", "status"), [("TEXTBOX_LIST", 200), ("TEXT", 422), ("CHECKBOX", 422)])
    async def test_options_of_a_custom_field(self, desk, data_type, status):
        """Only a list of text boxes has parts, which know what a text knows."""
        field = f"{await self.custom_field(desk, data_type)}.box1"
        answers = [await self.refused(desk, leaf(field, each, "x")) for each in f"{SAME} {LIKE} {THERE}".split()]

        assert [status] * 6 == [told for told, _ in answers]

    async def test_operators_of_a_custom_field_in_a_group(self, desk):
        """However deep the condition stands."""
        field = await self.custom_field(desk, "CHECKBOX")

        assert 422 == (await self.refused(desk, group("OR", group("AND", leaf(field, "contains", "x")))))[0]

    async def test_operator_of_another_field(self, desk):
        """The message has the field's internal name (facts 4.3)."""
        assert (422, ["Invalid Operator (gt) passed for field date_updated"]) == await self.refused(
            desk, leaf("dateUpdated", "gt", 1)
        )

    async def test_unknown_operator(self, desk):
        """The message lists all that there are."""
        assert (422, [f"filters.0.operator must be one of the following values: {OPERATORS}"]) == await self.refused(
            desk, leaf("email", "like", "x")
        )

    @pytest.mark.parametrize("field", ["additionalPhones", "firstName", "name", "customFields", "Email"])
    async def test_unknown_field(self, desk, field):
        """400 with the internal name; names are searched in lower case alone, custom fields by their id."""
        internal = {"additionalPhones": "additional_phones", "firstName": "first_name", "customFields": "custom_fields"}

        assert (400, f"Invalid field {internal.get(field, field.lower())}") == await self.refused(
            desk, leaf(field, "eq", "x")
        )

    async def test_custom_fields_are_not_searched_by_key(self, people):
        """Only by id (i42)."""
        assert [] == await people.found(leaf("customFields.size", "eq", "Large"))

    @pytest.mark.parametrize("operator", ["eq", "not_eq", "contains", "not_contains"])
    async def test_values_have_75_characters(self, desk, operator):
        """One more is refused."""
        refusal = (422, ["filters.0.value must be shorter than or equal to 75 characters"])

        assert [(200, None), refusal] == [
            await self.refused(desk, leaf("city", operator, "x" * length)) for length in (75, 76)
        ]

    @pytest.mark.parametrize("operator", ["contains", "not_contains"])
    @pytest.mark.parametrize("character", ["*", "?", "\\", '"'])
    async def test_contains_takes_no_special_characters(self, desk, operator, character):
        """What a search engine would read as its own is refused (facts 4.2)."""
        assert (422, ["filters.0.value must not contain special characters"]) == await self.refused(
            desk, leaf("city", operator, f"Lon{character}")
        )

    async def test_contains_takes_characters_of_names(self, desk):
        """What stands in names, addresses and tags is no special character."""
        await desk.created(name="Ada King", companyName="O'Neil & Sons-2 (St. Paul)")

        assert 1 == len(await desk.found(leaf("companyName", "contains", "O'Neil & Sons-2 (St. Paul)")))

    @pytest.mark.parametrize("form", ["filters", "value"])
    async def test_opportunities(self, people, form):
        """Pipeline, stage and status are asked for in combination; the twin has no opportunities, so nobody is met."""
        stages = group("OR", leaf("pipelineStageId", "eq", "s"), leaf("status", "exists"))
        asked = [leaf("pipelineId", "eq", "p"), stages]

        assert [] == await people.found({"field": "opportunities", "operator": "nested", form: asked})
        assert [] == await people.found(leaf("opportunities", "exists"))
        assert 3 == len(await people.found(leaf("opportunities", "not_exists")))

    @pytest.mark.parametrize(
        ("value", "refusal"),
        [
            ("open", (422, ["filters.0.value must be an array"])),
            ([leaf("email", "eq", "x")], (400, "Invalid field email")),
            ([leaf("status", "contains", "x")], (422, ["Invalid Operator (contains) passed for field status"])),
            (
                [leaf("status", "eq", [])],
                (422, ["filters.0.value.0.value must be a string, a number or a boolean value"]),
            ),
        ],
    )
    async def test_wrong_questions_about_opportunities(self, desk, value, refusal):
        """They have three fields, which are equal or there (facts 4.2)."""
        assert refusal == await self.refused(desk, leaf("opportunities", "nested", value))

    async def test_query_has_75_characters(self, desk):
        """One more is refused."""
        refusal = (422, ["query must be shorter than or equal to 75 characters"])

        assert [(200, None), refusal] == [await self.refused(desk, query="x" * length) for length in (75, 76)]

    @pytest.mark.parametrize(("query", "names"), [("ADA", ["Ada King"]), ("2125550155", ["Bob Stone"]), ("zzz", [])])
    async def test_query(self, people, query, names):
        """Free text finds names, e-mails, phones."""
        assert names == await people.found(query=query)

    @pytest.mark.parametrize("field", SORTABLE)
    @pytest.mark.parametrize("direction", ["asc", "desc"])
    async def test_sortable_fields(self, people, field, direction):
        """Eight fields, both ways, and everybody comes."""
        assert 3 == len(await people.found(sort=[by(field, direction)]))

    async def test_sort(self, people):
        """By two keys at most."""
        keys = [by("dnd", "desc"), by("firstNameLowerCase", "desc"), by("email")]

        assert ["Eve Poe", "Bob Stone", "Ada King"] == await people.found(sort=keys[:2])
        assert (422, ["sort must contain no more than 2 elements"]) == await self.refused(people, sort=keys)

    async def test_wrong_sorts(self, desk):
        """Another field is unknown, another direction is refused."""
        directions = "sort.0.direction must be one of the following values: asc, desc"

        assert (400, "Invalid field city") == await self.refused(desk, sort=[by("city")])
        assert (422, [directions]) == await self.refused(desk, sort=[by("email", "up")])

    @pytest.mark.parametrize(
        ("page", "page_limit", "status"),
        [(100, 100, 200), (101, 100, 400), (20, 500, 200), (21, 500, 400), (10_000, 1, 200), (10_001, 1, 400)],
    )
    async def test_window(self, desk, page, page_limit, status):
        """Pages reach as far as row 10 000."""
        message = "page * pageLimit must not be greater than 10000; use searchAfter to read on"
        promised = {200: (200, None), 400: (400, message)}[status]

        assert promised == await self.refused(desk, page=page, pageLimit=page_limit)

    async def test_page_limit(self, desk):
        """It is required, at least 1, at most 500 (facts 4.1)."""
        answer = await desk.send("POST", "/contacts/search", {"locationId": desk.here})

        assert (422, ["pageLimit should not be empty"]) == (answer.status_code, answer.json()["message"])
        assert [
            (422, ["pageLimit must not be less than 1"]),
            (200, None),
            (422, ["pageLimit must not be greater than 500"]),
        ] == [await self.refused(desk, pageLimit=limit) for limit in (0, 500, 501)]

    async def test_pages(self, people):
        """Counted from 1."""
        pages = [await people.found(sort=[by("dateAdded")], pageLimit=2, page=page) for page in (1, 2, 3)]

        assert [["Ada King", "Bob Stone"], ["Eve Poe"], []] == pages

    @pytest.mark.parametrize(
        "sort", [[], [by("dateAdded")], [by("email", "desc")], [by("source"), by("dateUpdated", "desc")]]
    )
    async def test_search_after(self, people, sort):
        """Each row has a cursor, sort values and id, with which the search goes on after it."""
        row: Any = None
        ids = []
        for _ in PEOPLE:
            [row] = (await people.search(sort=sort, pageLimit=1, **_after(row))).json()["contacts"]
            ids.append(row["id"])

        assert (len(sort) or 1) + 1 == len(row["searchAfter"])
        assert row["id"] == row["searchAfter"][-1]
        assert [] == (await people.search(sort=sort, pageLimit=1, **_after(row))).json()["contacts"]
        assert [each["id"] for each in (await people.search(sort=sort)).json()["contacts"]] == ids

    async def test_search_after_belongs_to_its_sort(self, people):
        """With another sort it is refused."""
        [row] = (await people.search(sort=[by("dateAdded")], pageLimit=1)).json()["contacts"]
        other = await self.refused(people, sort=[by("email")], **_after(row))
        longer = await self.refused(people, sort=[by("email"), by("dnd")], **_after(row))

        assert [400, 400] == [other[0], longer[0]]
        assert {"Invalid searchAfter"} == {message.partition(":")[0] for _, message in (other, longer)}

    async def test_search_after_and_page(self, people):
        """Both at once make no sense."""
        [row] = (await people.search(pageLimit=1)).json()["contacts"]

        assert (400, "page and searchAfter cannot be used together") == await self.refused(
            people, page=1, **_after(row)
        )

    async def test_search_after_leaves_the_window(self, desk):
        """What stands beyond row 10 000 is reached by the cursor of that row."""
        crowd = [Contact(id=f"c{number:019}", date_added="2024-01-31T09:00:00.000Z") for number in range(10_001)]
        async with desk.twin.database.transaction() as session:
            await ContactShelf(session.connection, table=contact_index).put(desk.here, crowd)
        last = (await desk.search(page=100)).json()
        beyond = (await desk.search(pageLimit=500, **_after(last["contacts"][-1]))).json()

        assert (10_001, 100) == (last["total"], len(last["contacts"]))
        assert [crowd[0].id] == [row["id"] for row in beyond["contacts"]]

    async def test_index_lags_for_creations(self, desk):
        """What is created is read at once by id, and found when the lag has passed."""
        await desk.control("lag", seconds=30)
        contact = await desk.created(name="Ada King")
        seen = [await desk.found()]
        await desk.advance(29)
        seen.append(await desk.found())
        await desk.advance(1)

        assert "Ada King" == (await desk.read(contact["id"]))["name"]
        assert [[], [], ["Ada King"]] == [*seen, await desk.found()]

    async def test_index_lags_for_updates(self, people):
        """Old values are found until then, and filters see them."""
        [row] = (await people.search(leaf("city", "eq", "London"))).json()["contacts"]
        await people.control("lag", seconds=60)
        await people.send("PUT", f"/contacts/{row['id']}", {"city": "Paris"})
        await people.send("POST", f"/contacts/{row['id']}/tags", {"tags": ["late"]})
        questions = (leaf("city", "eq", "London"), leaf("city", "eq", "Paris"), leaf("tags", "eq", "late"))
        before = [len(await people.found(question)) for question in questions]
        await people.advance(60)

        assert [1, 0, 0] == before
        assert [0, 1, 1] == [len(await people.found(question)) for question in questions]
        assert "Paris" == (await people.read(row["id"]))["city"]

    async def test_index_lags_for_deletions(self, people):
        """A deleted contact is listed though it cannot be read any more."""
        [row] = (await people.search(leaf("city", "eq", "London"))).json()["contacts"]
        await people.control("lag", seconds=5)
        await people.send("DELETE", f"/contacts/{row['id']}")
        seen = len(await people.found())
        await people.advance(5)

        assert 400 == (await people.send("GET", f"/contacts/{row['id']}")).status_code
        assert [3, 2] == [seen, len(await people.found())]

    async def test_index_lags_for_tasks(self, desk):
        """The search over tasks is as late."""
        contact_id = (await desk.created())["id"]
        await desk.control("lag", seconds=30)
        body = {"title": "Call", "dueDate": "2025-07-01", "completed": False}
        await desk.send("POST", f"/contacts/{contact_id}/tasks", body)
        path, counts = f"/locations/{desk.here}/tasks/search", []
        for _ in range(2):
            counts.append(len((await desk.send("POST", path, {})).json()["tasks"]))
            await desk.advance(30)
        listed = (await desk.send("GET", f"/contacts/{contact_id}/tasks")).json()["tasks"]

        assert ([0, 1], 1) == ([counts[0], len((await desk.send("POST", path, {})).json()["tasks"])], len(listed))

    async def test_without_lag(self, desk):
        """A lag of nothing finds a write at once."""
        await desk.created(name="Ada King")

        assert ["Ada King"] == await desk.found()

    async def test_flicker(self, people):
        """Equal searches differ by a row, now this and now that one; the total does not."""
        await people.fault("flicker")
        answers = [(await people.search()).json() for _ in range(12)]
        missing = [
            {person["name"] for person in PEOPLE} - {row["contactName"] for row in answer["contacts"]}
            for answer in answers
        ]

        assert [1] * 12 == [len(names) for names in missing]
        assert {person["name"] for person in PEOPLE} == set.union(*missing)
        assert {3} == {answer["total"] for answer in answers}


def _after(row):
    return {"searchAfter": row["searchAfter"]} if row else {}
