"""The locations in which an app is installed, in the shapes of v2 and v3 (facts 1.3, 2.3)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from invoco.domain.errors import BadRequest, InvalidFields
from invoco.highlevel.clock import iso
from invoco.sandbox.registry import App, Installation, Place, Registry

_MOST_PER_PAGE = 100


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which locations are asked for."""

    client_id: str
    query: Mapping[str, str]
    """`query` (part of the name), `isInstalled`, `locationId`, `versionId`, `planId`, `onTrial`."""


def installed_slice(registry: Registry, wanted: Wanted, query: Mapping[str, str]) -> dict[str, Any]:
    """The answer of v2: `skip` and `limit`."""
    skip, limit = _number(query, "skip", 0), _number(query, "limit", 20)
    rows = _rows(registry, wanted)
    return {"locations": rows[skip : skip + limit], "count": len(rows), "installToFutureLocations": False}


def installed_page(registry: Registry, wanted: Wanted, query: Mapping[str, str]) -> dict[str, Any]:
    """The answer of v3: `pageSize` and `pageToken`."""
    size, start = _number(query, "pageSize", 20), _start(query.get("pageToken"))
    if not 1 <= size <= _MOST_PER_PAGE:
        raise InvalidFields([f"pageSize must be between 1 and {_MOST_PER_PAGE}"])
    rows = _rows(registry, wanted)
    page = rows[start : start + size]
    pagination: dict[str, Any] = {
        "totalRecords": len(rows),
        "hasNextPage": start + size < len(rows),
        "hasPrevPage": start > 0,
        "currentPageSize": len(page),
    }
    if start + size < len(rows):
        pagination["nextPageToken"] = _token(start + size)
    if start > 0:
        pagination["prevPageToken"] = _token(max(0, start - size))
    metadata = {"filterApplied": "query" in query, "sortApplied": False}
    return {"items": page, "pagination": pagination, "metadata": metadata, "installToFutureLocations": False}


def _rows(registry: Registry, wanted: Wanted) -> list[dict[str, Any]]:
    query = wanted.query
    rows = [
        _row(place, registry.find(Installation, f"{wanted.client_id}:{place.location_id}"), registry, wanted)
        for place in registry.all(Place)
        if query.get("locationId", place.location_id) == place.location_id
        and query.get("query", "").lower() in place.name.lower()
    ]
    asked = query.get("isInstalled")
    rows = [row for row in rows if asked is None or row["isInstalled"] == (asked == "true")]
    return [row for row in rows if _fits(row, registry.app(wanted.client_id), query)]


def _fits(row: Mapping[str, Any], app: App, query: Mapping[str, str]) -> bool:
    """Whether the row has the version and the plan asked for; the app is on trial nowhere."""
    installed = {"versionId": app.version_id, "planId": app.plan_id} if row["isInstalled"] else {}
    return query.get("onTrial") != "true" and all(
        query[name] == installed.get(name) for name in ("versionId", "planId") if name in query
    )


def _row(place: Place, installation: Installation | None, registry: Registry, wanted: Wanted) -> dict[str, Any]:
    row = {
        "_id": place.location_id,
        "name": place.name,
        "address": place.address,
        "isInstalled": installation is not None,
    }
    if installation is None:
        return row
    version_id = registry.app(wanted.client_id).version_id
    return {**row, "versionId": version_id, "installedAt": iso(installation.installed_at)}


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise InvalidFields([f"{name} must be a number string"])
    return int(text)


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(b"%d" % start).decode()


def _start(token: str | None) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except (binascii.Error, ValueError) as error:
        raise BadRequest("Invalid pageToken") from error
