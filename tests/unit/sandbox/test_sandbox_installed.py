"""The locations in which an app is installed, page by page (facts 1.3, 2.3)."""

import base64

import pytest
import pytest_asyncio

from invoco.sandbox.registry import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD, NEW = "/oauth/installedLocations", "/oauth/installed-locations"


class Asking:
    """A company that asks where its app is."""

    def __init__(self, face, token):
        self.face, self.token = face, token

    async def __call__(self, path=OLD, **query):
        """Status and answer; company and app are added."""
        keys = self.face.keys
        asked = {"companyId": keys["company_id"], "appId": keys["app_id"], **query}
        version = "v3" if path == NEW else "2021-07-28"
        answer = await self.face.send("GET", path, token=self.token, version=version, params=asked)
        body = answer.json()
        body.pop("traceId", None)
        return answer.status_code, body


@pytest_asyncio.fixture(loop_scope="session")
async def asking(face) -> Asking:
    """The app is installed in both locations; a third came later."""
    token = (await face.pair("company"))["access_token"]
    company_id = face.keys["company_id"]
    await face.twin.registry.keep(Place(location_id="later", company_id=company_id, name="Later", address="Road 1"))
    return Asking(face, token)


def ids(rows):
    """Which locations these are."""
    return [row["_id"] for row in rows]


async def test_every_location_is_listed(asking, face):
    """Whether the app is there or not."""
    status, body = await asking()

    assert (200, [face.here, face.elsewhere, "later"]) == (status, ids(body["locations"]))
    assert (3, False) == (body["count"], body["installToFutureLocations"])


async def test_a_row_of_a_location_with_the_app(asking, face):
    """Since when, and in which version."""
    _, body = await asking(locationId=face.here)

    assert body["locations"] == [
        {
            "_id": face.here,
            "name": "Harbour Dental & Friends",
            "address": "1 Harbour Plaza, New York, NY, 10004",
            "isInstalled": True,
            "versionId": face.keys["version_id"],
            "installedAt": "2025-06-15T15:06:40.000Z",
        }
    ]


async def test_a_row_of_a_location_without_the_app(asking):
    """It says no more than that."""
    _, body = await asking(locationId="later")

    assert [{"_id": "later", "name": "Later", "address": "Road 1", "isInstalled": False}] == body["locations"]


@pytest.mark.parametrize(("asked", "expected"), [("true", ["here", "elsewhere"]), ("false", ["later"])])
async def test_only_those_with_the_app_or_without(asking, face, asked, expected):
    """When asked for."""
    _, body = await asking(isInstalled=asked)
    names = {face.here: "here", face.elsewhere: "elsewhere"}

    assert expected == [names.get(id_, id_) for id_ in ids(body["locations"])]


@pytest.mark.parametrize("path", [OLD, NEW])
async def test_a_part_of_the_name(asking, face, path):
    """In any case of letters."""
    _, body = await asking(path, query="DENTAL")

    assert [face.here] == ids(body.get("locations") or body["items"])


async def test_skip_and_limit(asking, face):
    """The count is that of all."""
    _, body = await asking(skip=1, limit=1)

    assert ([face.elsewhere], 3) == (ids(body["locations"]), body["count"])


@pytest.mark.parametrize(("path", "name"), [(OLD, "skip"), (OLD, "limit"), (NEW, "pageSize")])
@pytest.mark.parametrize("value", ["-1", "many", "1.5"])
async def test_numbers_are_numbers(asking, path, name, value):
    """The field is named."""
    status, body = await asking(path, **{name: value})

    assert (422, [f"{name} must be a number string"]) == (status, body["message"])


async def test_pages_forward(asking, face):
    """Each page tells the token of the next one; the last one none."""
    pages: list[list[str]] = []
    query: dict[str, str] = {}
    while True:
        _, body = await asking(NEW, pageSize=2, **query)
        pages.append(ids(body["items"]))
        if "nextPageToken" not in body["pagination"]:
            break
        query = {"pageToken": body["pagination"]["nextPageToken"]}

    assert [[face.here, face.elsewhere], ["later"]] == pages


async def test_pages_backward(asking, face):
    """A page tells the token of the one before."""
    _, first = await asking(NEW, pageSize=1)
    _, second = await asking(NEW, pageSize=1, pageToken=first["pagination"]["nextPageToken"])
    _, back = await asking(NEW, pageSize=1, pageToken=second["pagination"]["prevPageToken"])

    assert [[face.here], [face.elsewhere], [face.here]] == [ids(page["items"]) for page in (first, second, back)]


async def test_what_a_page_tells_of_itself(asking):
    """How many there are in all and on it, and what is around it."""
    _, body = await asking(NEW, pageSize=2)
    del body["pagination"]["nextPageToken"]

    assert {"totalRecords": 3, "hasNextPage": True, "hasPrevPage": False, "currentPageSize": 2} == body["pagination"]
    assert ({"filterApplied": False, "sortApplied": False}, False) == (
        body["metadata"],
        body["installToFutureLocations"],
    )


@pytest.mark.parametrize(("size", "status"), [(0, 422), (1, 200), (100, 200), (101, 422)])
async def test_the_size_of_a_page(asking, size, status):
    """From 1 to 100."""
    assert status == (await asking(NEW, pageSize=size))[0]


@pytest.mark.parametrize("token", ["?", "abc", base64.urlsafe_b64encode(b"x").decode()])
async def test_a_page_token_that_is_none(asking, token):
    """It is refused by name."""
    status, body = await asking(NEW, pageToken=token)

    assert (400, "Invalid pageToken") == (status, body["message"])


@pytest.mark.parametrize("path", [OLD, NEW])
async def test_company_and_app_are_needed(asking, face, path):
    """Both are named."""
    answer = await face.send("GET", path, token=asking.token, version="v3")

    assert 422 == answer.status_code
    assert "companyId must be a string" in answer.text
    assert "appId must be a string" in answer.text


async def test_another_company(asking):
    """Its locations are none of the caller's business."""
    status, body = await asking(companyId="another")

    assert (403, "The token does not have access to this company.") == (status, body["message"])
