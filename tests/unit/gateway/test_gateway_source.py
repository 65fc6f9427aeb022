"""A location read page by page."""

import pytest

from invoco.domain.errors import BadRequest, MalformedRecord, SourceUnavailable
from invoco.domain.kinds import RecordKind
from invoco.gateway.windows import Windows
from invoco.highlevel.quota import Priority
from invoco.highlevel.records import Appointment, Contact, Tag, Task

HERE = "location-of-the-tests"
SEARCH, TASKS = "POST /contacts/search", f"POST /locations/{HERE}/tasks/search"
CALENDARS, EVENTS = "GET /calendars/", "GET /calendars/events"
CONTACT, TASK, APPOINTMENT = RecordKind.CONTACT, RecordKind.TASK, RecordKind.APPOINTMENT


def contacts(*numbers, total=10):
    """A search answer with these contacts."""
    rows = [{"id": f"c{number}", "firstName": "Ada", "searchAfter": [number, f"c{number}"]} for number in numbers]
    return {"contacts": rows, "total": total}


async def everything(source, kind):
    """All pages of a kind."""
    pages = [await source.page(kind, None)]
    while pages[-1].cursor is not None:
        pages.append(await source.page(kind, pages[-1].cursor))
    return pages


def ids(pages):
    """The ids of all records of the pages."""
    return [record.id for page in pages for record in page.records]


async def test_contacts_are_read_oldest_first_by_cursor(highlevel, source):
    """Each page begins behind the last row of the page before, until one is empty."""
    highlevel.on(
        SEARCH, lambda sent: {None: contacts(1, 2), 2: contacts(3), 3: contacts()}[sent.get("searchAfter", [None])[0]]
    )
    pages = await everything(source, CONTACT)

    assert ids(pages) == ["c1", "c2", "c3"]
    assert [sent.get("searchAfter") for sent in highlevel.told("/contacts/search")] == [None, [2, "c2"], [3, "c3"]]
    assert highlevel.told("/contacts/search")[0]["sort"] == [{"field": "dateAdded", "direction": "asc"}]


async def test_a_page_of_contacts_tells_the_total(highlevel, source):
    """The total is HighLevel's own."""
    highlevel.on(SEARCH, contacts(1, 2))

    assert (await source.page(CONTACT, None)).total == 10


async def test_a_refused_page_size_falls_back_for_good(highlevel, source):
    """500 is refused once; from then on, and in the cursor, it is 100."""
    highlevel.on(SEARCH, lambda sent: contacts(1) if sent["pageLimit"] <= 100 else (422, {"message": ["too large"]}))
    page = await source.page(CONTACT, None)
    highlevel.on(SEARCH, contacts(2))
    await source.page(CONTACT, page.cursor)

    assert [sent["pageLimit"] for sent in highlevel.told("/contacts/search")] == [500, 100, 100]
    assert page.cursor[0] == 100


async def test_a_resumed_import_remembers_the_page_size(highlevel, source):
    """The cursor of an earlier process says what HighLevel accepts."""
    highlevel.on(SEARCH, contacts(2))
    await source.page(CONTACT, [100, [1, "c1"]])

    assert [sent["pageLimit"] for sent in highlevel.told("/contacts/search")] == [100]


async def test_a_search_that_is_refused_altogether_is_told(highlevel, source):
    """Not even 100 rows are accepted."""
    highlevel.on(SEARCH, (422, {"message": ["locationId must be a string"]}))

    with pytest.raises(BadRequest, match="locationId must be a string"):
        await source.page(CONTACT, None)


async def test_a_refused_search_of_the_safe_size_is_not_tried_again(highlevel, source):
    """It was not the page size."""
    highlevel.on(SEARCH, (422, {"message": ["searchAfter is wrong"]}))
    with pytest.raises(BadRequest, match="searchAfter"):
        await source.page(CONTACT, [100, [1, "c1"]])

    assert len(highlevel.calls) == 1


async def test_a_page_that_points_to_itself_is_told(highlevel, source):
    """An import never runs in a circle."""
    highlevel.on(SEARCH, contacts(1))

    with pytest.raises(SourceUnavailable, match="points to itself"):
        await source.page(CONTACT, [500, [1, "c1"]])


async def test_a_record_told_twice_counts_once(highlevel, source):
    """While the index changes a row may come twice on one page."""
    highlevel.on(SEARCH, contacts(1, 1, 2))

    assert ids([await source.page(CONTACT, None)]) == ["c1", "c2"]


async def test_a_malformed_row_is_set_aside(highlevel, source):
    """With its id, its reason and what was sent; the others are read."""
    answer = contacts(1, 2)
    answer["contacts"][0]["tags"] = {"not": "a list"}
    highlevel.on(SEARCH, answer)
    page = await source.page(CONTACT, None)
    (aside,) = page.malformed

    assert ids([page]) == ["c2"]
    assert (aside.location_id, aside.kind, aside.record_id, aside.run_id) == (HERE, "contacts", "c1", None)
    assert "tags" in aside.reason
    assert b'"not":"a list"' in aside.raw


async def test_what_no_database_holds_is_left_out(highlevel, source):
    """NUL characters, anywhere in an answer."""
    highlevel.on(f"GET /locations/{HERE}/tags", {"tags": [{"id": "t1", "name": "a\0b", "odd": ["\0"]}]})
    (tag,) = (await source.page(RecordKind.TAG, None)).records

    assert (tag.name, tag.extra) == ("ab", {"odd": [""]})


async def test_a_malformed_row_without_an_id_has_a_stand_in(highlevel, source):
    """The same row set aside twice is kept once."""
    highlevel.on(f"GET /locations/{HERE}/tags", {"tags": [{"name": 1}]})
    first, second = [(await source.page(RecordKind.TAG, None)).malformed[0].record_id for _ in range(2)]

    assert first.startswith("without-id-")
    assert first == second


async def test_tasks_are_read_by_skipping_until_a_page_is_empty(highlevel, source):
    """A server may cap the limit, so that a short page is not the last."""
    rows = [{"id": f"t{number}"} for number in range(5)]
    highlevel.on(TASKS, lambda sent: {"tasks": rows[sent["skip"] : sent["skip"] + 2]})
    pages = await everything(source, TASK)

    assert ids(pages) == ["t0", "t1", "t2", "t3", "t4"]
    assert [(sent["limit"], sent["skip"]) for sent in highlevel.told("tasks")] == [
        (100, 0),
        (100, 2),
        (100, 4),
        (100, 5),
    ]


async def test_rows_that_moved_to_the_next_page_count_once(highlevel, source):
    """A task that was created meanwhile pushes known rows onto the next page."""
    first, second = [{"id": "t1"}, {"id": "t2"}], [{"id": "t2"}, {"id": "t3"}]
    highlevel.on(TASKS, lambda sent: {"tasks": {0: first, 2: second}.get(sent["skip"], [])})

    assert ids(await everything(source, TASK)) == ["t1", "t2", "t3"]


async def test_a_page_of_known_rows_ends_the_list(highlevel, source):
    """A server that ignores `skip` tells the same page for ever."""
    highlevel.on(TASKS, {"tasks": [{"id": "t1"}, {"id": "t2"}]})
    pages = await everything(source, TASK)

    assert (ids(pages), len(pages)) == (["t1", "t2"], 2)


async def test_businesses_are_read_by_skipping(highlevel, source):
    """As tasks are."""
    highlevel.on("GET /businesses/", lambda sent: {"businesses": [{"id": "b1"}] if sent["skip"] == "0" else []})

    assert ids(await everything(source, RecordKind.BUSINESS)) == ["b1"]


@pytest.mark.parametrize(
    ("kind", "call", "answer"),
    [
        (RecordKind.LOCATION, f"GET /locations/{HERE}", {"location": {"id": "x"}}),
        (RecordKind.CUSTOM_FIELD, f"GET /locations/{HERE}/customFields", {"customFields": [{"id": "x"}]}),
        (RecordKind.CUSTOM_VALUE, f"GET /locations/{HERE}/customValues", {"customValues": [{"id": "x"}]}),
        (RecordKind.TAG, f"GET /locations/{HERE}/tags", {"tags": [{"id": "x"}]}),
        (RecordKind.USER, "GET /users/", {"users": [{"id": "x"}]}),
        (RecordKind.CALENDAR, CALENDARS, {"calendars": [{"id": "x"}]}),
    ],
)
async def test_what_contacts_refer_to_comes_whole(highlevel, source, kind, call, answer):
    """One call, one page."""
    highlevel.on(call, answer)
    page = await source.page(kind, None)

    assert (ids([page]), page.cursor, page.total) == (["x"], None, 1)


async def test_custom_fields_of_all_models_are_read(highlevel, source):
    """Opportunities have fields too."""
    highlevel.on(f"GET /locations/{HERE}/customFields", {"customFields": []})
    await source.page(RecordKind.CUSTOM_FIELD, None)

    assert highlevel.told("customFields") == [{"model": "all"}]


async def test_appointments_are_read_per_calendar_and_span(highlevel, source):
    """Two calendars, each in spans of 90 days; the first call lists the calendars."""
    highlevel.on(CALENDARS, {"calendars": [{"id": "k1"}, {"id": "k2"}]})
    highlevel.on(EVENTS, lambda sent: {"events": [{"id": f"{sent['calendarId']} {sent['startTime']}"}]})
    pages = await everything(source, APPOINTMENT)
    asked = highlevel.told("events")

    assert len(set(ids(pages))) == 4
    assert [sent["calendarId"] for sent in asked] == ["k1", "k1", "k2", "k2"]
    assert int(asked[0]["endTime"]) + 1 == int(asked[1]["startTime"])
    assert int(asked[1]["endTime"]) - int(asked[0]["startTime"]) == 150 * 86_400_000


async def test_going_on_with_appointments_lists_no_calendars(highlevel, source):
    """The cursor knows what is still to be read."""
    highlevel.on(EVENTS, {"events": []})
    page = await source.page(APPOINTMENT, {"calendars": ["k1"], "span": 1})

    assert ([call for call, _ in highlevel.calls], page.cursor) == ([EVENTS], None)


async def test_a_location_without_calendars_has_no_appointments(highlevel, source):
    """Nothing to ask for."""
    highlevel.on(CALENDARS, {"calendars": []})

    assert ((page := await source.page(APPOINTMENT, None)).records, page.cursor) == ([], None)


async def test_a_calendar_that_vanished_has_no_appointments(highlevel, source):
    """The others go on."""
    highlevel.on(
        EVENTS,
        lambda sent: (
            (404, {"message": "Calendar not found"}) if sent["calendarId"] == "k1" else {"events": [{"id": "a1"}]}
        ),
    )

    assert (await source.page(APPOINTMENT, {"calendars": ["k1", "k2"], "span": 1})).records == []


def test_spans_reach_from_the_past_into_the_future():
    """Spans of 90 days, without gaps, the last one cut; around the moment that was given."""
    day = 86_400_000
    spans = Windows(1000 * day, days_back=100, days_ahead=100).spans

    assert [(900 * day, 990 * day - 1), (990 * day, 1080 * day - 1), (1080 * day, 1100 * day)] == spans


async def test_notes_come_contact_by_contact_in_order(highlevel, source):
    """Several calls are under way at once; the order stays."""
    numbers = range(20)
    for number in numbers:
        highlevel.on(f"GET /contacts/c{number}/notes", {"notes": [{"id": f"n{number}"}]})
    read = [(contact_id, ids([page])) async for contact_id, page in source.notes_of([f"c{n}" for n in numbers])]

    assert [(f"c{number}", [f"n{number}"]) for number in numbers] == read


@pytest.mark.parametrize("answer", [(404, {"message": "Contact not found"}), (400, {"message": "Contact with id x"})])
async def test_a_contact_that_is_gone_has_no_notes(highlevel, source, answer):
    """Whichever way HighLevel says that there is no such contact (facts 6.2)."""
    highlevel.on("GET /contacts/c1/notes", answer)

    assert [(contact_id, page.records) async for contact_id, page in source.notes_of(["c1"])] == [("c1", [])]


async def test_an_error_while_reading_notes_is_told(highlevel, source):
    """As an error of Invoco's own."""
    highlevel.on("GET /contacts/c1/notes", (401, {"message": "The token is not authorized for this scope."}))

    with pytest.raises(Exception, match=r"contacts\.readonly"):
        _ = [page async for page in source.notes_of(["c1", "c2"])]


@pytest.mark.parametrize(
    ("record", "call", "answer"),
    [
        (Contact(id="x"), "GET /contacts/x", {"contact": {"id": "x"}}),
        (Task(id="x", contact_id="c"), "GET /contacts/c/tasks/x", {"task": {"id": "x"}}),
        (Appointment(id="x"), "GET /calendars/events/appointments/x", {"event": {"id": "x"}}),
    ],
)
async def test_a_record_is_read_again_by_its_id(highlevel, source, record, call, answer):
    """Free of the index; one that is gone is None."""
    highlevel.on(call, answer)
    found = await source.reread(record)
    highlevel.on(call, (404, {"message": "not found"}))

    assert found.id == "x"
    assert await source.reread(record) is None


async def test_what_no_index_tells_is_not_read_again(highlevel, source):
    """A tag is what its dictionary says; so is a task whose contact is unknown."""
    tag, task = Tag(id="t1"), Task(id="k1")

    assert [tag, task] == [await source.reread(tag), await source.reread(task)]
    assert highlevel.calls == []


async def test_the_outlook_of_contacts_takes_one_row(highlevel, source):
    """The total tells the pages; the last one is empty."""
    highlevel.on(SEARCH, contacts(1, total=1200))
    outlook = await source.outlook(CONTACT)

    assert (outlook.records, outlook.calls, outlook.exact) == (1200, 4, True)
    assert [sent["pageLimit"] for sent in highlevel.told("search")] == [1]


async def test_without_a_total_the_outlook_is_a_guess(highlevel, source):
    """Some servers tell none."""
    highlevel.on(SEARCH, {"contacts": contacts(1)["contacts"]})

    assert not (await source.outlook(CONTACT)).exact


async def test_the_outlook_of_tasks_is_exact_when_a_page_is_short(highlevel, source):
    """A full page means that there may be more."""
    highlevel.on(TASKS, {"tasks": [{"id": f"t{number}"} for number in range(100)]})
    full = await source.outlook(TASK)
    highlevel.on(TASKS, {"tasks": [{"id": "t1"}]})
    short = await source.outlook(TASK)

    assert [(outlook.records, outlook.exact) for outlook in (full, short)] == [(100, False), (1, True)]


async def test_the_outlook_of_appointments_counts_calendars_and_spans(highlevel, source):
    """One call tries the scope; the records are not known."""
    highlevel.on(CALENDARS, {"calendars": [{"id": "k1"}, {"id": "k2"}]})
    highlevel.on(EVENTS, {"events": [{"id": "a1"}]})
    outlook = await source.outlook(APPOINTMENT)

    assert (outlook.records, outlook.calls, outlook.exact) == (1, 4, False)


async def test_the_outlook_of_the_rest_is_one_call(highlevel, source):
    """They come whole."""
    highlevel.on(f"GET /locations/{HERE}/tags", {"tags": [{"id": "t1"}, {"id": "t2"}]})
    outlook = await source.outlook(RecordKind.TAG)

    assert (outlook.records, outlook.calls, outlook.exact) == (2, 1, True)


async def test_the_allowance_is_what_highlevel_last_said(highlevel, source):
    """Read from the headers of its answers."""
    assert (source.allowance.daily, source.allowance.burst, source.allowance.interval) == (200_000, 100, 10.0)


async def test_changed_contacts_are_read_by_when_they_changed(highlevel, source):
    """Oldest change first, from that moment on, by cursor."""
    highlevel.on(SEARCH, lambda sent: contacts() if "searchAfter" in sent else contacts(1, 2))
    page = await source.changed_contacts(1_750_000_000_000, None)
    last = await source.changed_contacts(1_750_000_000_000, page.cursor)
    first_call, second_call = highlevel.told("/contacts/search")

    assert (ids([page]), ids([last]), last.cursor) == (["c1", "c2"], [], None)
    assert first_call["filters"] == second_call["filters"] == [
        {"field": "dateUpdated", "operator": "range", "value": {"gte": 1_750_000_000_000}}
    ]  # fmt: skip
    assert first_call["sort"] == second_call["sort"] == [{"field": "dateUpdated", "direction": "asc"}]
    assert second_call["searchAfter"] == [2, "c2"]


async def test_changed_contacts_fall_back_to_the_safe_page_size(highlevel, source):
    """As the pages of all contacts do."""
    highlevel.on(SEARCH, lambda sent: contacts(1) if sent["pageLimit"] <= 100 else (422, {"message": ["too large"]}))
    page = await source.changed_contacts(1, None)

    assert [sent["pageLimit"] for sent in highlevel.told("search")] == [500, 100]
    assert page.cursor == [100, [1, "c1"]]


@pytest.mark.parametrize(
    ("method", "call", "answer"),
    [
        ("contact", "GET /contacts/x", {"contact": {"id": "x"}}),
        ("appointment", "GET /calendars/events/appointments/x", {"event": {"id": "x"}}),
    ],
)
async def test_a_record_is_read_by_its_id(highlevel, source, method, call, answer):
    """One that is gone is None, one that cannot be read is told."""
    read = getattr(source, method)
    highlevel.on(call, answer)
    found = await read("x")
    highlevel.on(call, (404, {"message": "not found"}))
    gone = await read("x")
    highlevel.on(call, {name: {**record, "title": 5, "tags": 5} for name, record in answer.items()})

    assert (found.id, gone) == ("x", None)
    with pytest.raises(MalformedRecord):
        await read("x")


@pytest.mark.parametrize(("method", "noun"), [("tasks_of", "tasks"), ("notes_of_one", "notes")])
async def test_all_that_a_contact_has_is_read(highlevel, source, method, noun):
    """Rows that cannot be read are set aside; None when the contact is gone, whichever way that is said."""
    call = f"GET /contacts/c1/{noun}"
    highlevel.on(call, {noun: [{"id": "x"}, {"id": "y", "body": 5}]})
    page = await getattr(source, method)("c1")
    assert (ids([page]), [(row.kind, row.record_id) for row in page.malformed]) == (["x"], [(noun, "y")])

    for refusal in ((404, {"message": "Contact not found"}), (400, {"message": "Contact with id x"})):
        highlevel.on(call, refusal)
        assert await getattr(source, method)("c1") is None


async def test_a_lost_task_is_found_by_its_title(highlevel, source):
    """Other tasks have that title too; a long one is cut."""
    rows = [{"id": f"t{number}", "contactId": "c1"} for number in range(3)]
    highlevel.on(TASKS, lambda sent: {"tasks": rows[sent["skip"] : sent["skip"] + 2]})
    task = await source.find_task("t2", title="x" * 100)

    assert (task.id, task.contact_id) == ("t2", "c1")
    assert [(sent["query"], sent["skip"]) for sent in highlevel.told("tasks")] == [("x" * 75, 0), ("x" * 75, 2)]


@pytest.mark.parametrize("title", [None, "", "  "])
async def test_a_lost_task_without_a_title_is_looked_for_everywhere(highlevel, source, title):
    """Page by page; one that no page tells of is None."""
    highlevel.on(TASKS, lambda sent: {"tasks": [{"id": "t1"}] if sent["skip"] == 0 else []})

    assert await source.find_task("t9", title=title) is None
    assert [sent.get("query") for sent in highlevel.told("tasks")] == [None, None]


async def test_priorities_share_what_was_learned(highlevel, source):
    """The same connection, span and page size, with calls of another urgency."""
    highlevel.on(SEARCH, lambda sent: contacts(1) if sent["pageLimit"] <= 100 else (422, {"message": ["too large"]}))
    await source.page(CONTACT, None)
    urgent = source.at_priority(Priority.EVENT)
    await urgent.page(CONTACT, None)

    assert [sent["pageLimit"] for sent in highlevel.told("search")] == [500, 100, 100]
    assert urgent.span == source.span
    assert source._quota.usage().calls[Priority.EVENT] == 1
    assert source._quota.usage().calls[Priority.IMPORT] == 2


async def test_the_gateway_opens_at_a_priority(highlevel, gateway, connection):
    """That of an import unless told otherwise."""
    highlevel.on(SEARCH, contacts())
    async with gateway.source(connection, priority=Priority.RECONCILE) as source:
        await source.page(CONTACT, None)

        assert source._quota.usage().calls[Priority.RECONCILE] == 1


async def test_the_span_is_where_appointments_begin(highlevel, source):
    """From the first window to the last."""
    highlevel.on(EVENTS, {"events": []})
    await source.page(APPOINTMENT, {"calendars": ["k1"], "span": 0})
    await source.page(APPOINTMENT, {"calendars": ["k1"], "span": 1})
    first, last = highlevel.told("events")

    assert source.span == (int(first["startTime"]), int(last["endTime"]))
