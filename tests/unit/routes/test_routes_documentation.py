"""The OpenAPI page and the table it is made of."""

from typing import cast

import pytest
from fastapi import FastAPI

from invoco.highlevel.operations import OPERATIONS
from invoco.routes import Gate, highlevel_routes
from invoco.routes.answer_fields import ANSWER_FIELDS
from invoco.routes.router import HANDLERS
from invoco.service.books import Books


@pytest.fixture(scope="module")
def page():
    """The OpenAPI page of the routes; nothing is called through them."""
    app = FastAPI()
    app.include_router(highlevel_routes(cast("Books", None), cast("Gate", None)))
    return app.openapi()


def operations(page):
    """Every operation of the page by its id."""
    return {operation["operationId"]: operation for path in page["paths"].values() for operation in path.values()}


def test_who_answers_what():
    """Every operation but OAuth's is answered here."""
    oauth = {"get-access-token", "get-location-access-token", "get-installed-location"}

    assert OPERATIONS.keys() - oauth == HANDLERS.keys() == ANSWER_FIELDS.keys()


def test_every_operation_is_on_the_page(page):
    """Under HighLevel's ids; a path that v3 renamed has an id of its own."""
    assert HANDLERS.keys() | {"remove-contact-from-every-campaign-v3"} == operations(page).keys()


def test_paths_are_those_of_the_table(page):
    """One form of each path, the table's."""
    table = {path for name in HANDLERS for path in (OPERATIONS[name].path, OPERATIONS[name].v3_path) if path}

    assert table == page["paths"].keys()


def test_every_operation_is_for_bearers(page):
    """A token is needed everywhere."""
    assert [[{"bearer": []}]] * len(operations(page)) == [each["security"] for each in operations(page).values()]


def test_parameters(page):
    """Version, path and query."""
    parameters = operations(page)["get-contacts-by-businessId"]["parameters"]

    told = [(each["name"], each["in"], each["required"]) for each in parameters[:4]]
    assert told == [
        ("Version", "header", True), ("businessId", "path", True), ("limit", "query", False),
        ("locationId", "query", True),
    ]  # fmt: skip


def test_versions_of_what_came_with_v3(page):
    """Only v3 is offered."""
    assert operations(page)["lookup-contact"]["parameters"][0]["schema"]["enum"] == ["v3"]


def test_body(page):
    """The fields of the table, the required ones marked, nothing else allowed."""
    schema = operations(page)["create-task"]["requestBody"]["content"]["application/json"]["schema"]

    assert (
        schema["required"], schema["properties"]["completed"], schema["additionalProperties"],
    ) == (["title", "dueDate", "completed"], {"type": "boolean"}, False)  # fmt: skip


def test_nullable_field(page):
    """Null is offered where the DTO allows it."""
    schema = operations(page)["update-contact"]["requestBody"]["content"]["application/json"]["schema"]

    assert schema["properties"]["email"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_answer(page):
    """Records with their fields in place, and the ways to be refused."""
    responses = operations(page)["create-contact"]["responses"]
    contact = responses["201"]["content"]["application/json"]["schema"]["properties"]["contact"]

    custom_field = contact["properties"]["customFields"]["items"]["properties"]
    assert ({"201", "400", "401", "403", "422"}, {"id", "value"}, False) == (
        responses.keys(), custom_field.keys(), "extra" in contact["properties"],
    )  # fmt: skip
