"""Pages: read tolerantly, turned by cursor, never in a circle."""

from __future__ import annotations

import pytest

from invoco.highlevel import Malformed, Page, PageLoop, Tag, Unreadable
from invoco.highlevel.pages import whole_number


def rows(*ids):
    """Rows of a search, each with its cursor."""
    return [{"id": id_, "searchAfter": [1, id_]} for id_ in ids]


async def gathered(pages):
    """All pages."""
    return [page async for page in pages]


def ids(pages):
    """The ids of the records, page by page."""
    return [[record.id for record in page] for page in pages]


async def test_search_body(connect, script):
    """A search sends what was given, and nothing else."""
    filters = [{"field": "email", "operator": "exists"}]
    await connect({"contacts": [], "total": 0}).contacts.search(
        filters=filters, sort=({"field": "email", "direction": "asc"},), query="ada", page_limit=20, page=2
    )

    assert [
        {
            "locationId": "loc",
            "pageLimit": 20,
            "page": 2,
            "filters": filters,
            "sort": [{"field": "email", "direction": "asc"}],
            "query": "ada",
        }
    ] == script.bodies


async def test_search_page(connect):
    """A page has the contacts, the cursor of each row, and the total."""
    page = await connect({"contacts": rows("a", "b"), "total": 9}).contacts.search()

    assert ["a", "b"] == [contact.id for contact in page.contacts]
    assert ([[1, "a"], [1, "b"]], 9, [1, "b"]) == (page.cursors, page.total, page.after)


async def test_whole_search_in_one_page(connect, script):
    """A first page that holds everything is the last."""
    pages = await gathered(connect({"contacts": rows("a", "b"), "total": 2}).contacts.pages())

    assert ([["a", "b"]], 1) == (ids(pages), len(script.calls))


async def test_pages_by_cursor(connect, script):
    """Pages follow the cursor of the last row until one is empty, sorted by age, never by page number."""
    hl = connect(
        {"contacts": rows("a", "b"), "total": 3},
        {"contacts": rows("c"), "total": 3},
        {"contacts": [], "total": 3},
    )
    pages = await gathered(hl.contacts.pages(page_limit=2))

    assert [["a", "b"], ["c"]] == ids(pages)
    assert [None, [1, "b"], [1, "c"]] == [body.get("searchAfter") for body in script.bodies]
    assert [{"field": "dateAdded", "direction": "asc"}] == script.bodies[0]["sort"]
    assert not any("page" in body for body in script.bodies)


async def test_pages_go_on_behind_a_cursor(connect, script):
    """A listing goes on where an earlier one stopped."""
    pages = await gathered(connect({"contacts": [], "total": 3}).contacts.pages(after=[1, "b"]))

    assert ([], [1, "b"]) == (pages, script.bodies[0]["searchAfter"])


async def test_pages_in_a_circle(connect):
    """A cursor that comes twice ends the listing."""
    hl = connect(
        {"contacts": rows("a"), "total": 9},
        {"contacts": rows("b"), "total": 9},
        {"contacts": rows("c", "a"), "total": 9},
    )
    with pytest.raises(PageLoop) as loop:
        await gathered(hl.contacts.pages())

    assert ("POST", "/contacts/search") == (loop.value.method, loop.value.path)


async def test_page_that_points_to_itself(connect, script):
    """A server that ignores the cursor is noticed at the second page."""
    with pytest.raises(PageLoop):
        await gathered(connect({"contacts": rows("a"), "total": 9}).contacts.pages())

    assert 2 == len(script.calls)


async def test_rows_without_cursor(connect):
    """Rows without searchAfter cannot be followed."""
    with pytest.raises(Unreadable):
        await connect({"contacts": [{"id": "a"}, "odd"], "total": 9}).contacts.search()


async def test_malformed_rows_do_not_fail_the_page(connect):
    """A row that cannot be read is set aside with its reason; the others are read."""
    odd = [{"id": "b", "tags": "x"}, {"_id": "c", "email": 7}, "text", {"email": "x"}]
    page = await connect({"contacts": [*rows("a"), *odd], "total": 5}).contacts.search()

    assert (["a"], ["b", "c", None, None]) == ([c.id for c in page], [row.id for row in page.malformed])
    assert Malformed("text", "Expected `object`, got `str`") == page.malformed[2]
    assert "$.tags" in page.malformed[0].reason


async def test_page_of_malformed_rows_is_yielded(connect):
    """A page of which nothing could be read is still told."""
    pages = await gathered(connect({"contacts": ["odd"], "total": 1}).contacts.pages())

    assert [1] == [len(page.malformed) for page in pages]


@pytest.mark.parametrize("answer", [{}, {"contacts": "odd"}, {"contacts": {"a": 1}}])
async def test_answer_without_a_list(connect, answer):
    """An answer without its list is unreadable."""
    with pytest.raises(Unreadable):
        await connect({**answer, "traceId": "t"}).contacts.search()


async def test_null_is_an_empty_list(connect):
    """Missing and null are the same, an empty list."""
    assert 0 == len(await connect({"contacts": None}).contacts.search())


async def test_listing_by_meta(connect, script):
    """The old listing goes on behind what meta names."""
    meta = {"total": 3, "startAfter": "5", "startAfterId": "b", "nextPageUrl": "http://internal/"}
    hl = connect({"contacts": rows("a", "b"), "meta": meta}, {"contacts": rows("c"), "meta": {"total": 3}})
    pages = await gathered(hl.contacts.listed_pages(limit=2, query="x"))

    assert ([["a", "b"], ["c"]], 3) == (ids(pages), pages[0].total)
    assert script.calls[1] == "GET /contacts/?locationId=loc&limit=2&query=x&startAfter=5&startAfterId=b"


async def test_listing_without_meta(connect):
    """Where the answer has no meta, the last row says where to go on."""
    row = {"id": "b", "dateAdded": "1970-01-01T00:00:05.000Z"}
    hl = connect({"contacts": [{"id": "a"}, row], "count": 3}, {"contacts": [{"id": "c"}]}, {"contacts": []})
    first, *_ = await gathered(hl.contacts.listed_pages())

    assert ((5000, "b"), 3) == (first.after, first.total)


async def test_listing_of_nothing(connect):
    """An empty listing is the last page, whatever meta says."""
    page = await connect({"contacts": [], "meta": {"startAfter": 5, "startAfterId": "b"}}).contacts.list()

    assert page.after is None


async def test_contacts_of_a_business(connect, script):
    """The contacts of a business are read by skipping, until a page is empty."""
    hl = connect({"contacts": rows("a", "b"), "count": "3"}, {"contacts": rows("c"), "count": 3}, {"contacts": []})
    pages = await gathered(hl.contacts.pages_of_business("biz", limit=2))

    assert ([["a", "b"], ["c"]], 3) == (ids(pages), pages[0].total)
    assert [f"GET /contacts/business/biz?locationId=loc&limit=2&skip={skip}" for skip in (0, 2, 3)] == script.calls


async def test_task_search(connect, script):
    """All tasks of a location are read by skipping."""
    hl = connect({"tasks": [[{"id": "a"}, {"id": "b"}]]}, {"tasks": [{"id": "c"}]}, {"tasks": []})
    pages = await gathered(hl.tasks.pages(limit=2, completed=False, contact_ids=("x",)))

    assert [["a", "b"], ["c"]] == ids(pages)
    assert {"contactId": ["x"], "completed": False, "limit": 2, "skip": 2} == script.bodies[1]
    assert "POST /locations/loc/tasks/search" == script.calls[0]


async def test_server_that_ignores_skip(connect):
    """The same rows twice in a row are a circle."""
    with pytest.raises(PageLoop):
        await gathered(connect({"businesses": [{"id": "a"}]}).businesses.pages())


async def test_businesses(connect, script):
    """Businesses are read by skipping, from anywhere."""
    hl = connect({"businesses": [{"id": "a"}]}, {"businesses": []})
    await gathered(hl.businesses.pages(after=7))

    assert [f"GET /businesses/?locationId=loc&limit=100&skip={skip}" for skip in (7, 8)] == script.calls


async def test_installed_locations(connect, script):
    """Installed locations are read by skipping."""
    hl = connect({"locations": [{"_id": "a"}], "count": 1}, {"locations": []})
    pages = await gathered(hl.oauth.installed_pages(company_id="co", app_id="app", is_installed=True))

    assert [["a"]] == ids(pages)
    query = "companyId=co&appId=app&isInstalled=true&limit=100"
    assert [f"GET /oauth/installedLocations?{query}&skip={skip}" for skip in (0, 1)] == script.calls


async def test_installed_locations_of_v3(connect, script):
    """Under v3 installed locations are read by page token."""
    hl = connect(
        {"items": [{"_id": "a"}], "pagination": {"hasNextPage": True, "nextPageToken": "n", "totalRecords": 2}},
        {"items": [{"_id": "b"}], "pagination": {"hasNextPage": False, "nextPageToken": "n"}},
        version="v3",
    )
    pages = await gathered(hl.oauth.installed_pages(company_id="co", app_id="app", limit=1))

    assert ([["a"], ["b"]], 2) == (ids(pages), pages[0].total)
    query = "companyId=co&appId=app&pageSize=1"
    assert [f"GET /oauth/installed-locations?{query}", f"GET /oauth/installed-locations?{query}&pageToken=n"] == (
        script.calls
    )


async def test_installed_locations_of_v3_without_pagination(connect):
    """A list without pagination is the last page."""
    hl = connect({"items": []}, version="v3")

    assert (await hl.oauth.installed(company_id="co", app_id="app")).after is None


def test_page_is_a_list_of_its_records():
    """A page is gone through and counted like its records."""
    first, second = Tag(id="a"), Tag(id="b")
    page = Page(records=[first, second])

    assert ([first, second], 2) == (list(page), len(page))


@pytest.mark.parametrize(("value", "number"), [(3, 3), ("3", 3), ("x", None), (True, None), (None, None), (1.5, None)])
def test_whole_number(value, number):
    """A count is read as a number or as digits."""
    assert number == whole_number(value)
