"""The body of POST /contacts/search as a search (facts 4.1, 4.3)."""

from __future__ import annotations

from typing import Any

from invoco.domain.errors import BadRequest, InvalidFields
from invoco.domain.search import ContactSearch, Sort
from invoco.routes.calls import JsonObject
from invoco.routes.filters import MOST_CHARACTERS, read_filters
from invoco.routes.queries import within
from invoco.routes.search_fields import SORTABLE, internal_name

_MOST_ROWS = 500
_WINDOW = 10_000
_MOST_SORTS = 2


def contact_search(location_id: str, body: JsonObject) -> ContactSearch:
    """The search that a body asks for, whose top level has been checked.

    Raises:
        InvalidFields: a number is out of bounds, an operator or a value makes no sense.
        BadRequest: a field is unknown, the window is left, or page and cursor are mixed.
    """
    sort = _sorts(body.get("sort"))
    page_limit, page = _page_limit(body), _page(body)
    after = _after(body.get("searchAfter"), sort)
    if page is not None and after is not None:
        raise BadRequest("page and searchAfter cannot be used together")
    if (page or 1) * page_limit > _WINDOW:
        raise BadRequest(f"page * pageLimit must not be greater than {_WINDOW}; use searchAfter to read on")
    return ContactSearch(
        location_id=location_id,
        page_limit=page_limit,
        page=page,
        after=after,
        filter=read_filters(body.get("filters")),
        sort=sort,
        query=_query(body.get("query")),
    )


def _page_limit(body: JsonObject) -> int:
    return within("pageLimit", _whole("pageLimit", body["pageLimit"]), least=1, most=_MOST_ROWS)


def _page(body: JsonObject) -> int | None:
    return within("page", _whole("page", body["page"]), least=1, most=None) if "page" in body else None


def _whole(name: str, number: float) -> int:
    """JSON has one kind of number: 20.0 is 20."""
    if isinstance(number, int) or number.is_integer():
        return int(number)
    raise InvalidFields([f"{name} must be an integer number"])


def _query(text: str | None) -> str | None:
    if text and len(text) > MOST_CHARACTERS:
        raise InvalidFields([f"query must be shorter than or equal to {MOST_CHARACTERS} characters"])
    return text or None


def _after(cursor: Any, sort: tuple[Sort, ...]) -> tuple[Any, ...] | None:
    """One value per sort key, then the id of the last row seen."""
    if cursor is None or cursor == []:
        return None
    if not isinstance(cursor, list):
        raise InvalidFields(["searchAfter must be an array"])
    plain = all(value is None or isinstance(value, str | int | float) for value in cursor)
    if len(cursor) != (len(sort) or 1) + 1 or not plain or not isinstance(cursor[-1], str):
        raise BadRequest("Invalid searchAfter: it must be that of the last row, with the same sort")
    return tuple(cursor)


def _sorts(value: Any) -> tuple[Sort, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidFields(["sort must be an array"])
    if len(value) > _MOST_SORTS:
        raise InvalidFields([f"sort must contain no more than {_MOST_SORTS} elements"])
    return tuple(_sort(f"sort.{place}", item) for place, item in enumerate(value))


def _sort(where: str, item: Any) -> Sort:
    if not isinstance(item, dict) or not isinstance(item.get("field"), str):
        raise InvalidFields([f"{where}.field must be a string"])
    if item.get("direction") not in ("asc", "desc"):
        raise InvalidFields([f"{where}.direction must be one of the following values: asc, desc"])
    if item["field"] not in SORTABLE:
        raise BadRequest(f"Invalid field {internal_name(item['field'])}")
    return Sort(item["field"], descending=item["direction"] == "desc")
