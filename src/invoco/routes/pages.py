"""The `meta` of GET /contacts/ (facts 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from invoco.routes.calls import JsonObject
from invoco.routes.queries import Place, whole_number

_INTERNAL = "http://contacts.internal:5058/contacts/"
"""HighLevel's own examples point to a host that callers cannot reach; nobody may follow this address."""


def list_meta(query: Mapping[str, str], *, last: Place | None, total: int, full: bool) -> JsonObject:
    """How many contacts there are and where the next page starts.

    Args:
        query: of the request; its `page` is what `nextPageUrl` counts in.
        last: the place of the last row.
        total: how many contacts match.
        full: whether the page holds as many rows as it may; the page after a full one can be empty.
    """
    page = whole_number(query, "page", default=1, least=1)
    start = {"startAfter": last.date_added, "startAfterId": last.id} if last else {}
    more = full and total > 0
    return {
        "total": total,
        "nextPageUrl": f"{_INTERNAL}?{urlencode({**query, **start, 'page': page + 1})}" if more else None,
        "startAfterId": last.id if last else None,
        "startAfter": last.date_added if last else None,
        "currentPage": page,
        "nextPage": page + 1 if more else None,
        "prevPage": page - 1 or None,
    }
